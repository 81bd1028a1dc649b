"""The gRPC services that a program and a provider talk to: resource monitor and engine."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2, resource_pb2_grpc

from ..display.base import Display, Severity
from ..errors import EngineError, StepError, UnsupportedError
from ..model.values import from_struct, to_struct
from ..processes.dynamic_provider import CHANNEL_OPTIONS
from ..project.checkpoint import ORGANIZATION
from ..project.versions import require
from .deployment import Cancellation, Deployment
from .goals import goal_from_read, goal_from_registration
from .step_generator import StepGenerator

# The first five are supported. The others are named although they are not: an SDK that misses
# them tells the user to update a CLI that is not there; our own refusal names the feature.
_FEATURES: Final = (
    "SECRETS",
    "RESOURCE_REFERENCES",
    "ALIAS_SPECS",
    "DELETED_WITH",
    "REPLACE_WITH",
    "TRANSFORMS",
    "INVOKE_TRANSFORMS",
    "PARAMETERIZATION",
    "RESOURCE_HOOKS",
    "ERROR_HOOKS",
    "STATE_MIGRATIONS",
)
_REFUSED: Final = {
    "Call": "a method of a remote component",
    "ExistsResource": "a check whether a resource exists",
    "RegisterErrorHook": "an error hook",
    "RegisterPackage": "a parameterized package",
    "RegisterResourceHook": "a resource hook",
    "RegisterStackInvokeTransform": "an invoke transform",
    "RegisterStackTransform": "a stack transform",
}


@contextmanager
def serve(servicer: Any, *, threads: int) -> Iterator[str]:
    """Serve on a free port of the loopback interface; gives the address."""
    server = grpc.server(ThreadPoolExecutor(max_workers=threads), options=CHANNEL_OPTIONS)
    servicer.add_to(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(grace=None).wait()


def _stops_at_failure(method: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """Let a method's failure be shown, stop the deployment, and end the call."""

    @functools.wraps(method)
    def call(self: ResourceMonitor, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request)
        except EngineError as error:
            cancellation = self.deployment.cancellation
            # What failed in a step was shown there.
            if not isinstance(error, StepError) and not cancellation.requested.is_set():
                self.deployment.display.error(str(error))
            cancellation.request()
            return context.abort(grpc.StatusCode.UNAVAILABLE, "resource monitor shut down")

    return call


class ResourceMonitor(resource_pb2_grpc.ResourceMonitorServicer):
    """What a program registers its resources with."""

    add_to = staticmethod(resource_pb2_grpc.add_ResourceMonitorServicer_to_server)

    def __init__(self, deployment: Deployment, generator: StepGenerator) -> None:
        self.deployment = deployment
        self._generator = generator

    def GetDeploymentInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> Any:
        """Say what is being run, and what this monitor can do."""
        target = self.deployment.target
        # An older SDK does not know the newer features.
        numbers = (
            getattr(resource_pb2, f"RESOURCE_MONITOR_FEATURE_{name}", None) for name in _FEATURES
        )
        return resource_pb2.DeploymentInfo(
            project=target.project.name,
            stack=target.stack,
            organization=ORGANIZATION,
            config={key: value.text for key, value in target.config.items()},
            configSecretKeys=[key for key, value in target.config.items() if value.secret],
            dryRun=target.dry_run,
            parallel=self.deployment.parallel,
            supportedFeatures=[number for number in numbers if number is not None],
        )

    def SupportsFeature(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answer SDKs that ask for each feature by name."""
        name = re.sub("([A-Z])", r"_\1", request.id).upper()  # as in resourceReferences
        return resource_pb2.SupportsFeatureResponse(hasSupport=name in _FEATURES)

    @_stops_at_failure
    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> Any:
        """Bring a resource to the state that the program wants."""
        state = self._generator.register(goal_from_registration(request))
        # A component's outputs come later; the old ones might name resources that are not
        # registered yet.
        outputs = state.outputs if request.custom else {}
        message = to_struct(outputs, keep_secrets=request.acceptSecrets)
        return resource_pb2.RegisterResourceResponse(urn=state.urn, id=state.id, object=message)

    @_stops_at_failure
    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> Any:
        """Store what a component, or the stack itself, exports."""
        self._generator.register_outputs(request.urn, from_struct(request.outputs))
        return empty_pb2.Empty()

    @_stops_at_failure
    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> Any:
        """Look up a resource that the stack does not own."""
        state = self._generator.read(goal_from_read(request))
        outputs = to_struct(state.outputs, keep_secrets=request.acceptSecrets)
        return resource_pb2.ReadResourceResponse(urn=state.urn, properties=outputs)

    @_stops_at_failure
    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> Any:
        """Look up a registered resource; there are no other functions."""
        if request.tok != "pulumi:pulumi:getResource":
            raise UnsupportedError(
                f"function {request.tok!r} needs a provider that the embedded engine has not"
            )
        urn = str(from_struct(request.args).get("urn"))
        state = self._generator.state(urn)
        if state is None:
            raise EngineError(f"unknown resource {urn}")
        found = {"urn": state.urn, "id": state.id, "state": state.outputs}
        result = to_struct(found, keep_secrets=True)
        return resource_pb2.ResourceInvokeResponse(**{"return": result})

    def SignalAndWaitForShutdown(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Let the program end: without resource hooks nothing of it is needed any more."""
        return empty_pb2.Empty()


def _refusal(what: str) -> Callable[..., Any]:
    def refuse(self: ResourceMonitor, request: Any) -> None:
        raise UnsupportedError(f"the program uses {what}, which the embedded engine has not")

    return _stops_at_failure(refuse)


for _method, _what in _REFUSED.items():
    setattr(ResourceMonitor, _method, _refusal(_what))


class Engine(engine_pb2_grpc.EngineServicer):
    """What a program and a provider send messages to."""

    add_to = staticmethod(engine_pb2_grpc.add_EngineServicer_to_server)

    def __init__(self, display: Display, cancellation: Cancellation) -> None:
        self._display = display
        self._cancellation = cancellation
        self._root = ""

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        """Show a message; an ephemeral one is the current status of its resource."""
        # A program that is cut off complains that its monitor is gone; the reason was shown.
        if self._cancellation.requested.is_set() and not request.urn:
            return empty_pb2.Empty()
        if request.ephemeral and request.urn:
            self._display.status(request.urn, request.message)
        else:
            self._display.diagnostic(Severity(request.severity), request.message, request.urn)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The URN of the stack's resource."""
        return engine_pb2.GetRootResourceResponse(urn=self._root)

    def SetRootResource(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Remember the URN of the stack's resource."""
        self._root = request.urn
        return engine_pb2.SetRootResourceResponse()

    def RequirePulumiVersion(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Refuse to go on where the program asks for another version than the one we follow."""
        try:
            require(request.pulumi_version_range)
        except EngineError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        return engine_pb2.RequirePulumiVersionResponse()
