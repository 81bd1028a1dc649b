"""What the shell is told at a press of Tab: stacks and keys, as far as files on this machine say.

Nothing is asked over a network, no program is started, no passphrase is used, and whatever goes
wrong is silence: a shell would show it in the middle of a line.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click


def complete_stacks(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Names of the project's stacks."""
    try:
        return _beginning(incomplete, _stacks(_folder(context)))
    except Exception:  # noqa: BLE001 - whatever it is, this is no place to tell it
        return []


def complete_keys(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Keys that stand in the stacks' files, and for ``set`` all settings of the provider."""
    try:
        found = _keys(_folder(context))
        if context.info_name == "set":
            from ..api.settings import NAMES

            found |= {f"metastudio:{key}" for key in (*NAMES, "accessKey", "secretKey")}
        return _beginning(incomplete, found)
    except Exception:  # noqa: BLE001 - likewise
        return []


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def _folder(context: click.Context) -> Path:
    return Path(context.params.get("folder") or ".")


def _stacks(folder: Path) -> set[str]:
    from .stacks.target import Target, find_project

    project = find_project(folder)
    if project is None:
        return set()
    target = Target(project, folder.resolve(), "", named=False)
    if target.backend.folder is None:  # another backend is asked over the network
        return {file.stem.partition(".")[2] for file in _stack_files(project.file.parent)}
    return set(target.backend.stacks(project.name))


def _stack_files(folder: Path) -> list[Path]:
    return [file for end in ("yaml", "yml", "json") for file in folder.glob(f"Pulumi.*.{end}")]


def _keys(folder: Path) -> set[str]:
    import yaml

    from .stacks.target import find_project

    project = find_project(folder)
    found: set[str] = set()
    for file in _stack_files(project.file.parent) if project else ():
        settings: Any = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        found.update(map(str, settings.get("config") or ()))
    return {key.removeprefix(f"{project.name}:") for key in found} if project else set()
