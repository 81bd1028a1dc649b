"""The operations that a command line offers: up, preview, refresh, destroy and outputs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from .display.base import Display
from .display.outlet import Outlet, occupy_standard_streams
from .display.secrecy import KnownSecrets
from .display.text import TextDisplay
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
from .management import StackHandle
from .model.integrity import verify
from .model.urns import STACK_TYPE
from .model.values import mask, reveal
from .project.checkpoint import encode_value, latest_deployment

if TYPE_CHECKING:
    from .engine.deployment import Deployment, Target

Operation = Literal["up", "preview", "refresh", "destroy", "outputs"]
_Kind = Literal["update", "refresh", "destroy"]

_KINDS: Final[dict[str, _Kind]] = {"up": "update", "refresh": "refresh", "destroy": "destroy"}
_TITLES: Final[dict[_Kind, tuple[str, str]]] = {
    "update": ("Previewing update", "Updating"),
    "refresh": ("Previewing refresh", "Refreshing"),
    "destroy": ("Previewing destroy", "Destroying"),
}


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
    """Run one operation on a stack; ``docs/embedded-engine.md`` describes the options.

    Returns:
        the exit code, one of those in ``errors``; what went wrong was shown.
    """
    occupy_standard_streams()
    out = Outlet(stdout or sys.stdout)
    err = Outlet(stderr or sys.stderr, beside=out)
    answers = stdin or sys.stdin
    interrupts = Interrupts(err)
    secrets = KnownSecrets()

    def can_ask() -> bool:
        if interactive is not None:
            return interactive
        return answers is not None and answers.isatty() and out.isatty()

    def fail(error: object) -> None:
        err.write(f"error: {secrets.redact(str(error))}\n")

    try:
        handle = StackHandle(directory, stack, can_ask)
        session = _Session(
            handle,
            out,
            err,
            answers if can_ask() else None,
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
            command=command,
        )
        if operation == "outputs":
            return session.print_outputs()
        if operation == "preview":
            return session.preview_only()
        return session.apply(_KINDS[operation])
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
        with contextlib.suppress(KeyboardInterrupt):  # interrupted again: do not wait for the rest
            for outlet in (out, err):
                outlet.close(patient=not interrupts.killed)


@dataclass(frozen=True)
class _Session:
    """One call of ``run``.

    Attributes:
        answers: where the user types; None when nobody can be asked.
    """

    handle: StackHandle
    out: Outlet
    err: Outlet
    answers: TextIO | None
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
    command: str

    def preview_only(self) -> int:
        """Show what ``up`` would do."""
        self._require_stack()
        with self._interruptible():
            deployment, succeeded = self._deploy("update", dry_run=True)
        self._print_json(deployment.display)
        return self._exit_code(deployment, succeeded, "preview")

    def apply(self, kind: _Kind) -> int:
        """Preview, ask, and do it."""
        if not self.yes and not self.skip_preview and not self.answers:
            raise NotConfirmedError(
                "--yes or --skip-preview must be passed in to proceed "
                "when running in non-interactive mode"
            )
        handle = self.handle
        if kind != "update":
            self._require_stack()
        elif not handle.exists:
            handle.create()
        lock = handle.backend.lock(handle.stack, self.command)
        with self._interruptible(), lock:
            if not self.skip_preview and not self.json_output:
                deployment, succeeded = self._deploy(kind, dry_run=True)
                if not succeeded:
                    return self._exit_code(deployment, succeeded, "preview")
                if not self.yes and not self._confirm(kind):
                    self.err.write(f"error: confirmation declined, not {kind}\n")
                    return EXIT_ERROR
            handle.backend.back_up(handle.stack)
            deployment, succeeded = self._deploy(kind, dry_run=False)
        self._print_json(deployment.display)
        return self._exit_code(deployment, succeeded, kind)

    def print_outputs(self) -> int:
        """Show what the stack exports."""
        snapshot = self.handle.snapshot(self.handle.read())
        self.secrets.learn_stack(self.handle.config(validate=False), snapshot)
        states = (state for state in snapshot.resources if state.type == STACK_TYPE)
        outputs = next((state.outputs for state in states), {})
        masked = mask(self.secrets.redact_value(outputs))
        shown = encode_value(reveal(outputs) if self.show_secrets else masked, None)
        if self.json_output:
            lines = [json.dumps(dict(sorted(shown.items())), indent=2, ensure_ascii=False)]
        elif not shown:
            lines = ["No output values currently in this stack"]
        else:
            width = max(len("OUTPUT"), *map(len, shown))
            lines = [f"Current stack outputs ({len(shown)}):", f"    {'OUTPUT':{width}}  VALUE"]
            for name, value in sorted(shown.items()):
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                lines.append(f"    {name:{width}}  {text}")
        self.out.write("".join(f"{line}\n" for line in lines))
        return EXIT_OK

    def _require_stack(self) -> None:
        if not self.handle.exists:
            raise StackNotFoundError(self.handle.stack)

    def _interruptible(self) -> Interrupts:
        self.handle.crypter()  # it may ask for the passphrase, which Ctrl-C ends as any question
        return self.interrupts

    def _deploy(self, kind: _Kind, *, dry_run: bool) -> tuple[Deployment, bool]:
        """Run one deployment; returns it, and whether it succeeded."""
        from .engine.deployment import Deployment
        from .engine.deployment_executor import DeploymentExecutor

        target = self._target(dry_run=dry_run)
        self.secrets.learn_stack(target.config, target.snapshot)
        if self.interrupts.seen:
            raise CancelledError("interrupted")
        deployment = Deployment(target, self._display(kind, target), self.parallel)
        executor = DeploymentExecutor(deployment)
        with self.interrupts.during(deployment.cancellation.interrupt, deployment.kill):
            succeeded = executor.run(
                kind, refresh=self.refresh, clear_pending_creates=self.clear_pending_creates
            )
        return deployment, succeeded

    def _target(self, *, dry_run: bool) -> Target:
        """What a deployment works on, read afresh."""
        from .engine.deployment import Target

        handle = self.handle
        config = handle.config(self.config)
        checkpoint = handle.read()
        snapshot = handle.snapshot(checkpoint)
        verify(latest_deployment(checkpoint).get("manifest") or {}, snapshot.resources)
        write, crypter = None if dry_run else handle.write, handle.crypter()
        return Target(handle.project, handle.stack, config, snapshot, crypter, write, self.command)

    def _display(self, kind: _Kind, target: Target) -> Display:
        options: dict[str, Any] = {"dry_run": target.dry_run, "secrets": self.secrets}
        if self.json_output:
            return Display(**options)
        options["show_secrets"] = self.show_secrets
        title = f"{_TITLES[kind][0 if target.dry_run else 1]} ({target.stack}):"
        if self.out.isatty():
            from .display.live import LiveDisplay

            return LiveDisplay(title, self.out, target.urn, **options)
        return TextDisplay(title, self.out, target.urn, **options)

    def _confirm(self, kind: _Kind) -> bool:
        self.out.write(f"Do you want to perform this {kind}? [y/N] ")
        self.out.drain()  # not to be interrupted: it holds a lock
        with self.interrupts.asking():
            answer = self.answers.readline() if self.answers else ""
        return answer.strip().lower() in ("y", "yes")

    def _print_json(self, display: Display) -> None:
        if self.json_output:
            from .display.preview_json import preview_digest

            config = self.handle.config(self.config)
            text = json.dumps(preview_digest(display, config, self.show_secrets), indent=4)
            self.out.write(f"{text}\n")

    def _exit_code(self, deployment: Deployment, succeeded: bool, what: str) -> int:
        if deployment.cancellation.interrupted:
            self.err.write(f"error: {what} cancelled\n")
            return EXIT_CANCELLED
        if not succeeded:
            return EXIT_ERROR
        if self.expect_no_changes and deployment.display.has_changes():
            self.err.write(
                f"error: no changes were expected for {what} but changes were proposed\n"
            )
            return EXIT_UNEXPECTED_CHANGES
        return EXIT_OK
