"""The emulator as a Python object: a running service inside a `with` block."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from .control import Control
from .errors import EmulatorError
from .profiles import Profile
from .settings import DAY, Settings, Tenant, Transitions

if TYPE_CHECKING:
    from .app_state import AppState
    from .transport.server import ServerThread


class Emulator:
    """A MetaStudio training-job service on this machine.

        with Emulator(folder, transitions="immediate") as emulator:
            client = make_a_client(emulator.endpoint, emulator.access_key, ...)

    The attributes below hold while it runs; those of one data folder stay the same over
    restarts, apart from the endpoint's port when it was left free.

    Attributes:
        endpoint, iam_endpoint: base URLs, without a slash at the end; one server is both.
        project_id, region: the one project, and the name it has in the identity service.
        access_key, secret_key: for signed requests; the secret key opens the control interface.
        user, password, domain: for a token.
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
        url_validity: float = DAY,
        token_validity: float = DAY,
    ) -> None:
        """Choose how it behaves; nothing is started or written yet.

        Args:
            data_dir: everything that survives a restart; None for a temporary folder.
            transitions: "immediate", "time:SECONDS", "reads:N" or "manual".
            port: 0 for a free one.
            profile: "tutorial", "strict", or either with switches, see `Profile.parse`.
            host: address to listen on. Anything but loopback opens it to the network.
            region: name of the project.
            tenant: "NA" for a whitelisted tenant.
            url_validity: seconds that upload and download URLs live.
            token_validity: seconds that identity tokens live.

        Raises:
            ValueError: transitions or profile cannot be read.
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
            region=region,
            url_validity=url_validity,
            token_validity=token_validity,
        )
        self.region = region
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._app: AppState | None = None
        self._server: ServerThread | None = None

    def __repr__(self) -> str:
        where = self.endpoint if self._server else "not started"
        return f"<Emulator {where}>"

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Emulator:
        """Start the service; returns once it accepts requests.

        Raises:
            EmulatorError: the port is taken, the data folder cannot be used, or the packages of
                the extra `emulator` are not installed.
        """
        if self._server is not None:
            raise EmulatorError("the emulator runs already")
        try:
            from .app_state import AppState
            from .routes.application import build_application
            from .transport.server import ServerThread
        except ModuleNotFoundError as error:
            raise EmulatorError(
                f"{error.name} is not installed: pip install 'pulumi-metastudio[emulator]'"
            ) from error
        try:
            self._app = AppState.open(self._folder(), self._settings)
            server = ServerThread(build_application(self._app), self._host, self._port)
            self._adopt(self._app, server)
            self._server = server
            server.start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the service; the data folder stays, unless it was a temporary one."""
        if self._server is not None:
            self._server.stop()
            self._server = None
        if self._app is not None:
            self._app.close()
            self._app = None
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def info(self) -> dict[str, str]:
        """What a client needs to connect, secrets included."""
        return {
            "endpoint": self.endpoint,
            "iam_endpoint": self.iam_endpoint,
            "project_id": self.project_id,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "user": self.user,
            "password": self.password,
            "domain": self.domain,
            "region": self.region,
        }

    def _folder(self) -> Path:
        if self._data_dir is not None:
            return self._data_dir
        self._temporary = tempfile.TemporaryDirectory(prefix="metastudio-emulator-")
        return Path(self._temporary.name)

    def _adopt(self, app: AppState, server: ServerThread) -> None:
        identity = app.identity
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.endpoint = self.iam_endpoint = f"http://{host}:{server.port}"
        self.project_id = identity.project_id
        self.access_key = identity.access_key
        self.secret_key = identity.secret_key
        self.user = identity.user
        self.password = identity.password
        self.domain = identity.domain
        self.control = Control(self.endpoint, self.secret_key)
