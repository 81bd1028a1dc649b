"""A stack made by the embedded engine or by the Pulumi CLI is carried on by the other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import pulumi_embedded

from .conftest import Workspace

PROGRAM = """
    config = pulumi.Config()

    class Pair(pulumi.ComponentResource):
        def __init__(self, name, opts=None):
            super().__init__("test:index:Pair", name, {"kind": "pair"}, opts)
            self.left = Thing(name + "-left", size=3, ratio=0.5, opts=Opts(parent=self))
            self.right = Thing(
                name + "-right",
                on=self.left.made,
                opts=Opts(parent=self, depends_on=[self.left], retain_on_delete=True),
            )
            self.register_outputs({"left": self.left.made})

    pair = Pair("pair")
    a = Thing(
        "a",
        label=config.require("greeting"),
        password=config.require_secret("password"),
        nested={"list": [1, None, {"deep": pulumi.Output.secret("x<y>&z")}], "empty": {}},
        flag=True,
        text="ümlaut \\u2028",
        opts=Opts(
            additional_secret_outputs=["made"],
            protect=True,
            ignore_changes=["size"],
            hide_diffs=["text", "nested.list", "list[*].k"],
            custom_timeouts=pulumi.CustomTimeouts(create="5m"),
        ),
    )
    pulumi.export("made", a.made)
    pulumi.export("list", [1, 2.5, None, True, "text"])
    pulumi.export("pair", pair.left.made)
"""

# Programs that follow each other: together they take a stack most ways that there are.
STORY = {
    "everything at once": """
        a = Thing("a", kind="k1")
        b = Thing("b", label=a.made)
        c = Thing("c", kind=a.made, opts=Opts(parent=b))
        d = Thing("d", exclusive=True, kind="x")
        e = Thing("e", kind=d.made)
        pulumi.export("o", {"x": [e.made, a]})
        pulumi.export("s", pulumi.Output.secret(1))
    """,
    "replaced in both orders, with dependents": """
        a = Thing("a", kind="k2")
        b = Thing("b", label=a.made)
        c = Thing("c", kind=a.made, opts=Opts(parent=b))
        d = Thing("d", exclusive=True, kind="y")
        e = Thing("e", kind=d.made)
    """,
    "renamed, and some deleted": """
        a = Thing("a2", kind="k2", label="a", opts=Opts(aliases=[pulumi.Alias(name="a")]))
        b = Thing("b", label=a.made, opts=Opts(protect=True))
        c = Thing("c", kind=a.made, opts=Opts(parent=b))
        f = Thing("f", opts=Opts(deleted_with=a, retain_on_delete=True))
    """,
    "half of it fails": """
        a = Thing("a2", kind="k3", label="a")
        b = Thing("b", label="b")
        c = Thing("c", label="broken", kind="new", opts=Opts(parent=b))
        pulumi.export("z", 1)
    """,
    "mended": """
        a = Thing("a2", kind="k3", label="a")
        b = Thing("b", label="b")
        c = Thing("c", kind="new", opts=Opts(parent=b))
        g = Thing("g", opts=Opts(depends_on=[a, c]))
    """,
    "refresh": "",
    "components and references": """
        class Comp(pulumi.ComponentResource):
            def __init__(self, name, opts=None):
                super().__init__("x:y:C", name, {"p": 1, "q": pulumi.Output.secret(2)}, opts)
                self.t = Thing(name + "-t", opts=Opts(parent=self))
                self.register_outputs({"t": self.t})
        comp = Comp("comp")
        here = Opts(parent=comp, aliases=[pulumi.Alias(parent=None)])
        a = Thing("a2", kind="k3", label="a", opts=here)
        h = Thing("h", one=a, more=[comp.t], nothing=None)
        x = Thing("x", opts=Opts(id="known"))
        pulumi.export("ref", comp)
    """,
    "destroy": "",
}

# What may differ between two stacks that are the same.
VOLATILE = {"created", "modified", "id", "stackTrace", "sourcePosition", "ciphertext"}


@pytest.fixture
def both(cli: Workspace) -> Workspace:
    """A program with a bit of everything, and its configuration."""
    cli.settings(
        "name: proj\nruntime:\n  name: python\nconfig:\n  greeting: hello\n"
        "  number:\n    type: integer\n    default: 3\n"
    )
    cli.program(PROGRAM)
    return cli


def make_with_cli(workspace: Workspace) -> None:
    workspace.cli("stack", "init", "dev")
    workspace.cli("config", "set", "--secret", "password", "s3cret")
    workspace.cli("up", "--yes", "--skip-preview")


def make_with_embedded(workspace: Workspace) -> None:
    pulumi_embedded.config_set(workspace.folder, "dev", "password", "s3cret", secret=True)
    workspace.up()


def test_the_cli_carries_on_what_the_engine_made(both: Workspace) -> None:
    make_with_embedded(both)
    both.cli("preview", "--expect-no-changes")
    exported = json.loads(both.cli("stack", "export"))
    assert len(exported["deployment"]["resources"]) == 6
    outputs = json.loads(both.cli("stack", "output", "--json", "--show-secrets"))
    assert outputs["made"] == both.resources()["a"]["id"]
    assert both.cli("config", "get", "password").strip() == "s3cret"

    both.program(PROGRAM.replace("size=3", "size=4").replace("protect=True", "protect=False"))
    both.cli("up", "--yes", "--skip-preview")
    both.cli("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert both.run("preview", expect_no_changes=True).code == 0
    both.cli("destroy", "--yes", "--skip-preview")
    assert both.things().keys() == {"pair-right"}, "it was to be retained"


def test_the_engine_carries_on_what_the_cli_made(both: Workspace) -> None:
    make_with_cli(both)
    result = both.run("preview", expect_no_changes=True)
    assert result.code == 0, result.text
    outputs = json.loads(both.run("outputs", json_output=True, show_secrets=True).out)
    assert outputs == json.loads(both.cli("stack", "output", "--json", "--show-secrets"))

    both.program(PROGRAM.replace("size=3", "size=4").replace("protect=True", "protect=False"))
    assert "~ 1 updated" in both.up().out
    assert both.run("refresh", expect_no_changes=True).code == 0
    both.cli("preview", "--expect-no-changes")
    assert both.run("destroy", skip_preview=True).code == 0
    both.cli("stack", "rm", "--yes")


def normal(value: Any) -> Any:
    """A value without what differs from run to run."""
    if isinstance(value, dict):
        return {k: normal(v) for k, v in value.items() if k not in VOLATILE}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value


def stored(workspace: Workspace) -> dict[str, Any]:
    """The stack as it is stored, with the service's random ids taken out."""
    checkpoint = workspace.checkpoint()
    resources = checkpoint.get("resources", [])
    text = json.dumps([sorted(checkpoint), normal(resources)])
    for resource in resources:
        text = text.replace(resource.get("id") or "no id", "<id>")
    # Ids of things that are gone may still be mentioned in others.
    text = re.sub(r'"[0-9a-f]{8}"', '"<id>"', text)
    keys, plain = json.loads(text)
    for resource in plain:
        resource.get("dependencies", []).sort()
    return {"keys": keys, "resources": sorted(plain, key=lambda item: item["urn"])}


def test_both_store_the_same(
    both: Workspace, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = type(both)(tmp_path_factory.mktemp("twin"))
    (twin.folder / "Pulumi.yaml").write_text((both.folder / "Pulumi.yaml").read_text())
    make_with_cli(both)
    twin.program(PROGRAM)
    for name, value in twin.environment.items():
        monkeypatch.setenv(name, value)
    make_with_embedded(twin)
    assert stored(twin) == stored(both)


def test_both_take_the_same_way(
    cli: Workspace, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = type(cli)(tmp_path_factory.mktemp("twin"))
    for name, value in twin.environment.items():
        monkeypatch.setenv(name, value)
    cli.cli("stack", "init", "dev")
    for workspace in (cli, twin):
        (workspace.service / "known.json").write_text('{"label": "known"}')
    for title, program in STORY.items():
        operation = title if title in ("refresh", "destroy") else "up"
        for workspace in (cli, twin):
            workspace.program(program)
            if operation == "refresh":
                workspace.meddle()
        code = twin.run(operation, skip_preview=True).code
        cli.cli(operation, "--yes", "--skip-preview", code=code)
        assert stored(twin) == stored(cli), title
        verbs = [sorted(call.split()[0] for call in w.calls()) for w in (twin, cli)]
        assert verbs[0] == verbs[1], title


def test_each_refuses_while_the_other_works(both: Workspace) -> None:
    both.program('Thing("a", pause=True)')
    process = both.start("up")
    both.wait_until_paused()
    both.cli("up", "--yes", "--skip-preview", code=1)
    both.resume()
    assert process.wait() == 0
    both.cli("preview", "--expect-no-changes")


def test_an_interrupted_replacement_is_finished_by_the_cli(both: Workspace) -> None:
    both.program('Thing("a", kind="k1", exclusive=True)')
    both.up()
    both.program('Thing("a", kind="k2", exclusive=True, label="broken")')
    assert both.run("up", skip_preview=True).code == 1
    assert both.resources()["a"]["pendingReplacement"] is True
    both.program('Thing("a", kind="k2", exclusive=True)')
    assert "+-1 replaced" in both.cli("up", "--yes", "--skip-preview")
    assert both.run("preview", expect_no_changes=True).code == 0
    assert len(both.things()) == 1


def test_both_end_with_the_same_code(both: Workspace) -> None:
    programs = [
        'Thing("a", label="broken")',
        'raise pulumi.RunError("no")',
    ]
    both.cli("stack", "init", "dev")
    for program in programs:
        both.program(program)
        code = both.run("up", skip_preview=True).code
        both.cli("up", "--yes", "--skip-preview", code=code)
        assert code == 1
    both.program('Thing("a")')
    code = both.run("preview", expect_no_changes=True).code
    both.cli("preview", "--expect-no-changes", code=code)
    assert code == 7
    code = pulumi_embedded.run("preview", directory=both.folder, stack="nowhere")
    both.cli("preview", "--stack", "nowhere", code=code)
