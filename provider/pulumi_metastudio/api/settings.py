"""Find out which project to talk to, where, and as whom.

Three places are asked, in this order: Pulumi configuration (``metastudio:…``), the environment,
the vendor's credentials file. Single settings (region, project, endpoints) are taken one by one
from the first place that has them. Credentials are taken as a group from one place, because an
access key from one place with a secret key from another would sign wrongly, and five wrong
signatures lock a key.
"""

from __future__ import annotations

import configparser
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError

Lookup = Callable[[str], "str | None"]

#: Regions in the vendor's endpoint tables; any other works when an endpoint is given.
REGIONS = ("cn-north-4", "cn-east-3", "ap-southeast-3")


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


@dataclass(frozen=True)
class Settings:
    """Everything the client needs to know.

    Attributes:
        endpoint: base URL of the service, without a path.
        iam_endpoint: base URL of IAM.
        region: region name, ``""`` when only an endpoint is known.
        project_id: ``None`` when IAM is to be asked for the region's project.
        credentials: one of ``AccessKey``, ``Password``, ``Token``.
        connect_timeout, read_timeout: seconds; the second is for one silence, not the whole.
        reads_per_second, writes_per_second: client-side limits for the project.
        stall_timeout: seconds an upload may move no byte before it is retried.
        part_size: bytes of one part of a large video.
        parallel_parts: connections one file may use at once.
        ownership_tag: whether a created job carries tags that its resource finds it by.
        kept_jobs: ids of jobs that stay at the service on purpose while no state records them.
    """

    endpoint: str
    iam_endpoint: str
    region: str
    project_id: str | None
    credentials: AccessKey | Password | Token
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    reads_per_second: float = 5.0
    writes_per_second: float = 1.0
    stall_timeout: float = 60.0
    part_size: int = 64 * 1024 * 1024
    parallel_parts: int = 4
    ownership_tag: bool = True
    kept_jobs: frozenset[str] = frozenset()


# For each setting: the key in Pulumi configuration and the names in the environment. The vendor's
# SDK names come first, then those of its Terraform provider, then those of its sample code.
_NAMES: dict[str, tuple[str, ...]] = {
    "region": ("METASTUDIO_REGION", "HW_REGION_NAME"),
    "projectId": ("HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"),
    "endpoint": ("METASTUDIO_ENDPOINT",),
    "iamEndpoint": ("METASTUDIO_IAM_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT", "HW_AUTH_URL"),
    "connectTimeout": ("METASTUDIO_CONNECT_TIMEOUT",),
    "readTimeout": ("METASTUDIO_READ_TIMEOUT",),
    "readsPerSecond": ("METASTUDIO_READS_PER_SECOND",),
    "writesPerSecond": ("METASTUDIO_WRITES_PER_SECOND",),
    "stallTimeout": ("METASTUDIO_STALL_TIMEOUT",),
    "partSize": ("METASTUDIO_PART_SIZE",),
    "parallelParts": ("METASTUDIO_PARALLEL_PARTS",),
    "ownershipTag": ("METASTUDIO_OWNERSHIP_TAG",),
    "keptJobs": ("METASTUDIO_KEPT_JOBS",),
}

_KEY_NAMES = (
    ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"),
    ("CLOUD_SDK_AK", "CLOUD_SDK_SK", "CLOUD_SDK_SECURITY_TOKEN"),
)
_PASSWORD_NAMES = ("HW_USER_NAME", "HW_USER_PASSWORD", "HW_DOMAIN_NAME")
_TOKEN_NAME = "HW_AUTH_TOKEN"  # noqa: S105 - a variable's name


def resolve(config: Lookup, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from configuration, environment and credentials file.

    Args:
        config: looks a key such as ``secretKey`` up in the ``metastudio`` namespace.
        environ: the environment, by default the process's own.

    Raises:
        ConfigurationError: one line that says what is missing and every way to give it.
    """
    env = os.environ if environ is None else environ

    def setting(key: str) -> str | None:
        return config(key) or next((env[n] for n in _NAMES[key] if env.get(n)), None)

    credentials, profile = _credentials(config, env)
    region = setting("region") or ""
    endpoint = setting("endpoint") or _sdk_endpoint(region, env)
    if not endpoint:
        if not region:
            raise ConfigurationError(
                "no region and no endpoint: set metastudio:region (one of "
                f"{', '.join(REGIONS)}) or METASTUDIO_REGION or HW_REGION_NAME, "
                "or metastudio:endpoint"
            )
        endpoint = f"https://metastudio.{region}.myhuaweicloud.com"
    iam = setting("iamEndpoint") or profile.get("iam_endpoint")
    if not iam:
        iam = f"https://iam.{region}.myhuaweicloud.com" if region else _GLOBAL_IAM
    return Settings(
        endpoint=_base_url("endpoint", endpoint),
        iam_endpoint=_base_url("iamEndpoint", iam),
        region=region,
        project_id=setting("projectId") or profile.get("project_id"),
        credentials=credentials,
        ownership_tag=_flag("ownershipTag", setting("ownershipTag"), default=True),
        kept_jobs=frozenset((setting("keptJobs") or "").replace(",", " ").split()),
        **_numbers(setting),
    )


_GLOBAL_IAM = "https://iam.myhuaweicloud.com"


def _numbers(setting: Lookup) -> dict[str, Any]:
    """The numeric settings that were given, as keyword arguments for Settings."""
    kinds: dict[str, tuple[str, type[float] | type[int]]] = {
        "connectTimeout": ("connect_timeout", float),
        "readTimeout": ("read_timeout", float),
        "readsPerSecond": ("reads_per_second", float),
        "writesPerSecond": ("writes_per_second", float),
        "stallTimeout": ("stall_timeout", float),
        "partSize": ("part_size", int),
        "parallelParts": ("parallel_parts", int),
    }
    numbers: dict[str, Any] = {}
    for key, (name, kind) in kinds.items():
        text = setting(key)
        if text is None:
            continue
        try:
            number = kind(text)
        except ValueError:
            number = kind(0)
        if not 0 < number < math.inf:
            raise ConfigurationError(f"metastudio:{key} is '{text}': give a number above 0")
        numbers[name] = number
    return numbers


def _flag(key: str, text: str | None, *, default: bool) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text is None:
        return default
    if text.strip().lower() not in words:
        raise ConfigurationError(f"metastudio:{key} is '{text}': give true or false")
    return words[text.strip().lower()]


def _base_url(key: str, url: str) -> str:
    url = url.strip()
    if "://" not in url:
        url = f"https://{url}"
    url = re.sub(r"/+(v3/*)?$", "", url)  # HW_AUTH_URL ends in /v3
    found = _BASE_URL.fullmatch(url)
    if not found or int(found["port"] or 0) > 65535:
        raise ConfigurationError(
            f"metastudio:{key} is not a base URL: give scheme and host only, "
            "such as https://metastudio.cn-north-4.myhuaweicloud.com"
        )
    return url


_BASE_URL = re.compile(r"https?://([\w.-]+|\[[\da-fA-F:.]+\])(:(?P<port>\d{1,5}))?")


def _sdk_endpoint(region: str, env: Mapping[str, str]) -> str | None:
    """The vendor SDK's own variable for a region's endpoint; the first of its comma list."""
    name = "HUAWEICLOUD_SDK_REGION_METASTUDIO_" + region.upper().replace("-", "_")
    listed = env.get(name, "") if region else ""
    return listed.split(",")[0].strip() or None


def _credentials(
    config: Lookup, env: Mapping[str, str]
) -> tuple[AccessKey | Password | Token, Mapping[str, str]]:
    """The first complete group of credentials; the file's other keys if they are the file's."""
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


def _from_config(config: Lookup) -> AccessKey | Password | Token | None:
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


def _from_environment(env: Mapping[str, str]) -> AccessKey | Password | Token | None:
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
