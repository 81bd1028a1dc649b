"""A second start on the same folder finds everything; a second process is kept out."""

import subprocess
import sys

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkmetastudio.v1 import List2dModelTrainingJobRequest

from metastudio_emulator import Emulator, EmulatorError

IDENTITY = ("project_id", "access_key", "secret_key", "user", "password", "domain")


def test_everything_survives(tmp_path, api_for, put, vendor_for):
    with Emulator(tmp_path, transitions="manual") as first:
        api = api_for(first)
        urls = api.create(video_multipart_count=2, tags=["a"])
        put(urls["training_video_upload_url"][0], b"one ")
        put(urls["grant_file_upload_url"], b"letter")
        other = api.submitted()
        token = api.token().headers["X-Subject-Token"]
        first.control.advance(100)
        before = first.info()
        shown = api.show(urls["job_id"])
        port = first.endpoint.rsplit(":", 1)[1]

    with Emulator(tmp_path, transitions="manual", port=int(port)) as second:
        api = api_for(second)
        assert second.info() == before
        again = api.show(urls["job_id"])
        assert {key: again[key] for key in again if not key.endswith("url")} == {
            key: shown[key] for key in shown if not key.endswith("url")
        }
        assert requests.get(api.jobs_url, headers={"X-Auth-Token": token}, timeout=30).ok
        credentials = BasicCredentials(
            before["access_key"], before["secret_key"], before["project_id"]
        )
        client = vendor_for(second, credentials)
        assert client.list2d_model_training_job(List2dModelTrainingJobRequest()).count == 2
        assert requests.get(again["grant_file_download_url"], timeout=30).content == b"letter"
        assert put(urls["training_video_upload_url"][0], b"used").status_code == 403
        assert put(urls["training_video_upload_url"][1], b"two").status_code == 200
        api.command(urls["job_id"], "CONFIRM_MULTIPART_UPLOADED")
        assert second.control.objects(urls["job_id"])["training_video"]["size"] == 7
        assert second.control.step(other)["state"] == "MANUAL_VERIFYING"
        assert second.control.info()["clock_offset"] == 100


def test_folders_have_identities_of_their_own(tmp_path, start):
    one, two = (start(tmp_path / name) for name in ("one", "two"))
    assert {getattr(one, name) for name in IDENTITY[:3]}.isdisjoint(
        getattr(two, name) for name in IDENTITY[:3]
    )


def test_without_a_folder_nothing_stays(start):
    emulator = start(None)
    assert emulator.control.jobs() == []


def test_a_second_emulator_on_the_folder_is_kept_out(tmp_path):
    with Emulator(tmp_path), pytest.raises(EmulatorError, match="already runs"):
        Emulator(tmp_path).start()
    with Emulator(tmp_path):
        pass


def test_a_taken_port_is_said_in_one_line(tmp_path, start):
    port = int(start().endpoint.rsplit(":", 1)[1])
    with pytest.raises(EmulatorError, match=f"cannot listen on 127.0.0.1:{port}") as caught:
        Emulator(tmp_path / "other", port=port).start()
    assert "\n" not in str(caught.value)
    # The failed start has let go of its folder.
    with Emulator(tmp_path / "other"):
        pass


def test_secrets_stay_out_of_the_representation(emulator):
    for text in (repr(emulator), repr(emulator.control)):
        assert emulator.secret_key not in text
        assert emulator.password not in text


def test_the_folder_is_the_owners_alone(emulator, tmp_path):
    for path in (tmp_path / "data", *(tmp_path / "data").glob("*.sqlite3*")):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("package", ["pulumi_metastudio", "pulumi_embedded", "fastapi", "uvicorn"])
def test_importing_it_stays_light_and_independent(package):
    program = (
        "import sys, metastudio_emulator, metastudio_emulator.command_line;"
        f"assert {package!r} not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
