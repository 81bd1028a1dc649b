"""The control interface needs the secret key, and can do what no client can."""

from __future__ import annotations

import pytest
import requests

from metastudio_emulator import Control, Emulator, EmulatorError

from .clients import Api, put


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_it_needs_the_secret_key(emulator: Emulator, headers: dict[str, str]) -> None:
    answer = requests.get(f"{emulator.endpoint}/_emulator/jobs", headers=headers, timeout=30)
    assert answer.status_code == 401


def test_the_error_for_a_wrong_key_does_not_contain_it(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match="HTTP 401") as caught:
        Control(emulator.endpoint, "wrong-key").jobs()
    assert "wrong-key" not in str(caught.value)


def test_an_emulator_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(EmulatorError, match="GET jobs"):
        Control("http://127.0.0.1:1", "x").jobs()


def test_jobs_are_listed_with_their_files(api: Api) -> None:
    urls = api.create(name="seen")
    put(urls["cover_upload_url"], b"1")
    (record,) = api.emulator.control.jobs()
    assert record == api.emulator.control.job(urls["job_id"])
    assert record["fields"]["name"] == "seen"
    assert record["state"] == "WAIT_FILE_UPLOAD"
    assert record["settled"]
    assert [stored["name"] for stored in record["objects"]] == ["cover"]


def test_fields_can_be_changed_and_removed(api: Api) -> None:
    job_id = api.create(contact="1", batch_name="b")["job_id"]
    api.emulator.control.set_fields(job_id, contact="2", batch_name=None, invented=[1])
    detail = api.show(job_id)
    assert (detail["contact"], detail["invented"]) == ("2", [1])
    assert "batch_name" not in detail


def test_a_job_can_be_deleted_in_any_state(api: Api) -> None:
    job_id = api.submitted()
    api.emulator.control.set_state(job_id, "TRAINING")
    api.emulator.control.delete_job(job_id)
    assert api.call("GET", f"/{job_id}").status_code == 404


def test_a_job_can_be_added(api: Api) -> None:
    record = api.emulator.control.add_job(name="stranger", state="TRAINING", job_id="ab" * 16)
    assert record["job_id"] == "ab" * 16
    assert api.show("ab" * 16)["name"] == "stranger"


def test_an_unknown_job_is_an_error(emulator: Emulator) -> None:
    for call in (emulator.control.job, emulator.control.objects, emulator.control.delete_job):
        with pytest.raises(EmulatorError, match="HTTP 404"):
            call("none")


def test_counters_count_answers_by_status(api: Api) -> None:
    api.create()
    api.call("POST", json={})
    api.list()
    counters = api.emulator.control.counters()
    assert counters["create"] == {"200": 1, "400": 1}
    assert counters["list"] == {"200": 1}
    api.emulator.control.clear_counters()
    assert api.emulator.control.counters() == {}


def test_time_cannot_move_backwards(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match="forward"):
        emulator.control.advance(-1)


def test_a_contradictory_fault_rule_is_refused(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match="a stall needs seconds"):
        emulator.control.add_fault("upload", "stall")
