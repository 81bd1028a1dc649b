"""Configuration is read as the CLI reads it, from every kind of file, and written for it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

import pulumi_embedded
from pulumi_embedded.project.config import StackFile

from .conftest import Workspace

# What the CLI makes of scalars: {"cli": VERSION, "scalars": {WRITTEN: [AT THE TOP, NESTED]}}.
# RECORD=1 make test ARGS='-k recorded_scalars', with the CLI on PATH, writes it anew.
RECORDED = Path(__file__).with_name("scalars.json")

SCALARS = (
    """
yes|Yes|no|on|off|y|n|true|True|TRUE|tRue|false|~|null|Null|nULL|12:30|190:20:30|1.0|1.50|0o17|0O17
017|08|0o8|0x1F|0xZ|0x_1F|-0x1F|0b101|-0b11|-0o17|1_000|1__0|_1|1_000.5|1e3|1E3|1e+3|1e21|1e20|1e16
1e-7|0.000001|0.0001|123456789.5|0.30000000000000004|.5|5.|+.5|.e5|1.e5|.|+1|-1|-0|-0.0|--1|1,000
9007199254740993|9223372036854775807|9223372036854775808|18446744073709551616|-9223372036854775809
1e400|0x1.8p1|Infinity|NaN|1.2.3|=|<<|<a&b>|'<a&b>'|"yes"|'12:30'|"2020-01-02"|"1.0"|"a\\tb\\u00e9"
2020-01-02|2020-1-2|2020-13-45|2020-01-02T03:04:05Z|2020-01-02 03:04:05|2020-01-02T03:04:05.50Z
!!str 12|!!int "12"|!!float 1|!!binary aGk=|!foo bar|[]|{}|[1, 2.0]|{b: 1, a: 2}|{1: x, true: y}
""".strip()
    .replace("\n", "|")
    .split("|")
)

SHOW = """
    import json, os
    pulumi.export("config", json.loads(os.environ.get("PULUMI_CONFIG") or "{}"))
"""


def write_scalars(workspace: Workspace, scalars: Iterable[str]) -> None:
    lines = [
        f"  proj:top{number}: {scalar}\n  proj:nested{number}: {{k: {scalar}, l: [{scalar}]}}\n"
        for number, scalar in enumerate(scalars)
    ]
    (workspace.folder / "Pulumi.dev.yaml").write_text("config:\n" + "".join(lines))


def by_scalar(values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What was read, from values by key."""
    pairs = enumerate(SCALARS)
    return {s: [values[f"proj:top{n}"], values[f"proj:nested{n}"]] for n, s in pairs}


def test_recorded_scalars(cli: Workspace) -> None:
    pulumi_embedded.create_stack(cli.folder, "dev")
    write_scalars(cli, SCALARS)
    listed = json.loads(cli.cli("config", "--json", "--stack", "dev"))
    listed = by_scalar({key: value["value"] for key, value in listed.items()})
    now = {"cli": cli.cli("version").strip(), "scalars": listed}
    if os.environ.get("RECORD"):
        RECORDED.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n")
    assert json.loads(RECORDED.read_text()) == now


def test_scalars_mean_what_they_mean_to_the_cli(workspace: Workspace) -> None:
    write_scalars(workspace, SCALARS)
    listed = pulumi_embedded.config_all(workspace.folder, "dev")
    texts = by_scalar({key: value.text for key, value in listed.items()})
    assert texts == json.loads(RECORDED.read_text(encoding="utf-8"))["scalars"]


@pytest.mark.parametrize("scalar", [".inf", "-.INF", ".nan"])
def test_what_is_no_number_is_refused(workspace: Workspace, scalar: str) -> None:
    pulumi_embedded.create_stack(workspace.folder, "dev")
    workspace.program("")
    write_scalars(workspace, [scalar])
    workspace.refused("")


def seen_by_program(workspace: Workspace, with_cli: bool) -> Any:
    """The configuration that the program gets from an engine."""
    workspace.program(SHOW)
    if with_cli:
        workspace.cli("up", "--yes", "--skip-preview", "--stack", "dev")
        return json.loads(workspace.cli("stack", "output", "--json", "--stack", "dev"))["config"]
    workspace.up()
    return json.loads(workspace.run("outputs", json_output=True).out)["config"]


def both_engines(workspace: Workspace) -> Any:
    """What the embedded engine gives the program; the CLI, where it is, gives the same."""
    seen = seen_by_program(workspace, with_cli=False)
    if shutil.which("pulumi"):
        assert seen_by_program(workspace, with_cli=True) == seen
    return seen


def test_all_kinds_of_values(workspace: Workspace) -> None:
    workspace.settings(
        "name: proj\nruntime:\n  name: python\nconfig:\n  plain: 3\n  other:long: {value: true}\n"
        "  typed:\n    type: array\n    items: {type: object}\n    default: [{b: 1.0, a: <b>}]\n"
        "  day: {default: 2020-01-02}\n  fraction: {default: 1.50}\n  word: yes\n"
    )
    (workspace.folder / "Pulumi.dev.yaml").write_text(
        "config:\n  proj:plain: 4\n  short: 12:30\n  proj:config:old: 1\n  proj:none:\n"
        "  proj:since: 2020-01-02\n"
    )
    assert both_engines(workspace) == {
        "other:long": "true",
        "proj:day": "2020-01-02T00:00:00Z",
        "proj:fraction": "1.5",
        "proj:none": "",
        "proj:old": "1",
        "proj:plain": "4",
        "proj:short": "12:30",
        "proj:since": "2020-01-02 00:00:00 +0000 UTC",
        "proj:typed": '[{"a":"\\u003cb\\u003e","b":1}]',
        "proj:word": "yes",
    }


def test_json_projects_have_json_stack_files(workspace: Workspace) -> None:
    workspace.settings("name: yaml\nruntime: python\n")
    settings = {
        "name": "proj",
        "runtime": {"name": "python", "options": {"virtualenv": sys.prefix}},
        "config": {"count": {"type": "integer", "default": 5}},
    }
    (workspace.folder / "Pulumi.json").write_text(json.dumps(settings))
    (workspace.folder / "Pulumi.dev.yaml").write_text("config: {proj:a: not this}\n")
    (workspace.folder / "Pulumi.dev.json").write_text(
        '{"config": {"proj:a": "this", "proj:big": 9007199254740993, "proj:whole": 1.0,'
        ' "proj:nothing": null, "proj:o": {"b": 1e30, "a": [-0]}}}'
    )
    pulumi_embedded.config_set(workspace.folder, "dev", "set", "12:30")
    assert both_engines(workspace) == {
        "proj:a": "this",
        "proj:big": "9007199254740992",
        "proj:count": "5",
        "proj:nothing": "null",
        "proj:o": '{"a":[0],"b":1e+30}',
        "proj:set": "12:30",
        "proj:whole": "1",
    }
    assert (workspace.folder / "Pulumi.dev.yaml").read_text() == "config: {proj:a: not this}\n"


@pytest.mark.parametrize("setting", ["stackConfigDir: stacks", "config: stacks"])
def test_stack_files_elsewhere_and_of_another_ending(workspace: Workspace, setting: str) -> None:
    workspace.settings(f"name: proj\nruntime:\n  name: python\n{setting}\n")
    (workspace.folder / "Pulumi.yaml").rename(workspace.folder / "Pulumi.yml")
    (workspace.folder / "Pulumi.dev.yml").write_text("config: {proj:a: not this}\n")
    pulumi_embedded.config_set(workspace.folder, "dev", "a", "this")
    assert "this" in (workspace.folder / "stacks" / "Pulumi.dev.yml").read_text()
    assert both_engines(workspace) == {"proj:a": "this"}


ARRAY = "{type: array, items: {type: array, items: {type: integer}}"


@pytest.mark.parametrize(
    ("declared", "given", "words"),
    [
        ("n: {type: string}", "", "Stack 'dev' is missing configuration value 'n'"),
        ("{b: {}, a: {type: string}, c: {}}", "", "missing configuration values 'a', 'b' and 'c'"),
        ("n: {type: integer}", "abc", "configuration key 'n' must be of type 'integer'"),
        ("n: {type: integer}", "1.5", "configuration key 'n' must be of type 'integer'"),
        ("n: {type: boolean}", "yes", "configuration key 'n' must be of type 'boolean'"),
        ("n: {type: object}", "5", "configuration key 'n' must be of type 'object'"),
        ("n: {type: string}", "{a: 1}", "configuration key 'n' must be of type 'string'"),
        (f"n: {ARRAY}}}", "[[1, x]]", "must be of type 'array<array<integer>>'"),
        ("n: {type: string, secret: true}", "x", "must be encrypted as it's secret"),
        ("n: {type: string, secret: true, default: x}", "", "must be encrypted as it's secret"),
        ("n: {type: integer, default: x}", "", "is not of the expected type 'integer'"),
        ("n: {type: string, default: 1}", "", "is not of the expected type 'string'"),
        (f"n: {ARRAY}, default: [1]}}", "", "is not of the expected type 'array<array<integer>>'"),
        ("n: {type: array, default: [1]}", "", "declares an array but does not specify"),
        ("n: {default: 1, value: 2}", "", "cannot have both a 'default' and 'value' attribute"),
        ("aws:n: {type: string}", "", "is not namespaced by the project and should not define a"),
        ("aws:n: {description: x}", "", "is namespaced and must provide an attribute 'value'"),
        ("n: {type: number}", "", "'string', 'integer', 'boolean', 'array', 'object'"),
        ("n: {type: [string]}", "", "n"),
        ("n: {type: array, items: {type: array, items: 5}}", "", "n"),
        ("n: {type: string, secret: maybe}", "x", "n"),
        ("n: {type: string, default: 2020-01-02}", "", "is not of the expected type 'string'"),
        ("n: 1.5", "", "n"),
        ("n: {bogus: 1}", "", "n"),
    ],
)
def test_a_declaration_is_held_to(
    workspace: Workspace, declared: str, given: str, words: str
) -> None:
    pulumi_embedded.create_stack(workspace.folder, "dev")
    workspace.program("")
    declared = declared if declared.startswith("{") else f"{{{declared}}}"
    workspace.settings(f"name: proj\nruntime:\n  name: python\nconfig: {declared}\n")
    if given:
        (workspace.folder / "Pulumi.dev.yaml").write_text(f"config:\n  proj:n: {given}\n")
    if "'string'," in words:  # the CLI tells it in eight lines
        words = "type"
    workspace.refused(words)


@pytest.mark.parametrize(
    "text", ["config:\n  a: 1\n  a: 2\n", "config: x\n", "[]\n", "config:\n  1: x"]
)
def test_a_stack_file_that_is_none(workspace: Workspace, text: str) -> None:
    pulumi_embedded.create_stack(workspace.folder, "dev")
    workspace.program("")
    (workspace.folder / "Pulumi.dev.yaml").write_text(text)
    workspace.refused("")


def test_what_is_wrong_in_a_file_does_not_show_what_is_in_it(workspace: Workspace) -> None:
    (workspace.folder / "Pulumi.dev.yaml").write_text("config:\n  proj:a: t0ken: x\n")
    result = workspace.run("up")
    assert "Pulumi.dev.yaml: could not be read: line 2: mapping values are not" in result.err
    assert "t0ken" not in result.err


def test_a_missing_value_does_not_hide_the_others(workspace: Workspace) -> None:
    workspace.settings("name: proj\nruntime: python\nconfig: {must: {}, may: {default: 1}}\n")
    may = pulumi_embedded.config_get(workspace.folder, "dev", "may")
    assert may
    assert may.text == "1"
    assert pulumi_embedded.config_get(workspace.folder, "dev", "must") is None


COMMENTED = """\
# head
encryptionsalt: SALT
config:
  # about b
  proj:b: "2" # after b
  proj:a:
    - 1
    # inside
    - 2
  # about z
  z: |
    end
# tail
"""


def test_comments_survive(workspace: Workspace) -> None:
    pulumi_embedded.create_stack(workspace.folder, "dev")
    file = workspace.folder / "Pulumi.dev.yaml"
    salt = StackFile(file).salt
    file.write_text(COMMENTED.replace("SALT", salt), encoding="utf-8")
    values = {"b": "6", "a": "yes", "z": "1.0", "m:n": "a\nb: 'é😀'", "e": ""}
    for key, value in values.items():
        pulumi_embedded.config_set(workspace.folder, "dev", key, value)
    pulumi_embedded.config_set(workspace.folder, "dev", "s", "s3cret", secret=True)
    read = {key: v.text for key, v in pulumi_embedded.config_all(workspace.folder, "dev").items()}
    assert read == {
        **{f"proj:{key}": value for key, value in values.items() if ":" not in key},
        "m:n": values["m:n"],
        "proj:s": "s3cret",
    }
    text = file.read_text(encoding="utf-8")
    assert "s3cret" not in text
    for comment in ("# head\n", "  # about b\n", '"6" # after b\n', "  # about z\n", "# tail\n"):
        assert comment in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "config:\n",
        "config: {}\n",
        "config: {proj:x: 1}\n",
        "config:\n  proj:x: &one [1]\n  proj:a: *one\n  proj:y: *one\n",
        "config:\n  proj:x: 1",
        "config:\n    proj:x: 1\n    proj:a: {b: 1}   # what\n\n\nencryptionsalt: v1:x\n",
        "config:\n  'proj:a': >-\n    folded\n    text\n  proj:x: 1\n",
    ],
)
def test_any_file_can_be_written_to(workspace: Workspace, text: str) -> None:
    file = workspace.folder / "Pulumi.dev.yaml"
    file.write_text(text)
    before = StackFile(file).values
    pulumi_embedded.config_set(workspace.folder, "dev", "a", "012")
    assert StackFile(file).values == {**before, "proj:a": "012"}
