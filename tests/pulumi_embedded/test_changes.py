"""What a change means: replaced or not, in which order, and what a failure on the way leaves.

Each program runs on both engines where the Pulumi CLI is there, and must do the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pytest

from .conftest import Workspace

Run = Callable[..., int]
LOSE = """
    import json, os, pathlib
    def lose(label):
        for file in pathlib.Path(os.environ["SERVICE"]).glob("*.json"):
            if json.loads(file.read_text())["label"] == label:
                file.unlink()
"""


@pytest.fixture(params=["embedded", "pulumi"])
def run(request: pytest.FixtureRequest, workspace: Workspace) -> Run:
    """Runs a program's `up`, or another operation, on an engine; gives the exit code."""
    if request.param == "pulumi" and shutil.which("pulumi") is None:
        pytest.skip("the Pulumi CLI is not on PATH")
    if request.param == "pulumi":
        workspace.cli("stack", "init", "dev")

    def run(program: str, operation: str = "up") -> int:
        workspace.program(program)
        if request.param == "embedded":
            return int(workspace.run(operation, skip_preview=True).code)
        return int(workspace.pulumi(operation, "--yes", "--skip-preview").code)

    return run


def things(workspace: Workspace) -> list[list[str]]:
    """Name, and what is up with it, of each resource in the order of the state."""
    marks = ("delete", "pendingReplacement")
    return [
        [item["urn"].rpartition("::")[2], *(mark for mark in marks if item.get(mark))]
        for item in workspace.checkpoint()["resources"]
        if not item["type"].startswith("pulumi:")
    ]


def outputs(workspace: Workspace) -> object:
    return workspace.checkpoint()["resources"][0].get("outputs")


@pytest.mark.parametrize(
    ("change", "calls"),
    [
        ('o={"p": 1, "q": 2}, l=[{"k": 1, "j": 2}]', ["update a"]),
        ('o={"p": 2, "q": 1}, l=[{"k": 1, "j": 1}]', ["create a token None", "delete a"]),
        ('o={"p": 1, "q": 1}, l=[{"k": 2, "j": 1}]', ["create a token None", "delete a"]),
    ],
)
def test_replace_on_changes_inside_a_property(
    change: str, calls: list[str], run: Run, workspace: Workspace
) -> None:
    program = 'Thing("a", undecided=True, %s, opts=Opts(replace_on_changes=["o.p", "l[*].k"]))'
    assert run(program % 'o={"p": 1, "q": 1}, l=[{"k": 1, "j": 1}]') == 0
    workspace.calls()
    assert run(program % change) == 0
    assert workspace.calls() == calls


def test_paths_that_are_none(run: Run, workspace: Workspace) -> None:
    program = """
        Thing("a", undecided=True, size={}, opts=Opts(
            replace_on_changes=["x["], ignore_changes=["", ".size", "size["]
        ))
    """
    assert run(program.format(1)) == 0
    assert run(program.format(1)) == 0
    workspace.calls()
    assert run(program.format(2)) == 1
    assert workspace.calls() == []
    assert workspace.resources()["a"]["inputs"]["size"] == 1


def test_outputs_survive_a_refused_deletion(run: Run, workspace: Workspace) -> None:
    both = 'pulumi.export("x", 1)\npulumi.export("y", 1)'
    assert run(f'Thing("a", opts=Opts(protect=True))\n{both}') == 0
    assert run('pulumi.export("x", 2)') == 1
    assert outputs(workspace) == {"x": 2, "y": 1}


def test_a_replaced_original_goes_although_a_protected_resource_needs_its_successor(
    run: Run, workspace: Workspace
) -> None:
    run('a = Thing("a", kind="1")\nb = Thing("b", on=a.made, opts=Opts(protect=True))')
    assert run('Thing("a", kind="2")') == 1
    # What is to go with it was made for the original.
    assert things(workspace) == [["a"], ["a", "delete"], ["b"]]
    workspace.calls()
    assert run('Thing("a", kind="2")') == 1
    assert workspace.calls() == ["delete a"]
    assert things(workspace) == [["a"], ["b"]]


def test_what_was_deleted_for_a_replacement_is_not_deleted_again(workspace: Workspace) -> None:
    """Other than with the CLI, which asks the provider again and fails if that minds."""
    chain = """
        a = Thing("a", kind="{}", exclusive=True)
        b = Thing("b", kind=a.made)
        c = Thing("c", kind=b.made)
    """
    workspace.program(chain.format(1))
    workspace.up()
    workspace.calls()
    workspace.program(LOSE + '    lose("b")\n' + chain.format(2).replace("        ", "    "))
    assert workspace.run("up", skip_preview=True).code == 1
    assert workspace.calls() == ["delete c", "delete b"]
    assert workspace.run("up", skip_preview=True).code == 1
    assert workspace.calls() == ["delete b"]
    workspace.run("refresh", skip_preview=True)
    workspace.up()
    assert workspace.calls()[:1] == ["delete a"]
    assert things(workspace) == [["a"], ["b"], ["c"]]


NUMBERS = 'Thing("a", big=2**60, small=-(2**55) + 1, huge=1e25, exact=2**53, part=1e-7)'


def test_numbers_are_the_same_to_both_engines(cli: Workspace) -> None:
    cli.cli("stack", "init", "dev")
    cli.program(NUMBERS)
    cli.cli("up", "--yes", "--skip-preview")
    numbers = {**cli.resources()["a"]["inputs"], "__provider": None}
    cli.up()
    cli.cli("up", "--yes", "--skip-preview")
    assert cli.calls() == ["create a token None"]
    cli.program(NUMBERS + '\nThing("b", **{"size": 2**60})')
    cli.up()
    assert {**cli.resources()["a"]["inputs"], "__provider": None} == numbers
    assert cli.resources()["b"]["inputs"]["size"] == numbers["big"]


def test_what_is_no_number_can_be_stored(run: Run, workspace: Workspace) -> None:
    program = """
        Thing("a", x=float("inf"), y=[float("-inf")])
        pulumi.export("z", float("nan"))
    """
    assert run(program) == 0
    assert run(program) == 0
    text = json.dumps(workspace.checkpoint())
    assert not {"NaN", "Infinity"} & set(text.replace('"', " ").replace(":", " ").split())
    [value] = [outputs(workspace)["z"]["value"]]  # type: ignore[index]
    assert value == "7ff8000000000000"
    assert [call.split()[0] for call in workspace.calls()] == ["create"]


@pytest.mark.parametrize(
    ("option", "exclusive"), [("replace_with=[a]", False), ("deleted_with=a", True)]
)
def test_a_component_is_replaced_with_what_it_names(
    option: str, exclusive: bool, run: Run, workspace: Workspace
) -> None:
    program = """
        a = Thing("a", kind="{kind}", exclusive={exclusive})
        c = pulumi.ComponentResource("my:index:Group", "c", opts=Opts({option}))
        if {kind} != 3:
            c.register_outputs({{"kind": "{kind}"}})
    """
    words = {"option": option, "exclusive": exclusive}
    assert run(program.format(kind=1, **words)) == 0
    assert run(program.format(kind=2, **words)) == 0
    made = workspace.resources()["c"]["outputs"]
    assert run(program.format(kind=3, **words)) == 0
    # The outputs recorded before were those of the one that is gone.
    assert (made, workspace.resources()["c"].get("outputs")) == ({"kind": "2"}, None)
    assert things(workspace) == [["a"], ["c"]]


def test_an_updated_component_has_the_outputs_that_it_tells_now(
    run: Run, workspace: Workspace
) -> None:
    program = """
        c = pulumi.ComponentResource("my:index:Group", "c", {{"size": {size}}})
        if {size} != 2:
            c.register_outputs({{"size": {size}}})
    """
    assert run(program.format(size=1)) == 0
    assert workspace.resources()["c"]["outputs"] == {"size": 1}
    assert run(program.format(size=2)) == 0
    assert "outputs" not in workspace.resources()["c"]


def test_what_a_failure_keeps_from_a_renamed_parent_is_renamed_with_it(
    run: Run, workspace: Workspace
) -> None:
    program = """
        alias = pulumi.Alias(type_="my:index:Group")
        p = pulumi.ComponentResource("my:index:{type}", "p", opts=Opts(aliases=[alias]))
        a = Thing("a", label="{label}", opts=Opts(parent=p))
        b = Thing("b", opts=Opts(parent=p, depends_on=[a]))
        Thing("c", opts=Opts(parent=b))
    """
    assert run(program.format(type="Group", label="a")) == 0
    assert run(program.format(type="Band", label="forbidden")) == 1
    urns = [each["urn"].split("::")[2] for each in workspace.resources().values()]
    assert [urn.partition("$")[0] for urn in urns] == ["my:index:Band"] * 4
    workspace.calls()
    assert run(program.format(type="Band", label="a")) == 0
    assert workspace.calls() == []
