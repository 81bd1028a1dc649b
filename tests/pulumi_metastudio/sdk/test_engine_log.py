"""Texts in a resource's row, sent to an engine that really listens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from pulumi_metastudio.sdk.engine_log import EngineReporter

URN = "urn:pulumi:s::p::t::n"


class Engine(engine_pb2_grpc.EngineServicer):
    """Remembers what is logged."""

    def __init__(self) -> None:
        self.logged: list[tuple[int, str, str, bool]] = []

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:
        self.logged.append((request.severity, request.urn, request.message, request.ephemeral))
        return empty_pb2.Empty()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    service = Engine()
    server = grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    monkeypatch.setattr(sys, "argv", ["provider", f"127.0.0.1:{port}"])
    yield service
    server.stop(None).wait()


def test_every_kind_of_text(engine: Engine) -> None:
    reporter = EngineReporter(URN)
    reporter.status("live")
    reporter.info("note")
    reporter.warning("beware")
    reporter.error("broken")
    severity = engine_pb2.LogSeverity
    assert engine.logged == [
        (severity.INFO, URN, "live", True),
        (severity.INFO, URN, "note", False),
        (severity.WARNING, URN, "beware", False),
        (severity.ERROR, URN, "broken", False),
    ]


def test_without_a_row_there_is_no_live_text(engine: Engine) -> None:
    reporter = EngineReporter(None)
    reporter.status("live")
    reporter.warning("beware")
    assert [(urn, text) for _, urn, text, _ in engine.logged] == [("", "beware")]


@pytest.mark.parametrize("argv", [["provider"], ["provider", "up"], ["provider", "127.0.0.1:1"]])
def test_without_an_engine_nothing_is_said(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    EngineReporter(URN).error("nobody hears this")
    assert "nobody" not in "".join(capfd.readouterr())
