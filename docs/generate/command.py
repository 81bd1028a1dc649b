"""The command: every subcommand, argument and option, and the exit codes."""

from __future__ import annotations

from collections.abc import Iterator

import click

from pulumi_metastudio.cli.main import main

from .text import code, one_line, page, plain, table

#: Options that most commands take; told once.
_COMMON = ("stack", "engine", "as_json", "folder")

#: What the command ends with. Where the Pulumi CLI runs the stack, the codes are its own.
EXIT_CODES = {
    0: "done",
    1: "something failed, or is wrong: the line on standard error says what, and the way out",
    2: "the words of the command are wrong; or a question cannot be asked, because there is no "
    "terminal: `--yes`",
    6: "there is no such stack",
    7: "`--expect-no-changes`, and there are changes",
    8: "interrupted",
    9: "`review --fail-on`, and a gate is closed",
}


def commands(
    group: click.Group = main, above: tuple[str, ...] = ("metastudio",)
) -> Iterator[tuple[str, click.Command]]:
    """Every command by its words, groups before what is in them."""
    context = click.Context(group, info_name=" ".join(above))
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        words = (*above, name)
        yield " ".join(words), command
        if isinstance(command, click.Group):
            yield from commands(command, words)


def options(command: click.Command) -> list[click.Option]:
    """The options that a command has of its own, hidden ones left out."""
    found = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    common = {p.name for p in found} >= set(_COMMON)
    return [p for p in found if not (common and p.name in _COMMON)]


def _option_row(option: click.Option) -> tuple[str, str]:
    words = " / ".join(filter(None, (", ".join(option.opts), ", ".join(option.secondary_opts))))
    if not option.is_flag and not option.count:
        kind = option.type
        value = "|".join(kind.choices) if isinstance(kind, click.Choice) else ""
        words += f" {value or option.metavar or (option.name or '').upper()}"
    return code(words), option.help or ""


def _entry(words: str, command: click.Command) -> Iterator[str]:
    yield f"## {words}"
    # A command keeps the first help option that it was asked for: ask as the group does.
    context = click.Context(command, info_name=words, **main.context_settings)
    yield code(" ".join([words, *command.collect_usage_pieces(context)]))
    yield plain("\n\n".join(map(one_line, (command.help or "").split("\n\n"))))
    if own := options(command):
        yield table(("option", "meaning"), map(_option_row, own))


def page_text() -> str:
    """The page of the whole command."""
    listed = list(commands())
    up = dict(listed)["metastudio up"]
    common = [p for p in up.params if isinstance(p, click.Option) and p.name in _COMMON]
    without = [
        words
        for words, each in listed
        if not isinstance(each, click.Group) and not {p.name for p in each.params} >= set(_COMMON)
    ]
    return page(
        "The command, option by option",
        "As `metastudio COMMAND --help` tells it. [The command](../cli.md) says what each is for.",
        "## Options of every command",
        f"All take these but the groups and {', '.join(map(code, without))}:",
        table(("option", "meaning"), map(_option_row, common)),
        "## Exit codes",
        table(("code", "meaning"), ((str(n), text) for n, text in EXIT_CODES.items())),
        "With the Pulumi CLI, the commands of stacks end with its code.",
        *(part for words, command in listed for part in _entry(words, command)),
    )
