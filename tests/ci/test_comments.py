"""One comment for a change, an approval that is one of this commit, one issue for drift."""

from __future__ import annotations

from pathlib import Path

from .conftest import Run

MARKER = "<!-- metastudio-review test -->"
APPROVAL = "training-approved"
DRIFT = "metastudio-drift"


def test_a_second_run_edits_the_comment_of_the_first(run: Run) -> None:
    run.reviewed(f"{MARKER}\nanna trains\n")
    run.script("comment.py")
    run.reviewed(f"{MARKER}\nanna and ben train\n")
    run.script("comment.py")

    (comment,) = run.desk.comments
    assert comment.body.startswith(f"{MARKER}\nanna and ben train\n")
    run.script("comment.py")
    assert len(run.desk.writes) == 2, "what is there already is not written again"


def test_the_comment_is_found_behind_many_others(run: Run) -> None:
    for number in range(230):
        run.desk.add_comment(f"remark {number}")
    mine = run.desk.add_comment(f"{MARKER}\nof an earlier push")
    run.reviewed(f"{MARKER}\nanna trains\n")
    run.script("comment.py")

    assert "anna trains" in mine.body
    assert len(run.desk.comments) == 231


def test_a_comment_of_somebody_else_is_left_alone(run: Run) -> None:
    """Its author could change afterwards what looks like the review."""
    planted = run.desk.add_comment(f"{MARKER}\nall is well", by_bot=False)
    run.desk.add_comment("<!-- metastudio-review prod -->\nanother stack")
    run.reviewed(f"{MARKER}\nanna trains\n")
    run.script("comment.py")

    assert planted.body.endswith("all is well")
    assert run.desk.comments[1].body.endswith("another stack")
    assert len(run.desk.comments) == 3


def test_a_new_commit_withdraws_the_approval(run: Run) -> None:
    run.reviewed(f"{MARKER}\nanna trains again\n", "approval")
    run.script("comment.py")
    run.desk.labels += ["urgent", APPROVAL]

    run.script("comment.py")  # the same commit, run again
    assert run.desk.labels == ["urgent", APPROVAL]
    run.script("comment.py", commit="2" * 40)
    assert run.desk.labels == ["urgent"]


def test_an_approval_from_before_the_review_is_none(run: Run) -> None:
    run.desk.labels += [APPROVAL]
    run.reviewed(f"{MARKER}\nanna trains again\n", "approval")
    run.script("comment.py")
    assert run.desk.labels == []


def test_the_gate_opens_for_the_label(run: Run) -> None:
    run.reviewed(f"{MARKER}\nanna trains again\n", "approval")
    assert APPROVAL in run.script("gate.py", code=1)
    run.desk.labels += [APPROVAL]
    run.script("gate.py")
    run.script("gate.py", code=1, APPROVAL_LABEL="cost-approved")


def test_the_gate_is_open_when_there_is_nothing_to_approve(run: Run) -> None:
    run.reviewed(f"{MARKER}\nanna gets a tag\n", "clear")
    run.script("gate.py")
    assert run.desk.requests == []


def test_a_fork_s_run_previews_nothing_and_posts_nothing(run: Run, tmp_path: Path) -> None:
    """The platforms give such a run its variables for secrets empty, or not at all."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "metastudio").write_text("#!/bin/sh\necho the program was run >&2\nexit 1\n")
    (programs / "metastudio").chmod(0o755)
    path = f"{programs}:/usr/bin:/bin"

    said = run.script("review.sh", PULUMI_CONFIG_PASSPHRASE="", PATH=path)
    assert said.startswith("Nothing was previewed")
    run.script("comment.py", GITHUB_TOKEN="", METASTUDIO_GITLAB_TOKEN="")
    assert "push the change to a branch" in run.script("gate.py", code=1)
    assert run.desk.requests == []
    if type(run.platform).__name__ == "GitHub":
        assert run.read("summary.md") == said


def test_what_the_platform_refuses_is_one_line(run: Run) -> None:
    run.desk.refuses.add("POST")
    run.reviewed(f"{MARKER}\nanna trains\n")
    said = run.script("comment.py", code=1)
    assert said.count("\n") == 1
    assert "is answered 403: may its token do that?" in said

    run.desk.refuses.clear()
    nobody = {"GITHUB_TOKEN": "", "METASTUDIO_GITLAB_TOKEN": ""}
    said = run.script("comment.py", code=1, **nobody)
    assert said.endswith("_TOKEN is not set: give it to this job\n")


def test_drift_is_one_issue_until_there_is_none(run: Run) -> None:
    run.desk.add_issue("Drift in stack prod", "<!-- metastudio-drift prod -->\n", DRIFT)
    run.desk.add_issue("planted", "<!-- metastudio-drift test -->\n", DRIFT, by_bot=False)

    run.looked("anna has another name\n", "drift")
    run.script("drift_issue.py")
    run.looked("anna and ben have other names\n", "drift")
    run.script("drift_issue.py")
    run.script("drift_issue.py")
    *others, mine = run.desk.issues
    assert mine.title == "Drift in stack test"
    assert mine.label == DRIFT
    assert "anna and ben have other names" in mine.body
    assert len(run.desk.writes) == 2

    run.looked("", "none")
    run.script("drift_issue.py")
    assert not mine.is_open
    assert [each.is_open for each in others] == [True, True]
    run.script("drift_issue.py")
    assert len(run.desk.writes) == 3

    run.looked("anna has another name\n", "drift")
    run.script("drift_issue.py")
    assert len(run.desk.issues) == 4, "an issue that was closed is a story that is over"
