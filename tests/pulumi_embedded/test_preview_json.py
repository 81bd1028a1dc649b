"""``preview --json`` of the embedded engine and of the Pulumi CLI, field by field."""

from __future__ import annotations

import json
from typing import Any

from .conftest import Workspace

BEFORE = """
    class Pair(pulumi.ComponentResource):
        def __init__(self, name, size):
            super().__init__("test:index:Pair", name, {"size": size, "of": a})
            Thing(name + "-left", opts=Opts(parent=self))
            self.register_outputs({"size": size})

    a = Thing("same", password=pulumi.Output.secret("s3cret"))
    Thing("updated", size=1, gone="x", nested={"list": [1, 2]}, opts=Opts(parent=a))
    Thing("undecided", undecided=True, size=1, nested={"list": [1, 2]})
    r = Thing("replaced", kind="old", opts=Opts(additional_secret_outputs=["made"]))
    e = Thing("exclusive", kind="old", exclusive=True)
    Thing("on-exclusive", kind=e.made)
    Thing("on-replaced", on=r.made)
    Thing("by-option", size=1, opts=Opts(replace_on_changes=["size"]))
    Thing("ignored", size=1, opts=Opts(ignore_changes=["size"], hide_diffs=["size"]))
    Thing("unprotected", opts=Opts(protect=True))
    Thing("deleted", opts=Opts(depends_on=[a]))
    Thing("old-name")
    Pair("pair", 1)
    pulumi.export("made", a.made)
"""
AFTER = (
    BEFORE.replace('size=1, gone="x"', 'size=2, more="y"')
    .replace("[1, 2]", "[1, 3]")
    .replace('"old"', '"new"')
    .replace("size=1", "size=2")
    .replace(", opts=Opts(protect=True)", "")
    .replace('Thing("deleted", opts=Opts(depends_on=[a]))', 'Thing("created", on=r.made)')
    .replace('Pair("pair", 1)', 'Pair("pair", 2)')
    .replace(
        'Thing("old-name")',
        'Thing("name", size=1, opts=Opts(aliases=[pulumi.Alias(name="old-name")]))',
    )
    + """
    Thing("found", opts=Opts(id="known"))
    pulumi.log.warn("look at this", a)
    pulumi.log.info("and this")
    pulumi.log.error("only logged")
"""
)
#: What the same stack need not have in two previews.
VOLATILE = {"created": "…", "modified": "…", "id": "…"}
#: Where in the program a resource is declared, which the embedded engine does not tell.
LEFT_OUT = {"sourcePosition", "stackTrace"}


def comparable(value: Any) -> Any:
    """A part of a digest, with volatile values reduced to whether they are there."""
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key not in LEFT_OUT}
        return {key: VOLATILE.get(key) or comparable(each) for key, each in kept.items()}
    return [comparable(each) for each in value] if isinstance(value, list) else value


def preview(workspace: Workspace, engine: str, code: int) -> dict[str, Any]:
    if engine == "pulumi":
        text = workspace.cli("preview", "--json", code=None)
    else:
        result = workspace.run("preview", json_output=True)
        assert result.code == code, result.text
        text = result.out
    digest: dict[str, Any] = comparable(json.loads(text))
    # Resources are worked on together: their order is no promise.
    steps = digest.pop("steps")
    digest["steps"] = {(step["urn"], step["op"]): step for step in steps}
    assert len(digest["steps"]) == len(steps)
    # A program that is cut off complains, which the CLI hands on and the embedded engine does not.
    diagnostics = [each for each in digest.get("diagnostics", []) if each["severity"] != "info#err"]
    digest["diagnostics"] = sorted(diagnostics, key=str)
    assert isinstance(digest.pop("duration"), int)
    if code:
        digest.pop("changeSummary")  # how much was looked at before the failure is chance
    return digest


def test_both_engines_tell_the_same(cli: Workspace) -> None:
    cli.cli("stack", "init", "dev")
    cli.cli("config", "set", "--secret", "password", "s3cret")
    cli.cli("config", "set", "greeting", "hello")
    (cli.service / "known.json").write_text('{"label": "found"}')
    programs = {
        "create": BEFORE,
        "same": BEFORE,
        "each kind": AFTER,
        "delete": 'Thing("unprotected", opts=Opts(protect=True))',
        "protected": 'Thing("unprotected", kind="new", opts=Opts(protect=True))',
        "kept": "",
        "refused": BEFORE.replace('Thing("deleted"', 'Thing("deleted", label="forbidden"'),
    }
    seen = set()
    for name, program in programs.items():
        cli.program(program)
        code = int(name in ("protected", "kept", "refused"))
        ours, theirs = (preview(cli, engine, code) for engine in ("embedded", "pulumi"))
        assert ours == theirs, name
        seen |= {op for _, op in theirs["steps"]}
        if name == "create":
            cli.cli("up", "--yes", "--skip-preview")
    assert seen == {"create", "same", "update", "replace", "delete", "read"}
