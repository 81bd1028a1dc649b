"""Short ways to send a file, and to know that it arrived."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pulumi_metastudio.api import Command, MetaStudioClient, UploadUrls
from pulumi_metastudio.transfer import Silent, Uploader, open_source

OCTETS = "application/octet-stream"
MEBI = 1 << 20


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def send_cover(uploader: Uploader, path: Path | str, urls: UploadUrls, notes: Any = None) -> str:
    assert urls.cover_upload_url
    return uploader.send(
        "cover", open_source(str(path)), [urls.cover_upload_url], OCTETS, notes or Silent()
    )


def confirmed(client: MetaStudioClient, urls: UploadUrls) -> None:
    """Have the service put the parts of the training video together."""
    client.command(urls.job_id, Command(command="CONFIRM_MULTIPART_UPLOADED"))
