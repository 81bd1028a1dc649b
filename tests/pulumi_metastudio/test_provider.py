"""The provider class: what is pinned for ever, and a life cycle without an engine."""

from __future__ import annotations

import base64
import pickle
import pickletools
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.output import Unknown

from metastudio_emulator import Emulator
from pulumi_metastudio import TrainingJob, process_state
from pulumi_metastudio.errors import ConfigurationError, JobRefusal
from pulumi_metastudio.provider import TrainingJobProvider

from .conftest import outputs_of

# What every stack's state holds. It may never change: an old state must find the class again.
PICKLED = (
    b"\x80\x04\x959\x00\x00\x00\x00\x00\x00\x00\x8c\x1apulumi_metastudio.provider\x94"
    b"\x8c\x13TrainingJobProvider\x94\x93\x94)\x81\x94."
)


def test_the_import_path_is_pinned() -> None:
    assert f"{TrainingJobProvider.__module__}.{TrainingJobProvider.__qualname__}" == (
        "pulumi_metastudio.provider.TrainingJobProvider"
    )


def test_the_type_token_is_pinned() -> None:
    token = f"pulumi-python:{TrainingJob._resource_type_name}"
    assert token == "pulumi-python:dynamic/metastudio:TrainingJob"


def test_a_state_of_the_past_is_read() -> None:
    assert type(pickle.loads(PICKLED)) is TrainingJobProvider


def test_the_pickle_is_a_reference_and_nothing_else() -> None:
    """Two names and an empty instance, in whichever protocol the Python at hand writes."""
    written = base64.b64decode(serialize_provider(TrainingJobProvider()))
    operations = list(pickletools.genops(written))
    texts = [argument for _, argument, _ in operations if isinstance(argument, str)]
    assert texts == ["pulumi_metastudio.provider", "TrainingJobProvider"]
    assert "BUILD" not in {operation.name for operation, _, _ in operations}
    assert len(written) < 100
    assert type(pickle.loads(written)) is TrainingJobProvider


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="writes another protocol by default")
def test_the_bytes_are_pinned() -> None:
    assert base64.b64decode(serialize_provider(TrainingJobProvider())) == PICKLED


HEAVY = [
    *("fastapi", "uvicorn", "cryptography", "huaweicloudsdkcore", "huaweicloudsdkmetastudio"),
    *("requests", "pydantic", "tenacity", "metastudio_emulator", "pulumi_embedded", "click"),
    *("rich", "imagesize", "pulumi_metastudio.api.client", "pulumi_metastudio.lifecycle"),
]


def test_importing_the_package_is_light() -> None:
    code = "import sys, pulumi_metastudio.provider; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # What the SDK itself brings along is not this package's doing.
    bare = "import sys, pulumi, pulumi.dynamic; print('\\n'.join(sys.modules))"
    sdk = subprocess.run([sys.executable, "-c", bare], capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split()) - set(sdk.stdout.split())
    assert "pulumi_metastudio.provider" in loaded
    assert loaded.isdisjoint(HEAVY)


class Configuration(dict[str, str]):
    """As the engine hands it over: looked up by full key."""


class Request:
    def __init__(self, config: Configuration):
        self.config = config


@pytest.fixture(autouse=True)
def _own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection and no memory of another test's; no engine listens."""
    monkeypatch.setattr(process_state, "_CONTEXTS", {})
    monkeypatch.setattr(process_state, "_STACKS", {})
    monkeypatch.setattr(process_state, "_TOLD", set())
    monkeypatch.setattr(sys, "argv", ["provider"])


@pytest.fixture
def configuration(emulator: Emulator) -> Configuration:
    return Configuration(
        {
            "metastudio:endpoint": emulator.endpoint,
            "metastudio:accessKey": emulator.access_key,
            "metastudio:secretKey": emulator.secret_key,
            "metastudio:projectId": emulator.project_id,
            "metastudio:readsPerSecond": "1000",
            "metastudio:writesPerSecond": "1000",
        }
    )


@pytest.fixture
def provider(configuration: Configuration) -> TrainingJobProvider:
    made = TrainingJobProvider()
    made.configure(Request(configuration))  # type: ignore[arg-type]
    return made


@pytest.fixture
def declared(tmp_path: Path, film: Callable[..., Path]) -> dict[str, Any]:
    video = Path(shutil.copy(film(), tmp_path / "video.mp4"))
    return {"name": "n", "training_video": str(video), "__urn": "urn:pulumi:s::p::t::anna"}


def test_a_life_cycle(
    provider: TrainingJobProvider, declared: dict[str, Any], emulator: Emulator
) -> None:
    checked = provider.check({}, declared)
    assert checked.failures == []
    size = Path(declared["training_video"]).stat().st_size
    assert checked.inputs["__sources"] == {"training_video": {"size": size}}
    assert "__fingerprints" not in checked.inputs  # the creation takes them from what it sends
    made = provider.create(checked.inputs)
    assert outputs_of(made)["pending"] == []
    assert outputs_of(made)["job_id"] == made.id == emulator.control.jobs()[0]["job_id"]

    again = provider.check(checked.inputs, declared)
    assert set(again.inputs["__fingerprints"]) == {"training_video"}
    assert provider.diff(made.id, outputs_of(made), again.inputs).changes is False

    seen = provider.read(made.id, outputs_of(made))
    assert outputs_of(seen) == outputs_of(made)
    assert provider.diff(made.id, outputs_of(seen), again.inputs).changes is False
    assert seen.inputs is not None
    assert provider.diff(made.id, outputs_of(seen), seen.inputs).changes is False

    with Path(declared["training_video"]).open("ab") as video:
        video.write(b"\0\0\0\x0cfreemore")
    changed = provider.check(again.inputs, declared)
    found = provider.diff(made.id, outputs_of(seen), changed.inputs)
    assert (found.changes, found.replaces) == (True, ["training_video"])

    emulator.control.set_state(made.id, "MANUAL_VERIFY_FAILED", reason="blurred")
    seen = provider.read(made.id, outputs_of(seen))
    found = provider.diff(made.id, outputs_of(seen), changed.inputs)
    assert (found.changes, found.replaces) == (True, [])
    updated = provider.update(made.id, outputs_of(seen), changed.inputs)
    assert outputs_of(updated)["fingerprints"] == changed.inputs["__fingerprints"]
    assert provider.diff(made.id, outputs_of(updated), changed.inputs).changes is False

    emulator.control.set_state(made.id, "MANUAL_VERIFY_FAILED")
    provider.delete(made.id, outputs_of(updated))
    assert emulator.control.jobs() == []
    gone = provider.read(made.id, outputs_of(updated))
    assert (gone.id, gone.outs) == ("", {})


def test_the_word_null_is_no_drift(provider: TrainingJobProvider, emulator: Emulator) -> None:
    texts = dict.fromkeys(("name", "batch_name", "contact", "app_user_id"), "null")
    inputs = {**texts, "tags": ["null", "a"], "submit": False}
    made = provider.create(inputs)
    seen = provider.read(made.id, outputs_of(made))
    assert {name: outputs_of(seen)[name] for name in texts} == texts
    assert provider.diff(made.id, outputs_of(seen), inputs).changes is False
    emulator.control.set_fields(made.id, batch_name="other")
    seen = provider.read(made.id, outputs_of(seen))
    assert provider.diff(made.id, outputs_of(seen), inputs).changes is True


def test_all_problems_are_told_with_their_names(provider: TrainingJobProvider) -> None:
    found = provider.check({}, {"contact": 5, "cover": "none.png", "submit": False})
    assert {f.reason.split()[0] for f in found.failures} == {"name", "contact", "cover"}
    # The engine prints the value of a property that is named, secret or not.
    assert {failure.property for failure in found.failures} == {""}


def test_every_file_that_cannot_be_read_is_told(provider: TrainingJobProvider, canned: Any) -> None:
    canned.say(200, "half a letter", Content_Length="1000", ETag="v1")
    files = {name: f"{canned.endpoint}/{name}?Signature=secret" for name in ("grant_file", "cover")}
    inputs = {"name": "n", "submit": False, **files}
    assert provider.check({}, inputs).failures == []  # the creation reads them
    reasons = [f.reason for f in provider.check(inputs, inputs).failures]
    assert [text.partition(" cannot be read: ")[0] for text in sorted(reasons)] == [
        f"cover '{canned.endpoint}/cover'",
        f"grant_file '{canned.endpoint}/grant_file'",
    ]
    assert "secret" not in " ".join(reasons)


def test_bad_settings_are_a_problem_of_the_check(configuration: Configuration) -> None:
    del configuration["metastudio:secretKey"]
    made = TrainingJobProvider()
    made.configure(Request(configuration))  # type: ignore[arg-type]
    (failure,) = made.check({}, {"name": "n", "submit": False}).failures
    assert "metastudio:accessKey without metastudio:secretKey" in failure.reason


def test_what_is_not_known_yet_passes(provider: TrainingJobProvider) -> None:
    inputs = {"name": Unknown(), "training_video": Unknown(), "tags": ["a", Unknown()]}
    found = provider.check({}, inputs)
    assert found.failures == []
    assert isinstance(found.inputs["name"], Unknown)


def test_credits_are_asked_for_once_and_only_when_something_is_billed(
    provider: TrainingJobProvider, declared: dict[str, Any], emulator: Emulator
) -> None:
    provider.check({}, {**declared, "submit": False})
    assert "credits" not in emulator.control.counters()
    for _ in range(3):
        assert provider.check({}, declared).failures == []
    assert emulator.control.counters()["credits"] == {"200": 1}


def test_a_check_never_fails_for_credits(
    provider: TrainingJobProvider, declared: dict[str, Any], emulator: Emulator
) -> None:
    emulator.control.add_fault("credits", "status", status=403)
    assert provider.check({}, declared).failures == []


def test_a_job_that_is_to_be_taken_over_must_be_there(
    provider: TrainingJobProvider, emulator: Emulator
) -> None:
    job_id = emulator.control.add_job(name="n", state="JOB_SUCCESS")["job_id"]
    there = {"name": "n", "existing_job_id": job_id}
    assert provider.check({}, there).failures == []
    (failure,) = provider.check({}, {**there, "existing_job_id": "0" * 32}).failures
    assert failure.reason.startswith("existing_job_id: the service has no job 000")
    # Who is asked for is not known yet, or nothing changed since it was looked up.
    for inputs, before in [({**there, "app_user_id": Unknown()}, {}), (there, there)]:
        emulator.control.clear_counters()
        assert provider.check(before, inputs).failures == []
        assert emulator.control.counters() == {}
    # Whether it is there cannot be told: up looks again before it takes it over.
    emulator.control.add_fault("show", "status", status=403)
    assert provider.check({}, there).failures == []


def test_whole_numbers_arrive_as_such(provider: TrainingJobProvider) -> None:
    found = provider.check({}, {"name": "n", "submit": False, "triggers": [3.0], "tags": None})
    assert found.failures == []
    assert "tags" not in found.inputs


def test_an_unfinished_job_that_is_made_anew_goes_first(provider: TrainingJobProvider) -> None:
    old = {"name": "n", "state": "WAIT_FILE_UPLOAD", "pending": ["recreate", "submit"]}
    found = provider.diff("j", {**old, "__declared": ["name"]}, {"name": "n"})
    assert (found.replaces, found.delete_before_replace) == (["pending"], True)
    moved = {"name": "n", "state": "TRAINING", "pending": [], "model_version": "V3.2"}
    found = provider.diff("j", {**moved, "__declared": ["name"]}, {"name": "n", "is_flexus": True})
    assert (found.replaces, found.delete_before_replace) == (["is_flexus"], False)


def test_one_context_for_one_configuration(configuration: Configuration) -> None:
    first = process_state.shared_context(configuration)
    again = process_state.shared_context(Configuration(configuration))
    assert (again.client, again.run) == (first.client, first.run)
    other = Configuration({**configuration, "metastudio:projectId": "another"})
    assert process_state.shared_context(other).client is not first.client


def test_settings_come_from_the_stacks_configuration(configuration: Configuration) -> None:
    assert (
        process_state.settings_from(configuration).endpoint == configuration["metastudio:endpoint"]
    )
    with pytest.raises(ConfigurationError, match="no credentials"):
        process_state.settings_from({})


# ----------------------------------------------------------------------------------- accounts


@pytest.fixture
def other(start: Any) -> Emulator:
    """The service of a second account, with a project of its own."""
    service: Emulator = start()
    return service


def namespace(name: str, service: Emulator) -> dict[str, str]:
    """What a stack's configuration holds of an account."""
    settings = {
        "endpoint": service.endpoint,
        "projectId": service.project_id,
        "accessKey": service.access_key,
        "secretKey": service.secret_key,
    }
    return {f"metastudio-{name}:{key}": value for key, value in settings.items()}


def made_for(provider: TrainingJobProvider, account: str, **inputs: Any) -> tuple[str, Any]:
    """A job of an account: its id and what is recorded of it."""
    urn = {"__urn": "urn:pulumi:s::p::t::anna"}
    made = provider.create({"name": "n", "submit": False, "account": account, **urn, **inputs})
    return made.id, outputs_of(made)


def test_each_job_is_its_accounts(
    provider: TrainingJobProvider,
    configuration: Configuration,
    emulator: Emulator,
    other: Emulator,
) -> None:
    configuration |= {**namespace("b", other), **namespace("c", other)}
    job_id, recorded = made_for(provider, "b")
    assert [job["job_id"] for job in other.control.jobs()] == [job_id]
    declared = {"name": "n", "submit": False, "__urn": "urn:pulumi:s::p::t::anna"}
    # The same project by another name: its keys alone are enough, the old name's may be gone.
    for key in namespace("b", other):
        del configuration[key]
    renamed = {**declared, "account": "c"}
    found = provider.diff(job_id, recorded, renamed)
    assert (found.changes, found.replaces) == (True, [])
    after = outputs_of(provider.update(job_id, recorded, renamed))
    assert (after["job_id"], after["account"]) == (job_id, "c")
    read = provider.read(job_id, after)
    assert read.id == job_id
    assert (read.inputs or {})["account"] == "c"
    assert provider.diff(job_id, outputs_of(read), renamed).changes is False
    # Another project, and a name that is not known yet.
    assert provider.diff(job_id, after, declared).replaces == ["account"]
    unknown = {**declared, "account": Unknown()}
    assert provider.check({}, unknown).failures == []
    assert provider.diff(job_id, after, unknown).replaces == ["account"]
    # A job that is only read is its account's, too.
    assert outputs_of(provider.read(job_id, {"account": "c"}))["account"] == "c"
    provider.delete(job_id, after)
    assert other.control.jobs() == emulator.control.jobs() == []


def test_an_account_without_keys(
    provider: TrainingJobProvider, configuration: Configuration, other: Emulator
) -> None:
    configuration |= namespace("b", other)
    job_id, recorded = made_for(provider, "b")
    for key in namespace("b", other):
        del configuration[key]
    (failure,) = provider.check({}, {"name": "n", "submit": False, "account": "b"}).failures
    assert failure.reason.startswith("account 'b': metastudio-b:accessKey is missing")
    (failure,) = provider.check({}, {"name": "n", "submit": False, "account": "a b"}).failures
    assert failure.reason.startswith("account is 'a b': it must be an account's name")
    for call in (provider.read, provider.delete):
        with pytest.raises(ConfigurationError, match="account 'b': metastudio-b:accessKey is miss"):
            call(job_id, recorded)
    assert len(other.control.jobs()) == 1


def test_no_default_account_is_needed(provider: TrainingJobProvider, other: Emulator) -> None:
    alone = TrainingJobProvider()
    alone.configure(Request(Configuration(namespace("b", other))))  # type: ignore[arg-type]
    declared = {"name": "n", "submit": False, "account": "b", "__urn": "urn:pulumi:s::p::t::anna"}
    assert alone.check({}, declared).failures == []
    job_id, recorded = made_for(alone, "b")
    assert alone.diff(job_id, recorded, declared).changes is False


def test_swapped_accounts_lose_no_job(
    provider: TrainingJobProvider,
    configuration: Configuration,
    emulator: Emulator,
    other: Emulator,
) -> None:
    """Whose namespace has become another project's: not there does not mean gone."""
    configuration |= {**namespace("a", emulator), **namespace("b", other)}
    job_id, recorded = made_for(provider, "b")
    configuration |= {**namespace("a", other), **namespace("b", emulator)}
    changed = {"name": "m", "submit": False, "account": "b", "__urn": "urn:pulumi:s::p::t::anna"}
    for call in (
        lambda: provider.read(job_id, recorded),
        lambda: provider.diff(job_id, recorded, changed),
        lambda: provider.update(job_id, recorded, changed),
        lambda: provider.delete(job_id, recorded),
    ):
        with pytest.raises(JobRefusal, match=f"{job_id} is recorded in project .* of account 'b'"):
            call()
    # By the name that the project has now, it is the same job.
    assert provider.diff(job_id, recorded, {**changed, "account": "a"}).replaces == []
    assert [job["job_id"] for job in other.control.jobs()] == [job_id]


def test_a_job_of_another_account_that_cannot_be_deleted(
    provider: TrainingJobProvider,
    configuration: Configuration,
    emulator: Emulator,
    other: Emulator,
) -> None:
    configuration |= namespace("b", other)
    job_id, recorded = made_for(provider, "b")
    other.control.set_state(job_id, "TRAINING")
    moved = {"name": "n", "submit": False, "__urn": "urn:pulumi:s::p::t::anna"}
    assert provider.diff(job_id, recorded, moved).replaces == ["account"]
    with pytest.raises(JobRefusal, match=f"job {job_id} is in state TRAINING, in which"):
        provider.create(moved)
    assert emulator.control.jobs() == []
