"""The readings of the vendor's documents, as named sets of switches.

Where documents disagree or are silent, the emulator can behave either way. A profile fixes every
such choice; ``Profile.parse`` combines a named profile with single switches.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from .profile_file import read_profile_file


@dataclass(frozen=True)
class Profile:
    """One reading of the documents; docs/emulator.md says where each question comes from.

    Attributes:
        update_while_waiting: PUT is accepted in WAIT_FILE_UPLOAD.
        update_keeps_omitted: a PUT keeps the values of fields it leaves out, else it resets them.
        update_keeps_parts: a PUT continues an unfinished multipart upload and keeps a confirmed
            video, else the video must be uploaded again.
        update_reopens: a PUT after a failed review moves the job to WAIT_FILE_UPLOAD, else the
            state stays the same until the next SUBMITVERIFYING.
        unknown_job_status: HTTP status for a job that does not exist, 404 or 400.
        newest_first: a list without sort_key and sort_dir starts with the job that was updated
            last, else with the one updated first.
        fuzzy_filters: name, batch_name and tag filters match parts of a value, else the whole.
        update_until_is_since: update_until means "not earlier", as its text literally says.
        edition_rules: Flexus-only fields are refused on the standard edition and vice versa.
        unique_names: a name that is in use is refused.
        all_upload_urls: create and update return a URL for every kind of file, else only for
            those in the documents' example and those that the request asks for.
        minimum_part_size: bytes; confirming fails when a part other than the last is smaller.
        quoted_part_etags: the ETags of listed parts are in quotes.
    """

    update_while_waiting: bool = True
    update_keeps_omitted: bool = True
    update_keeps_parts: bool = True
    update_reopens: bool = True
    unknown_job_status: int = 404
    newest_first: bool = True
    fuzzy_filters: bool = False
    update_until_is_since: bool = False
    edition_rules: bool = False
    unique_names: bool = False
    all_upload_urls: bool = True
    minimum_part_size: int = 0
    quoted_part_etags: bool = True

    @staticmethod
    def parse(text: str) -> Profile:
        """Read "NAME" or "NAME,switch=value,...", for example "strict,unique_names=true".

        A name that ends in ".toml" is a file that ``metastudio probe`` wrote; what was not
        observed is as in "tutorial".

        Raises:
            ValueError: an unknown name, switch or value; the message is one line.
        """
        name, *settings = (piece.strip() for piece in text.split(","))
        changes: dict[str, Any] = {}
        if name.endswith(".toml"):
            for switch, observed in read_profile_file(Path(name)).values.items():
                changes[switch] = _switch_value(switch, str(observed).lower())
            name = "tutorial"
        if name not in PROFILES:
            known = ", ".join(PROFILES)
            raise ValueError(
                f"unknown profile {name!r}: choose from {known}, or a .toml of 'metastudio probe'"
            )
        for setting in settings:
            switch, _, value = setting.partition("=")
            changes[switch] = _switch_value(switch, value)
        return replace(PROFILES[name], **changes)

    @property
    def text(self) -> str:
        """What ``parse`` reads again, without a file: "tutorial" and the switches that differ."""
        changed = {name: value for name, value in vars(self).items() if value != _DEFAULTS[name]}
        settings = [f"{name}={str(value).lower()}" for name, value in changed.items()]
        return ",".join(["tutorial", *settings])


_DEFAULTS = {field.name: field.default for field in fields(Profile)}


def _switch_value(switch: str, text: str) -> bool | int:
    if switch not in _DEFAULTS:
        raise ValueError(f"unknown profile switch {switch!r}: choose from {', '.join(_DEFAULTS)}")
    if isinstance(_DEFAULTS[switch], bool):
        if text not in ("true", "false"):
            raise ValueError(f"profile switch {switch} takes true or false, not {text!r}")
        return text == "true"
    if not text.isdecimal():
        raise ValueError(f"profile switch {switch} takes a whole number, not {text!r}")
    if switch == "unknown_job_status" and text not in ("400", "404"):
        raise ValueError(f"profile switch {switch} takes 400 or 404, not {text}")
    return int(text)


PROFILES: dict[str, Profile] = {
    # The vendor's walk-through of image training; where it is silent, the lenient reading.
    "tutorial": Profile(),
    # The operation pages, taken literally; where they are silent, the strict reading.
    "strict": Profile(
        update_while_waiting=False,
        update_keeps_omitted=False,
        update_keeps_parts=False,
        update_reopens=False,
        unknown_job_status=400,
        newest_first=False,
        fuzzy_filters=True,
        update_until_is_since=True,
        edition_rules=True,
        minimum_part_size=100 * 1024,
        quoted_part_etags=False,
    ),
}
