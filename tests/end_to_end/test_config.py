"""The configuration through the command: both engines say the same, word by word."""

from __future__ import annotations

import json
from typing import Any

LISTED = """\
KEY                VALUE
colour             <a&b> é
count              3
list               ["a",{"b":"[secret]"}]
token              [secret]
metastudio:region  cn-north-4
two                l1
                   l2
"""
# As both put them: by namespace, then by name.
ORDER = ("metastudio:region", "colour", "count", "list", "token", "two")


def test_what_is_there(stack: Any) -> None:
    (stack.folder / "Pulumi.yaml").write_text(
        "name: storytelling\nruntime: python\nconfig: {count: 3}\n"
    )
    stack.run("config", "set", "--secret", "token", "s3cret").ok()
    file = stack.folder / "Pulumi.test.yaml"
    text = file.read_text()
    sealed = next(line.strip() for line in text.splitlines() if "secure:" in line)
    file.write_text(
        f"{text}  storytelling:list: [a, {{b: {{{sealed}}}}}]\n  storytelling:colour: <a&b> é\n"
        '  storytelling:two: "l1\\nl2"\n  metastudio:region: cn-north-4\n'
    )

    # What is not shown needs no passphrase.
    without = {"PULUMI_CONFIG_PASSPHRASE": "wrong"}
    listed = stack.run("config", **without).ok()
    rows = LISTED.splitlines(keepends=True)
    by_key = {row.split()[0]: row for row in rows}
    by_key["two"] += by_key.pop("l2")
    assert listed.stdout == "".join(by_key[key] for key in ("KEY", *ORDER))
    shown = stack.run("config", "--show-secrets").ok().stdout
    assert shown == listed.stdout.replace("[secret]", "s3cret")
    masked = json.loads(stack.run("config", "--json", **without).ok().stdout)
    assert masked["storytelling:token"] == masked["storytelling:list"] == {"secret": True}
    assert masked["storytelling:count"] == {"value": "3", "secret": False}

    assert stack.run("config", "get", "two", **without).ok().stdout == "l1\nl2\n"
    assert stack.run("config", "get", "token").ok().stdout == "s3cret\n"
    assert stack.run("config", "get", "list", "--json").ok().stdout == (
        '{\n  "value": "[\\"a\\",{\\"b\\":\\"s3cret\\"}]",\n  "objectValue": [\n    "a",\n'
        '    {\n      "b": "s3cret"\n    }\n  ],\n  "secret": true\n}\n'
    )
    assert '"\\u003ca\\u0026b\\u003e é"' in stack.run("config", "get", "colour", "--json").stdout
    # Options may stand before the subcommand, too.
    assert stack.type("config", "--stack", "test", "get", "count").ok().stdout == "3\n"


def test_what_is_not_there(stack: Any) -> None:
    for words, code, said in (
        ("get missing", 1, "error: configuration key 'missing' not found for stack 'test'"),
        (
            "get a:b:c",
            1,
            "error: invalid configuration key: could not parse a:b:c as a configuration key "
            "(configuration keys should be of the form `<namespace>:<name>`)",
        ),
        (
            "rm a:b:c",
            1,
            "error: invalid configuration key: could not parse a:b:c as a configuration key "
            "(configuration keys should be of the form `<namespace>:<name>`)",
        ),
        ("rm missing", 0, ""),
    ):
        run = stack.run("config", *words.split())
        assert (run.code, run.stdout, run.stderr.strip()) == (code, "", said), words
    for words in ("config", "config rm a"):
        run = stack.type(*words.split(), "--stack", "nope")
        assert run.code == 6
        assert "no stack named 'nope'" in run.stderr


def test_what_is_removed(stack: Any) -> None:
    file = stack.folder / "Pulumi.test.yaml"
    salt = file.read_text() if file.exists() else ""
    file.write_text(
        salt + "# head\nconfig:\n  # about a\n  storytelling:a: one # after a\n  # about b\n"
        "  storytelling:b: two\n  other:c:\n    - x\n    - y\n# tail\n"
    )
    stack.run("config", "rm", "a").ok()
    left = file.read_text().removeprefix(salt)
    assert "one" not in left
    assert "about a" not in left
    for comment in ("# head\n", "  # about b\n", "# tail\n"):
        assert comment in left
    stack.run("config", "rm", "other:c").ok()
    stack.run("config", "rm", "storytelling:b").ok()
    assert json.loads(stack.run("config", "--json").ok().stdout) == {}
    assert stack.run("config").ok().stdout == "KEY  VALUE\n"
