"""As whom to talk to the service: an access key, an IAM user, or a ready token.

Credentials are taken as a group from one place, because an access key from one place with a
secret key from another would sign wrongly, and five wrong signatures lock a key. Those of a named
account are taken from its own namespace only.
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..common.origin import ENVIRONMENT, STACK, Place
from ..common.redact import one_line
from ..errors import ConfigurationError
from .identifiers import ACCOUNT_RULE, is_account

Lookup = Callable[[str], "str | None"]


@dataclass(frozen=True)
class Account:
    """One of several accounts that a stack's configuration holds, each in a namespace of its own.

    Attributes:
        config: looks a key such as ``secretKey`` up in its namespace.
    """

    name: str
    config: Lookup

    @property
    def namespace(self) -> str:
        """What stands before the colon in the configuration."""
        return namespace(self.name)


def namespace(account: str | None) -> str:
    """The namespace of an account's configuration; ``metastudio`` for the one without a name."""
    return f"metastudio-{account}" if account else "metastudio"


@dataclass(frozen=True)
class AccessKey:
    """A permanent access key, or a temporary one when it has a security token."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Password:
    """An IAM user; a HUAWEI ID cannot log in this way."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    domain: str = field(repr=False)


@dataclass(frozen=True)
class Token:
    """A project-scoped IAM token obtained elsewhere; it cannot be renewed here."""

    token: str = field(repr=False)


Credentials = AccessKey | Password | Token

_KEY_NAMES = (
    ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"),
    ("CLOUD_SDK_AK", "CLOUD_SDK_SK", "CLOUD_SDK_SECURITY_TOKEN"),
)
_PASSWORD_NAMES = ("HW_USER_NAME", "HW_USER_PASSWORD", "HW_DOMAIN_NAME")
_TOKEN_NAME = "HW_AUTH_TOKEN"  # noqa: S105 - a variable's name


@dataclass(frozen=True)
class Found:
    """Credentials, where they stand, and all settings of the vendor's file when they are its."""

    credentials: Credentials
    place: Place
    profile: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> str:
        """What they are, in a word."""
        return {AccessKey: "key", Password: "login"}.get(type(self.credentials), "token")


def find_credentials(config: Lookup, env: Mapping[str, str]) -> Found:
    """The first complete group: of the stack's configuration, the environment, the vendor's file.

    Raises:
        ConfigurationError: there are none, or only half of a group.
    """
    found = _from_config(config, namespace(None)) or _from_environment(env)
    if found:
        return found  # the file's project belongs to the file's key
    file = _credentials_file(config, env)
    profile = _profile(file)
    key = _access_key(
        str(file),
        ("ak", "sk"),
        profile.get("ak"),
        profile.get("sk"),
        profile.get("security_token"),
    )
    if key is None:
        raise ConfigurationError(
            "no credentials: set metastudio:accessKey and metastudio:secretKey (pulumi config set "
            "--secret), or metastudio:user, metastudio:password and metastudio:domain, or "
            "metastudio:token, or HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or HW_ACCESS_KEY and "
            f"HW_SECRET_KEY, or CLOUD_SDK_AK and CLOUD_SDK_SK, or {', '.join(_PASSWORD_NAMES)}, "
            f"or {_TOKEN_NAME}, or ak and sk in {file}"
        )
    return Found(key, Place("ak", str(file)), profile)


def account_credentials(account: Account) -> Found:
    """A named account's own, of its namespace and nowhere else.

    Raises:
        ConfigurationError: there are none, only half of a group, or no such name is possible.
    """
    if not is_account(account.name):
        raise ConfigurationError(f"account is {one_line(repr(account.name), 80)}: {ACCOUNT_RULE}")
    try:
        found = _from_config(account.config, account.namespace)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"account '{account.name}': {error} (pulumi config set --secret)"
        ) from None
    if found is None:
        space = account.namespace
        raise ConfigurationError(
            f"account '{account.name}': {space}:accessKey is missing in {STACK}: 'pulumi config "
            f"set --secret {space}:accessKey', and {space}:secretKey likewise (or {space}:user, "
            f"password and domain, or {space}:token), or correct the account's name"
        )
    return found


def _access_key(
    place: str, names: tuple[str, str], ak: str | None, sk: str | None, token: str | None
) -> AccessKey | None:
    if not ak and not sk:
        return None
    if not ak or not sk:
        missing, given = names if not ak else reversed(names)
        raise ConfigurationError(f"{place} has {given} without {missing}: give both, or neither")
    return AccessKey(ak.strip(), sk.strip(), token or None)


def _from_config(config: Lookup, space: str) -> Found | None:
    names = (f"{space}:accessKey", f"{space}:secretKey")
    key = _access_key(
        STACK,
        names,
        config("accessKey"),
        config("secretKey"),
        config("securityToken"),
    )
    if key:
        return Found(key, Place(names[0], STACK))
    parts = {name: config(name) for name in ("user", "password", "domain")}
    if any(parts.values()):
        login = _password({f"{space}:{name}": value for name, value in parts.items()})
        return Found(login, Place(f"{space}:user", STACK))
    token = config("token")
    return Found(Token(token), Place(f"{space}:token", STACK)) if token else None


def _from_environment(env: Mapping[str, str]) -> Found | None:
    for ak, sk, security in _KEY_NAMES:
        key = _access_key(ENVIRONMENT, (ak, sk), env.get(ak), env.get(sk), env.get(security))
        if key:
            return Found(key, Place(ak, ENVIRONMENT))
    if env.get(_PASSWORD_NAMES[0]):
        login = _password({name: env.get(name) for name in _PASSWORD_NAMES})
        return Found(login, Place(_PASSWORD_NAMES[0], ENVIRONMENT))
    token = env.get(_TOKEN_NAME)
    return Found(Token(token), Place(_TOKEN_NAME, ENVIRONMENT)) if token else None


def _password(parts: Mapping[str, str | None]) -> Password:
    missing = [name for name, value in parts.items() if not value]
    if missing:
        raise ConfigurationError(
            f"{' and '.join(missing)} missing: a login needs {', '.join(parts)}"
        )
    user, password, domain = (value or "" for value in parts.values())
    return Password(user, password, domain)


def _credentials_file(config: Lookup, env: Mapping[str, str]) -> Path:
    named = config("credentialsFile") or env.get("HUAWEICLOUD_SDK_CREDENTIALS_FILE")
    return Path(named).expanduser() if named else Path("~/.huaweicloud/credentials").expanduser()


def _profile(file: Path) -> Mapping[str, str]:
    """The file's ``[basic]`` section; the vendor's chain looks for ``[basiccredentials]`` too."""
    # No interpolation: a secret key may hold a percent sign.
    parser = configparser.ConfigParser(interpolation=None)
    try:
        if not parser.read(file, encoding="utf-8"):
            return {}
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        kind = type(error).__name__  # the parser's text would quote the file's lines
        raise ConfigurationError(
            f"{file} cannot be read as a credentials file ({kind}): it needs a [basic] section "
            "with ak = … and sk = …"
        ) from None
    for section in ("basic", "basiccredentials"):
        if parser.has_section(section):
            return dict(parser.items(section))
    return {}
