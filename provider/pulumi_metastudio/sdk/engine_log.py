"""Write into the row of a resource while its operation runs.

The engine's address is the first argument of a provider process. The engine's ``Log`` call takes
a URN, and shows a text that is ``ephemeral`` live in that resource's row. In any other process
there is no engine, and the texts are dropped.
"""

from __future__ import annotations

import functools
import sys
from typing import Any


class EngineReporter:
    """A ``transfer.Reporter`` for one resource's row.

    Args:
        urn: the resource; None for texts about no resource in particular.
    """

    def __init__(self, urn: str | None):
        self._urn = urn or ""

    def status(self, text: str) -> None:
        """Live text in the row, which the next one replaces."""
        if self._urn:
            self._log("INFO", text, ephemeral=True)

    def info(self, text: str) -> None:
        """A lasting note under the resource."""
        self._log("INFO", text)

    def warning(self, text: str) -> None:
        """A lasting warning under the resource."""
        self._log("WARNING", text)

    def error(self, text: str) -> None:
        """A lasting error under the resource."""
        self._log("ERROR", text)

    def _log(self, severity: str, text: str, *, ephemeral: bool = False) -> None:
        address = sys.argv[1] if len(sys.argv) > 1 else ""
        if ":" not in address:
            return
        import grpc
        from pulumi.runtime.proto import engine_pb2

        request = engine_pb2.LogRequest(
            severity=engine_pb2.LogSeverity.Value(severity),
            message=text,
            urn=self._urn,
            ephemeral=ephemeral,
        )
        try:
            _engine(address).Log(request, timeout=10)
        except grpc.RpcError:
            return  # a text that does not arrive is no reason to fail a job


def stack_urn(urn: str) -> str:
    """The URN of the stack that a resource is in."""
    stack, project = urn.split("::")[:2]
    return f"{stack}::{project}::pulumi:pulumi:Stack::{project}-{stack.rpartition(':')[2]}"


@functools.cache
def _engine(address: str) -> Any:
    """The engine at an address; one connection serves the whole process."""
    import grpc
    from pulumi.runtime.proto import engine_pb2_grpc

    return engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
