"""A backend, a state and a lock that are not as they should be are refused, never taken as new."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import pulumi_embedded

from .conftest import Workspace

NONE = "urn:pulumi:dev::proj::x:y:Z::none"


@pytest.fixture
def made(workspace: Workspace) -> Workspace:
    """A stack of two things, the second of which needs the first."""
    workspace.program('a = Thing("a")\nThing("b", opts=Opts(depends_on=[a]))')
    workspace.up()
    workspace.calls()
    return workspace


def state_file(workspace: Workspace) -> Path:
    return workspace.backend / ".pulumi" / "stacks" / "proj" / "dev.json"


def refused(workspace: Workspace, words: str, theirs: str | None = None) -> None:
    """Both engines refuse, whatever is to be done, and leave the state and the service alone."""
    before = state_file(workspace).read_bytes()
    result = workspace.refused(words, theirs)
    for operation in ("up", "refresh", "destroy"):
        again = workspace.run(operation)
        assert (again.code, again.err) == (1, result.err)
    assert workspace.calls() == []
    assert state_file(workspace).read_bytes() == before


@pytest.mark.parametrize("there", [False, True])
def test_a_backend_that_is_no_folder(
    made: Workspace, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    wrong = made.backend.parent / "stats"
    if there:
        wrong.write_text("")
    made.environment["PULUMI_BACKEND_URL"] = f"file://{wrong}"
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{wrong}")
    what = "is not a directory" if there else "does not exist"
    made.refused("unable to open state directory", theirs="unable to open state directory")
    for operation in ("up", "outputs"):
        assert what in made.run(operation).err
    with pytest.raises(pulumi_embedded.EngineError, match=what):
        pulumi_embedded.stacks(made.folder)
    assert made.calls() == []
    assert wrong.exists() == there


NO_STATES = [
    ("", "Expecting value"),
    ("[]", "no version"),
    ("3", "no version"),
    ('{"version": "3", "checkpoint": {"latest": null}}', "no version"),
    ('{"version": 3}', "no checkpoint"),
    ('{"version": 3, "checkpoint": []}', "no checkpoint"),
    ('{"version": 3, "checkpoint": {"latest": []}}', "'latest' is not an object"),
    ('{"version": 3, "checkpoint": {"latest": {"resources": {}}}}', "is not a list"),
    ('{"version": 3, "checkpoint": {"latest": {"resources": [3]}}}', "malformed"),
    ('{"version": 5, "checkpoint": {"latest": null}}', "checkpoint version 5"),
]


def test_a_state_that_is_none(made: Workspace) -> None:
    """One stack for all of them: making it takes longer than what is tried."""
    for text, words in NO_STATES:
        state_file(made).write_text(text)
        refused(made, words, theirs="")


def test_a_state_that_was_cut_off(made: Workspace) -> None:
    text = state_file(made).read_text()
    state_file(made).write_text(text[: len(text) // 2])
    refused(made, f"{state_file(made)} is not the state of a stack", theirs="failed to load")


def test_what_nobody_writes_is_refused_although_the_cli_takes_it_as_empty(made: Workspace) -> None:
    for text in ("{}", "null", '{"version": 3, "checkpoint": null}'):
        state_file(made).write_text(text)
        assert "is not the state of a stack" in made.run("up").err
    assert made.calls() == []


@pytest.mark.parametrize(
    "latest", ['"latest": null', '"latest": {}', '"stack": "organization/x/y"']
)
def test_a_stack_without_a_deployment_is_empty(workspace: Workspace, latest: str) -> None:
    workspace.program('Thing("a")')
    pulumi_embedded.create_stack(workspace.folder, "dev")
    state_file(workspace).write_text(f'{{"version": 3, "checkpoint": {{{latest}}}}}')
    assert "2 to create" in workspace.run("preview").out
    if shutil.which("pulumi"):
        assert "2 to create" in workspace.cli("preview")
    workspace.up()


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_compressed_state_is_no_missing_one(made: Workspace, ending: str) -> None:
    state_file(made).rename(f"{state_file(made)}{ending}")
    assert "compressed checkpoints are not supported" in made.run("up").err
    assert made.calls() == []


def moved(resources: list[dict[str, Any]]) -> None:
    resources[-2:] = reversed(resources[-2:])


DAMAGES = [
    (lambda r: r.append(r[-1]), "duplicate resource URN (not marked for deletion)"),
    (lambda r: r[-1].update(parent=NONE), f"resource URN's parent {NONE} is missing"),
    (lambda r: r[-1].update(dependencies=[NONE]), f"dependency {NONE} is missing"),
    (lambda r: r[-1].update(propertyDependencies={"l": [NONE]}), "(from l)"),
    (lambda r: r[-1].update(deletedWith=NONE), f"'deleted with' {NONE} is missing"),
    (lambda r: r[-1].update(replaceWith=[NONE]), f"'replace with' {NONE} is missing"),
    (moved, "comes after it"),
    (lambda r: r[-1].update(provider=f"{NONE}::1"), f"refers to unknown provider {NONE}::1"),
    (lambda r: r[0].update(id="x"), "has 'custom' false but non-empty ID"),
    (lambda r: r[-1].pop("urn"), "missing required 'urn' field"),
    (lambda r: r[-1].pop("type"), "missing required 'type' field"),
    (lambda r: r[-1].update(inputs=[]), "malformed: the inputs of URN"),
    (lambda r: r[-1].update(dependencies="x"), "malformed: the dependencies of URN"),
]


def test_a_state_that_does_not_hold_together(made: Workspace) -> None:
    good = state_file(made).read_text()
    for damage, words in DAMAGES:
        checkpoint = json.loads(good)
        resources = checkpoint["checkpoint"]["latest"]["resources"]
        urn = resources[-1]["urn"]
        damage(resources)
        state_file(made).write_text(json.dumps(checkpoint))
        refused(made, words.replace("URN", urn), theirs="")
        if "malformed" not in words:
            assert "pulumi state repair" in made.run("up").err


def test_a_state_that_was_tampered_with(made: Workspace) -> None:
    checkpoint = json.loads(state_file(made).read_text())
    checkpoint["checkpoint"]["latest"]["manifest"]["magic"] = "x"
    state_file(made).write_text(json.dumps(checkpoint))
    refused(made, "magic cookie mismatch; possible tampering")


def test_what_is_to_be_deleted_may_have_a_name_twice(made: Workspace) -> None:
    checkpoint = json.loads(state_file(made).read_text())
    resources = checkpoint["checkpoint"]["latest"]["resources"]
    resources.append({**resources[-1], "delete": True})
    state_file(made).write_text(json.dumps(checkpoint))
    assert made.run("preview").code == 0


def test_outputs_of_a_broken_state_can_be_read(made: Workspace) -> None:
    test_state = json.loads(state_file(made).read_text())
    test_state["checkpoint"]["latest"]["resources"][-1]["parent"] = NONE
    state_file(made).write_text(json.dumps(test_state))
    made.settings("name: proj\nruntime: python\nconfig: {must: {}}\n")
    assert made.run("outputs").code == 0
    if shutil.which("pulumi"):
        made.cli("stack", "output")


FEATURED = """
    a = Thing("a", kind={kind!r})
    Thing("b", opts=Opts(replace_with=[a]))
"""


def features(workspace: Workspace) -> tuple[int, Any]:
    checkpoint = json.loads(state_file(workspace).read_text())
    return checkpoint["version"], checkpoint.get("features")


def test_features_are_named_as_the_cli_names_them(cli: Workspace) -> None:
    taint = ("state", "taint", "urn:pulumi:dev::proj::pulumi-python:dynamic/test:Thing::a", "--yes")
    cli.program(FEATURED.format(kind="x"))
    pulumi_embedded.create_stack(cli.folder, "dev")
    cli.cli("up", "--yes", "--skip-preview")
    assert features(cli) == (4, ["replaceWith"])
    cli.cli(*taint)
    assert features(cli) == (4, ["replaceWith", "taint"])
    cli.calls()

    proposed = cli.run("preview").out
    assert "2 to replace" in proposed, proposed
    assert "2 to replace" in cli.cli("preview")
    assert cli.run("refresh").code == 0
    assert features(cli) == (4, ["replaceWith", "taint"]), "a refresh loses neither"
    assert "2 to replace" in cli.cli("preview")
    cli.up()
    assert sorted(call.split()[0] for call in cli.calls()) == [
        "create",
        "create",
        "delete",
        "delete",
    ]
    assert features(cli) == (4, ["replaceWith"])
    assert "3 unchanged" in cli.cli("preview")

    cli.cli(*taint)
    cli.cli("up", "--yes", "--skip-preview")
    assert features(cli) == (4, ["replaceWith"])
    cli.program('Thing("a", kind="x")\nThing("b")')
    cli.up()
    assert features(cli) == (3, None)
    assert "3 unchanged" in cli.cli("preview")


def test_a_feature_that_only_the_cli_knows_is_refused_by_name(made: Workspace) -> None:
    checkpoint = json.loads(state_file(made).read_text())
    state_file(made).write_text(
        json.dumps({**checkpoint, "version": 4, "features": ["views", "taint"]})
    )
    result = made.run("up")
    assert result.code == 1
    assert result.err == (
        "error: the stack uses views, which the embedded engine does not know; "
        "install the Pulumi CLI\n"
    )


def test_history_is_left_to_the_cli(cli: Workspace) -> None:
    cli.program('Thing("a")')
    pulumi_embedded.create_stack(cli.folder, "dev")
    cli.cli("up", "--yes", "--skip-preview")
    cli.program('Thing("a", n=1)')
    cli.up()
    history = json.loads(cli.cli("stack", "history", "--json"))
    assert [update["kind"] for update in history] == ["update"]
    assert "2 unchanged" in cli.cli("preview")
    cli.cli("up", "--yes", "--skip-preview")
    assert len(json.loads(cli.cli("stack", "history", "--json"))) == 2
    assert cli.run("destroy").code == 0
    pulumi_embedded.remove_stack(cli.folder, "dev")
    assert not [
        file for file in cli.backend.rglob("*") if "history" in file.name and file.is_file()
    ]


@pytest.mark.parametrize("command", ["pulumi", "metastudio"])
def test_a_lock_names_the_command_that_removes_it(workspace: Workspace, command: str) -> None:
    workspace.program('Thing("a", pause=True)')
    process = workspace.start("up")
    workspace.wait_until_paused()
    refused = workspace.run("up", command=command)
    assert f"delete the lock file with `{command} cancel`." in refused.err
    assert f"(pid {process.pid})" in refused.err
    if shutil.which("pulumi"):
        theirs = workspace.pulumi("up", "--yes", "--skip-preview")
        assert theirs.code == refused.code == 1
        assert "delete the lock file with `pulumi cancel`." in theirs.err
    workspace.resume()
    assert process.communicate()[0]
    assert process.returncode == 0


@pytest.mark.parametrize("command", ["pulumi", "metastudio"])
def test_pending_creates_name_the_command_that_clears_them(made: Workspace, command: str) -> None:
    checkpoint = json.loads(state_file(made).read_text())
    latest = checkpoint["checkpoint"]["latest"]
    resource = {
        **latest["resources"][-1],
        "urn": NONE.replace("x:y:Z", latest["resources"][-1]["type"]),
    }
    resource.pop("id")
    latest["pending_operations"] = [{"resource": resource, "type": "creating"}]
    state_file(made).write_text(json.dumps(checkpoint))
    out = made.run("up", command=command).out
    assert f"'{command} refresh'" in out
    assert "--clear-pending-creates" in out
    assert "pending_operations" in made.checkpoint()
    assert made.run("refresh", clear_pending_creates=True).code == 0
    assert "pending_operations" not in made.checkpoint()


def test_what_killed_runs_left_beside_the_stack_is_cleared_up(workspace: Workspace) -> None:
    workspace.program('Thing("a")')
    workspace.up()
    stacks = workspace.backend / ".pulumi" / "stacks" / "proj"
    kept = {".dev2.json.abcdefgh", ".dev.json.json.abcdefgh", "dev.json", "dev.json.bak"}
    for name in (".dev.json.abc_efgh", ".dev.json.bak.abcdefgh", *kept):
        (stacks / name).touch()
    workspace.up()
    assert {file.name for file in stacks.iterdir()} == kept
