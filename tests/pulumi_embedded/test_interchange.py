"""A stack made by the embedded engine or by the Pulumi CLI is carried on by the other."""

from __future__ import annotations

import json
from typing import Any

import pytest

import pulumi_embedded

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
            custom_timeouts=pulumi.CustomTimeouts(create="5m"),
        ),
    )
    pulumi.export("made", a.made)
    pulumi.export("list", [1, 2.5, None, True, "text"])
    pulumi.export("pair", pair.left.made)
"""

# What may differ between two stacks that are the same.
VOLATILE = {"created", "modified", "id", "stackTrace", "sourcePosition", "ciphertext"}


@pytest.fixture
def both(cli):
    """A program with a bit of everything, and its configuration."""
    cli.settings(
        "name: proj\nruntime:\n  name: python\nconfig:\n  greeting: hello\n"
        "  number:\n    type: integer\n    default: 3\n"
    )
    cli.program(PROGRAM)
    return cli


def make_with_cli(workspace) -> None:
    workspace.cli("stack", "init", "dev")
    workspace.cli("config", "set", "--secret", "password", "s3cret")
    workspace.cli("up", "--yes", "--skip-preview")


def make_with_embedded(workspace) -> None:
    pulumi_embedded.config_set(workspace.folder, "dev", "password", "s3cret", secret=True)
    workspace.up()


def test_the_cli_carries_on_what_the_engine_made(both):
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


def test_the_engine_carries_on_what_the_cli_made(both):
    make_with_cli(both)
    result = both.run("preview", expect_no_changes=True)
    assert result.code == 0, result.text
    outputs = json.loads(both.run("outputs", json_output=True, show_secrets=True).out)
    assert outputs == json.loads(both.cli("stack", "output", "--json", "--show-secrets"))

    both.program(PROGRAM.replace("size=3", "size=4").replace("protect=True", "protect=False"))
    assert "~ 1 updated" in both.up().out
    assert both.run("refresh", expect_no_changes=True).code == 0
    both.cli("preview", "--expect-no-changes")
    assert both.run("destroy").code == 0
    both.cli("preview")
    both.cli("stack", "rm", "--yes")


def normal(value: Any) -> Any:
    """A value without what differs from run to run."""
    if isinstance(value, dict):
        return {k: normal(v) for k, v in value.items() if k not in VOLATILE}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value


def stored(workspace) -> list[dict[str, Any]]:
    """The resources as they are stored, with the service's random ids taken out."""
    resources = workspace.checkpoint()["resources"]
    text = json.dumps(normal(resources))
    for resource in resources:
        if resource.get("id"):
            text = text.replace(resource["id"], f"<id of {resource['urn']}>")
    return sorted(json.loads(text), key=lambda item: item["urn"])


def test_both_store_the_same(both):
    make_with_cli(both)
    by_cli = both.checkpoint()
    by_cli_resources = stored(both)
    both.cli("stack", "rm", "--yes", "--force")
    make_with_embedded(both)
    by_engine = both.checkpoint()

    def shapes(checkpoint: dict[str, Any]) -> dict[str, list[str]]:
        return {item["urn"]: sorted(item) for item in checkpoint["resources"]}

    assert shapes(by_engine) == shapes(by_cli)
    assert sorted(by_engine) == sorted(by_cli)
    assert stored(both) == by_cli_resources
    assert pulumi_embedded.stacks(both.folder) == ["dev"]


def test_each_refuses_while_the_other_works(both):
    both.program('Thing("a", pause=True)')
    process = both.start("up")
    both.wait_until_paused()
    both.cli("up", "--yes", "--skip-preview", code=1)
    both.resume()
    assert process.wait() == 0
    both.cli("preview", "--expect-no-changes")


def test_an_interrupted_replacement_is_finished_by_the_cli(both):
    both.program('Thing("a", kind="k1", exclusive=True)')
    both.up()
    both.program('Thing("a", kind="k2", exclusive=True, label="broken")')
    assert both.run("up", skip_preview=True).code == 1
    assert both.resources()["a"]["pendingReplacement"] is True
    both.program('Thing("a", kind="k2", exclusive=True)')
    assert "+-1 replaced" in both.cli("up", "--yes", "--skip-preview")
    assert both.run("preview", expect_no_changes=True).code == 0
    assert len(both.things()) == 1


def test_both_end_with_the_same_code(both):
    programs = [
        'Thing("a", label="broken")',
        'Thing("a", label="forbidden")',
        'raise pulumi.RunError("no")',
        "1 / 0",
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
