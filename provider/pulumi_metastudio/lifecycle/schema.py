"""The inputs of a training job as one table: what each is, and what changing it means.

Everything else in this package reads this table, so a field is described once. Field names are
the wire's. Sources: the create page (2025-12-08) for fields, defaults and enumerations; the
vendor's PHP client for lengths; the body of the update operation for what can change in place.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Checked inputs by name. A value that is not known before ``up`` is ``UNKNOWN``.
Inputs = Mapping[str, Any]


class _Unknown:
    def __repr__(self) -> str:
        return "<not known yet>"


UNKNOWN = _Unknown()


class Effect(enum.Enum):
    """What it takes to bring a changed input about."""

    UPDATE = "update"
    REPLACE = "replace"
    STATE = "state only"


class Kind(enum.Enum):
    """The type of a field, in words for messages."""

    TEXT = "text"
    FLAG = "true or false"
    TEXTS = "a list of texts"
    OBJECT = "an object"


@dataclass(frozen=True)
class FieldInput:
    """An input that is a field of the create request.

    Attributes:
        effect: UPDATE where the update request takes the field, else REPLACE.
        default: what the service assumes when it is not given; None when there is none.
        length: allowed lengths in characters.
        choices: allowed values, of each item for a list.
        silence: the value that an answer without this field means; None when silence says
            nothing, as for fields that older answers do not carry.
        cleared: what an update sends when the field is no longer declared and has no default;
            None where the documents know no value for "none".
    """

    name: str
    kind: Kind
    effect: Effect
    default: Any = None
    length: tuple[int, int] | None = None
    choices: tuple[str, ...] | None = None
    silence: Any = None
    cleared: Any = None


def _table(*rows: FieldInput) -> dict[str, FieldInput]:
    return {row.name: row for row in rows}


_TEXT, _FLAG, _TEXTS = Kind.TEXT, Kind.FLAG, Kind.TEXTS
_UPDATE, _REPLACE = Effect.UPDATE, Effect.REPLACE

FIELDS = _table(
    FieldInput("name", _TEXT, _UPDATE, length=(1, 256)),
    FieldInput("contact", _TEXT, _UPDATE, length=(0, 64), silence="", cleared=""),
    FieldInput("batch_name", _TEXT, _UPDATE, length=(1, 256), silence=""),
    FieldInput("tags", _TEXTS, _UPDATE, silence=(), cleared=()),
    FieldInput("is_background_replacement", _FLAG, _UPDATE, default=True),
    FieldInput("is_fast_flexus", _FLAG, _UPDATE, default=False),
    FieldInput("audio_source_type", _TEXT, _UPDATE, default="VIDEO", choices=("VIDEO", "AUDIO")),
    FieldInput("voice_properties", Kind.OBJECT, _UPDATE),
    FieldInput(
        "supported_service",
        _TEXTS,
        _UPDATE,
        default=("VIDEO_2D", "LIVE_2D"),
        choices=("VIDEO_2D", "LIVE_2D", "CHAT_2D"),
    ),
    FieldInput(
        "model_version", _TEXT, _REPLACE, default="V3.2", choices=("V3.2", "V3.3", "V3", "V2")
    ),
    FieldInput("is_ondemand_resource", _FLAG, _REPLACE, default=False),
    FieldInput("is_flexus", _FLAG, _REPLACE, default=False),
    FieldInput("is_live_copy", _FLAG, _REPLACE, default=False),
    FieldInput("is_only_human_model", _FLAG, _REPLACE, default=False),
    FieldInput("app_user_id", _TEXT, _REPLACE, length=(1, 256)),
)

#: The enumerations of ``voice_properties``; all three are required when it is given.
VOICE_CHOICES: dict[str, tuple[str, ...]] = {
    "job_tag": ("ECOMMERCE", "NEWS", "MARKETING"),
    "sex": ("FEMALE", "MALE"),
    "language": ("CN", "EN"),
}


@dataclass(frozen=True)
class FileInput:
    """An input that is a file.

    Attributes:
        upload: the field of the create and update answers that holds its URL or URLs.
        download: the field of a job's detail that is there once the service has the file.
        content_type: what its upload URL is signed for.
        parts: the request field with the number of parts; None for a file sent whole.
        uploaded: the command that lists the parts the service holds.
        confirm: the command that tells the service the file is complete.
        purpose: the ``command_message`` that asks for the URLs and parts of this file where it
            is not the default, UPLOAD_VIDEO.
        confirm_purpose: the one that goes along with ``confirm``.
    """

    name: str
    upload: str
    download: str
    content_type: str = "application/octet-stream"
    parts: str | None = None
    uploaded: str | None = None
    confirm: str | None = None
    purpose: str | None = None
    confirm_purpose: str | None = None


def _picture(name: str, confirm: str | None = None) -> FileInput:
    return FileInput(name, f"{name}_upload_url", f"{name}_download_url", confirm=confirm)


FILES = {
    file.name: file
    for file in (
        FileInput(
            "training_video",
            "training_video_upload_url",
            "training_video_download_url",
            parts="video_multipart_count",
            uploaded="GET_MULTIPART_UPLOADED",
            confirm="CONFIRM_MULTIPART_UPLOADED",
        ),
        FileInput(
            "action_video",
            "action_video_upload_url",
            "action_video_download_url",
            parts="action_video_multipart_count",
            uploaded="GET_ACTION_VIDEO_MULTIPART_UPLOADED",
            confirm="CONFIRM_ACTION_VIDEO_MULTIPART_UPLOADED",
            purpose="GET_ACTION_VIDEO_MULTIPART",
            confirm_purpose="CONFIRM_ACTION_VIDEO",
        ),
        FileInput("audio", "audio_upload_url", "audio_file_download_url", "application/zip"),
        _picture("cover"),
        _picture("id_card_image1"),
        _picture("id_card_image2"),
        _picture("grant_file", "CONFIRM_AUTHORIZATION_LETTER"),
        _picture("pre_beauty_image"),
        _picture("post_beauty_image"),
    )
}

#: Inputs that steer this provider and never reach the service, with their defaults.
BEHAVIOUR: dict[str, Any] = {
    "submit": True,
    "deletion_policy": "retain-trained",
    "expose_download_urls": False,
    "existing_job_id": None,
    "triggers": None,
    "account": None,
}

DELETION_POLICIES = ("retain-trained", "delete", "retain")
