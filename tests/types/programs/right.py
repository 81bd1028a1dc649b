"""Programs that are right: no type checker finds anything. They are read by checkers, never run."""

from dataclasses import replace
from pathlib import Path

import pulumi
from typing_extensions import assert_type

from pulumi_metastudio import (
    File,
    FileInput,
    SharedInputs,
    TrainingBatch,
    TrainingJob,
    TrainingJobArgs,
    VoicePropertiesArgs,
    get_training_job,
    get_training_job_output,
    list_training_jobs,
    list_training_jobs_output,
    wait_for,
)
from pulumi_metastudio.api import Job, JobDetail

config = pulumi.Config()

# ---------------------------------------------------------------- inputs, each in both forms

anna = TrainingJob(
    "anna",
    opts=pulumi.ResourceOptions(protect=True),
    name="Anna",
    contact=config.get_secret("contact"),
    batch_name="autumn",
    tags=["newsroom", pulumi.Output.from_input("2026")],
    model_version="V3.2",
    is_background_replacement=True,
    is_ondemand_resource=False,
    is_flexus=True,
    is_fast_flexus=False,
    is_live_copy=False,
    is_only_human_model=False,
    audio_source_type="AUDIO",
    voice_properties={"job_tag": "NEWS", "sex": "FEMALE", "language": "CN"},
    supported_service=["VIDEO_2D"],
    app_user_id="user-7",
    training_video="anna.mp4",
    action_video=Path("moves.mp4"),
    audio=pulumi.RemoteAsset("https://example.com/anna.zip"),
    cover=pulumi.FileAsset("cover.png"),
    id_card_image1=File("front.jpg", sha256="0" * 64, size=3),
    id_card_image2=pulumi.Output.from_input("back.jpg"),
    grant_file=None,
    pre_beauty_image="before.png",
    post_beauty_image="after.png",
    submit=False,
    deletion_policy="retain-trained",
    existing_job_id="0123456789abcdef",
    triggers={"week": 3, "of": ["any", 1]},
    expose_download_urls=True,
    account="studio-b",
)

args = TrainingJobArgs(
    name=pulumi.Output.from_input("Ben"),
    contact=anna.contact,
    batch_name=anna.batch_name,
    tags=anna.tags,
    model_version="V3.3",
    is_background_replacement=anna.is_background_replacement,
    is_ondemand_resource=None,
    is_flexus=config.get_bool("flexus"),
    is_fast_flexus=True,
    is_live_copy=False,
    is_only_human_model=False,
    audio_source_type="VIDEO",
    voice_properties=VoicePropertiesArgs(
        job_tag="ECOMMERCE", sex=pulumi.Output.from_input("MALE"), language="EN"
    ),
    supported_service=("VIDEO_2D", "LIVE_2D", "CHAT_2D"),
    app_user_id="user-7",
    training_video=Path("ben.mp4"),
    action_video=None,
    audio="s3://bucket/ben.zip",
    cover="cover.png",
    id_card_image1="front.jpg",
    id_card_image2="back.jpg",
    grant_file="letter.pdf",
    pre_beauty_image="before.png",
    post_beauty_image="after.png",
    submit=True,
    deletion_policy="delete",
    existing_job_id=None,
    triggers=[1, "two"],
    expose_download_urls=False,
    account=None,
)
ben = TrainingJob("ben", args)
TrainingJob("ben2", args, pulumi.ResourceOptions(parent=ben))
TrainingJob("ben3", args=args, opts=None)
args.tags = [*args.tags, "of the second"]
TrainingJob("ben4", replace(args, name="Ben the fourth"))

# A job that is taken over has a name already.
TrainingJob("carla", existing_job_id="0123456789abcdef")
TrainingJobArgs(existing_job_id=ben.job_id)

video: FileInput = File("dora.mp4", sha256="0" * 64)
common: SharedInputs = {"is_flexus": True, "deletion_policy": "delete", "training_video": video}
TrainingJob("dora", name="Dora", **common)
TrainingJobArgs(name="Emil", **common)

# ------------------------------------------------------------------------------- outputs

assert_type(anna.state, pulumi.Output[str])
assert_type(anna.asset_id, pulumi.Output[str | None])
assert_type(anna.pending, pulumi.Output[list[str]])
assert_type(anna.tags, pulumi.Output[list[str] | None])
assert_type(TrainingJob.get("dora2", "0123456789abcdef"), TrainingJob)
assert_type(TrainingJob.get("dora3", id=anna.job_id).flexus_retry_count, pulumi.Output[int | None])

trained = wait_for(anna, target="trained", timeout="3d", poll=60)
assert_type(trained.asset_id, pulumi.Output[str | None])
assert_type(trained.state, pulumi.Output[str])
assert_type(trained.apply(lambda detail: detail.asset_id), pulumi.Output[str | None])
both = wait_for([anna, ben], target="finished", timeout=3600)
assert_type(both, pulumi.Output[list[JobDetail]])
as_output: pulumi.Output[JobDetail] = trained

found = get_training_job_output(anna.job_id, opts=pulumi.InvokeOutputOptions(depends_on=[ben]))
assert_type(found.create_time, pulumi.Output[str | None])
assert_type(found.cover_download_url, pulumi.Output[str | None])
logs = found.operation_logs.apply(lambda logs: [log.error_code for log in logs])
assert_type(logs, pulumi.Output[list[str | None]])
assert_type(get_training_job("0123456789abcdef", app_user_id="u").asset_id, str | None)

listed = list_training_jobs_output(
    opts=pulumi.InvokeOutputOptions(depends_on=anna),
    state=["JOB_SUCCESS", "JOB_FINISH"],
    name=anna.name,
    batch_name=anna.batch_name,
    is_flexus=True,
    sort_key="update_time",
    sort_dir="desc",
    limit=5,
)
assert_type(listed, pulumi.Output[list[Job]])
assert_type([job.name for job in list_training_jobs(tag="news", limit=3)], list[str])

# ------------------------------------------------------------------------------- a batch

batch = TrainingBatch(
    "autumn", manifest=Path("jobs.csv"), defaults={"contact": config.get_secret("contact")}
)
TrainingBatch("winter", manifest="jobs.yaml", defaults=args, batch_name=anna.name)
TrainingBatch("spring", manifest="jobs.yaml", defaults=common)
assert_type(batch.jobs["x"].state, pulumi.Output[str])
assert_type(batch.job_ids, pulumi.Output[dict[str, str]])
wait_for(list(batch.jobs.values()), target="approved", timeout="36h")
