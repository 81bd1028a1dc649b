"""From answers, and from their absence, to errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from pulumi_metastudio import errors
from pulumi_metastudio.api.error_responses import refusal


def answer(status: int, body: Any = "", **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = (body if isinstance(body, str) else json.dumps(body)).encode()
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


CLASSES = [
    (400, errors.InvalidRequest),
    (401, errors.AuthenticationError),
    (403, errors.PermissionDenied),
    (404, errors.NotFound),
    (409, errors.ServiceError),
    (413, errors.ServiceError),
    (429, errors.Throttled),
    (302, errors.ServiceError),
    (500, errors.ServerError),
    (503, errors.ServerError),
]


@pytest.mark.parametrize(("status", "kind"), CLASSES)
def test_the_status_decides_the_class(status: int, kind: type[errors.ServiceError]) -> None:
    error = refusal("ask", answer(status, {"error_code": "MSS.1", "error_msg": "no"}))
    assert type(error) is kind


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_success_is_no_error(status: int) -> None:
    assert refusal("ask", answer(status)) is None


@pytest.mark.parametrize("code", ["APIGW.0308", "APIG.0308"])
@pytest.mark.parametrize("status", [400, 403, 429, 503])
def test_the_gateways_throttling_whatever_its_status(status: int, code: str) -> None:
    error = refusal("ask", answer(status, {"error_code": code, "error_msg": "too much"}))
    assert type(error) is errors.Throttled


SHAPES = [
    ({"error_code": "MSS.00000003", "error_msg": "bad"}, "MSS.00000003", "bad"),
    ({"error_code": "APIGW.0301", "error_msg": "bad", "request_id": "r"}, "APIGW.0301", "bad"),
    ({"errorCode": "E", "errorMsg": "bad"}, "E", "bad"),
    ({"code": 7, "message": "bad"}, "7", "bad"),
    ({"error": {"code": 401, "message": "bad", "title": "Unauthorized"}}, "401", "bad"),
    ({"a": {"b": {"error_code": "E", "error_msg": "bad"}}}, "E", "bad"),
    ({"error_code": "E"}, "E", ""),
    ({"error_msg": "bad"}, "", "bad"),
    ("<html>\n<b>bad</b>\n</html>", "", "<html> <b>bad</b> </html>"),
    ("", "", ""),
    ([1], "", "[1]"),
    ("null", "", "null"),
]


@pytest.mark.parametrize(("body", "code", "detail"), SHAPES)
def test_every_shape_of_an_error(body: Any, code: str, detail: str) -> None:
    error = refusal("show job", answer(500, body, X_Request_Id="req-1"))
    assert isinstance(error, errors.ServiceError)
    assert (error.code, error.detail, error.request_id, error.status) == (
        code,
        detail,
        "req-1",
        500,
    )
    text = str(error)
    assert "\n" not in text
    assert text.startswith("show job: ")
    assert text.endswith("(HTTP 500, request id req-1)")


def test_the_documents_errors() -> None:
    error = refusal(
        "x", answer(400, {"error_code": "MSS.00000003", "error_msg": "Invalid parameter"})
    )
    assert str(error) == "x: MSS.00000003: Invalid parameter (HTTP 400)"
    assert str(refusal("x", answer(502))) == "x: no reason given (HTTP 502)"


def test_query_strings_are_hidden_and_long_texts_cut() -> None:
    url = "https://e.example/obs/v?AccessKeyId=a&Signature=secret"
    error = str(refusal("x", answer(400, {"error_msg": f"cannot take '{url}' " + "y" * 5000})))
    assert "secret" not in error
    assert "https://e.example/obs/v?[hidden]" in error
    assert len(error) < 400
