"""Which project to talk to, where, and how.

Each setting is taken from the first place that has it: Pulumi configuration (``metastudio:…``),
the environment, the vendor's credentials file.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from ..errors import ConfigurationError
from .credentials import Credentials, Lookup, find_credentials

#: Regions in the vendor's endpoint tables; any other works when an endpoint is given.
REGIONS = ("cn-north-4", "cn-east-3", "ap-southeast-3")


@dataclass(frozen=True)
class Settings:
    """Everything the client needs to know.

    A field with a default is an option: ``part_size`` is ``metastudio:partSize`` in the stack's
    configuration and ``METASTUDIO_PART_SIZE`` in the environment.

    Attributes:
        endpoint: base URL of the service, without a path; by default the region's.
        iam_endpoint: base URL of IAM; by default the region's.
        region: region name, such as ``cn-north-4``, which gives both endpoints; ``""`` when only
            an endpoint is known.
        project_id: left out, IAM is asked for the region's project.
        credentials: one of ``AccessKey``, ``Password``, ``Token``.
        connect_timeout: seconds.
        read_timeout: seconds of silence.
        reads_per_second: client-side limit, shared by all jobs of a run.
        writes_per_second: likewise for creates, updates, commands, deletes.
        stall_timeout: seconds an upload may move no byte before it is repeated.
        part_size: bytes of one part of a video.
        parallel_parts: connections one file may use at once.
        ownership_tag: whether a created job carries tags that its resource, and ``metastudio
            sweep``, find it by.
        kept_jobs: ids of jobs, with spaces or commas between them, that stay at the service on
            purpose while no state records them: ``up`` makes others beside them.
    """

    endpoint: str
    iam_endpoint: str
    region: str
    project_id: str | None
    credentials: Credentials
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    reads_per_second: float = 5.0
    writes_per_second: float = 1.0
    stall_timeout: float = 60.0
    part_size: int = 64 * 1024 * 1024
    parallel_parts: int = 4
    ownership_tag: bool = True
    kept_jobs: frozenset[str] = frozenset()


_OPTIONS = {
    re.sub(r"_(.)", lambda found: found[1].upper(), field.name): field
    for field in fields(Settings)
    if field.default is not MISSING
}
#: For each setting: the key in Pulumi configuration and the names in the environment. The vendor's
#: SDK names come first, then those of its Terraform provider, then those of its sample code.
NAMES: dict[str, tuple[str, ...]] = {
    "region": ("METASTUDIO_REGION", "HW_REGION_NAME"),
    "projectId": ("HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"),
    "endpoint": ("METASTUDIO_ENDPOINT",),
    "iamEndpoint": ("METASTUDIO_IAM_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT", "HW_AUTH_URL"),
    **{key: (f"METASTUDIO_{field.name.upper()}",) for key, field in _OPTIONS.items()},
}
_GLOBAL_IAM = "https://iam.myhuaweicloud.com"
_BASE_URL = re.compile(r"https?://([\w.-]+|\[[\da-fA-F:.]+\])(:(?P<port>\d{1,5}))?")
_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


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
        return config(key) or next((env[n] for n in NAMES[key] if env.get(n)), None)

    credentials, profile = find_credentials(config, env)
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
        **{
            field.name: _option(key, text, field.default)
            for key, field in _OPTIONS.items()
            if (text := setting(key)) is not None
        },
    )


def _option(key: str, text: str, default: Any) -> Any:
    """What a text means as a value of the default's type.

    Raises:
        ConfigurationError: nothing.
    """
    if isinstance(default, frozenset):
        return frozenset(text.replace(",", " ").split())
    if isinstance(default, bool):
        if text.strip().lower() not in _FLAGS:
            raise ConfigurationError(f"metastudio:{key} is '{text}': give true or false")
        return _FLAGS[text.strip().lower()]
    try:
        number = type(default)(text)
    except ValueError:
        number = 0
    if not 0 < number < math.inf:
        raise ConfigurationError(f"metastudio:{key} is '{text}': give a number above 0")
    return number


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


def _sdk_endpoint(region: str, env: Mapping[str, str]) -> str | None:
    """The vendor SDK's own variable for a region's endpoint; the first of its comma list."""
    name = "HUAWEICLOUD_SDK_REGION_METASTUDIO_" + region.upper().replace("-", "_")
    listed = env.get(name, "") if region else ""
    return listed.split(",")[0].strip() or None
