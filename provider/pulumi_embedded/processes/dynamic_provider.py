"""The SDK's dynamic provider, in a process of its own, started when it is first needed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace
from typing import Any, Final

import grpc
from google.protobuf import struct_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto import provider_pb2_grpc

from ..errors import ProviderError
from ..model.diffs import Diff, compare
from ..model.property_paths import ignore
from ..model.resources import ResourceState
from ..model.urns import urn_name, urn_type
from ..model.values import Properties, annotate_secrets, from_struct, to_struct
from ..project.config import Config
from ..project.project import Project
from .children import ChildProcess, provider_environment

# Programs put pickled code and file contents into properties; gRPC's own limit is 4 MiB.
CHANNEL_OPTIONS: Final = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
]
_ENDED: Final = "the dynamic provider was ended"


@dataclass(frozen=True)
class ReadResult:
    """A resource as it really is. An empty ``id`` means that it does not exist.

    Attributes:
        inputs: None when the provider leaves them as they were.
    """

    id: str
    outputs: Properties
    inputs: Properties | None


class DynamicProvider:
    """Calls the provider. It cannot receive secrets: they are unwrapped on the way in and put
    back, by name, on the way out.

    Every method raises ProviderError with the provider's own words when it fails.

    Attributes:
        engine_address: where the provider sends its messages; set before the first call.
    """

    def __init__(self, project: Project, config: Config, on_output: Callable[[str], None]) -> None:
        self.engine_address = ""
        self._project = project
        self._environment = provider_environment(project, config)
        self._on_output = on_output
        self._lock = threading.Lock()
        self._closed = False
        self._process: ChildProcess | None = None
        self._channel: grpc.Channel | None = None
        self._stub: Any = None
        self._configuration: Properties = {}

    def configure(self, configuration: Properties) -> None:
        """Set what the provider is given before its first call: every configuration value.

        A provider is given its configuration once, so one that has another is ended.
        """
        with self._lock:
            if configuration != self._configuration:
                self._end()
            self._configuration = configuration

    def check(
        self, urn: str, olds: Properties, news: Properties
    ) -> tuple[Properties, list[tuple[str, str]]]:
        """The inputs to use, and what is wrong with them: pairs of property and reason."""
        request = proto.CheckRequest(**_named(urn), olds=_struct(olds), news=_struct(news))
        response = self._call("Check", request)
        failures = [(failure.property, failure.reason) for failure in response.failures]
        return _received(response.inputs, news), failures

    def diff(self, state: ResourceState, news: Properties, ignore_changes: list[str]) -> Diff:
        """What changing the resource's inputs to ``news`` would mean."""
        request = proto.DiffRequest(
            **_existing(state),
            olds=_struct(state.outputs),
            news=_struct(news),
            ignoreChanges=ignore_changes,
        )
        response = self._call("Diff", request)
        changes = response.changes == proto.DiffResponse.DIFF_SOME
        diff = Diff(changes, tuple(response.replaces), None, response.deleteBeforeReplace)
        if response.changes != proto.DiffResponse.DIFF_UNKNOWN:
            return diff
        # The provider leaves the question to the engine.
        kept, _ = ignore(ignore_changes, state.inputs, news)
        found = compare(state.inputs, kept)
        return replace(diff, changes=found.changes, detailed=found.detailed)

    def create(self, urn: str, inputs: Properties) -> tuple[str, Properties]:
        """Make the resource; returns its id and outputs."""
        request = proto.CreateRequest(
            **_named(urn), properties=_struct(inputs, keep_unknowns=False)
        )
        response = self._call("Create", request)
        if not response.id:
            raise ProviderError("the provider did not return an ID from create")
        return response.id, _received(response.properties, inputs)

    def update(
        self, state: ResourceState, inputs: Properties, ignore_changes: list[str]
    ) -> Properties:
        """Change the resource in place; returns its outputs."""
        request = proto.UpdateRequest(
            **_existing(state),
            olds=_struct(state.outputs),
            news=_struct(inputs, keep_unknowns=False),
            ignoreChanges=ignore_changes,
        )
        return _received(self._call("Update", request).properties, inputs)

    def delete(self, state: ResourceState) -> None:
        """Delete the resource."""
        request = proto.DeleteRequest(**_existing(state), properties=_struct(state.outputs))
        self._call("Delete", request)

    def read(self, urn: str, id_: str, inputs: Properties, outputs: Properties) -> ReadResult:
        """Look at the resource as it really is."""
        request = proto.ReadRequest(
            id=id_, **_named(urn), inputs=_struct(inputs), properties=_struct(outputs)
        )
        response = self._call("Read", request)
        new_inputs = _received(response.inputs, inputs) if response.HasField("inputs") else None
        return ReadResult(response.id, _received(response.properties, outputs), new_inputs)

    def close(self) -> None:
        """End the provider's process, and with it the calls that are under way, for good."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()  # before the lock: whoever has it may be waiting for the first line
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
        self._process = self._channel = self._stub = None

    def _call(self, method: str, request: Any) -> Any:
        try:
            with self._lock:
                if self._closed:
                    raise ProviderError(_ENDED)
                if self._stub is None:
                    self._start()
                call = getattr(self._stub, method)
            return call(request)
        except grpc.RpcError as error:
            # A gRPC error is also the call that failed, which knows what the provider said.
            details = getattr(error, "details", lambda: None)()
            raise ProviderError(str(details or error).rstrip()) from error
        except ValueError as error:  # what gRPC says of a channel that was closed in between
            if not self._closed:
                raise
            raise ProviderError(_ENDED) from error

    def _start(self) -> None:
        port: Future[str] = Future()

        def take(line: str) -> None:
            """The provider's first line is its port."""
            try:
                port.set_result(line)
            except InvalidStateError:
                self._on_output(line)

        self._process = process = ChildProcess(
            self._project, "provider", self.engine_address, self._environment, take, self._on_output
        )

        def watch() -> None:
            process.wait()
            with contextlib.suppress(InvalidStateError):
                port.set_result("")

        threading.Thread(target=watch, daemon=True).start()
        if not port.result().isdigit():
            process.kill()
            raise ProviderError("the dynamic provider did not start")
        address = f"127.0.0.1:{port.result()}"
        self._channel = grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        configuration = to_struct(self._configuration, keep_secrets=True)
        self._stub.Configure(
            proto.ConfigureRequest(args=configuration, acceptSecrets=True, acceptResources=True)
        )


def _named(urn: str) -> dict[str, Any]:
    """The fields that every request has."""
    return {"urn": urn, "name": urn_name(urn), "type": urn_type(urn)}


def _existing(state: ResourceState) -> dict[str, Any]:
    """The fields of a request about a resource that is there."""
    return {**_named(state.urn), "id": state.id, "old_inputs": _struct(state.inputs)}


def _struct(properties: Properties, *, keep_unknowns: bool = True) -> struct_pb2.Struct:
    return to_struct(properties, keep_secrets=False, keep_unknowns=keep_unknowns)


def _received(answer: struct_pb2.Struct, sent: Mapping[str, Any]) -> Properties:
    """What the provider answered, secret where what was sent under that name was."""
    properties = from_struct(answer)
    annotate_secrets(properties, sent)
    return properties
