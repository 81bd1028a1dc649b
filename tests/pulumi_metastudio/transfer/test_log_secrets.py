"""What the log says of requests and uploads, and what it never says."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from metastudio_emulator import Emulator
from pulumi_metastudio.api import AccessKey, CreateJob, MetaStudioClient, Password, UploadUrls
from pulumi_metastudio.errors import MetaStudioError
from pulumi_metastudio.transfer import Silent, Uploader, fingerprint, fingerprint_cache, open_source

from .upload_helpers import MEBI, OCTETS, send_cover

CONTACT = "13812345678"


def every_url(urls: UploadUrls) -> list[str]:
    values = urls.model_dump(exclude={"job_id"}, exclude_none=True).values()
    return [url for value in values for url in ([value] if isinstance(value, str) else value)]


def test_no_secret_reaches_the_log(
    emulator: Emulator,
    client_for: Callable[..., MetaStudioClient],
    uploader: Uploader,
    file: Callable[..., Path],
    web: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "pulumi_metastudio")
    key = AccessKey(emulator.access_key, emulator.secret_key)
    login = Password(emulator.user, emulator.password, emulator.domain)
    urls: list[str] = []
    tokens: list[str] = []
    for credentials in (key, login):
        client = client_for(emulator, credentials=credentials)
        job = CreateJob(name="n", contact=CONTACT, video_multipart_count=2)
        emulator.control.add_fault("create", "status", status=429, times=1)  # repeated
        made = client.create_job(job, app_user_id="sub-user")
        assert client.show_job(made.job_id, app_user_id="sub-user").contact == CONTACT
        list(client.iter_jobs(name="n"))
        urls += every_url(made)
        # A video in parts, a picture whose URL is used twice, a URL signed for another type.
        source = open_source(str(file(bytes(2 * MEBI))))
        emulator.control.add_fault("upload", "status", status=503, times=1)  # repeated
        uploader.send("training_video", source, made.training_video_upload_url, OCTETS, Silent())
        send_cover(uploader, file(), made)
        with pytest.raises(MetaStudioError):
            send_cover(uploader, file(), made)
        issued = getattr(client._identity, "_issued", None)
        tokens += [issued.text] if issued else []
    remote = f"{web.url}/v.mp4?id=1&token=query-secret".replace("://", "://user:pass-secret@")
    web.breaks_after, web.breaks_once = 4, True
    fingerprint(open_source(remote), fingerprint_cache())
    web.server.shutdown()
    for refused in (AccessKey(emulator.access_key, "wrong-secret"), Password("u", "wrong", "d")):
        with pytest.raises(MetaStudioError):
            client_for(emulator, credentials=refused).list_jobs()
    with pytest.raises(MetaStudioError):
        client_for(emulator, endpoint="http://127.0.0.1:1").create_job(job)
    with contextlib.suppress(MetaStudioError):
        uploader.send(
            "cover",
            open_source(str(file())),
            ["http://127.0.0.1:1/x?Signature=url-secret"],
            OCTETS,
            Silent(),
        )

    text = caplog.text
    modules = {record.name.removeprefix("pulumi_metastudio.") for record in caplog.records}
    assert modules >= {"api.exchange", "common.retry", "transfer.upload", "transfer.sources.web"}
    queries = [value for url in urls for _, value in parse_qsl(urlsplit(url).query)]
    assert len(queries) > 10
    secrets = {value for value in queries if len(value) > 12}
    secrets |= {CONTACT, emulator.access_key, emulator.secret_key, emulator.password}
    secrets |= {"query-secret", "pass-secret", "url-secret", "wrong-secret", "sub-user"}
    secrets |= {"Signature", "Authorization", "X-Auth-Token", "X-Sdk-Date", *tokens}
    assert len(tokens) == 1
    assert {secret for secret in secrets if secret in text} == set()
    assert not re.search(r"\?(?!\[hidden\])\w+=", text)


def test_what_a_line_says(
    client: MetaStudioClient,
    urls: UploadUrls,
    uploader: Uploader,
    file: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "pulumi_metastudio")
    client.show_job(urls.job_id)
    send_cover(uploader, file(), urls)
    asked, put, done = caplog.messages
    assert re.fullmatch(
        rf"show training job {urls.job_id}: GET, HTTP 200, request id \w+, \d+ bytes, [\d.]+ s",
        asked,
    )
    assert re.fullmatch(r"upload cover: HTTP 200, request id [\w-]+, 10 bytes, [\d.]+ s", put)
    assert re.fullmatch(r"uploaded cover: 10 bytes, [\d.]+ s", done)
