"""What is stored: checkpoints, secrets, configuration, the order of deletions."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import Any

import pytest

import pulumi_embedded
from pulumi_embedded.display.text import outputs_text
from pulumi_embedded.errors import EngineError, UnsupportedError
from pulumi_embedded.model.deletion_order import deletion_levels
from pulumi_embedded.model.resources import ResourceState
from pulumi_embedded.model.urns import make_urn, parse_urn
from pulumi_embedded.model.values import UNKNOWN, Secret
from pulumi_embedded.project.checkpoint import decode_checkpoint, encode_checkpoint, encode_resource
from pulumi_embedded.project.passphrase import Crypter, IncorrectPassphraseError

from .conftest import Workspace

# Written by the Pulumi CLI 3.260.0 for the passphrase `pw`.
CLI_SALT = "v1:aoje2jMiLpU=:v1:utQGg3IKGvcKB6Bm:Muh5PE6LsPwbBJjLnwEo2I+77+jd/w=="
CLI_SECRET = "v1:rPsx7y+uyoB6EtUZ:bVYpsSqUZBH/tEchgTR6C0WWYV27dQ=="


@pytest.fixture(scope="module")
def crypter() -> Crypter:
    return Crypter.create("a passphrase")


def test_a_secret_of_the_cli_can_be_opened() -> None:
    assert Crypter.open("pw", CLI_SALT).decrypt(CLI_SECRET) == '"tops"'


def test_a_wrong_passphrase_is_noticed() -> None:
    with pytest.raises(IncorrectPassphraseError, match="incorrect passphrase"):
        Crypter.open("another", CLI_SALT)


def test_secrets_come_back(crypter: Crypter) -> None:
    again = Crypter.open("a passphrase", crypter.state)
    sealed = crypter.encrypt("ümlaut")
    assert sealed.startswith("v1:")
    assert "ümlaut" not in sealed
    assert again.decrypt(sealed) == "ümlaut"
    assert crypter.encrypt("x") != crypter.encrypt("x")


@pytest.mark.parametrize("broken", ["", "v1:", "v2:a:b", "v1:AAAA:AAAA", "v1:!:!"])
def test_a_broken_secret_is_an_error(crypter: Crypter, broken: str) -> None:
    with pytest.raises(EngineError, match="cannot be decrypted"):
        crypter.decrypt(broken)


def checkpoint_of(states: list[ResourceState], crypter: Crypter) -> Any:
    texts = [encode_resource(state, crypter) for state in states]
    return json.loads(encode_checkpoint("o/p/s", crypter.state, texts, [], {}))


def test_a_resource_comes_back_as_it_was(crypter: Crypter) -> None:
    state = ResourceState(
        urn="urn:pulumi:s::p::t:m:T::n",
        type="t:m:T",
        custom=True,
        id="1",
        inputs={"s": Secret({"inner": Secret(1), "x": "<&>"}), "n": None, "l": []},
        protect=True,
        property_dependencies={"s": []},
        unknown_fields={"ofTomorrow": [1]},
    )
    (back,) = decode_checkpoint(checkpoint_of([state], crypter), crypter).resources
    assert dict(vars(back).items()) == vars(state)


def test_what_only_the_cli_knows_is_refused(crypter: Crypter) -> None:
    checkpoint = checkpoint_of([], crypter)
    for change in (
        {"version": 2},
        {"version": 5},
        {"version": 4, "features": ["views"]},
    ):
        with pytest.raises(UnsupportedError, match="install the Pulumi CLI"):
            decode_checkpoint({**checkpoint, **change}, crypter)
    assert decode_checkpoint({**checkpoint, "version": 4}, crypter).resources == []


def test_an_unknown_value_is_never_stored(crypter: Crypter) -> None:
    state = ResourceState(urn="u", type="t", custom=True, inputs={"x": UNKNOWN})
    with pytest.raises(EngineError, match="unknown"):
        encode_resource(state, crypter)


def state_of(name: str, *needs: str, parent: str = "") -> ResourceState:
    return ResourceState(
        urn=name, type="t:m:T", custom=True, dependencies=list(needs), parent=parent
    )


def test_deletions_wait_for_dependents() -> None:
    a, b, c = state_of("a"), state_of("b", "a"), state_of("c", parent="b")
    d, old = state_of("d", "a"), state_of("a")
    # `old` was replaced by `a`, and has the same name: whatever refers to it goes first.
    levels = deletion_levels([old, a, b, c, d])
    assert [set(level) for level in levels] == [{c, d}, {b}, {old, a}]


def test_urns() -> None:
    parent = make_urn("s", "p", "", "my:index:Comp", "c")
    urn = make_urn("s", "p", parent, "a:b:C", "name::with:colons")
    assert urn == "urn:pulumi:s::p::my:index:Comp$a:b:C::name::with:colons"
    assert parse_urn(urn).type == "a:b:C"
    assert parse_urn(urn).name == "name::with:colons"


def test_outputs_are_shown_with_what_changed() -> None:
    old = {"same": 1, "gone": "x", "other": Secret("a")}
    new = {"same": 1, "other": Secret("b"), "new": {"list": [True, None, UNKNOWN]}}
    assert "\n".join(outputs_text(old, new, show_secrets=False)) == (
        "Outputs:\n"
        '  - gone : "x"\n'
        "  + new  : {\n        list: [\n            [0]: true\n            [1]: <null>\n"
        "            [2]: [unknown]\n        ]\n    }\n"
        "  ~ other: [secret] => [secret]\n"
        "    same : 1\n"
    )
    assert '"a" => "b"' in "\n".join(outputs_text(old, new, show_secrets=True))


def test_secrets_are_nowhere_in_the_clear(workspace: Workspace) -> None:
    pulumi_embedded.config_set(workspace.folder, "dev", "token", "t0ken-value", secret=True)
    workspace.program("""
        config = pulumi.Config()
        assert config.require("token") == "t0ken-value"
        a = Thing(
            "a",
            password=config.require_secret("token"),
            nested={"deep": pulumi.Output.secret("d33p-value")},
            opts=Opts(additional_secret_outputs=["made"]),
        )
        pulumi.export("password", config.require_secret("token"))
    """)
    result = workspace.run("up")
    assert result.code == 0, result.text
    assert any("token t0ken-value" in call for call in workspace.calls())
    texts = [file.read_text() for file in workspace.backend.rglob("*") if file.is_file()] + [
        file.read_text() for file in workspace.folder.glob("*.yaml")
    ]
    assert len(texts) > 4
    for text in [*texts, result.text]:
        assert "t0ken-value" not in text
        assert "d33p-value" not in text
    made = workspace.resources()["a"]["outputs"]["made"]
    assert "ciphertext" in made


def test_a_wrong_passphrase_runs_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.program('Thing("a")')
    workspace.up()
    workspace.calls()
    (workspace.folder / "__main__.py").write_text("raise SystemExit('never run')")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")
    for operation in ("up", "preview", "destroy", "refresh", "outputs"):
        result = workspace.run(operation)
        assert (result.code, result.err) == (1, "error: incorrect passphrase\n")
        assert result.out == ""
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    assert "passphrase must be set with" in workspace.run("up").err
    file = workspace.folder / "passphrase"
    file.write_bytes(b"\xffsecret")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(file))
    assert workspace.run("up").err.endswith(f"{file}: is not UTF-8 text\n")
    file.write_text("correct horse\n")
    assert workspace.run("destroy").code == 0


def test_stacks_come_and_go(workspace: Workspace) -> None:
    folder = workspace.folder
    assert pulumi_embedded.stacks(folder) == []
    pulumi_embedded.create_stack(folder, "dev")
    assert pulumi_embedded.stacks(folder) == ["dev"]
    assert pulumi_embedded.stack_exists(folder, "dev")
    with pytest.raises(EngineError, match="already exists"):
        pulumi_embedded.create_stack(folder, "dev")
    workspace.program('Thing("a")')
    workspace.up()
    with pytest.raises(EngineError, match="still has resources"):
        pulumi_embedded.remove_stack(folder, "dev")
    assert workspace.run("destroy").code == 0
    pulumi_embedded.remove_stack(folder, "dev")
    assert pulumi_embedded.stacks(folder) == []
    assert not (folder / "Pulumi.dev.yaml").exists()


def test_what_is_stored_is_private(workspace: Workspace) -> None:
    workspace.program('Thing("a")')
    workspace.up()
    files = list((workspace.backend / ".pulumi").rglob("*.json"))
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_importing_the_package_is_cheap() -> None:
    heavy = "{'grpc', 'cryptography', 'rich', 'pulumi'}"
    code = f"import sys, pulumi_embedded; print(*{heavy} & {{*sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == ""
