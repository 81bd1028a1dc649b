"""A named account: what it takes from where, and that no key meets another account's project."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pulumi_metastudio.api import AccessKey, Account, Password, Settings, resolve
from pulumi_metastudio.errors import ConfigurationError

STACK = {
    "region": "cn-north-4",
    "projectId": "p-stack",
    "accessKey": "ak-stack",
    "secretKey": "sk-stack",
    "securityToken": "sts-stack",
    "partSize": "1048576",
}
ENVIRONMENT = {
    "HUAWEICLOUD_SDK_AK": "ak-env",
    "HUAWEICLOUD_SDK_SK": "sk-env",
    "HUAWEICLOUD_SDK_PROJECT_ID": "p-env",
    "HW_USER_NAME": "user-env",
    "METASTUDIO_PARALLEL_PARTS": "7",
}
KEYS = {"accessKey": "ak-own", "secretKey": "sk-own"}


def resolved(
    own: Mapping[str, str],
    stack: Mapping[str, str] = STACK,
    env: Mapping[str, str] = ENVIRONMENT,
    name: str = "studio-b",
) -> Settings:
    return resolve(stack.get, env, Account(name, own.get))


def refused(
    own: Mapping[str, str],
    stack: Mapping[str, str] = STACK,
    env: Mapping[str, str] = ENVIRONMENT,
) -> str:
    with pytest.raises(ConfigurationError) as caught:
        resolved(own, stack, env)
    text = str(caught.value)
    assert "\n" not in text
    assert "sk-" not in text
    return text


def test_identity_is_its_own() -> None:
    settings = resolved(KEYS)
    assert settings.credentials == AccessKey("ak-own", "sk-own")
    assert settings.project_id is None  # IAM names the key's own
    assert (settings.account, settings.region) == ("studio-b", "cn-north-4")
    login = {"user": "u", "password": "p", "domain": "d"}
    assert resolved(login).credentials == Password("u", "p", "d")
    assert resolved({**KEYS, "projectId": "p-own"}).project_id == "p-own"


def test_options_are_shared_unless_it_has_its_own() -> None:
    assert resolved(KEYS).part_size == 1048576
    assert resolved(KEYS).parallel_parts == 7
    assert resolved({**KEYS, "partSize": "2097152"}).part_size == 2097152


LOCAL, OWN, SHARED = "http://127.0.0.1:1", "https://own.example.com", "https://stack.example.com"
LOCALLY = {"METASTUDIO_ENDPOINT": LOCAL, "METASTUDIO_IAM_ENDPOINT": LOCAL}
SERVICES = {"endpoint": SHARED, "iamEndpoint": SHARED}


def of_region(region: str) -> tuple[str, str]:
    return (
        f"https://metastudio.{region}.myhuaweicloud.com",
        f"https://iam.{region}.myhuaweicloud.com",
    )


#: The account's own settings, the stack's, the environment; both endpoints.
PLACES: dict[str, tuple[dict[str, str], dict[str, str], dict[str, str], tuple[str, str]]] = {
    "the stack's region": ({}, {}, {}, of_region("cn-north-4")),
    "its own region": ({"region": "cn-east-3"}, {}, {}, of_region("cn-east-3")),
    "the stack's endpoints": ({}, SERVICES, {}, (SHARED, SHARED)),
    "the stack's endpoints are of another region": (
        {"region": "cn-east-3"},
        SERVICES,
        {},
        of_region("cn-east-3"),
    ),
    "a local service stands for all": ({"region": "cn-east-3"}, {}, LOCALLY, (LOCAL, LOCAL)),
    "its own endpoint": (
        {"endpoint": OWN},
        SERVICES,
        LOCALLY,
        (OWN, of_region("cn-north-4")[1]),
    ),
    "its own, both": ({"endpoint": OWN, "iamEndpoint": OWN}, SERVICES, LOCALLY, (OWN, OWN)),
}


@pytest.mark.parametrize("case", PLACES)
def test_endpoints(case: str) -> None:
    own, stack, env, expected = PLACES[case]
    settings = resolved({**KEYS, **own}, {**STACK, **stack}, {**ENVIRONMENT, **env})
    assert (settings.endpoint, settings.iam_endpoint) == expected


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({}, ["metastudio-studio-b:accessKey is missing", "pulumi config set --secret"]),
        (
            {"accessKey": "a"},
            [
                "metastudio-studio-b:accessKey without metastudio-studio-b:secretKey",
                "pulumi config set --secret",
            ],
        ),
        ({"user": "u", "domain": "d"}, ["metastudio-studio-b:password missing"]),
    ],
)
def test_what_is_missing(own: dict[str, str], words: list[str]) -> None:
    text = refused(own)
    assert text.startswith("account 'studio-b': ")
    assert [word for word in words if word not in text] == []


def test_no_place() -> None:
    text = refused(KEYS, stack={}, env={})
    assert text.startswith("account 'studio-b': no region and no endpoint")
    assert "metastudio-studio-b:region" in text


def test_a_bad_value_is_named_where_it_stands() -> None:
    assert "metastudio-studio-b:partSize is 'x'" in refused({**KEYS, "partSize": "x"})
    assert "METASTUDIO_PART_SIZE is 'y'" in refused(
        KEYS, stack={"region": "r"}, env={"METASTUDIO_PART_SIZE": "y"}
    )


@pytest.mark.parametrize("name", ["a b", "a:b", "a\nb", "ä"])
def test_no_such_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"account is '.*': it must be an account's name"):
        resolved(KEYS, name=name)
