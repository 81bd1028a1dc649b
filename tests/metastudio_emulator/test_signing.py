"""Known answers, computed once by the vendor's signer with dummy keys."""

import pytest

from metastudio_emulator.auth.signing import SignatureHeader, SignedRequest, signature

PROJECT = "0123456789abcdef0123456789abcdef"
SECRET = "EXAMPLE-SECRET-KEY-not-real"
SIGNED = ("content-type", "host", "x-project-id", "x-sdk-date")
HEADERS = {
    "content-type": "application/json",
    "host": "metastudio.cn-north-4.myhuaweicloud.com",
    "x-project-id": PROJECT,
    "x-sdk-date": "20260102T030405Z",
}


def request(method, query="", body=b"", **headers):
    path = f"/v1/{PROJECT}/digital-human-training-manage/user/jobs"
    return SignedRequest(method, path, query, {**HEADERS, **headers}, body)


@pytest.mark.parametrize(
    ("signed", "names", "expected"),
    [
        (
            request("GET", "is_flexus=true&limit=10&offset=0&state=WAIT_FILE_UPLOAD%2CTRAINING"),
            SIGNED,
            "805cfbb69cbab8258bf730225e0d4ecd7c428d6aec97c19f08f2ceaed62d8762",
        ),
        (
            request("POST", body=b'{"name":"a"}'),
            SIGNED,
            "f7ddc4362131712d0dce37f453372118d1d6cac2587ba21268a28b259be38d0a",
        ),
        (
            request("POST", body=b'{"name":"a"}', **{"x-security-token": "tok"}),
            (*SIGNED, "x-security-token"),
            "3a04a45962fda5bb438adc4164ef37e2d22ffdf9d8fd79e05a7e4995c14d9dec",
        ),
    ],
)
def test_known_answers(signed, names, expected):
    assert signature(signed, names, SECRET) == expected


def test_the_order_of_the_query_and_of_the_header_names_does_not_matter():
    one = signature(request("GET", "b=2&a=1&a=0"), SIGNED, SECRET)
    assert one == signature(request("GET", "a=0&a=1&b=2"), tuple(reversed(SIGNED)), SECRET)


@pytest.mark.parametrize(
    "changed",
    [
        request("PUT"),
        request("GET", "limit=1"),
        request("GET", body=b"{}"),
        request("GET", **{"x-sdk-date": "20260102T030406Z"}),
        request("GET", host="other"),
    ],
)
def test_a_change_anywhere_changes_the_signature(changed):
    assert signature(changed, SIGNED, SECRET) != signature(request("GET"), SIGNED, SECRET)


def test_a_body_cannot_bring_the_hash_of_another():
    honest = request("POST", body=b"honest")
    forged = request("POST", body=b"forged", **{"x-sdk-content-sha256": "0" * 64})
    assert signature(forged, SIGNED, SECRET) != signature(honest, SIGNED, SECRET)


def test_a_signed_header_that_did_not_arrive():
    with pytest.raises(KeyError):
        signature(request("GET"), ("x-missing",), SECRET)


def test_the_authorization_header_is_taken_apart():
    line = SignatureHeader.parse(
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=ab"
    )
    assert line == SignatureHeader("AK", ("host", "x-sdk-date"), "ab")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer x",
        "SDK-HMAC-SM3 Access=a, SignedHeaders=b, Signature=c",
        "SDK-HMAC-SHA256 Access=a",
    ],
)
def test_other_authorization_headers_are_refused(value):
    with pytest.raises(ValueError):  # noqa: PT011 - the text is for people
        SignatureHeader.parse(value)
