"""The files of a training job: what each is called on the wire and in the object storage."""

from __future__ import annotations

from dataclasses import dataclass

OCTET_STREAM = "application/octet-stream"
# The video that reviewers mark is the training video under a second name.
MARKABLE_SUFFIX = "markableData"


@dataclass(frozen=True)
class FileKind:
    """One file of a job.

    Attributes:
        name: how this emulator's control interface calls it.
        upload_field: field of create and update answers with its URL, or URLs.
        download_field: field of Show (and for the cover, List) with its URL.
        suffix: what follows the job id in the object's name.
        temporary: uploads go to a name ending in _tmp, as the documents' examples show.
        content_type: what the upload must declare, since the signature covers it.
        in_parts: uploaded as numbered parts and confirmed by a command.
    """

    name: str
    upload_field: str
    download_field: str
    suffix: str
    temporary: bool = False
    content_type: str = OCTET_STREAM
    in_parts: bool = False

    def upload_object(self, job_id: str) -> str:
        """Name of the object that an upload URL points at."""
        return f"{job_id}_{self.suffix}{'_tmp' if self.temporary else ''}"

    def download_object(self, job_id: str) -> str:
        """Name of the object that a download URL points at."""
        return f"{job_id}_{self.suffix}"


def _kind(name: str, suffix: str, **more: bool | str) -> FileKind:
    return FileKind(name, f"{name}_upload_url", f"{name}_download_url", suffix, **more)  # type: ignore[arg-type]


TRAINING_VIDEO = _kind("training_video", "trainingVideo", in_parts=True)
ACTION_VIDEO = _kind("action_video", "actionVideo", in_parts=True)
AUDIO = FileKind(
    name="audio",
    upload_field="audio_upload_url",
    download_field="audio_file_download_url",  # not audio_download_url: the wire's own irregularity
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
KINDS = {kind.name: kind for kind in ALL_KINDS}
# The URLs in the documents' example of a create answer; "every other may be missing".
ALWAYS_OFFERED = (TRAINING_VIDEO, COVER, ID_CARD_IMAGE1, ID_CARD_IMAGE2, GRANT_FILE)
REVIEW_DOCUMENTS = (ID_CARD_IMAGE1, ID_CARD_IMAGE2, GRANT_FILE)
