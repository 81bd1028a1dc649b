"""The operations that a command line offers: up, preview, refresh, destroy and outputs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TextIO

from .display.base import Display
from .display.outlet import Outlet, occupy_standard_streams
from .display.secrecy import KnownSecrets
from .display.text import TextDisplay
from .engine.deployment import Deployment
from .engine.step_executor import Cancellation
from .engine.target import Target
from .errors import (
    EXIT_CANCELLED,
    EXIT_ERROR,
    EXIT_OK,
    EXIT_UNEXPECTED_CHANGES,
    CancelledError,
    EngineError,
    NotConfirmedError,
    StackNotFoundError,
)
from .interrupts import Interrupts
from .model.integrity import verify
from .model.resources import ResourceState, Snapshot
from .model.urns import STACK_TYPE
from .model.values import mask, reveal
from .project.checkpoint import (
    decode_checkpoint,
    deployment,
    encode_checkpoint,
    encode_value,
    secrets_salt,
)
from .project.config import Config, StackFile, resolve_config
from .project.file_backend import ORGANIZATION, FileBackend, open_backend
from .project.passphrase import Crypter, read_passphrase
from .project.project import Project, is_name, load_project

Operation = Literal["up", "preview", "refresh", "destroy", "outputs"]
_Kind = Literal["update", "refresh", "destroy"]

_TITLES: Final[dict[_Kind, tuple[str, str]]] = {
    "update": ("Previewing update", "Updating"),
    "refresh": ("Previewing refresh", "Refreshing"),
    "destroy": ("Previewing destroy", "Destroying"),
}


@dataclass(frozen=True)
class Terminal:
    """Where a run's output goes, whether somebody is there to answer, and what they typed.

    Attributes:
        command: the program that messages name where something is to be done by hand.
    """

    stdout: Outlet = field(default_factory=lambda: Outlet(sys.stdout))
    stderr: Outlet = field(default_factory=lambda: Outlet(sys.stderr))
    stdin: TextIO | None = field(default_factory=lambda: sys.stdin)
    interactive: bool | None = None
    command: str = "pulumi"

    @property
    def answers(self) -> bool:
        """Whether questions can be asked; both ends must be a terminal unless it was said."""
        if self.interactive is not None:
            return self.interactive
        return self.stdin is not None and self.stdin.isatty() and self.stdout.isatty()


class StackHandle:
    """One stack of one project, with its secrets opened on demand."""

    def __init__(self, directory: Path, stack: str, terminal: Terminal) -> None:
        self.project: Project = load_project(directory)
        self.stack = _stack_name(stack, self.project.name)
        self.backend: FileBackend = open_backend(self.project)
        self.file = StackFile(self.project.stack_file(self.stack))
        self._terminal = terminal
        self._passphrase: str | None = None
        self._crypter: Crypter | None = None

    @property
    def exists(self) -> bool:
        """Whether the stack is in the backend."""
        return self.backend.exists(self.project.name, self.stack)

    def crypter(self) -> Crypter:
        """The crypter for new secrets; one is made, and remembered, when there is none yet."""
        if self._crypter is None:
            salt = self.file.salt
            if not salt and self.exists:
                salt = secrets_salt(self.read())
            self._crypter = self._open(salt) if salt else Crypter.create(self._ask())
            self.file.remember_salt(self._crypter.state)
        return self._crypter

    def read(self) -> dict[str, Any]:
        """The stack's checkpoint."""
        return self.backend.read(self.project.name, self.stack)

    def create(self) -> None:
        """Make the stack, empty."""
        crypter = self.crypter()
        name = f"{ORGANIZATION}/{self.project.name}/{self.stack}"
        self.write(encode_checkpoint(name, crypter.state, (), (), {}))

    def write(self, checkpoint: str) -> None:
        """Store the stack's checkpoint."""
        self.backend.write(self.project.name, self.stack, checkpoint)

    def config(self, extra: Mapping[str, str] | None = None, *, validate: bool = True) -> Config:
        """Everything the program may read."""
        return resolve_config(
            self.project, self.stack, self.file, self.crypter, extra, validate=validate
        )

    def target(self, extra: Mapping[str, str] | None, *, dry_run: bool) -> Target:
        """What a deployment works on, read afresh."""
        config = self.config(extra)
        checkpoint = self.read()
        snapshot = self.snapshot(checkpoint)
        verify(deployment(checkpoint).get("manifest") or {}, snapshot.resources)
        write, command = None if dry_run else self.write, self._terminal.command
        return Target(self.project, self.stack, config, snapshot, self.crypter(), write, command)

    def snapshot(self, checkpoint: Mapping[str, Any]) -> Snapshot:
        """What a checkpoint holds."""
        salt = secrets_salt(checkpoint)
        crypter = self.crypter()
        # What is stored may still be under an older key; it is written under the current one.
        return decode_checkpoint(
            checkpoint, crypter if salt in ("", crypter.state) else self._open(salt)
        )

    def _open(self, salt: str) -> Crypter:
        return Crypter.open(self._ask(), salt)

    def _ask(self) -> str:
        if self._passphrase is None:
            self._passphrase = read_passphrase(interactive=self._terminal.answers)
        return self._passphrase


def run(
    operation: Operation,
    *,
    directory: Path,
    stack: str,
    yes: bool = False,
    skip_preview: bool = False,
    refresh: bool = False,
    json_output: bool = False,
    show_secrets: bool = False,
    expect_no_changes: bool = False,
    clear_pending_creates: bool = False,
    config: Mapping[str, str] | None = None,
    parallel: int = 16,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    stdin: TextIO | None = None,
    interactive: bool | None = None,
    command: str = "pulumi",
) -> int:
    """Run one operation on a stack; see :mod:`pulumi_embedded` for the whole description."""
    occupy_standard_streams()
    out = Outlet(stdout or sys.stdout)
    err = Outlet(stderr or sys.stderr, beside=out)
    terminal = Terminal(out, err, stdin or sys.stdin, interactive, command)
    interrupts = Interrupts(err)
    secrets = KnownSecrets()

    def fail(error: object) -> None:
        terminal.stderr.write(f"error: {secrets.redact(str(error))}\n")

    try:
        handle = StackHandle(directory, stack, terminal)
        if operation == "outputs":
            return _print_outputs(handle, terminal, secrets, json_output, show_secrets)
        session = _Session(
            handle,
            terminal,
            interrupts,
            secrets,
            yes=yes,
            skip_preview=skip_preview,
            refresh=refresh or handle.project.refreshes,
            json_output=json_output,
            show_secrets=show_secrets,
            expect_no_changes=expect_no_changes,
            clear_pending_creates=clear_pending_creates,
            config=config,
            parallel=parallel,
        )
        if operation == "preview":
            return session.preview_only()
        kinds: dict[str, _Kind] = {"up": "update", "refresh": "refresh", "destroy": "destroy"}
        return session.apply(kinds[operation])
    except EngineError as error:
        fail(error)
        return error.exit_code
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else error)
        return EXIT_ERROR
    except KeyboardInterrupt:
        fail(f"{operation} cancelled")
        return EXIT_CANCELLED
    finally:
        with contextlib.suppress(KeyboardInterrupt):  # nobody reads what is left
            for outlet in (out, err):
                outlet.close(patient=not interrupts.killed)


@dataclass(frozen=True)
class _Session:
    """One call of ``run``."""

    handle: StackHandle
    terminal: Terminal
    interrupts: Interrupts
    secrets: KnownSecrets
    yes: bool
    skip_preview: bool
    refresh: bool
    json_output: bool
    show_secrets: bool
    expect_no_changes: bool
    clear_pending_creates: bool
    config: Mapping[str, str] | None
    parallel: int

    def preview_only(self) -> int:
        """Show what ``up`` would do."""
        if not self.handle.exists:
            raise StackNotFoundError(f"no stack named '{self.handle.stack}' found")
        with self._interruptible():
            outcome = self._deploy("update", dry_run=True)
        self._print_digest(outcome.display)
        return self._exit_code(outcome, "preview")

    def apply(self, kind: _Kind) -> int:
        """Preview, ask, and do it."""
        if not self.yes and not self.skip_preview and not self.terminal.answers:
            raise NotConfirmedError(
                "--yes or --skip-preview must be passed in to proceed "
                "when running in non-interactive mode"
            )
        handle = self.handle
        if not handle.exists:
            if kind != "update":
                raise StackNotFoundError(f"no stack named '{handle.stack}' found")
            handle.create()
        lock = handle.backend.lock(handle.project.name, handle.stack, self.terminal.command)
        with self._interruptible(), lock:
            if not self.skip_preview and not self.json_output:
                outcome = self._deploy(kind, dry_run=True)
                if not outcome.succeeded:
                    return self._exit_code(outcome, "preview")
                if not self.yes and not self._confirm(kind):
                    self.terminal.stderr.write(f"error: confirmation declined, not {kind}\n")
                    return EXIT_ERROR
            handle.backend.back_up(handle.project.name, handle.stack)
            outcome = self._deploy(kind, dry_run=False)
        self._print_digest(outcome.display)
        return self._exit_code(outcome, kind)

    def _interruptible(self) -> Interrupts:
        self.handle.crypter()  # it may ask for the passphrase, which Ctrl-C ends as any question
        return self.interrupts

    def _deploy(self, kind: _Kind, *, dry_run: bool) -> _Outcome:
        target = self.handle.target(self.config, dry_run=dry_run)
        _learn(self.secrets, target.config, target.snapshot.resources)
        if self.interrupts.seen:
            raise CancelledError("interrupted")
        display = self._display(kind, target, dry_run=dry_run)
        cancellation = Cancellation()
        deployment = Deployment(target, display, cancellation, parallel=self.parallel)
        with self.interrupts.during(cancellation.interrupt, deployment.kill):
            if kind == "update":
                succeeded = deployment.update(refresh=self.refresh)
            elif kind == "refresh":
                succeeded = deployment.refresh(clear_pending_creates=self.clear_pending_creates)
            else:
                succeeded = deployment.destroy(refresh=self.refresh)
        return _Outcome(succeeded, cancellation.interrupted, display)

    def _display(self, kind: _Kind, target: Target, *, dry_run: bool) -> Display:
        options: dict[str, Any] = {"dry_run": dry_run, "secrets": self.secrets}
        if self.json_output:
            return Display(**options)
        options["show_secrets"] = self.show_secrets
        title = f"{_TITLES[kind][0 if dry_run else 1]} ({target.stack}):"
        arguments = (title, self.terminal.stdout, target.urn)
        if self.terminal.stdout.isatty():
            from .display.live import LiveDisplay

            return LiveDisplay(*arguments, **options)
        return TextDisplay(*arguments, **options)

    def _confirm(self, kind: _Kind) -> bool:
        with self.interrupts.asking():  # before it is seen: who sees it may interrupt at once
            self.terminal.stdout.write(f"Do you want to perform this {kind}? [y/N] ")
            self.terminal.stdout.drain()
            answer = self.terminal.stdin.readline() if self.terminal.stdin else ""
        return answer.strip().lower() in ("y", "yes")

    def _print_digest(self, display: Display) -> None:
        if self.json_output:
            from .display.preview_json import preview_digest

            config = self.handle.config(self.config)
            text = json.dumps(preview_digest(display, config, self.show_secrets), indent=4)
            self.terminal.stdout.write(f"{text}\n")

    def _exit_code(self, outcome: _Outcome, what: str) -> int:
        if outcome.interrupted:
            self.terminal.stderr.write(f"error: {what} cancelled\n")
            return EXIT_CANCELLED
        if not outcome.succeeded:
            return EXIT_ERROR
        if self.expect_no_changes and outcome.display.has_changes():
            self.terminal.stderr.write(
                f"error: no changes were expected for {what} but changes were proposed\n"
            )
            return EXIT_UNEXPECTED_CHANGES
        return EXIT_OK


def _learn(secrets: KnownSecrets, config: Config, resources: list[ResourceState]) -> None:
    """Know the secrets of a stack: those of its configuration and those in its state."""
    secrets.learn_config(config)
    for state in resources:
        secrets.learn([state.inputs, state.outputs])


def _print_outputs(
    handle: StackHandle,
    terminal: Terminal,
    secrets: KnownSecrets,
    json_output: bool,
    show_secrets: bool,
) -> int:
    states = handle.snapshot(handle.read()).resources
    _learn(secrets, handle.config(validate=False), states)
    outputs = next((state.outputs for state in states if state.type == STACK_TYPE), {})
    shown = reveal(outputs) if show_secrets else mask(secrets.redact_value(outputs))
    shown = encode_value(shown, None)
    if json_output:
        text = json.dumps(dict(sorted(shown.items())), indent=2, ensure_ascii=False)
        terminal.stdout.write(f"{text}\n")
        return EXIT_OK
    if not shown:
        terminal.stdout.write("No output values currently in this stack\n")
        return EXIT_OK
    terminal.stdout.write(f"Current stack outputs ({len(shown)}):\n")
    width = max(len("OUTPUT"), *map(len, shown))
    terminal.stdout.write(f"    {'OUTPUT':{width}}  VALUE\n")
    for name, value in sorted(shown.items()):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        terminal.stdout.write(f"    {name:{width}}  {text}\n")
    return EXIT_OK


@dataclass(frozen=True)
class _Outcome:
    """How a deployment ended."""

    succeeded: bool
    interrupted: bool
    display: Display


def _stack_name(written: str, project: str) -> str:
    """A stack's own name, of which organization and project may be written before it."""
    *before, name = written.split("/")
    if before not in ([], [ORGANIZATION], [ORGANIZATION, project]):
        raise EngineError(
            f"{written!r} is not a stack of this project: use NAME or {ORGANIZATION}/{project}/NAME"
        )
    if not is_name(name):
        raise EngineError(
            f"{name!r} is not a stack name: up to 100 letters, digits, hyphens, underscores and "
            "periods"
        )
    return name
