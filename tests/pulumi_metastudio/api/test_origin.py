"""An error about a key says where it and the endpoint came from, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import MetaStudioClient, Settings, resolve
from pulumi_metastudio.common.origin import is_local
from pulumi_metastudio.errors import (
    AuthenticationError,
    ConfigurationError,
    EndpointUnreachable,
    ServiceError,
)

STORED = {"accessKey": "ak-stored", "secretKey": "sk-stored"}
REAL = "https://metastudio.cn-north-4.myhuaweicloud.com"
LOCAL = "http://127.0.0.1:8080"


def environment(emulator: Emulator) -> dict[str, str]:
    """What ``metastudio emulator --print env`` sets."""
    return {
        "HUAWEICLOUD_SDK_AK": emulator.access_key,
        "HUAWEICLOUD_SDK_SK": emulator.secret_key,
        "HUAWEICLOUD_SDK_PROJECT_ID": emulator.project_id,
        "METASTUDIO_ENDPOINT": emulator.endpoint,
        "METASTUDIO_IAM_ENDPOINT": emulator.iam_endpoint,
        "METASTUDIO_REGION": emulator.region,
    }


def refusal(config: Mapping[str, str], env: Mapping[str, str]) -> str:
    """What a person reads of a refused request."""
    with pytest.raises(ServiceError) as caught:
        MetaStudioClient(resolve(config.get, env)).list_jobs()
    text = str(caught.value)
    assert "\n" not in text
    values = [v for n, v in {**config, **env}.items() if "endpoint" not in n.lower()]
    assert [value for value in values if value in text] == []
    return text


def test_a_stored_key_meets_the_local_service(emulator: Emulator) -> None:
    text = refusal(STORED, environment(emulator))
    assert "HTTP 401" in text
    assert (
        "; key from metastudio:accessKey in the stack's configuration, project from "
        f"HUAWEICLOUD_SDK_PROJECT_ID in the environment, endpoint {emulator.endpoint} from "
        "METASTUDIO_ENDPOINT in the environment: a local service knows only its own: unset "
        "METASTUDIO_ENDPOINT to reach the real one, or use the local one in a stack without "
        "metastudio:accessKey"
    ) in text


def test_a_key_of_the_vendors_file_meets_the_local_service(emulator: Emulator) -> None:
    file = Path("~/.huaweicloud/credentials").expanduser()
    file.parent.mkdir()
    file.write_text("[basic]\nak = ak-file\nsk = sk-file\nproject_id = p\n")
    env = {"METASTUDIO_ENDPOINT": emulator.endpoint}
    text = refusal({}, env)
    assert f"key from ak in {file}, project from project_id in {file}, endpoint" in text
    assert "unset METASTUDIO_ENDPOINT" in text
    assert "file" not in text.replace(str(file), "")


def test_a_stored_project_meets_the_local_service(emulator: Emulator) -> None:
    text = refusal({"projectId": "0" * 32}, environment(emulator))
    assert "project from metastudio:projectId in the stack's configuration" in text
    assert "in a stack without metastudio:projectId" in text


def test_a_stored_login_meets_the_local_service(emulator: Emulator) -> None:
    login = {"user": "somebody", "password": "hunter22", "domain": "a-domain"}
    text = refusal(login, environment(emulator))
    assert text.startswith("log in to IAM: ")
    assert "login from metastudio:user in the stack's configuration" in text
    assert "unset METASTUDIO_" in text


def test_a_key_of_the_right_place(emulator: Emulator) -> None:
    env = {**environment(emulator), "HUAWEICLOUD_SDK_SK": "another-secret"}
    text = refusal({}, env)
    assert "key from HUAWEICLOUD_SDK_AK in the environment" in text
    assert text.endswith("check that they belong together, and what they may do")


def test_a_stored_key_that_was_rotated(emulator: Emulator) -> None:
    stored = {**STORED, "endpoint": emulator.endpoint, "projectId": emulator.project_id}
    assert refusal(stored, {}).endswith("refresh and destroy know it from the next up on")


def test_a_local_service_that_has_ended() -> None:
    env = {"HUAWEICLOUD_SDK_AK": "a", "HUAWEICLOUD_SDK_SK": "s", "HUAWEICLOUD_SDK_PROJECT_ID": "p"}
    nothing: dict[str, str] = {}
    settings = resolve(nothing.get, {**env, "METASTUDIO_ENDPOINT": "http://127.0.0.1:1"})
    with pytest.raises(EndpointUnreachable, match="check METASTUDIO_ENDPOINT in the environment, "):
        MetaStudioClient(settings).list_jobs()


def test_a_users_permissions(emulator: Emulator) -> None:
    emulator.control.add_fault("list", "status", status=403)
    text = refusal({}, environment(emulator))
    assert "HTTP 403" in text
    assert "key from HUAWEICLOUD_SDK_AK in the environment" in text


def test_a_stored_endpoint_of_a_local_service(emulator: Emulator) -> None:
    env = {"HUAWEICLOUD_SDK_AK": "ak-real", "HUAWEICLOUD_SDK_SK": "sk-real"}
    text = refusal({"endpoint": emulator.endpoint, "projectId": emulator.project_id}, env)
    assert "replace HUAWEICLOUD_SDK_AK, or remove metastudio:endpoint" in text


def test_a_local_key_is_not_sent_to_the_real_service() -> None:
    env = {
        "HUAWEICLOUD_SDK_AK": "ak-local",
        "HUAWEICLOUD_SDK_SK": "sk-local",
        "METASTUDIO_ENDPOINT": LOCAL,
    }
    with pytest.raises(ConfigurationError) as caught:
        resolve({"endpoint": REAL}.get, env)
    text = str(caught.value)
    assert "nothing is sent; unset HUAWEICLOUD_SDK_AK and METASTUDIO_ENDPOINT" in text
    assert "metastudio:endpoint in the stack's configuration" in text
    assert "-local" not in text
    # A stored key is the real service's, and a region alone leaves the local one in force.
    assert resolve({"endpoint": REAL, **STORED}.get, env).endpoint == REAL
    assert resolve({"region": "cn-north-4"}.get, env).endpoint == LOCAL


def test_an_unknown_origin_says_nothing(
    emulator: Emulator, settings_for: Callable[..., Settings]
) -> None:
    assert settings_for(emulator).told(f"{emulator.endpoint}/v1") == ""


def test_where_settings_come_from_makes_no_difference() -> None:
    stored = resolve({**STORED, "region": "cn-north-4"}.get, {})
    same = resolve(STORED.get, {"METASTUDIO_REGION": "cn-north-4"})
    assert stored.origin != same.origin
    assert {stored: 1}[same] == 1
    assert "accessKey" not in repr(stored)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:80", True),
        ("http://127.9.9.9", True),
        ("localhost:8080", True),
        ("http://[::1]:8080", True),
        (REAL, False),
        ("http://10.0.0.1", False),
        ("", False),
    ],
)
def test_local(url: str, local: bool) -> None:
    assert is_local(url) is local


def test_the_error_keeps_its_parts(emulator: Emulator) -> None:
    with pytest.raises(AuthenticationError) as caught:
        MetaStudioClient(resolve(STORED.get, environment(emulator))).list_jobs()
    assert caught.value.origin.startswith("key from metastudio:accessKey")
    assert caught.value.status == 401
