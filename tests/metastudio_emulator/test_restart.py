"""The data folder: a restart finds everything in it, and only one emulator uses it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkmetastudio.v1 import List2dModelTrainingJobRequest

from metastudio_emulator import Emulator, EmulatorError

from .clients import Api, StartEmulator, get_with_token, put, vendor_client

IDENTITY = ("project_id", "access_key", "secret_key")


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    with Emulator(tmp_path, transitions="manual") as first:
        api = Api(first)
        urls = api.create(video_multipart_count=2, tags=["a"])
        put(urls["training_video_upload_url"][0], b"one ")
        put(urls["grant_file_upload_url"], b"letter")
        other = api.submitted()
        token = api.token()
        first.control.advance(100)
        first.control.set_credits("FLEXUS_2D", 9, used=4)
        credits = first.control.credits()
        before = first.info()
        shown = api.show(urls["job_id"])
        port = first.endpoint.rsplit(":", 1)[1]

    with Emulator(tmp_path, transitions="manual", port=int(port)) as second:
        api = Api(second)
        assert second.info() == before
        assert second.control.credits() == credits
        again = api.show(urls["job_id"])
        assert {key: again[key] for key in again if not key.endswith("url")} == {
            key: shown[key] for key in shown if not key.endswith("url")
        }
        assert get_with_token(api.jobs_url, token).ok
        credentials = BasicCredentials(
            before["access_key"], before["secret_key"], before["project_id"]
        )
        client = vendor_client(second, credentials)
        assert client.list2d_model_training_job(List2dModelTrainingJobRequest()).count == 2
        assert requests.get(again["grant_file_download_url"], timeout=30).content == b"letter"
        assert put(urls["training_video_upload_url"][0], b"used").status_code == 403
        assert put(urls["training_video_upload_url"][1], b"two").status_code == 200
        api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
        assert second.control.objects(urls["job_id"])["training_video"]["size"] == 7
        assert second.control.step(other)["state"] == "MANUAL_VERIFYING"
        assert second.control.info()["clock_offset"] == 100


def test_each_folder_has_its_own_identity(tmp_path: Path, start_emulator: StartEmulator) -> None:
    one, two = (start_emulator(tmp_path / name) for name in ("one", "two"))
    assert {getattr(one, name) for name in IDENTITY}.isdisjoint(
        getattr(two, name) for name in IDENTITY
    )


def test_without_a_folder_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Emulator() as emulator:
        Api(emulator).create()
        assert list(tmp_path.iterdir()) != []
    assert list(tmp_path.iterdir()) == []


def test_a_second_emulator_on_the_folder_is_refused(tmp_path: Path) -> None:
    with Emulator(tmp_path), pytest.raises(EmulatorError, match="already runs"):
        Emulator(tmp_path).start()
    with Emulator(tmp_path):
        pass


def test_a_port_that_is_in_use_is_reported_in_one_line(
    tmp_path: Path, start_emulator: StartEmulator
) -> None:
    port = int(start_emulator().endpoint.rsplit(":", 1)[1])
    with pytest.raises(EmulatorError, match=f"cannot listen on 127.0.0.1:{port}") as caught:
        Emulator(tmp_path / "other", port=port).start()
    assert "\n" not in str(caught.value)
    # The failed start has released its folder.
    with Emulator(tmp_path / "other"):
        pass


def test_representations_contain_no_secrets(emulator: Emulator) -> None:
    for text in (repr(emulator), repr(emulator.control)):
        assert emulator.secret_key not in text
        assert emulator.password not in text


def test_only_the_owner_has_access_to_the_folder(emulator: Emulator, tmp_path: Path) -> None:
    for path in (tmp_path / "data", *(tmp_path / "data").glob("*.sqlite3*")):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("package", ["pulumi_metastudio", "pulumi_embedded", "fastapi", "uvicorn"])
def test_importing_the_package_imports_neither_a_server_nor_the_provider(package: str) -> None:
    program = (
        "import sys, metastudio_emulator, metastudio_emulator.command_line;"
        f"assert {package!r} not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
