"""The vendor's own client, unchanged, must work with the emulator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkcore.signer.signer import Signer
from huaweicloudsdkmetastudio.v1 import (
    Create2dModelTrainingJobReq,
    Create2dModelTrainingJobRequest,
    Delete2dModelTrainingJobRequest,
    Execute2dModelTrainingCommandByUserReq,
    Execute2dModelTrainingCommandByUserRequest,
    List2dModelTrainingJobRequest,
    MetaStudioClient,
    Show2dModelTrainingJobRequest,
    ShowResourceUsageRequest,
    Update2dModelTrainingJobReq,
    Update2dModelTrainingJobRequest,
    VoiceProperties,
)

from metastudio_emulator import Emulator

from .clients import put, upload_all, vendor_client, vendor_error


def create(vendor: MetaStudioClient, app_user_id: str | None = None, **fields: Any) -> Any:
    body = Create2dModelTrainingJobReq(**{"name": "数字人 one", **fields})
    return vendor.create2d_model_training_job(
        Create2dModelTrainingJobRequest(x_app_user_id=app_user_id, body=body)
    )


def show(vendor: MetaStudioClient, job_id: str) -> Any:
    return vendor.show2d_model_training_job(Show2dModelTrainingJobRequest(job_id=job_id))


def command(vendor: MetaStudioClient, job_id: str, name: str) -> Any:
    body = Execute2dModelTrainingCommandByUserReq(command=name)
    return vendor.execute2d_model_training_command_by_user(
        Execute2dModelTrainingCommandByUserRequest(job_id=job_id, body=body)
    )


def test_a_job_from_creation_to_deletion(vendor: MetaStudioClient) -> None:
    created = create(
        vendor,
        app_user_id="user-7",
        video_multipart_count=2,
        tags=["a,b", "ü & ="],
        contact="13800000000",
        is_flexus=True,
        supported_service=["VIDEO_2D"],
        voice_properties=VoiceProperties(job_tag="NEWS", sex="MALE", language="CN"),
    )
    assert len(created.training_video_upload_url) == 2
    upload_all(created.to_json_object())
    assert put(created.cover_upload_url, b"cover").status_code == 200
    listed = command(vendor, created.job_id, "GET_MULTIPART_UPLOADED")
    assert [part.part_number for part in listed.multipart_data] == ["1", "2"]
    for name in ("CONFIRM_MULTIPART_UPLOADED", "SUBMITVERIFYING"):
        assert command(vendor, created.job_id, name).commond_result == "EXCUTE_SUCCESS"

    detail = show(vendor, created.job_id)
    assert detail.state == "JOB_SUCCESS"
    assert detail.name == "数字人 one"
    assert detail.app_user_id == "user-7"
    assert detail.tags == ["a,b", "ü & ="]
    assert (detail.contact, detail.is_flexus) == ("13800000000", True)
    assert detail.supported_service == ["VIDEO_2D"]
    assert detail.voice_properties.job_tag == "NEWS"
    assert detail.verify_video_download_url == "null"
    assert detail.operation_logs[0].log_type == "USER_CREATE_JOD"
    assert detail.operation_logs[-1].log_type == "SYSTEM_JOB_SUCCESS"
    assert detail.asset_id

    page = vendor.list2d_model_training_job(
        List2dModelTrainingJobRequest(tag="ü & =", is_flexus=True, sort_key="create_time")
    )
    assert (page.count, page.jobs[0].job_id) == (1, created.job_id)
    assert page.jobs[0].cover_download_url

    deleted = vendor.delete2d_model_training_job(
        Delete2dModelTrainingJobRequest(job_id=created.job_id)
    )
    assert deleted.status_code == 200
    assert vendor.list2d_model_training_job(List2dModelTrainingJobRequest()).count == 0


def test_an_update_returns_new_urls(vendor: MetaStudioClient) -> None:
    created = create(vendor)
    body = Update2dModelTrainingJobReq(name="two", video_multipart_count=3)
    updated = vendor.update2d_model_training_job(
        Update2dModelTrainingJobRequest(job_id=created.job_id, body=body)
    )
    assert updated.job_id == created.job_id
    assert len(updated.training_video_upload_url) == 3
    assert show(vendor, created.job_id).name == "two"


def test_the_client_finds_its_project_by_itself(emulator: Emulator) -> None:
    # The client caches project ids by access key and region; each emulator has its own key.
    credentials = BasicCredentials(emulator.access_key, emulator.secret_key).with_iam_endpoint(
        emulator.iam_endpoint
    )
    client = (
        MetaStudioClient.new_builder()
        .with_credentials(credentials)
        .with_region(Region(emulator.region, emulator.endpoint))
        .build()
    )
    assert client.list2d_model_training_job(List2dModelTrainingJobRequest()).count == 0
    assert credentials.project_id == emulator.project_id


def test_a_failed_command_is_an_answer_not_an_error(vendor: MetaStudioClient) -> None:
    created = create(vendor)
    answer = command(vendor, created.job_id, "SUBMITVERIFYING")
    assert answer.commond_result == "EXCUTE_FAILED"
    assert "not confirmed" in answer.excute_failed_msg
    assert answer.error_info.error_code == "MSS.00000003"


def test_an_invalid_request_is_refused(vendor: MetaStudioClient) -> None:
    error = vendor_error(lambda: create(vendor, video_multipart_count=1001))
    assert (error.status_code, error.error_code) == (400, "MSS.00000003")
    assert "video_multipart_count" in error.error_msg


def test_a_wrong_secret_key_is_refused(emulator: Emulator) -> None:
    wrong = BasicCredentials(emulator.access_key, "not-the-secret", emulator.project_id)
    error = vendor_error(create, vendor_client(emulator, wrong))
    assert (error.status_code, error.error_code) == (401, "APIGW.0301")


def test_an_unknown_access_key_is_refused(emulator: Emulator) -> None:
    wrong = BasicCredentials("NOSUCHKEY", emulator.secret_key, emulator.project_id)
    assert vendor_error(create, vendor_client(emulator, wrong)).status_code == 401


def test_another_project_is_refused(emulator: Emulator) -> None:
    wrong = BasicCredentials(emulator.access_key, emulator.secret_key, "f" * 32)
    error = vendor_error(create, vendor_client(emulator, wrong))
    assert (error.status_code, error.error_code) == (400, "MSS.00010009")


@pytest.mark.parametrize(("minutes", "accepted"), [(14, True), (16, False), (-16, False)])
def test_a_clock_more_than_15_minutes_off_is_refused(
    vendor: MetaStudioClient, monkeypatch: pytest.MonkeyPatch, minutes: int, accepted: bool
) -> None:
    original = Signer._process_header_time

    def shifted(cls: type[Signer], request: Any) -> datetime:
        now = original.__func__(cls, request)
        moved: datetime = now + timedelta(minutes=minutes)
        request.header_params["X-Sdk-Date"] = moved.strftime("%Y%m%dT%H%M%SZ")
        return moved

    monkeypatch.setattr(Signer, "_process_header_time", classmethod(shifted))
    if accepted:
        assert create(vendor).job_id
    else:
        error = vendor_error(create, vendor)
        assert (error.status_code, error.error_code) == (401, "APIGW.0301")


def test_the_gateways_clock_can_be_moved_instead(
    emulator: Emulator, vendor: MetaStudioClient
) -> None:
    emulator.control.set_skew(16 * 60)
    assert vendor_error(create, vendor).error_code == "APIGW.0301"
    emulator.control.set_skew(0)
    assert create(vendor).job_id


def test_throttling_reads_as_the_gateway_says_it(
    emulator: Emulator, vendor: MetaStudioClient
) -> None:
    emulator.control.add_fault("create", "status", status=429, times=1)
    error = vendor_error(create, vendor)
    assert (error.status_code, error.error_code) == (429, "APIGW.0308")
    assert create(vendor).job_id


def test_what_is_bought_and_used(vendor: MetaStudioClient, emulator: Emulator) -> None:
    emulator.control.set_credits("MODELING_2D", 7, used=2)
    everything = vendor.show_resource_usage(ShowResourceUsageRequest()).resources
    assert {(each.business_type, each.amount, each.usage) for each in everything} == {
        ("MODELING_2D", 7, 2),
        ("FLEXUS_2D", 5, 0),
    }
    request = ShowResourceUsageRequest(business="MODELING_2D")
    (modeling,) = vendor.show_resource_usage(request).resources
    assert modeling.resource_type == "hws.resource.type.metastudio.avatarmodeling.number"
    assert modeling.unit == "NUM"
