"""The life of a stack, through the engine, against a service in a folder."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty

import pytest

import pulumi_embedded

from .conftest import Workspace


def test_up_then_nothing_to_do(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a", label="x", tags=["one", "two"], size=3)
        pulumi.export("made", a.made)
        pulumi.export("token", pulumi.Output.secret("hush"))
    """)
    result = workspace.run("up")
    assert result.code == 0, result.text
    assert "+ 2 to create" in result.out
    assert "+ 2 created" in result.out
    assert "hush" not in result.text
    assert workspace.things()["x"]["tags"] == ["one", "two"]

    result = workspace.run("preview", expect_no_changes=True)
    assert result.code == 0, result.text
    assert "no changes, 2 unchanged" in result.out

    outputs = json.loads(workspace.run("outputs", json_output=True).out)
    assert outputs["token"] == "[secret]"
    shown = json.loads(workspace.run("outputs", json_output=True, show_secrets=True).out)
    assert shown == {"made": outputs["made"], "token": "hush"}


def test_an_edit_is_made_in_place(workspace: Workspace) -> None:
    workspace.program('Thing("a", label="x")')
    workspace.up()
    id_ = workspace.resources()["a"]["id"]
    workspace.calls()
    workspace.program('Thing("a", label="y", tags=["new"])')
    preview = workspace.run("preview")
    assert "~  pulumi-python:dynamic/test:Thing a update [diff: ~label,+tags]" in preview.out
    assert workspace.calls() == [], "a preview changes nothing"
    workspace.up()
    assert workspace.calls() == ["update y"]
    assert workspace.resources()["a"]["id"] == id_
    assert workspace.resources()["a"]["inputs"]["label"] == "y"


def test_a_replacement_is_made_before_the_old_one_goes(workspace: Workspace) -> None:
    body = """
        a = Thing("a", kind="{}")
        Thing("b", label=a.made.apply(lambda made: "on-" + made))
    """
    workspace.program(body.format("k1"))
    workspace.up()
    workspace.calls()
    workspace.program(body.format("k2"))
    preview = workspace.run("preview")
    assert "+-1 to replace" in preview.out
    assert "~ 1 to update" in preview.out
    workspace.up()
    calls = workspace.calls()
    assert [call.split()[0] for call in calls] == ["create", "update", "delete"]
    assert [item["kind"] for item in workspace.things().values() if "kind" in item] == ["k2"]


def test_delete_before_replace_takes_the_dependents_along(workspace: Workspace) -> None:
    body = """
        a = Thing("a", kind="{}", exclusive=True)
        Thing("b", kind=a.made)
        Thing("c", label=a.made)
    """
    workspace.program(body.format("k1"))
    workspace.up()
    workspace.calls()
    workspace.program(body.format("k2"))
    result = workspace.up()
    verbs = [call.split()[0] for call in workspace.calls()]
    assert verbs == ["delete", "delete", "create", "create", "update"] or verbs == [
        "delete",
        "delete",
        "create",
        "update",
        "create",
    ]
    assert "+-2 replaced" in result.out
    assert len(workspace.things()) == 3
    assert not any(r.get("pendingReplacement") for r in workspace.resources().values())


def test_deletions_follow_the_dependencies_backwards(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a")
        b = Thing("b", opts=Opts(depends_on=[a]))
        c = Thing("c", opts=Opts(parent=b))
    """)
    workspace.up()
    workspace.calls()
    workspace.program("")
    workspace.up()
    assert workspace.calls() == ["delete c", "delete b", "delete a"]
    assert workspace.resources() == {}


def test_drift_is_found_and_mended(workspace: Workspace) -> None:
    workspace.program('Thing("a", label="x")')
    workspace.up()
    file = next(workspace.service.glob("*.json"))
    file.write_text(json.dumps({"label": "touched"}))

    result = workspace.run("refresh", skip_preview=True)
    assert "~ 1 updated" in result.out
    assert workspace.resources()["a"]["outputs"]["label"] == "touched"
    result = workspace.run("up")
    assert "~ 1 updated" in result.out
    assert json.loads(file.read_text())["label"] == "x"
    assert workspace.run("refresh", expect_no_changes=True).code == 0


def test_preview_with_refresh_leaves_the_state_alone(workspace: Workspace) -> None:
    workspace.program('Thing("a", label="x")')
    workspace.up()
    next(workspace.service.glob("*.json")).write_text(json.dumps({"label": "touched"}))
    before = workspace.checkpoint()
    result = workspace.run("preview", refresh=True)
    assert "~ 1 to update" in result.out
    assert workspace.checkpoint() == before


def test_what_is_looked_at_with_the_old_configuration_is_updated_with_the_new(
    workspace: Workspace,
) -> None:
    for token, program in {"old": 'Thing("a")', "new": 'Thing("a"); Thing("b")'}.items():
        pulumi_embedded.config_set(workspace.folder, "dev", "token", token)
        workspace.program(program)
        workspace.calls()
        workspace.up(refresh=True)
    assert workspace.calls() == ["create b token new"]


def test_what_is_gone_is_made_again(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a")
        Thing("b", label=a.made)
    """)
    workspace.up()
    made = workspace.resources()["a"]["id"]
    (workspace.service / f"{made}.json").unlink()
    result = workspace.run("refresh", skip_preview=True)
    assert "- 1 deleted" in result.out
    assert "a" not in workspace.resources()
    assert "dependencies" not in workspace.resources()["b"], "nothing refers to what is gone"
    result = workspace.up(refresh=True)
    assert "+ 1 created" in result.out
    assert workspace.run("preview", expect_no_changes=True).code == 0


def test_destroy_leaves_an_empty_stack(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a")
        Thing("b", label=a.made)
    """)
    workspace.up()
    workspace.calls()
    (workspace.folder / "__main__.py").write_text("raise SystemExit('never run')")
    result = workspace.run("destroy")
    assert result.code == 0, result.text
    assert "- 3 deleted" in result.out
    assert [call.split()[0] for call in workspace.calls()] == ["delete", "delete"]
    assert workspace.things() == {}
    assert "resources" not in workspace.checkpoint()


def test_components_hold_their_children(workspace: Workspace) -> None:
    workspace.program("""
        class Pair(pulumi.ComponentResource):
            def __init__(self, name, opts=None):
                super().__init__("test:index:Pair", name, {}, opts)
                self.left = Thing(name + "-left", opts=Opts(parent=self))
                self.right = Thing(name + "-right", opts=Opts(parent=self))
                self.register_outputs({"both": [self.left.made, self.right.made]})
        Pair("p")
    """)
    workspace.up()
    resources = workspace.resources()
    assert resources["p-left"]["parent"] == resources["p"]["urn"]
    assert "test:index:Pair$pulumi-python:dynamic/test:Thing::p-left" in resources["p-left"]["urn"]
    assert resources["p"]["outputs"]["both"] == [
        resources["p-left"]["id"],
        resources["p-right"]["id"],
    ]
    assert workspace.run("preview", expect_no_changes=True).code == 0
    assert workspace.run("destroy").code == 0
    assert workspace.things() == {}


def test_protected_resources_stay(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a", kind="k1", opts=Opts(protect=True))
        Thing("b", opts=Opts(depends_on=[a]))
    """)
    workspace.up()
    result = workspace.run("destroy", skip_preview=True)
    assert result.code == 1
    assert "because it is protected" in result.out
    assert workspace.resources().keys() == {"a"}
    workspace.program('Thing("a", kind="k2", opts=Opts(protect=True))')
    result = workspace.run("up", skip_preview=True)
    assert result.code == 1
    assert "unable to replace resource" in result.out
    workspace.program('Thing("a", kind="k1")')
    workspace.up()
    assert workspace.run("destroy", skip_preview=True).code == 0


def test_ignored_changes_are_ignored(workspace: Workspace) -> None:
    workspace.program('Thing("a", label="x", meta={"k": 1, "l": 1})')
    workspace.up()
    workspace.calls()
    workspace.program("""
        opts = Opts(ignore_changes=["label", "meta.k"])
        Thing("a", label="y", meta={"k": 2, "l": 2}, opts=opts)
    """)
    workspace.up()
    assert workspace.calls() == ["update x"]
    assert workspace.resources()["a"]["inputs"]["meta"] == {"k": 1, "l": 2}


def test_a_renamed_resource_is_found_under_its_alias(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("old", label="x")
        Thing("child", opts=Opts(parent=a))
    """)
    workspace.up()
    workspace.calls()
    workspace.program("""
        a = Thing("new", label="x", opts=Opts(aliases=[pulumi.Alias(name="old")]))
        Thing("child", opts=Opts(parent=a))
    """)
    workspace.up()
    assert workspace.calls() == []
    resources = workspace.resources()
    assert resources.keys() == {"new", "child"}
    assert resources["child"]["parent"] == resources["new"]["urn"]
    assert workspace.run("preview", expect_no_changes=True).code == 0


def test_retained_resources_outlive_the_stack(workspace: Workspace) -> None:
    workspace.program('Thing("a", opts=Opts(retain_on_delete=True))')
    workspace.up()
    workspace.calls()
    assert workspace.run("destroy", skip_preview=True).code == 0
    assert workspace.calls() == []
    assert len(workspace.things()) == 1


def test_an_existing_resource_is_read_and_never_deleted(workspace: Workspace) -> None:
    (workspace.service / "known.json").write_text(json.dumps({"label": "old friend"}))
    workspace.program("""
        a = Thing("a", opts=Opts(id="known"))
        pulumi.export("label", a.label)
    """)
    workspace.up()
    assert json.loads(workspace.run("outputs", json_output=True).out) == {"label": "old friend"}
    assert workspace.resources()["a"]["external"] is True
    assert workspace.run("destroy", skip_preview=True).code == 0
    assert "old friend" in workspace.things()


def test_outputs_show_unknowns_in_a_preview_and_values_after(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a")
        pulumi.export("made", a.made)
    """)
    assert "+ made: [unknown]" in workspace.run("up").out
    workspace.program("""
        a = Thing("a")
        pulumi.export("renamed", a.made)
    """)
    result = workspace.up()
    assert "  - made   : " in result.out
    assert "  + renamed: " in result.out


def test_a_json_digest(workspace: Workspace) -> None:
    workspace.program('Thing("a", label=pulumi.Output.secret("hush"), kind="k1")')
    result = workspace.run("up", json_output=True)
    digest = json.loads(result.out)
    assert digest["changeSummary"] == {"create": 2}
    assert {step["op"] for step in digest["steps"]} == {"create"}
    assert "hush" not in result.out
    workspace.program('Thing("a", label=pulumi.Output.secret("hush"), kind="k2")')
    digest = json.loads(workspace.run("preview", json_output=True).out)
    replace = next(step for step in digest["steps"] if step["op"] == "replace")
    assert replace["replaceReasons"] == ["kind"]
    assert replace["detailedDiff"] is None
    assert replace["oldState"]["inputs"]["label"] == "[secret]"


@pytest.mark.parametrize(("interactive", "answer", "code"), [(True, "y\n", 0), (True, "\n", 1)])
def test_up_asks_before_it_acts(
    workspace: Workspace, interactive: bool, answer: str, code: int
) -> None:
    workspace.program('Thing("a")')
    result = workspace.run("up", yes=False, interactive=interactive, stdin=io.StringIO(answer))
    assert result.code == code
    assert len(workspace.things()) == (1 if code == 0 else 0)


def test_up_without_a_terminal_needs_a_yes(workspace: Workspace) -> None:
    workspace.program('Thing("a")')
    result = workspace.run("up", yes=False)
    assert result.code == 2
    assert "--yes" in result.err


def test_what_a_provider_leaves_open_is_compared_by_the_engine(workspace: Workspace) -> None:
    body = 'Thing("a", undecided=True, size={}, opts=Opts(replace_on_changes=["{}"]))'
    workspace.program(body.format(1, "nothing"))
    workspace.up()
    assert workspace.run("preview", expect_no_changes=True).code == 0
    workspace.program(body.format(2, "nothing"))
    assert "~ 1 to update" in workspace.run("preview").out
    workspace.program(body.format(2, "size"))
    assert "+-1 to replace" in workspace.run("preview").out


def test_what_is_deleted_with_another_needs_no_call(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a")
        Thing("b", opts=Opts(deleted_with=a))
    """)
    workspace.up()
    workspace.calls()
    assert workspace.run("destroy", skip_preview=True).code == 0
    assert workspace.calls() == ["delete a"]


def test_messages_of_the_provider_appear_under_its_resource(workspace: Workspace) -> None:
    workspace.program('Thing("a", status="uploading 45 %")')
    result = workspace.up()
    assert "    pulumi-python:dynamic/test:Thing a uploading 45 %\n" in result.out
    assert "  pulumi-python:dynamic/test:Thing (a):\n    warning: done with it\n" in result.out


def test_a_terminal_shows_what_is_going_on_in_each_resource(workspace: Workspace) -> None:
    workspace.program('Thing("a", status="uploading 45 %", pause=True)')
    terminal, end = pty.openpty()
    process = workspace.start("up", stdout=end)
    os.close(end)
    workspace.wait_until_paused()
    seen = ""
    while "uploading 45 %" not in seen:
        seen += os.read(terminal, 4096).decode()
    workspace.resume()
    # The end of a terminal whose other side is closed is an error on Linux.
    with contextlib.suppress(OSError):
        while data := os.read(terminal, 4096):
            seen += data.decode()
    os.close(terminal)
    assert process.wait() == 0
    assert "a created" in seen
    assert "+ 2 created" in seen
