"""As whom to talk to the service: an access key, an IAM user, or a ready token.

Credentials are taken as a group from one place, because an access key from one place with a
secret key from another would sign wrongly, and five wrong signatures lock a key.
"""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ConfigurationError

Lookup = Callable[[str], "str | None"]


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


def find_credentials(
    config: Lookup, env: Mapping[str, str]
) -> tuple[Credentials, Mapping[str, str]]:
    """The first complete group: of the stack's configuration, the environment, the vendor's file.

    Returns:
        The credentials, and all settings of the file when they are the file's.

    Raises:
        ConfigurationError: there are none, or only half of a group.
    """
    found = _from_config(config) or _from_environment(env)
    if found:
        return found, {}  # the file's project belongs to the file's key
    file = _credentials_file(config, env)
    profile = _profile(file)
    found = _access_key(
        str(file),
        ("ak", "sk"),
        profile.get("ak"),
        profile.get("sk"),
        profile.get("security_token"),
    )
    if found is None:
        raise ConfigurationError(
            "no credentials: set metastudio:accessKey and metastudio:secretKey (pulumi config set "
            "--secret), or metastudio:user, metastudio:password and metastudio:domain, or "
            "metastudio:token, or HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or HW_ACCESS_KEY and "
            f"HW_SECRET_KEY, or CLOUD_SDK_AK and CLOUD_SDK_SK, or {', '.join(_PASSWORD_NAMES)}, "
            f"or {_TOKEN_NAME}, or ak and sk in {file}"
        )
    return found, profile


def _access_key(
    place: str, names: tuple[str, str], ak: str | None, sk: str | None, token: str | None
) -> AccessKey | None:
    if not ak and not sk:
        return None
    if not ak or not sk:
        missing, given = names if not ak else reversed(names)
        raise ConfigurationError(f"{place} has {given} without {missing}: give both, or neither")
    return AccessKey(ak.strip(), sk.strip(), token or None)


def _from_config(config: Lookup) -> Credentials | None:
    names = ("metastudio:accessKey", "metastudio:secretKey")
    key = _access_key(
        "the stack's configuration",
        names,
        config("accessKey"),
        config("secretKey"),
        config("securityToken"),
    )
    if key:
        return key
    parts = {name: config(name) for name in ("user", "password", "domain")}
    if any(parts.values()):
        return _password({f"metastudio:{name}": value for name, value in parts.items()})
    token = config("token")
    return Token(token) if token else None


def _from_environment(env: Mapping[str, str]) -> Credentials | None:
    for ak, sk, security in _KEY_NAMES:
        key = _access_key("the environment", (ak, sk), env.get(ak), env.get(sk), env.get(security))
        if key:
            return key
    if env.get(_PASSWORD_NAMES[0]):
        return _password({name: env.get(name) for name in _PASSWORD_NAMES})
    token = env.get(_TOKEN_NAME)
    return Token(token) if token else None


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
