"""Reviews of recorded previews: both engines lead to the same, and none tells what is private."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from pulumi_metastudio.review import as_json, markdown, plain_text, read_preview, review_of
from pulumi_metastudio.review.markdown import LONGEST

from .cases import CASES, PRIVATE
from .record import ENGINES, cli_version, golden, previewed, recorded, reviewed, scrubbed

#: Run anew in the suite; ``test_command.py`` makes one more, and ``record.py`` all.
LIVE = ("contact", "video_after_training_unknown_to_the_state")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_recorded_preview_has_its_golden_review(case: str, engine: str) -> None:
    assert reviewed(case, engine) == golden(case).read_text()


@pytest.mark.parametrize("case", LIVE)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_preview_made_now_has_the_golden_review(case: str, engine: str, tmp_path: Path) -> None:
    if engine == "pulumi" and shutil.which("pulumi") is None:
        pytest.skip("the Pulumi CLI is not on PATH")
    text = scrubbed(previewed(CASES[case], engine, tmp_path), tmp_path)
    assert markdown(review_of(read_preview(text))) == golden(case).read_text()


def test_nothing_is_recorded_that_no_case_is_about() -> None:
    files = {
        file.name for file in (*golden("x").parent.iterdir(), *recorded("x", "y").parent.iterdir())
    }
    expected = {golden(case).name for case in CASES}
    expected |= {recorded(case, engine).name for case in CASES for engine in ENGINES}
    assert files == expected | {"cli-version.txt"}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("engine", ENGINES)
def test_no_form_of_a_review_tells_what_is_private(case: str, engine: str) -> None:
    text = recorded(case, engine).read_text()
    review = review_of(read_preview(text))
    forms = (text, markdown(review), plain_text(review), json.dumps(as_json(review)))
    found = [secret for secret in PRIVATE for form in forms if secret in form]
    assert found == []


@pytest.mark.parametrize("case", CASES)
def test_a_comment_fits(case: str) -> None:
    assert len(golden(case).read_text()) <= LONGEST


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    text = golden("300_jobs").read_text()
    shown = len(re.findall(r"(?m)^#### ", text))
    (left_out,) = re.findall(r"The details of (\d+) jobs are left out", text)
    assert 100 < shown < 300
    assert shown + int(left_out) == 300
    assert text.endswith("</details>\n")


def test_a_smaller_limit_holds_too() -> None:
    for case in CASES:
        text = markdown(review_of(read_preview(recorded(case, "pulumi").read_text())), 8192)
        assert len(text) <= 8192
        assert text.startswith("<!-- metastudio-review test -->\n")


def test_the_version_of_the_recorded_cli_is_noted() -> None:
    noted = (recorded("x", "y").parent / "cli-version.txt").read_text().strip()
    assert re.fullmatch(r"v3\.\d+\.\d+", noted)
    if shutil.which("pulumi"):
        assert cli_version().startswith("v3.")
