"""What a job tells: one list for the resource and for a job that is looked up."""

from __future__ import annotations

from ..sdk.lazy_output import LazyOutput


class JobFields:
    """Outputs that a ``TrainingJob`` and a job's detail have alike, by their wire names."""

    job_id: LazyOutput[str] = LazyOutput()
    """The job's id, also the ``id`` of a resource."""
    name: LazyOutput[str] = LazyOutput()
    """The model's name, and its name in the asset library."""
    state: LazyOutput[str] = LazyOutput()
    """The service's state, raw, for example ``MANUAL_VERIFYING``."""
    asset_id: LazyOutput[str | None] = LazyOutput()
    """The model in the asset library; its presence alone does not mean that training is over."""
    project_id: LazyOutput[str | None] = LazyOutput()
    create_time: LazyOutput[str | None] = LazyOutput()
    """When the job was made, such as ``2026-01-31T00:00:00Z``."""
    last_update_time: LazyOutput[str | None] = LazyOutput()
    contact: LazyOutput[str | None] = LazyOutput()
    """The creator's mobile number. Personal data: always secret."""
    batch_name: LazyOutput[str | None] = LazyOutput()
    tags: LazyOutput[list[str] | None] = LazyOutput()
    model_version: LazyOutput[str | None] = LazyOutput()
    matting_type: LazyOutput[str | None] = LazyOutput()
    model_resolution: LazyOutput[str | None] = LazyOutput()
    is_background_replacement: LazyOutput[bool | None] = LazyOutput()
    is_ondemand_resource: LazyOutput[bool | None] = LazyOutput()
    is_flexus: LazyOutput[bool | None] = LazyOutput()
    is_fast_flexus: LazyOutput[bool | None] = LazyOutput()
    is_live_copy: LazyOutput[bool | None] = LazyOutput()
    is_only_human_model: LazyOutput[bool | None] = LazyOutput()
    audio_source_type: LazyOutput[str | None] = LazyOutput()
    supported_service: LazyOutput[list[str] | None] = LazyOutput()
    app_user_id: LazyOutput[str | None] = LazyOutput()
    optional_training_location: LazyOutput[list[str] | None] = LazyOutput()
    is_mask_file_uploaded: LazyOutput[bool | None] = LazyOutput()
    worker_type: LazyOutput[list[str] | None] = LazyOutput()
    beauty_level: LazyOutput[int | None] = LazyOutput()
    voice_train_job_id: LazyOutput[str | None] = LazyOutput()
    flexus_retry_count: LazyOutput[int | None] = LazyOutput()
    train_video_rotation_state: LazyOutput[str | None] = LazyOutput()
    action_video_rotation_state: LazyOutput[str | None] = LazyOutput()
