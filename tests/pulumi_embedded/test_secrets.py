"""No secret is shown or stored in the clear, whatever a program and its provider do with it.

Each program of the table puts a secret value somewhere. Every byte that goes to a terminal or
into a pipe, into JSON and into the backend is searched for it. With the CLI on PATH its output is
searched too: that tells which of these values it shows.
"""

from __future__ import annotations

import json
import os
import pty
import textwrap
import threading
from dataclasses import dataclass
from typing import Any

import pytest

import pulumi_embedded
from pulumi_embedded import config_set
from pulumi_embedded.display.secrecy import KnownSecrets
from pulumi_embedded.model.values import Secret
from pulumi_embedded.project.config import ConfigValue

from .conftest import Workspace

PASSWORD = "hunter2-Xq9"
QUOTED = 'a "quoted"\nsecret-Zz4'
LINES = "-----BEGIN KEY-----\nMIIabcdefLine2\nQQxyzLine3rd\n-----END KEY-----"
MEMBERS = '{"user": "somebody-K1", "keys": ["inner-key-77"]}'
INPUT = "input-secret-Vv3"

# What the programs use to get at the secrets of the configuration without their marks.
HEAD = """
import json, sys
get = pulumi.runtime.get_config
password, quoted = get("proj:password"), get("proj:quoted")
lines, members = get("proj:lines"), get("proj:members")
"""


@dataclass(frozen=True)
class Case:
    """A program, and the text that must not be seen.

    Attributes:
        cli_shows: the CLI knows the whole secrets of the configuration only.
        stored: the program itself makes a plain value of it, which both engines store as such.
    """

    body: str
    secret: str = PASSWORD
    cli_shows: bool = False
    stored: bool = False


CASES = {
    "printed": Case("print('it is', password)"),
    "written to stderr": Case("sys.stderr.write(password + '\\n')"),
    "logged": Case("pulumi.log.info('a ' + password); pulumi.log.warn('b ' + password)"),
    "raised": Case("raise ValueError('not ' + password)"),
    "raised for the user": Case("raise pulumi.RunError('not ' + password)"),
    "printed as JSON": Case("print(json.dumps({'q': quoted}))", r"\nsecret-Zz4"),
    "printed by lines": Case("print(lines)", "MIIabcdefLine2", cli_shows=True),
    "a member, printed": Case(
        "print(json.loads(members)['keys'][0])", "inner-key-77", cli_shows=True
    ),
    "exported": Case("pulumi.export('plain', 'x ' + password)", stored=True),
    "exported deep inside": Case("pulumi.export('deep', {'a': [{'b': password}]})", stored=True),
    "exported with its mark": Case(
        "pulumi.export('other', pulumi.Config().require_secret('password'))"
    ),
    "exported inside a marked object": Case(
        "pulumi.export('all', pulumi.Output.secret({'a': ['" + INPUT + "']}))", INPUT
    ),
    "exported as JSON": Case(
        "pulumi.export('text', pulumi.Output.json_dumps({'a': pulumi.Output.secret('"
        + INPUT
        + "')}))",
        INPUT,
    ),
    "a secret input": Case(f"Thing('a', key=pulumi.Output.secret({INPUT!r}))", INPUT),
    "a secret input, deep inside": Case(
        f"Thing('a', key={{'x': [pulumi.Output.secret({INPUT!r})]}})", INPUT
    ),
    "a plain input": Case("Thing('a', key='x ' + password)", stored=True),
    "an exception of the provider": Case(
        f"Thing('a', fails=pulumi.Output.secret({INPUT!r}))", INPUT, cli_shows=True
    ),
    "the configuration in an exception": Case(
        "Thing('a', fails=pulumi.Config().require_secret('password'))"
    ),
    "a failed check": Case(
        f"Thing('a', refused=pulumi.Output.secret({INPUT!r}))", INPUT, cli_shows=True
    ),
    "messages of the provider": Case(
        "Thing('a', status=pulumi.Output.concat('at ', pulumi.Config().require_secret('password')))"
    ),
    "the provider's own output": Case(
        f"Thing('a', shown=pulumi.Output.secret({INPUT!r}))", INPUT, cli_shows=True
    ),
    "a secret output": Case(
        """
        thing = Thing("a", minted=None, opts=Opts(additional_secret_outputs=["minted"]))
        thing.minted.apply(lambda minted: print("minted", minted))
        pulumi.export("minted", thing.minted)
        """,
        "minted-Pp8",
        cli_shows=True,
    ),
}


@pytest.fixture
def prepared(workspace: Workspace) -> Workspace:
    """A project with secrets in its configuration, and a talkative provider."""
    values = {"password": PASSWORD, "quoted": QUOTED, "lines": LINES, "members": MEMBERS}
    for key, value in values.items():
        config_set(workspace.folder, "dev", key, value, secret=True)
    file = workspace.folder / "thing.py"
    text = file.read_text()
    text = text.replace(
        "        return CheckResult(news, [])\n",
        '        if news.get("refused"):\n'
        '            return CheckResult(news, [CheckFailure("refused", news["refused"])])\n'
        "        return CheckResult(news, [])\n",
    )
    text = text.replace(
        '        note("create"',
        '        if props.get("fails"):\n'
        "            raise Exception(f\"the service does not like {props['fails']}\")\n"
        '        if props.get("shown"):\n'
        '            print("shown", props["shown"], flush=True)\n'
        '        note("create"',
    )
    text = text.replace('"made": id}', '"made": id, "minted": "minted-Pp8"}')
    file.write_text(text)
    return workspace


def write(workspace: Any, case: Case) -> None:
    workspace.program("pass")
    file = workspace.folder / "__main__.py"
    file.write_text(file.read_text() + HEAD + textwrap.dedent(case.body))


def on_a_terminal(workspace: Any, operation: str, **options: Any) -> str:
    """Every byte that the operation sends to a terminal."""
    ours, theirs = pty.openpty()
    seen = bytearray()

    def read() -> None:
        try:
            while chunk := os.read(ours, 4096):
                seen.extend(chunk)
        except OSError:  # the other end is closed
            pass

    reader = threading.Thread(target=read)
    reader.start()
    with os.fdopen(theirs, "w") as terminal:
        pulumi_embedded.run(
            operation,  # type: ignore[arg-type]
            directory=workspace.folder,
            stack="dev",
            yes=True,
            stdout=terminal,
            stderr=terminal,
            **options,
        )
    reader.join()
    os.close(ours)
    return seen.decode()


def stored(workspace: Any) -> str:
    """Everything in the backend."""
    files = [file for file in (workspace.backend / ".pulumi").rglob("*") if file.is_file()]
    return "\n".join(file.read_text() for file in files)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", CASES)
def test_a_secret_is_nowhere_in_the_clear(prepared: Workspace, name: str) -> None:
    case = CASES[name]
    write(prepared, case)
    seen = {}
    seen["up on a terminal"] = on_a_terminal(prepared, "up")
    seen["up"] = prepared.run("up").text
    seen["preview as JSON"] = prepared.run("preview", json_output=True).text
    seen["outputs"] = prepared.run("outputs").text
    seen["outputs as JSON"] = prepared.run("outputs", json_output=True).text
    assert "[secret]" in "".join(seen.values())
    if not case.stored:
        seen["the backend"] = stored(prepared)
    assert [where for where, text in seen.items() if case.secret in text] == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", CASES)
def test_the_cli_hides_the_secrets_of_the_configuration(
    cli: Workspace, prepared: Workspace, name: str
) -> None:
    case = CASES[name]
    write(prepared, case)
    prepared.cli("stack", "init", "dev")
    shown = prepared.cli("up", "--yes", code=None)
    assert (case.secret in shown) == case.cli_shows


@pytest.mark.timeout(120)
def test_asking_for_secrets_reveals_what_is_marked(prepared: Workspace) -> None:
    write(
        prepared,
        Case(f"""
            pulumi.export("marked", pulumi.Output.secret({INPUT!r}))
            pulumi.export("plain", password)
            print("said", password)
        """),
    )
    shown = prepared.up(show_secrets=True).out
    assert f'marked: "{INPUT}"' in shown
    assert 'plain : "[secret]"' in shown
    assert "said [secret]" in shown
    outputs = json.loads(prepared.run("outputs", json_output=True, show_secrets=True).out)
    assert outputs == {"marked": INPUT, "plain": PASSWORD}


def known(*configured: str, **marked: str) -> KnownSecrets:
    secrets = KnownSecrets()
    secrets.learn_config({text: ConfigValue(text, True) for text in configured})
    secrets.learn({key: Secret(text) for key, text in marked.items()})
    return secrets


@pytest.mark.parametrize(
    ("configured", "text", "shown"),
    [
        ("abc", "an abc of abc", "an [secret] of [secret]"),
        ("ab", "ab", "ab"),
        ("True", "it is true: True", "it is true: True"),
        ("secret", "my secret", "my [secret]"),
        ("a.c", "abc a.c", "abc [secret]"),
    ],
)
def test_what_counts_as_a_secret_is_as_with_the_cli(configured: str, text: str, shown: str) -> None:
    assert known(configured).redact(text) == shown


def test_the_longest_secret_wins() -> None:
    assert known("abc", "abcdef").redact("abcdef abc") == "[secret] [secret]"


def test_short_properties_and_what_belongs_to_the_sdk_are_no_secrets_by_themselves() -> None:
    secrets = known(size="small", __provider="gASVpickled")
    assert secrets.redact("small gASVpickled") == "small gASVpickled"


def test_many_secrets_are_cheap() -> None:
    secrets = KnownSecrets()
    for number in range(2000):
        secrets.learn({"key": Secret(f"secret-number-{number:05}")})
    assert secrets.redact("x" * 1000 + "secret-number-01234") == "x" * 1000 + "[secret]"


def test_a_secret_that_becomes_known_later_is_hidden_in_the_summary(workspace: Workspace) -> None:
    workspace.program(f"""
        print({INPUT!r})
        Thing("a", key=pulumi.Output.secret({INPUT!r}))
    """)
    _, _, summary = workspace.up().out.partition("Diagnostics:")
    assert INPUT not in summary
