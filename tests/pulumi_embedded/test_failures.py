"""What goes wrong: it ends with the CLI's exit code, says so in one place, and loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

import pulumi_embedded

from .conftest import Workspace


def test_an_error_in_the_program_shows_the_program(workspace: Workspace) -> None:
    workspace.program("""
        Thing("a")
        def deep():
            raise ValueError("not like this")
        deep()
    """)
    result = workspace.run("up", skip_preview=True)
    assert result.code == 1
    assert "ValueError: not like this" in result.out
    assert "line 8, in <module>" in result.out
    assert "_runner.py" not in result.out
    assert "runpy" not in result.out
    assert "a" in workspace.resources(), "what was made before the error is kept"


def test_a_run_error_is_one_line(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a")
        def stop(made):
            raise pulumi.RunError("the reviewer said no")
        if not pulumi.runtime.is_dry_run():
            a.made.apply(stop)
    """)
    result = workspace.run("up")
    assert result.code == 1
    assert "error: the reviewer said no" in result.out
    assert "Traceback" not in result.out
    assert "a" in workspace.resources()


def test_a_failing_create_stores_nothing_and_stops_what_depends_on_it(workspace: Workspace) -> None:
    workspace.program("""
        ok = Thing("ok")
        bad = Thing("bad", label="broken", opts=Opts(depends_on=[ok]))
        Thing("after", opts=Opts(depends_on=[bad]))
        pulumi.export("x", 1)
    """)
    result = workspace.run("up", skip_preview=True)
    assert result.code == 1
    assert "the service says no" in result.out
    assert "Resource monitor has terminated" not in result.out
    assert workspace.resources().keys() == {"ok"}
    assert "pending_operations" not in workspace.checkpoint()
    workspace.program('Thing("ok")')
    assert workspace.run("preview", expect_no_changes=True).code == 0


def test_a_refused_property_is_named(workspace: Workspace) -> None:
    workspace.program('Thing("a", label="forbidden")')
    result = workspace.run("up")
    assert result.code == 1
    assert (
        "error: pulumi-python:dynamic/test:Thing resource 'a': "
        "property label value {forbidden} has a problem: it is forbidden"
    ) in result.out
    assert "Traceback" not in result.out


def test_what_cannot_be_looked_at_keeps_nothing_else_from_it(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a")
        b = Thing("b", opts=Opts(depends_on=[a]))
        Thing("c", opts=Opts(depends_on=[b]))
    """)
    workspace.up()
    made = {name: item["id"] for name, item in workspace.resources().items()}
    workspace.meddle()
    (workspace.service / f"{made['a']}.json").write_text("{")
    result = workspace.run("refresh", skip_preview=True, parallel=1)
    assert result.code == 1
    assert "Expecting property name" in result.out
    assert workspace.resources().keys() == {"a", "b"}
    assert workspace.resources()["b"]["outputs"]["extra"] == 1


def test_an_error_that_is_only_logged_does_not_fail_the_run(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a")
        pulumi.log.error("something to look at", a)
    """)
    result = workspace.run("up", skip_preview=True)
    assert result.code == 0
    assert "error: something to look at" in result.out


def test_another_provider_is_refused_in_one_sentence(workspace: Workspace) -> None:
    workspace.program("""
        pulumi.CustomResource("random:index/randomPet:RandomPet", "pet", {})
    """)
    result = workspace.run("up")
    assert result.code == 1
    assert (
        "error: resource 'pet' needs the provider 'random': the embedded engine runs dynamic and "
        "component resources only; install the Pulumi CLI"
    ) in result.out
    assert "Traceback" not in result.out


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('pulumi.StackReference("organization/proj/other")', "stack reference"),
        ('pulumi.runtime.invoke("aws:index:getRegion", {})', "aws:index:getRegion"),
        ("pulumi.runtime.register_stack_transform(lambda args: None)", "a stack transform"),
        ('Thing("a", opts=Opts(replacement_trigger="x"))', "a replacement trigger"),
        ('Thing("a", file=pulumi.StringAsset("x"))', "assets and archives"),
        (
            'pulumi.ResourceHook("h", lambda args: None); Thing("a")',
            "a resource hook",
        ),
    ],
)
def test_what_the_engine_has_not_is_refused(workspace: Workspace, body: str, what: str) -> None:
    workspace.program(body)
    result = workspace.run("up")
    assert result.code == 1
    assert what in result.out
    assert "install the Pulumi CLI" in result.out
    assert workspace.things() == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("runtime: python\n", "project is missing a 'name' attribute"),
        ("name: proj\n", "project is missing a 'runtime' attribute"),
        ("name: proj\nruntime: nodejs\n", "runs Python programs, not runtime 'nodejs'"),
        ("name: [\n", "could not be read"),
        ("name: proj\nruntime: python\nmain: nowhere\n", "'main' could not be read"),
    ],
)
def test_a_wrong_project_file(workspace: Workspace, settings: str, message: str) -> None:
    workspace.settings(settings)
    result = workspace.run("up")
    assert result.code != 0
    assert message in result.err
    assert result.err.count("\n") == 1


def test_no_project_file(workspace: Workspace) -> None:
    (workspace.folder / "Pulumi.yaml").unlink()
    result = workspace.run("up")
    assert result.code == 1
    assert "no Pulumi.yaml project file found" in result.err


def test_a_stack_that_is_not_there(workspace: Workspace) -> None:
    workspace.program("")
    for operation in ("preview", "destroy", "refresh", "outputs"):
        result = workspace.run(operation)
        assert result.code == 6
        assert result.err == "error: no stack named 'dev' found\n"


def test_other_backends_are_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
    result = workspace.run("up")
    assert result.code == 1
    assert "not in s3://bucket; install the Pulumi CLI" in result.err


def test_two_runs_at_once_are_refused(workspace: Workspace) -> None:
    workspace.program('Thing("a", pause=True)')
    first = workspace.start("up")
    workspace.wait_until_paused()
    result = workspace.run("up")
    assert result.code == 1
    assert "the stack is currently locked by 1 lock(s)" in result.err
    assert f"pid {first.pid}" in result.err
    workspace.resume()
    output, _ = first.communicate()
    assert first.returncode == 0, output
    assert workspace.run("preview", expect_no_changes=True).code == 0


def wait_for_message(process: subprocess.Popen[str]) -> None:
    """Read until the run says that it was interrupted."""
    assert process.stdout
    assert any("interrupted: waiting" in line for line in process.stdout)


def test_an_interrupted_run_finishes_what_it_began(workspace: Workspace) -> None:
    workspace.program("""
        a = Thing("a", pause=True)
        Thing("b", opts=Opts(depends_on=[a]))
    """)
    process = workspace.start("up")
    workspace.wait_until_paused()
    process.send_signal(signal.SIGINT)
    wait_for_message(process)
    workspace.resume()
    assert process.wait() == 8
    assert workspace.resources().keys() == {"a"}
    assert "pending_operations" not in workspace.checkpoint()
    workspace.up()
    assert workspace.resources().keys() == {"a", "b"}


def test_a_killed_run_keeps_what_finished_and_says_what_did_not(workspace: Workspace) -> None:
    workspace.program("""
        first = Thing("first")
        Thing("slow", pause=True, opts=Opts(depends_on=[first]))
    """)
    process = workspace.start("up")
    workspace.wait_until_paused()
    process.kill()
    process.wait()
    assert workspace.resources().keys() == {"first"}
    (operation,) = workspace.checkpoint()["pending_operations"]
    assert operation["type"] == "creating"
    assert operation["resource"]["urn"].endswith("::slow")

    assert "locked" in workspace.run("up").err, "a killed run leaves its lock behind"
    assert pulumi_embedded.cancel(workspace.folder, "dev") == 1
    workspace.program("""
        first = Thing("first")
        Thing("slow", opts=Opts(depends_on=[first]))
    """)
    result = workspace.up()
    assert "1 pending operations from previous deployment" in result.out
    assert workspace.resources().keys() == {"first", "slow"}
    assert "pending_operations" in workspace.checkpoint(), "only a person can tell"
    # Who looked before clearing need not look again, even if what follows is killed.
    thing = next(workspace.service.glob("*.json"))
    thing.unlink()
    os.mkfifo(thing)
    process = workspace.start("refresh", clear_pending_creates=True)
    with thing.open("w"):  # waits until the provider reads it
        process.kill()
        process.wait()
    assert "pending_operations" not in workspace.checkpoint()


def test_a_killed_lookup_leaves_word_too(workspace: Workspace) -> None:
    workspace.program('Thing("found", opts=Opts(id="known"))')
    os.mkfifo(workspace.service / "known.json")
    process = workspace.start("up")
    with (workspace.service / "known.json").open("w"):  # waits until the provider reads it
        process.kill()
        process.wait()
    (operation,) = workspace.checkpoint()["pending_operations"]
    assert (operation["type"], operation["resource"]["id"]) == ("reading", "known")


def test_a_second_interrupt_kills_and_leaves_word(workspace: Workspace) -> None:
    workspace.program('Thing("slow", pause=True)')
    process = workspace.start("up")
    workspace.wait_until_paused()
    process.send_signal(signal.SIGINT)
    wait_for_message(process)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 8
    (operation,) = workspace.checkpoint()["pending_operations"]
    assert operation["resource"]["urn"].endswith("::slow")


SEND = """
    import pulumi.runtime.settings as settings
    from pulumi.runtime.proto import engine_pb2 as proto
    engine = settings.get_engine()
"""


@pytest.mark.parametrize(
    ("body", "code", "shown"),
    [
        (
            f'{SEND}    engine.Log(proto.LogRequest(severity=1, message="said", urn="nonsense"))',
            0,
            "nonsense said",
        ),
        (f'{SEND}    engine.SetRootResource(proto.SetRootResourceRequest(urn="nonsense"))', 0, ""),
        (
            'Thing("a", opts=Opts(aliases=[pulumi.Alias(parent="nonsense")]))',
            1,
            "error: 'nonsense' is not a URN",
        ),
        ('Thing("a", opts=Opts(aliases=["nonsense"]))', 0, ""),
    ],
    ids=["a message", "the root", "an alias's parent", "an alias"],
)
def test_a_malformed_urn_is_told_in_one_line(
    workspace: Workspace, body: str, code: int, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    workspace.program(body)
    result = workspace.run("up", skip_preview=True)
    assert result.code == code, result.text
    assert shown in result.out
    assert "Traceback" not in result.text + caplog.text
