"""Which project to talk to, where, and how.

Each setting is taken from the first place that has it: Pulumi configuration (``metastudio:…``),
the environment, the vendor's credentials file. A named account comes before them with a namespace
of its own (``metastudio-NAME:…``), and takes from the others only what cannot send its key to
another's project: see ``_shares``.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from ..common.origin import ENVIRONMENT, STACK, Origin, Place, is_local
from ..errors import ConfigurationError
from .credentials import (
    Account,
    Credentials,
    Lookup,
    account_credentials,
    find_credentials,
    namespace,
)

#: Regions in the vendor's endpoint tables; any other works when an endpoint is given.
REGIONS = ("cn-north-4", "cn-east-3", "ap-southeast-3")


@dataclass(frozen=True)
class Settings:
    """Everything the client needs to know.

    A field with a default, but for the last two, is an option: ``part_size`` is
    ``metastudio:partSize`` in the stack's configuration and ``METASTUDIO_PART_SIZE`` in the
    environment.

    Attributes:
        endpoint: base URL of the service, without a path; by default the region's.
        iam_endpoint: base URL of IAM; by default the region's.
        region: region name, such as ``cn-north-4``, which gives both endpoints; ``""`` when only
            an endpoint is known.
        project_id: left out, IAM is asked for the region's project.
        credentials: one of ``AccessKey``, ``Password``, ``Token``.
        connect_timeout: seconds.
        read_timeout: seconds of silence.
        reads_per_second: calls per second that no query (list, show, resource usage, each by
            itself) goes beyond; 0 where the rate is learned.
        writes_per_second: likewise for creates, updates, commands, deletes.
        stall_timeout: seconds an upload may move no byte before it is repeated.
        part_size: bytes of one part of a video.
        parallel_parts: connections one job may use at once, for its files and their parts.
        ownership_tag: whether a created job carries tags that its resource, and ``metastudio
            sweep``, find it by.
        kept_jobs: ids of jobs, with spaces or commas between them, that stay at the service on
            purpose while no state records them: ``up`` makes others beside them.
        account: the account's name in the stack's configuration; None for the one without.
        origin: where the settings came from; equal settings may differ in it.
    """

    endpoint: str
    iam_endpoint: str
    region: str
    project_id: str | None
    credentials: Credentials
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    reads_per_second: float = 0.0
    writes_per_second: float = 0.0
    stall_timeout: float = 60.0
    part_size: int = 64 * 1024 * 1024
    parallel_parts: int = 4
    ownership_tag: bool = True
    kept_jobs: frozenset[str] = frozenset()
    account: str | None = None
    origin: Origin = field(default=Origin(), compare=False, repr=False)

    def name_of(self, key: str) -> str:
        """A key as the account's configuration has it, such as ``metastudio:projectId``."""
        return f"{namespace(self.account)}:{key}"

    @property
    def option(self) -> str:
        """What the command needs beside a job's id to reach this account; empty for the unnamed."""
        return f" --account {self.account}" if self.account else ""

    def told(self, url: str) -> str:
        """Where the key and the endpoint of a request came from, and the way out."""
        if url.startswith(f"{self.endpoint}/"):
            return self.origin.told(self.endpoint)
        return self.origin.told(self.iam_endpoint, iam=True)

    def led_to(self, url: str) -> str:
        """The setting that a request's endpoint came from."""
        of_service = url.startswith(f"{self.endpoint}/")
        place = self.origin.endpoint if of_service else self.origin.iam_endpoint
        return str(place or self.name_of("endpoint" if of_service else "iamEndpoint"))


_OPTIONS = {
    re.sub(r"_(.)", lambda found: found[1].upper(), each.name): each
    for each in fields(Settings)
    if each.default is not MISSING and each.name not in ("account", "origin")
}
#: For each setting: the key in Pulumi configuration and the names in the environment. The vendor's
#: SDK names come first, then those of its Terraform provider, then those of its sample code.
NAMES: dict[str, tuple[str, ...]] = {
    "region": ("METASTUDIO_REGION", "HW_REGION_NAME"),
    "projectId": ("HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"),
    "endpoint": ("METASTUDIO_ENDPOINT",),
    "iamEndpoint": ("METASTUDIO_IAM_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT", "HW_AUTH_URL"),
    **{key: (f"METASTUDIO_{option.name.upper()}",) for key, option in _OPTIONS.items()},
}
_GLOBAL_IAM = "https://iam.myhuaweicloud.com"
_BASE_URL = re.compile(r"https?://([\w.-]+|\[[\da-fA-F:.]+\])(:(?P<port>\d{1,5}))?")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def resolve(
    config: Lookup, environ: Mapping[str, str] | None = None, account: Account | None = None
) -> Settings:
    """Settings from configuration, environment and credentials file.

    Args:
        config: looks a key such as ``secretKey`` up in the ``metastudio`` namespace.
        environ: the environment, by default the process's own.
        account: the named account whose settings are wanted.

    Raises:
        ConfigurationError: one line that says what is missing and every way to give it.
    """
    env = os.environ if environ is None else environ

    def setting(key: str) -> tuple[str, Place] | tuple[None, None]:
        return _find(key, config, env, account)

    found = account_credentials(account) if account else find_credentials(config, env)
    profile = {} if account else found.profile
    region, of_region = setting("region")
    endpoint, of_endpoint = setting("endpoint")
    if not endpoint and region:
        endpoint, of_endpoint = _sdk_endpoint(region, env)
        if not endpoint:
            endpoint, of_endpoint = f"https://metastudio.{region}.myhuaweicloud.com", of_region
    if not endpoint:
        named = f"account '{account.name}': " if account else ""
        space = namespace(account.name if account else None)
        raise ConfigurationError(
            f"{named}no region and no endpoint: set {space}:region (one of {', '.join(REGIONS)}) "
            f"or METASTUDIO_REGION or HW_REGION_NAME, or {space}:endpoint"
        )
    iam, of_iam = setting("iamEndpoint")
    if not iam and profile.get("iam_endpoint"):
        iam, of_iam = profile["iam_endpoint"], Place("iam_endpoint", found.place.where)
    if not iam:
        iam = f"https://iam.{region}.myhuaweicloud.com" if region else _GLOBAL_IAM
        of_iam = of_region
    project, of_project = setting("projectId")
    if not project and profile.get("project_id"):
        project, of_project = profile["project_id"], Place("project_id", found.place.where)
    settings = Settings(
        endpoint=_base_url(of_endpoint, endpoint),
        iam_endpoint=_base_url(of_iam, iam),
        region=region or "",
        project_id=project,
        credentials=found.credentials,
        account=account.name if account else None,
        origin=Origin(found.kind, found.place, of_project, of_endpoint, of_iam),
        **{
            option.name: _option(place, text, option.default)
            for key, option in _OPTIONS.items()
            for text, place in (setting(key),)
            if text is not None
        },
    )
    _refuse_a_local_key(settings, env)
    return settings


def _find(
    key: str, config: Lookup, env: Mapping[str, str], account: Account | None
) -> tuple[str, Place] | tuple[None, None]:
    """A setting from the first place that has it, and that place."""
    if account and (own := account.config(key)):
        return own, Place(f"{account.namespace}:{key}", STACK)
    of_stack, of_environment = _shares(key, account)
    if of_stack and (value := config(key)):
        return value, Place(f"metastudio:{key}", STACK)
    for name in NAMES[key] if of_environment else ():
        if env.get(name):
            return env[name], Place(name, ENVIRONMENT)
    return None, None


def _shares(key: str, account: Account | None) -> tuple[bool, bool]:
    """Whether a setting of the unnamed account, in the stack and in the environment, counts.

    A project never does: a key belongs to its own, which IAM can name. A region does, because IAM
    then names the key's own project there. An endpoint in the environment does, so that a local
    service there stands for every account; one in the stack's configuration only for an account
    that is in no region of its own, and IAM's only where the account has no endpoint of its own.
    """
    if account is None:
        return True, True
    if key == "projectId":
        return False, False
    if key == "iamEndpoint" and account.config("endpoint"):
        return False, False
    if key in ("endpoint", "iamEndpoint"):
        return not account.config("region"), True
    return True, True


def _refuse_a_local_key(settings: Settings, env: Mapping[str, str]) -> None:
    """Send no local service's key to the real one, where five wrong signatures lock a key.

    Raises:
        ConfigurationError: the environment has both of a local service, the stack an endpoint.
    """
    key, name = settings.origin.credentials, NAMES["endpoint"][0]
    local = is_local(env.get(name, "")) and not is_local(settings.endpoint)
    if local and key and key.where == ENVIRONMENT:
        raise ConfigurationError(
            f"{settings.origin.kind} from {key} and {name} there are of a local service, and "
            f"{settings.origin.endpoint} is {settings.endpoint}: nothing is sent; unset {key.name} "
            f"and {name}, or use the local one in a stack without {settings.name_of('endpoint')}"
        )


def _option(place: Place | None, text: str, default: Any) -> Any:
    """What a text means as a value of the default's type.

    Raises:
        ConfigurationError: nothing.
    """
    if isinstance(default, frozenset):
        return frozenset(text.replace(",", " ").split())
    if isinstance(default, bool):
        if text.strip().lower() not in _FLAGS:
            raise ConfigurationError(f"{_named(place)} is '{text}': give true or false")
        return _FLAGS[text.strip().lower()]
    try:
        number = type(default)(text)
    except ValueError:
        number = 0
    if not 0 < number < math.inf:
        raise ConfigurationError(f"{_named(place)} is '{text}': give a number above 0")
    return number


def _named(place: Place | None) -> str:
    return place.name if place else "a setting"


def _base_url(place: Place | None, url: str) -> str:
    url = url.strip()
    if "://" not in url:
        url = f"https://{url}"
    url = re.sub(r"/+(v3/*)?$", "", url)  # HW_AUTH_URL ends in /v3
    found = _BASE_URL.fullmatch(url)
    if not found or int(found["port"] or 0) > 65535:
        raise ConfigurationError(
            f"{_named(place)} is not a base URL: give scheme and host only, "
            "such as https://metastudio.cn-north-4.myhuaweicloud.com"
        )
    return url


def _sdk_endpoint(region: str, env: Mapping[str, str]) -> tuple[str, Place] | tuple[None, None]:
    """The vendor SDK's own variable for a region's endpoint; the first of its comma list."""
    name = "HUAWEICLOUD_SDK_REGION_METASTUDIO_" + region.upper().replace("-", "_")
    first = env.get(name, "").split(",")[0].strip()
    return (first, Place(name, ENVIRONMENT)) if first else (None, None)
