"""The emulator as a Python object: a service that runs inside a ``with`` block."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from .control import Control
from .errors import EmulatorError
from .profiles import Profile
from .settings import DAY, Limits, Settings, Tenant, Transitions

if TYPE_CHECKING:
    from .app_state import AppState
    from .storage.identity import Identity

_CONNECTION = (
    *("endpoint", "iam_endpoint", "project_id", "access_key", "secret_key"),
    *("user", "password", "domain", "region"),
)


class Emulator:
    """A MetaStudio training-job service on this machine.

        with Emulator(folder, transitions="immediate") as emulator:
            client = make_a_client(emulator.endpoint, emulator.access_key, ...)

    The attributes are set by ``start``. For one data folder they are the same after a restart,
    apart from the port in the endpoints when a free one was asked for.

    Attributes:
        endpoint, iam_endpoint: base URLs without a trailing slash; one server answers both.
        project_id, region: the only project, and its name in the identity service.
        access_key, secret_key: sign requests; the secret key also opens the control interface.
        user, password, domain: obtain a token.
        control: client of the control interface.
    """

    endpoint: str
    iam_endpoint: str
    project_id: str
    access_key: str
    secret_key: str
    user: str
    password: str
    domain: str
    control: Control

    def __init__(
        self,
        data_dir: str | Path | None = None,
        *,
        transitions: str | Transitions = "immediate",
        port: int = 0,
        profile: str | Profile = "tutorial",
        host: str = "127.0.0.1",
        region: str = "cn-north-4",
        tenant: Tenant = "ordinary",
        limits: str | Limits = "",
        url_validity: float = DAY,
        token_validity: float = DAY,
    ) -> None:
        """Configure the emulator; nothing is started or written before ``start``.

        Args:
            data_dir: folder for all data that survives a restart; None for a temporary one.
            transitions: "immediate", "time:SECONDS", "reads:N" or "manual".
            port: 0 for a free one.
            profile: "tutorial", "strict", or either with switches, see ``Profile.parse``.
            host: address to listen on. Other than loopback, it opens the emulator to the network.
            region: name of the project.
            tenant: "NA" for a whitelisted tenant.
            limits: calls per second and operation, such as "writes=5,reads=20".
            url_validity: lifetime of upload and download URLs in seconds.
            token_validity: lifetime of identity tokens in seconds.

        Raises:
            ValueError: ``transitions``, ``profile`` or ``limits`` is invalid.
        """
        self._data_dir = Path(data_dir) if data_dir is not None else None
        self._host = host
        self._port = port
        self._settings = Settings(
            transitions=(
                Transitions.parse(transitions) if isinstance(transitions, str) else transitions
            ),
            profile=Profile.parse(profile) if isinstance(profile, str) else profile,
            tenant=tenant,
            limits=Limits.parse(limits) if isinstance(limits, str) else limits,
            region=region,
            url_validity=url_validity,
            token_validity=token_validity,
        )
        self.region = region
        self._app: AppState | None = None
        self._resources: ExitStack | None = None  # closed by ``stop``

    def __repr__(self) -> str:
        where = self.endpoint if self._resources else "not started"
        return f"<Emulator {where}>"

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Emulator:
        """Start the service; returns once it accepts requests.

        Raises:
            EmulatorError: the port is taken, the data folder is unusable or in use, or the
                packages of the extra ``emulator`` are not installed.
        """
        if self._resources is not None:
            raise EmulatorError("the emulator runs already")
        try:
            from .app_state import AppState
            from .routes.application import build_application
            from .transport.server import ServerThread
        except ModuleNotFoundError as error:
            raise EmulatorError(
                f"{error.name} is not installed: pip install 'pulumi-metastudio[emulator]'"
            ) from error
        with ExitStack() as resources:
            folder = self._data_dir or Path(
                resources.enter_context(TemporaryDirectory(prefix="metastudio-emulator-"))
            )
            self._app = AppState.open(folder, self._settings)
            resources.callback(self._app.close)
            server = ServerThread(build_application(self._app), self._host, self._port)
            resources.callback(server.stop)
            self._publish(self._app.identity, server.port)
            server.start()
            self._resources = resources.pop_all()
        return self

    def stop(self) -> None:
        """Stop the service and delete the data folder if it was a temporary one."""
        if self._resources is not None:
            self._resources.close()
            self._resources = None

    def info(self) -> dict[str, str]:
        """What a client needs to connect, secrets included."""
        return {name: getattr(self, name) for name in _CONNECTION}

    def _publish(self, identity: Identity, port: int) -> None:
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.endpoint = self.iam_endpoint = f"http://{host}:{port}"
        self.project_id = identity.project_id
        self.access_key = identity.access_key
        self.secret_key = identity.secret_key
        self.user = identity.user
        self.password = identity.password
        self.domain = identity.domain
        self.control = Control(self.endpoint, self.secret_key)
