"""Write into the row of a resource while its operation runs.

The engine's address is the provider process's first argument; its ``Log`` call takes a URN, and
with ``ephemeral`` the text shows live in that resource's row. Outside a provider process there
is no engine, and nothing is said.
"""

from __future__ import annotations

import sys
import threading
from typing import Any


class _Engine:
    """One connection for the process, opened when the first text is written."""

    def __init__(self) -> None:
        self._stub: Any = None
        self._opened = False
        self._lock = threading.Lock()

    def log(self, severity: str, urn: str, text: str, *, ephemeral: bool) -> None:
        stub = self._connect()
        if stub is None:
            return
        import grpc
        from pulumi.runtime.proto import engine_pb2

        request = engine_pb2.LogRequest(
            severity=engine_pb2.LogSeverity.Value(severity),
            message=text,
            urn=urn,
            ephemeral=ephemeral,
        )
        try:
            stub.Log(request, timeout=10)
        except grpc.RpcError:
            return  # a text nobody can read is no reason to fail a job

    def _connect(self) -> Any:
        with self._lock:
            if not self._opened:
                self._opened = True
                address = sys.argv[1] if len(sys.argv) > 1 else ""
                if ":" in address:
                    import grpc
                    from pulumi.runtime.proto import engine_pb2_grpc

                    channel = grpc.insecure_channel(address)
                    self._stub = engine_pb2_grpc.EngineStub(channel)
            return self._stub


_ENGINE = _Engine()


class EngineReporter:
    """A reporter (see ``pulumi_metastudio.transfer.Reporter``) for one resource's row."""

    def __init__(self, urn: str | None):
        self._urn = urn or ""

    def status(self, text: str) -> None:
        """Live text in the row; the next one takes its place."""
        if self._urn:  # without a row there is no place for it
            _ENGINE.log("INFO", self._urn, text, ephemeral=True)

    def info(self, text: str) -> None:
        """A lasting note under the resource."""
        _ENGINE.log("INFO", self._urn, text, ephemeral=False)

    def warning(self, text: str) -> None:
        """A lasting warning under the resource."""
        _ENGINE.log("WARNING", self._urn, text, ephemeral=False)

    def error(self, text: str) -> None:
        """A lasting error under the resource."""
        _ENGINE.log("ERROR", self._urn, text, ephemeral=False)
