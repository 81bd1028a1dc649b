"""``metastudio fingerprint``: write or check SHA256SUMS, which stands for files in a preview."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ..errors import InputError

#: Bytes from which on reading takes long enough to be shown.
_LONG = 256 << 20

_Tell = Callable[[int], object]


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Compare the files with what is written; 1 if wrong.")
def fingerprint(files: tuple[Path, ...], check: bool) -> None:
    """Write the SHA-256 of FILES into SHA256SUMS beside them.

    A preview compares what stands there and need not have the files. Lines about other files stay.
    The form is that of sha256sum, so that 'sha256sum -c SHA256SUMS' checks it as well. With
    --check, SHA256SUMS itself stands for all files in it; it is the default.
    """
    from ..transfer.digests import SUMS_NAME

    if not files and not check:
        raise click.UsageError(
            "name the files whose SHA-256 is to be written", click.get_current_context()
        )
    chosen = files or (Path(SUMS_NAME),)
    if check:
        wrong = list(_check(chosen))
        for line in wrong:
            click.echo(line)
        if wrong:
            raise click.exceptions.Exit(1)
    else:
        _write([file for file in chosen if file.name != SUMS_NAME])


def _write(files: list[Path]) -> None:
    from ..transfer.digests import SUMS_NAME, Entry, escaped, is_pointer, parse_sums

    folders: dict[Path, dict[str, str]] = {}
    for file in files:
        if is_pointer(file):
            raise InputError(f"'{file}' is a Git LFS pointer, which has the digest: nothing to do")
        folders.setdefault(file.parent, {})
    with _progress(files) as tell:
        for file in files:
            folders[file.parent][file.name] = _sha256(file, tell)
    written = {}
    for folder, found in folders.items():
        sums = folder / SUMS_NAME
        text = sums.read_bytes() if sums.exists() else b""
        entries: dict[str, str] = {}
        for entry in parse_sums(text, str(sums)):
            # With the slashes that the file has on every system: colleagues read it on others.
            name = Path(os.path.normpath(entry.name)).as_posix()
            if entries.setdefault(name, entry.sha256) != entry.sha256 and name not in found:
                raise InputError(
                    f"'{sums}' has two different digests of {name!r}: name that file, too"
                )
        comments = [line + b"\n" for line in text.splitlines() if line.startswith(b"#")]
        ordered = sorted({**entries, **found}.items())
        written[sums] = [*comments, *(escaped(Entry(*each)) for each in ordered)]
    for sums, lines in written.items():
        _replace(sums, b"".join(lines))
        names = folders[sums.parent]
        click.echo(f"{len(names)} {'file' if len(names) == 1 else 'files'} in {sums}")


def _replace(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, with the mode that it had or a new one gets."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        if file.exists():
            mode = file.stat().st_mode & 0o777
        else:
            umask = os.umask(0)
            os.umask(umask)
            mode = 0o666 & ~umask
        os.chmod(name, mode)
        os.replace(name, file)
    except OSError:
        os.unlink(name)
        raise


def _check(chosen: Iterable[Path]) -> Iterator[str]:
    """A line about each file that is not what is written of it."""
    from ..transfer.digests import is_pointer, read_pointer

    expected = [each for file in chosen for each in _expected(file)]
    with _progress([file for file, _, _ in expected if not is_pointer(file)]) as tell:
        for file, sums, declared in expected:
            if declared is None:
                yield f"{_shown(file)}: not in {sums}; 'metastudio fingerprint' writes it"
                continue
            if not os.path.lexists(file):
                yield f"{_shown(file)}: missing"
                continue
            try:
                pointer = read_pointer(file)
                found = pointer[0] if pointer else _sha256(file, tell)
            except InputError as error:
                yield f"{_shown(file)}: {' '.join(str(error).split())}"
                continue
            if found != declared:
                yield (
                    f"{_shown(file)}: wrong: it has {found[:12]}…, and {sums} says {declared[:12]}…"
                )


def _expected(file: Path) -> Iterator[tuple[Path, Path, str | None]]:
    """Of a file, or of each in SHA256SUMS: where it is, where it is written of, and its digest."""
    from ..transfer.digests import SUMS_NAME, read_sums

    if file.name != SUMS_NAME:
        sums = file.parent / SUMS_NAME
        yield file, sums, read_sums(sums).get(file.name)
        return
    if not file.exists():
        raise InputError(f"'{file}': no such file; 'metastudio fingerprint FILES' writes it")
    for name, sha256 in sorted(read_sums(file).items()):
        yield file.parent / name, file, sha256


def _shown(file: Path) -> str:
    """A name on one line, whatever is in it."""
    return str(file) if str(file).isprintable() else repr(str(file))


def _sha256(file: Path, tell: _Tell) -> str:
    from ..transfer import fingerprint_anew, fingerprint_cache, open_source

    source = open_source(os.path.abspath(file))  # what looks like a URL or ~ is a file all the same
    sha256 = fingerprint_anew(source, fingerprint_cache(), tell)
    if open_source(source.location).validator != source.validator:
        raise InputError(f"'{file}' changed while it was read: try again")
    return sha256


@contextmanager
def _progress(files: list[Path]) -> Iterator[_Tell]:
    """A bar on a terminal, where reading takes long enough for one."""
    total = sum(file.stat().st_size for file in files if file.is_file())
    if total < _LONG or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=total, label="reading", file=sys.stderr) as bar:
        yield bar.update
