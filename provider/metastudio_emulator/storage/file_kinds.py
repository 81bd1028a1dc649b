"""The files of a training job: their names in the API and in the object storage."""

from __future__ import annotations

from dataclasses import dataclass

OCTET_STREAM = "application/octet-stream"
# The video that reviewers mark is the training video under a second name.
MARKABLE_SUFFIX = "markableData"


@dataclass(frozen=True)
class FileKind:
    """One file of a job.

    Attributes:
        name: its name in the control interface.
        upload_field: field of create and update answers with its upload URL, or URLs.
        download_field: field of Show (for the cover, also of List) with its download URL.
        suffix: what follows the job id in the object's name.
        temporary: uploaded to a name ending in _tmp, as in the documents' examples.
        content_type: Content-Type that the upload must have, since the signature covers it.
    """

    name: str
    upload_field: str
    download_field: str
    suffix: str
    temporary: bool = False
    content_type: str = OCTET_STREAM

    def upload_object(self, job_id: str) -> str:
        """Name of the object in an upload URL."""
        return f"{job_id}_{self.suffix}{'_tmp' if self.temporary else ''}"

    def download_object(self, job_id: str) -> str:
        """Name of the object in a download URL."""
        return f"{job_id}_{self.suffix}"


def _kind(name: str, suffix: str, *, temporary: bool = False) -> FileKind:
    return FileKind(name, f"{name}_upload_url", f"{name}_download_url", suffix, temporary)


TRAINING_VIDEO = _kind("training_video", "trainingVideo")
ACTION_VIDEO = _kind("action_video", "actionVideo")
AUDIO = FileKind(
    name="audio",
    upload_field="audio_upload_url",
    download_field="audio_file_download_url",  # the API does not say audio_download_url
    suffix="audio",
    content_type="application/zip",
)
COVER = _kind("cover", "cover")
ID_CARD_IMAGE1 = _kind("id_card_image1", "idCardImage1", temporary=True)
ID_CARD_IMAGE2 = _kind("id_card_image2", "idCardImage2", temporary=True)
GRANT_FILE = _kind("grant_file", "grantFile", temporary=True)
PRE_BEAUTY_IMAGE = _kind("pre_beauty_image", "preBeautyImage")
POST_BEAUTY_IMAGE = _kind("post_beauty_image", "postBeautyImage")

ALL_KINDS = (
    TRAINING_VIDEO,
    ACTION_VIDEO,
    AUDIO,
    COVER,
    ID_CARD_IMAGE1,
    ID_CARD_IMAGE2,
    GRANT_FILE,
    PRE_BEAUTY_IMAGE,
    POST_BEAUTY_IMAGE,
)
# The files with a URL in the documents' example of a create answer; "others may be missing".
ALWAYS_OFFERED = (TRAINING_VIDEO, COVER, ID_CARD_IMAGE1, ID_CARD_IMAGE2, GRANT_FILE)
REVIEW_DOCUMENTS = (ID_CARD_IMAGE1, ID_CARD_IMAGE2, GRANT_FILE)
