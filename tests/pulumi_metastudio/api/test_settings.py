"""Where settings come from, and what is said when they do not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pulumi_metastudio.api import AccessKey, Password, Settings, Token, resolve
from pulumi_metastudio.errors import ConfigurationError

REGION = {"region": "cn-north-4"}
KEYS = {"accessKey": "ak-config", "secretKey": "sk-config"}

# Every secret of this module: none of them may stand in a message or a repr.
SECRETS = ("sk-config", "sk-env", "sk%file", "hunter2", "tok-secret", "sts-secret")


def resolved(config: Mapping[str, str], env: Mapping[str, str] | None = None) -> Settings:
    return resolve(config.get, env or {})


def refused(config: Mapping[str, str], env: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        resolved(config, env)
    text = str(caught.value)
    assert "\n" not in text
    assert not any(secret in text for secret in SECRETS)
    return text


def credentials_file(text: str) -> Path:
    file = Path("~/.huaweicloud/credentials").expanduser()
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


CREDENTIALS = {
    "configuration": (KEYS, {}, AccessKey("ak-config", "sk-config")),
    "configuration with a security token": (
        {**KEYS, "securityToken": "sts-secret"},
        {},
        AccessKey("ak-config", "sk-config", "sts-secret"),
    ),
    "configuration with a login": (
        {"user": "u", "password": "hunter2", "domain": "d"},
        {},
        Password("u", "hunter2", "d"),
    ),
    "configuration with a token": ({"token": "tok-secret"}, {}, Token("tok-secret")),
    "the vendor SDK's variables": (
        {},
        {"HUAWEICLOUD_SDK_AK": "a", "HUAWEICLOUD_SDK_SK": "sk-env"},
        AccessKey("a", "sk-env"),
    ),
    "the vendor SDK's variables, temporary": (
        {},
        {
            "HUAWEICLOUD_SDK_AK": "a",
            "HUAWEICLOUD_SDK_SK": "sk-env",
            "HUAWEICLOUD_SDK_SECURITY_TOKEN": "sts-secret",
        },
        AccessKey("a", "sk-env", "sts-secret"),
    ),
    "the Terraform provider's variables": (
        {},
        {"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "sk-env", "HW_SECURITY_TOKEN": "sts-secret"},
        AccessKey("a", "sk-env", "sts-secret"),
    ),
    "the documents' sample variables": (
        {},
        {"CLOUD_SDK_AK": "a", "CLOUD_SDK_SK": "sk-env"},
        AccessKey("a", "sk-env"),
    ),
    "the Terraform provider's login": (
        {},
        {"HW_USER_NAME": "u", "HW_USER_PASSWORD": "hunter2", "HW_DOMAIN_NAME": "d"},
        Password("u", "hunter2", "d"),
    ),
    "the Terraform provider's token": ({}, {"HW_AUTH_TOKEN": "tok-secret"}, Token("tok-secret")),
    "configuration before the environment": (
        KEYS,
        {"HUAWEICLOUD_SDK_AK": "a", "HUAWEICLOUD_SDK_SK": "sk-env"},
        AccessKey("ak-config", "sk-config"),
    ),
    "a login in the configuration before keys in the environment": (
        {"user": "u", "password": "hunter2", "domain": "d"},
        {"HUAWEICLOUD_SDK_AK": "a", "HUAWEICLOUD_SDK_SK": "sk-env"},
        Password("u", "hunter2", "d"),
    ),
    "the vendor SDK's variables before the Terraform provider's": (
        {},
        {
            "HW_ACCESS_KEY": "b",
            "HW_SECRET_KEY": "x",
            "HUAWEICLOUD_SDK_AK": "a",
            "HUAWEICLOUD_SDK_SK": "sk-env",
        },
        AccessKey("a", "sk-env"),
    ),
    "space around a pasted key": (
        {"accessKey": " ak-config ", "secretKey": "sk-config\n"},
        {},
        AccessKey("ak-config", "sk-config"),
    ),
    "a key that is empty text is not given": (
        {"accessKey": "", "secretKey": ""},
        {"CLOUD_SDK_AK": "a", "CLOUD_SDK_SK": "sk-env"},
        AccessKey("a", "sk-env"),
    ),
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_credentials_come_from(case: str) -> None:
    config, env, expected = CREDENTIALS[case]
    assert resolved({**REGION, **config}, env).credentials == expected


@pytest.mark.parametrize("section", ["basic", "basiccredentials"])
def test_credentials_file(section: str) -> None:
    credentials_file(f"[{section}]\nak = a\nsk = sk%file\nproject_id = p\niam_endpoint = iam.x\n")
    settings = resolved(REGION)
    assert settings.credentials == AccessKey("a", "sk%file")
    assert settings.project_id == "p"
    assert settings.iam_endpoint == "https://iam.x"


def test_credentials_file_with_a_security_token() -> None:
    credentials_file("[basic]\nak = a\nsk = s\nsecurity_token = t\n")
    assert resolved(REGION).credentials == AccessKey("a", "s", "t")


def test_environment_before_credentials_file() -> None:
    credentials_file("[basic]\nak = a\nsk = sk%file\n")
    env = {"CLOUD_SDK_AK": "b", "CLOUD_SDK_SK": "sk-env"}
    assert resolved(REGION, env).credentials == AccessKey("b", "sk-env")


@pytest.mark.parametrize("way", ["configuration", "environment"])
def test_credentials_file_elsewhere(way: str, tmp_path: Path) -> None:
    credentials_file("[basic]\nak = wrong\nsk = wrong\n")
    elsewhere = tmp_path / "keys.ini"
    elsewhere.write_text("[basic]\nak = a\nsk = s\n")
    config, env = dict(REGION), {}
    if way == "configuration":
        config["credentialsFile"] = str(elsewhere)
    else:
        env["HUAWEICLOUD_SDK_CREDENTIALS_FILE"] = str(elsewhere)
    assert resolved(config, env).credentials == AccessKey("a", "s")


INCOMPLETE = {
    "configured key without its secret": (
        {"accessKey": "a"},
        {},
        "metastudio:accessKey without metastudio:secretKey",
    ),
    "configured secret without its key": (
        {"secretKey": "sk-config"},
        {},
        "metastudio:secretKey without metastudio:accessKey",
    ),
    "a half from each place": (
        {"accessKey": "a"},
        {"HUAWEICLOUD_SDK_SK": "sk-env"},
        "metastudio:accessKey without metastudio:secretKey",
    ),
    "a half from each family": (
        {},
        {"HUAWEICLOUD_SDK_AK": "a", "HW_SECRET_KEY": "sk-env"},
        "HUAWEICLOUD_SDK_AK without HUAWEICLOUD_SDK_SK",
    ),
    "half a Terraform key": (
        {},
        {"HW_SECRET_KEY": "sk-env"},
        "HW_SECRET_KEY without HW_ACCESS_KEY",
    ),
    "a login without its domain": (
        {"user": "u", "password": "hunter2"},
        {},
        "metastudio:domain missing",
    ),
    "a login in the environment without its password": (
        {},
        {"HW_USER_NAME": "u", "HW_DOMAIN_NAME": "d"},
        "HW_USER_PASSWORD missing",
    ),
}


@pytest.mark.parametrize("case", INCOMPLETE)
def test_an_incomplete_group_is_refused(case: str) -> None:
    # A complete group of lower rank must not hide the mistake in the higher one.
    credentials_file("[basic]\nak = a\nsk = sk%file\n")
    config, env, expected = INCOMPLETE[case]
    assert expected in refused({**REGION, **config}, env)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[basic]\nak = a\n", "ak without sk"),
        ("[basic]\nsk = sk%file\n", "sk without ak"),
        ("ak = a\nsk = sk%file\n", "cannot be read as a credentials file"),
        ("[basic]\nak = a\nak = b\nsk = sk%file\n", "cannot be read as a credentials file"),
    ],
)
def test_a_credentials_file_that_does_not_do(text: str, expected: str) -> None:
    file = credentials_file(text)
    message = refused(REGION)
    assert expected in message
    assert str(file) in message


def test_a_credentials_file_that_is_not_text() -> None:
    credentials_file("").write_bytes(b"[basic]\nak = \xff\xfe\n")
    assert "cannot be read as a credentials file" in refused(REGION)


def test_no_credentials_at_all_names_every_way() -> None:
    message = refused(REGION)
    for way in (
        *("metastudio:accessKey", "metastudio:secretKey"),
        *("metastudio:user", "metastudio:password", "metastudio:domain", "metastudio:token"),
        *("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HW_ACCESS_KEY", "HW_SECRET_KEY"),
        *("CLOUD_SDK_AK", "CLOUD_SDK_SK", "HW_USER_NAME", "HW_AUTH_TOKEN"),
        str(Path("~/.huaweicloud/credentials").expanduser()),
    ):
        assert way in message


def test_no_region_and_no_endpoint() -> None:
    message = refused(KEYS)
    for way in ("metastudio:region", "cn-north-4", "METASTUDIO_REGION", "metastudio:endpoint"):
        assert way in message


PLACES = {
    "region alone": (
        {"region": "cn-east-3"},
        {},
        (
            "https://metastudio.cn-east-3.myhuaweicloud.com",
            "https://iam.cn-east-3.myhuaweicloud.com",
        ),
    ),
    "region from the environment": (
        {},
        {"METASTUDIO_REGION": "ap-southeast-3", "HW_REGION_NAME": "cn-east-3"},
        (
            "https://metastudio.ap-southeast-3.myhuaweicloud.com",
            "https://iam.ap-southeast-3.myhuaweicloud.com",
        ),
    ),
    "an endpoint needs no region": (
        {"endpoint": "http://localhost:8080"},
        {},
        ("http://localhost:8080", "https://iam.myhuaweicloud.com"),
    ),
    "a host without its scheme": (
        {"endpoint": "metastudio.example.com"},
        {},
        ("https://metastudio.example.com", "https://iam.myhuaweicloud.com"),
    ),
    "slashes at the end": (
        {"endpoint": "http://localhost:8080/", "iamEndpoint": "http://localhost:1//"},
        {},
        ("http://localhost:8080", "http://localhost:1"),
    ),
    "the Terraform provider's address of IAM": (
        REGION,
        {"HW_AUTH_URL": "https://iam.example.com:443/v3"},
        ("https://metastudio.cn-north-4.myhuaweicloud.com", "https://iam.example.com:443"),
    ),
    "the vendor SDK's endpoint of a region": (
        REGION,
        {"HUAWEICLOUD_SDK_REGION_METASTUDIO_CN_NORTH_4": "https://a.example.com, https://b"},
        ("https://a.example.com", "https://iam.cn-north-4.myhuaweicloud.com"),
    ),
    "an address of version 6": (
        {"endpoint": "http://[::1]:8080"},
        {},
        ("http://[::1]:8080", "https://iam.myhuaweicloud.com"),
    ),
}


@pytest.mark.parametrize("case", PLACES)
def test_endpoints(case: str) -> None:
    config, env, expected = PLACES[case]
    settings = resolved({**KEYS, **config}, env)
    assert (settings.endpoint, settings.iam_endpoint) == expected


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com",
        "https://",
        "https://example.com/v1",
        "https://user:hunter2@example.com",
        "https://example.com?token=hunter2",
        "https://example.com#hunter2",
        "https://exa mple.com",
        "https://example.com:port",
        "https://example.com:99999",
        "https://[::1",
    ],
)
@pytest.mark.parametrize("key", ["endpoint", "iamEndpoint"])
def test_a_bad_url(key: str, url: str) -> None:
    message = refused({**KEYS, **REGION, key: url})
    assert f"metastudio:{key} is not a base URL" in message


NUMBERS = {
    "connectTimeout": ("connect_timeout", "METASTUDIO_CONNECT_TIMEOUT", 2.5),
    "readTimeout": ("read_timeout", "METASTUDIO_READ_TIMEOUT", 2.5),
    "readsPerSecond": ("reads_per_second", "METASTUDIO_READS_PER_SECOND", 2.5),
    "writesPerSecond": ("writes_per_second", "METASTUDIO_WRITES_PER_SECOND", 2.5),
    "stallTimeout": ("stall_timeout", "METASTUDIO_STALL_TIMEOUT", 2.5),
    "partSize": ("part_size", "METASTUDIO_PART_SIZE", 1048576),
    "parallelParts": ("parallel_parts", "METASTUDIO_PARALLEL_PARTS", 7),
}


@pytest.mark.parametrize("key", NUMBERS)
def test_numbers(key: str) -> None:
    name, variable, value = NUMBERS[key]
    base = {**KEYS, **REGION}
    assert getattr(resolved(base, {variable: str(value)}), name) == value
    # The configuration is asked first.
    assert getattr(resolved({**base, key: str(value)}, {variable: "3"}), name) == value


@pytest.mark.parametrize("key", NUMBERS)
@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf"])
def test_a_bad_number(key: str, text: str) -> None:
    message = refused({**KEYS, **REGION, key: text})
    assert f"metastudio:{key} is '{text}'" in message


@pytest.mark.parametrize(
    ("config", "env", "expected"),
    [
        ({"projectId": "a"}, {"HUAWEICLOUD_SDK_PROJECT_ID": "b"}, "a"),
        ({}, {"HUAWEICLOUD_SDK_PROJECT_ID": "b", "HW_PROJECT_ID": "c"}, "b"),
        ({}, {"HW_PROJECT_ID": "c"}, "c"),
        ({}, {}, None),
    ],
)
def test_project(config: dict[str, str], env: dict[str, str], expected: str | None) -> None:
    assert resolved({**KEYS, **REGION, **config}, env).project_id == expected


@pytest.mark.parametrize(
    "credentials",
    [
        AccessKey("ak-secret", "sk-secret", "st-secret"),
        Password("u-secret", "p-secret", "d-secret"),
        Token("t-secret"),
    ],
)
def test_repr_holds_no_secret(credentials: AccessKey | Password | Token) -> None:
    shown = repr(Settings("https://e", "https://i", "r", "p", credentials))
    assert "secret" not in shown
    assert "https://e" in shown


def test_equal_settings_are_one_key() -> None:
    assert {resolved({**KEYS, **REGION}): 1}[resolved({**KEYS, **REGION})] == 1
