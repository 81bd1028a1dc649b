"""One-time upload URLs, download URLs, and the storage's errors."""

from __future__ import annotations

import hashlib
import socket
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ..clients import Api, put

DAY = 24 * 3600


def storage_error(answer: requests.Response) -> tuple[int, str, str]:
    root = ElementTree.fromstring(answer.text)
    assert answer.headers["Content-Type"] == "application/xml"
    assert root.findtext("RequestId") == answer.headers["X-Request-Id"]
    return answer.status_code, root.findtext("Code", ""), root.findtext("Message", "")


@pytest.fixture
def urls(api: Api) -> dict[str, Any]:
    return api.create()


def test_an_upload_is_stored_and_answered_with_its_md5(api: Api, urls: dict[str, Any]) -> None:
    body = b"letter" * 1000
    answer = put(urls["grant_file_upload_url"], body)
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    stored = api.emulator.control.objects(urls["job_id"])["grant_file"]
    assert stored["sha256"] == hashlib.sha256(body).hexdigest()
    assert (stored["size"], stored["uploads"]) == (6000, 1)
    assert stored["content_type"] == "application/octet-stream"


def test_an_empty_file_is_stored(api: Api, urls: dict[str, Any]) -> None:
    assert put(urls["cover_upload_url"], b"").status_code == 200
    assert api.emulator.control.objects(urls["job_id"])["cover"]["size"] == 0


def test_a_url_works_once(urls: dict[str, Any]) -> None:
    assert put(urls["cover_upload_url"], b"1").status_code == 200
    status, code, message = storage_error(put(urls["cover_upload_url"], b"2"))
    assert (status, code) == (403, "AccessDenied")
    assert "used" in message


def test_a_url_expires_after_a_day(api: Api, urls: dict[str, Any]) -> None:
    api.emulator.control.advance(DAY + 1)
    status, code, message = storage_error(put(urls["cover_upload_url"], b"1"))
    assert (status, code, message) == (403, "AccessDenied", "Request has expired")


def test_control_can_expire_urls(api: Api, urls: dict[str, Any]) -> None:
    other = api.create()
    assert api.emulator.control.expire_upload_urls(urls["job_id"]) == 9
    assert storage_error(put(urls["cover_upload_url"], b"1"))[2] == "Request has expired"
    assert put(other["cover_upload_url"], b"1").status_code == 200


@pytest.mark.parametrize("content_type", ["image/png", "application/octet-stream; charset=utf-8"])
def test_another_content_type_breaks_the_signature(urls: dict[str, Any], content_type: str) -> None:
    answer = put(urls["cover_upload_url"], b"1", content_type)
    assert storage_error(answer)[:2] == (403, "SignatureDoesNotMatch")
    assert put(urls["cover_upload_url"], b"1").status_code == 200


def test_audio_needs_the_content_type_of_a_zip(urls: dict[str, Any]) -> None:
    assert storage_error(put(urls["audio_upload_url"], b"1"))[1] == "SignatureDoesNotMatch"
    assert put(urls["audio_upload_url"], b"1", "application/zip").status_code == 200


@pytest.mark.parametrize("parameter", ["Expires", "ticket", "partNumber", "uploadId"])
def test_a_changed_url_breaks_the_signature(urls: dict[str, Any], parameter: str) -> None:
    url = urls["training_video_upload_url"][0]
    value = parse_qs(urlsplit(url).query)[parameter][0]
    changed = url.replace(f"{parameter}={value}", f"{parameter}={value}1")
    assert changed != url
    assert storage_error(put(changed, b"1"))[:2] == (403, "SignatureDoesNotMatch")


def test_a_url_is_valid_for_one_object_only(urls: dict[str, Any]) -> None:
    changed = urls["cover_upload_url"].replace("_cover", "_grantFile_tmp")
    assert storage_error(put(changed, b"1"))[1] == "SignatureDoesNotMatch"


def test_an_upload_url_does_not_download(urls: dict[str, Any]) -> None:
    assert requests.get(urls["cover_upload_url"], timeout=30).status_code == 403


def test_two_urls_for_one_object_can_both_be_used(api: Api, urls: dict[str, Any]) -> None:
    again = api.update(urls["job_id"])
    assert again["cover_upload_url"] != urls["cover_upload_url"]
    assert put(urls["cover_upload_url"], b"1").status_code == 200
    assert put(again["cover_upload_url"], b"22").status_code == 200
    stored = api.emulator.control.objects(urls["job_id"])["cover"]
    assert (stored["size"], stored["uploads"]) == (2, 2)


def test_a_body_without_a_length_is_refused(urls: dict[str, Any]) -> None:
    answer = put(urls["cover_upload_url"], iter([b"1"]))
    assert storage_error(answer)[:2] == (411, "MissingContentLength")


def test_an_interrupted_upload_leaves_no_file_and_the_url_usable(
    api: Api, urls: dict[str, Any], tmp_path: Path
) -> None:
    url = urlsplit(urls["cover_upload_url"])
    with socket.create_connection((url.hostname, url.port)) as connection:
        head = (
            f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
            "Content-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\n"
        )
        connection.sendall(head.encode() + b"x" * 500)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)  # returns once the server has closed its side
    assert put(urls["cover_upload_url"], b"whole").status_code == 200
    assert api.emulator.control.objects(urls["job_id"])["cover"]["size"] == 5
    assert list((tmp_path / "data" / "incoming").iterdir()) == []


def test_download_urls_appear_with_the_files(api: Api, urls: dict[str, Any]) -> None:
    job_id = urls["job_id"]
    assert "cover_download_url" not in api.show(job_id)
    put(urls["cover_upload_url"], b"picture")
    put(urls["id_card_image1_upload_url"], b"card")
    detail = api.show(job_id)
    assert "_tmp" in urls["id_card_image1_upload_url"]
    assert "_tmp" not in detail["id_card_image1_download_url"]
    assert requests.get(detail["id_card_image1_download_url"], timeout=30).content == b"card"
    listed = api.list()["jobs"][0]
    for _ in range(2):
        assert requests.get(listed["cover_download_url"], timeout=30).content == b"picture"
    api.emulator.control.advance(DAY + 1)
    assert storage_error(requests.get(detail["cover_download_url"], timeout=30))[0] == 403


@pytest.mark.parametrize(
    ("header", "content"),
    [
        ("bytes=1-2", b"bc"),
        ("bytes=4-99", b"ef"),
        ("bytes=3-", b"def"),
        ("bytes=-2", b"ef"),
        *((text, None) for text in ("bytes", "bytes=", "bytes=a-b", "lines=1-2", "bytes=1-2,x")),
        *((text, None) for text in ("bytes=6-", "bytes=2-1", "bytes=-0", "bytes=-", "bytes=1-2-3")),
        ("bytes=" + "9" * 5000 + "-", None),
    ],
)
def test_downloads_of_ranges(
    api: Api, urls: dict[str, Any], header: str, content: bytes | None
) -> None:
    put(urls["cover_upload_url"], b"abcdef")
    url = api.show(urls["job_id"])["cover_download_url"]
    answer = requests.get(url, headers={"Range": header}, timeout=30)
    expected = (200, b"abcdef") if content is None else (206, content)
    assert (answer.status_code, answer.content) == expected


def test_an_invalid_range_of_an_empty_file_returns_it(api: Api, urls: dict[str, Any]) -> None:
    put(urls["cover_upload_url"], b"")
    url = api.show(urls["job_id"])["cover_download_url"]
    answer = requests.get(url, headers={"Range": "bytes=-1"}, timeout=30)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_video_can_be_downloaded_once_it_is_confirmed(api: Api) -> None:
    urls = api.create(video_multipart_count=2)
    for url, part in zip(urls["training_video_upload_url"], (b"first ", b"second"), strict=True):
        put(url, part)
    assert "training_video_download_url" not in api.show(urls["job_id"])
    api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
    url = api.show(urls["job_id"])["training_video_download_url"]
    assert requests.get(url, timeout=30).content == b"first second"
