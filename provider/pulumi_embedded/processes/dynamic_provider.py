"""The SDK's dynamic provider, in a process of its own, started when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..errors import ProviderError
from ..model.diffs import Diff, compare
from ..model.property_paths import ignore
from ..model.resources import ResourceState
from ..model.urns import urn_name, urn_type
from ..model.values import (
    Properties,
    annotate_secrets,
    from_struct,
    to_struct,
)
from ..project.config import Config
from ..project.project import Project
from .children import ChildProcess, provider_environment

if TYPE_CHECKING:
    import grpc

# Programs put pickled code and file contents into properties; gRPC's own limit is 4 MiB.
CHANNEL_OPTIONS: Final = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
]

_ENDED: Final = "the dynamic provider was ended"

Answer = TypeVar("Answer")


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
    """

    def __init__(
        self,
        project: Project,
        config: Config,
        on_output: Callable[[str], None],
    ) -> None:
        self._project = project
        self._environment = provider_environment(project, config)
        self.engine_address = ""  # where it sends its messages; set before the first call
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
        from pulumi.runtime.proto import provider_pb2 as proto

        request = proto.CheckRequest(
            **_named(urn),
            olds=to_struct(olds, keep_secrets=False),
            news=to_struct(news, keep_secrets=False),
        )
        response = self._call(lambda stub: stub.Check(request))
        inputs = from_struct(response.inputs)
        annotate_secrets(inputs, news)
        return inputs, [(failure.property, failure.reason) for failure in response.failures]

    def diff(
        self,
        state: ResourceState,
        news: Properties,
        ignore_changes: list[str],
    ) -> Diff:
        """What changing the resource's inputs to ``news`` would mean."""
        from pulumi.runtime.proto import provider_pb2 as proto

        request = proto.DiffRequest(
            **_existing(state),
            olds=to_struct(state.outputs, keep_secrets=False),
            news=to_struct(news, keep_secrets=False),
            ignoreChanges=ignore_changes,
        )
        response = self._call(lambda stub: stub.Diff(request))
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
        from pulumi.runtime.proto import provider_pb2 as proto

        request = proto.CreateRequest(
            **_named(urn),
            properties=to_struct(inputs, keep_secrets=False, keep_unknowns=False),
        )
        response = self._call(lambda stub: stub.Create(request))
        if not response.id:
            raise ProviderError("the provider did not return an ID from create")
        outputs = from_struct(response.properties)
        annotate_secrets(outputs, inputs)
        return response.id, outputs

    def update(
        self, state: ResourceState, inputs: Properties, ignore_changes: list[str]
    ) -> Properties:
        """Change the resource in place; returns its outputs."""
        from pulumi.runtime.proto import provider_pb2 as proto

        request = proto.UpdateRequest(
            **_existing(state),
            olds=to_struct(state.outputs, keep_secrets=False),
            news=to_struct(inputs, keep_secrets=False, keep_unknowns=False),
            ignoreChanges=ignore_changes,
        )
        response = self._call(lambda stub: stub.Update(request))
        outputs = from_struct(response.properties)
        annotate_secrets(outputs, inputs)
        return outputs

    def delete(self, state: ResourceState) -> None:
        """Delete the resource."""
        from pulumi.runtime.proto import provider_pb2 as proto

        request = proto.DeleteRequest(
            **_existing(state),
            properties=to_struct(state.outputs, keep_secrets=False),
        )
        self._call(lambda stub: stub.Delete(request))

    def read(self, urn: str, id_: str, inputs: Properties, outputs: Properties) -> ReadResult:
        """Look at the resource as it really is."""
        from pulumi.runtime.proto import provider_pb2 as proto

        request = proto.ReadRequest(
            id=id_,
            **_named(urn),
            inputs=to_struct(inputs, keep_secrets=False),
            properties=to_struct(outputs, keep_secrets=False),
        )
        response = self._call(lambda stub: stub.Read(request))
        found = from_struct(response.properties)
        annotate_secrets(found, outputs)
        new_inputs = None
        if response.HasField("inputs"):
            new_inputs = from_struct(response.inputs)
            annotate_secrets(new_inputs, inputs)
        return ReadResult(response.id, found, new_inputs)

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

    def _call(self, call: Callable[[Any], Answer]) -> Answer:
        import grpc

        try:
            return call(self._started())
        except grpc.RpcError as error:
            raise ProviderError(_words(error)) from error
        except ValueError as error:  # what gRPC says of a channel that was closed in between
            if not self._closed:
                raise
            raise ProviderError(_ENDED) from error

    def _started(self) -> Any:
        with self._lock:
            if self._closed:
                raise ProviderError(_ENDED)
            if self._stub is None:
                self._start()
            return self._stub

    def _start(self) -> None:
        import grpc
        from pulumi.runtime.proto import provider_pb2 as proto
        from pulumi.runtime.proto import provider_pb2_grpc

        port = _FirstLine(self._on_output)
        self._process = ChildProcess(
            self._project,
            "provider",
            self.engine_address,
            self._environment,
            port,
            self._on_output,
        )
        watcher = threading.Thread(target=self._report_end, args=(self._process, port), daemon=True)
        watcher.start()
        text = port.wait()
        if not text.isdigit():
            self._process.kill()
            raise ProviderError("the dynamic provider did not start")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{text}", options=CHANNEL_OPTIONS)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        request = proto.ConfigureRequest(
            args=to_struct(self._configuration, keep_secrets=True),
            acceptSecrets=True,
            acceptResources=True,
        )
        self._stub.Configure(request)

    @staticmethod
    def _report_end(process: ChildProcess, port: _FirstLine) -> None:
        process.wait()
        port.give_up()


class _FirstLine:
    """Takes lines: keeps the first, hands on the others."""

    def __init__(self, others: Callable[[str], None]) -> None:
        self._others = others
        self._line: str | None = None
        self._arrived = threading.Event()

    def __call__(self, line: str) -> None:
        if self._line is None:
            self._line = line
            self._arrived.set()
        else:
            self._others(line)

    def give_up(self) -> None:
        """No line will come any more."""
        self._arrived.set()

    def wait(self) -> str:
        """The first line, or nothing when the process ended without one."""
        self._arrived.wait()
        return self._line or ""


def _named(urn: str) -> dict[str, Any]:
    """The fields that every request has."""
    return {"urn": urn, "name": urn_name(urn), "type": urn_type(urn)}


def _existing(state: ResourceState) -> dict[str, Any]:
    """The fields of a request about a resource that is there."""
    inputs = to_struct(state.inputs, keep_secrets=False)
    return {**_named(state.urn), "id": state.id, "old_inputs": inputs}


def _words(error: grpc.RpcError) -> str:
    """What the provider said. A gRPC error is also the call that failed."""
    details = getattr(error, "details", lambda: None)()
    return str(details or error).rstrip()
