"""Profiles that a probe wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from metastudio_emulator import PROFILES, Profile

OBSERVED = """
format = 1
date = "2026-01-31"
region = "cn-north-4"
[switch.unknown_job_status]
observed = true
value = 400
[switch.fuzzy_filters]
observed = true
value = true
[switch.update_reopens]
observed = false
why = "not observable without submitting"
"""


def written(folder: Path, text: str) -> str:
    file = folder / "observed.toml"
    file.write_text(text)
    return str(file)


def test_what_was_not_observed_keeps_its_default(tmp_path: Path) -> None:
    profile = Profile.parse(written(tmp_path, OBSERVED))
    assert profile == Profile(unknown_job_status=400, fuzzy_filters=True)


def test_single_switches_combine_with_a_file(tmp_path: Path) -> None:
    profile = Profile.parse(written(tmp_path, OBSERVED) + ",fuzzy_filters=false")
    assert profile == Profile(unknown_job_status=400)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_text_of_a_profile_is_read_again(profile: Profile) -> None:
    assert Profile.parse(profile.text) == profile
    assert PROFILES["tutorial"].text == "tutorial"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("format = ", "is no TOML"),
        ("format = 2", "format is not 1"),
        ("format = 1\nswitch = 1", "a table for each switch"),
        ("format = 1\n[switch.mood]\nobserved = true\nvalue = true", "unknown profile switch"),
        ("format = 1\n[switch.unique_names]\nobserved = true", "true or false, not 'none'"),
        ("format = 1\n[switch.unknown_job_status]\nobserved = true\nvalue = 500", "400 or 404"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        Profile.parse(written(tmp_path, text))
    assert len(str(error.value).splitlines()) == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        Profile.parse(str(tmp_path / "none.toml"))
