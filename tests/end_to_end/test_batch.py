"""A batch of jobs from a manifest, on both engines."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator

PROGRAM = """
import pulumi
from pulumi_metastudio import TrainingBatch

pulumi.export("before", "the batch")
batch = TrainingBatch("autumn", manifest="batches/jobs.csv", defaults={"contact": "13800138000"})
pulumi.export("order", list(batch.jobs))
pulumi.export("batch", batch.batch_name)
pulumi.export("ids", batch.job_ids)
pulumi.export("states", {name: job.state for name, job in batch.jobs.items()})
"""

COMPONENT = "metastudio:index:TrainingBatch"
TYPE = f"{COMPONENT}$pulumi-python:dynamic/metastudio:TrainingJob"


def refusals(text: str) -> set[str]:
    """The distinct error lines of a run, without those of the engine about the run as a whole."""
    lines = {line.strip() for line in text.splitlines() if line.strip().startswith("error: ")}
    return {line for line in lines if "exited with non-zero exit code" not in line}


def write(stack: Any, *rows: dict[str, Any]) -> None:
    """Write the manifest as a spreadsheet would."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    manifest = stack.folder / "batches" / "jobs.csv"
    with manifest.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, names)
        table.writeheader()
        table.writerows(rows)


@pytest.fixture
def rows(stack: Any, material: dict[str, Path]) -> list[dict[str, Any]]:
    """Two jobs with real files, one beside the manifest; the program makes a batch of them."""
    (stack.folder / "__main__.py").write_text(PROGRAM)
    (stack.folder / "batches").mkdir()
    (stack.folder / "batches" / "cover.png").write_bytes(material["cover"].read_bytes())
    review = ("training_video", "id_card_image1", "id_card_image2", "grant_file")
    files = {name: str(material[name]) for name in review}
    anna = {"resource": "anna", "name": "安娜", "tags": "newsroom;2026", "cover": "cover.png"}
    return [{**anna, **files}, {"resource": "ben", "name": "Ben", "submit": "false"}]


def test_a_table_becomes_jobs(stack: Any, emulator: Emulator, rows: list[dict[str, Any]]) -> None:
    write(stack, *rows)
    assert stack.steps() == {"anna": "create", "ben": "create"}
    assert emulator.control.jobs() == []

    up = stack.run("up").ok()
    assert "13800138000" not in up.text + stack.checkpoint()
    jobs = {job["fields"]["name"]: job for job in emulator.control.jobs()}
    assert {name: job["fields"]["batch_name"] for name, job in jobs.items()} == {
        "安娜": "autumn",
        "Ben": "autumn",
    }
    assert {job["fields"]["contact"] for job in jobs.values()} == {"13800138000"}
    assert "newsroom" in jobs["安娜"]["fields"]["tags"]
    assert jobs["安娜"]["state"] == "AUTO_VERIFYING"
    assert jobs["Ben"]["state"] == "WAIT_FILE_UPLOAD"
    assert "cover" in emulator.control.objects(jobs["安娜"]["job_id"])

    prefix = "urn:pulumi:test::storytelling::"
    parent = f"{prefix}{COMPONENT}::autumn"
    assert {job["urn"]: job["parent"] for job in stack.state()} == {
        f"{prefix}{TYPE}::{name}": parent for name in ("anna", "ben")
    }
    # A job's own idea of its URN, which its rows in the terminal and its tag go by.
    for job in stack.state():
        assert job["inputs"]["__urn"] == job["urn"]

    ids = {"anna": jobs["安娜"]["job_id"], "ben": jobs["Ben"]["job_id"]}
    assert stack.outputs() == {
        "before": "the batch",
        "order": ["anna", "ben"],
        "batch": "autumn",
        "ids": ids,
        "states": {"anna": "AUTO_VERIFYING", "ben": "WAIT_FILE_UPLOAD"},
    }
    resources = json.loads(stack.checkpoint())["checkpoint"]["latest"]["resources"]
    (component,) = [each for each in resources if each["type"] == COMPONENT]
    assert component["outputs"] == {"batch_name": "autumn", "job_ids": ids}

    stack.run("preview", "--expect-no-changes").ok()
    stack.run("refresh").ok()
    stack.run("preview", "--expect-no-changes").ok()

    # Rows that change places are no change; one that is gone is its job's end, and no other's.
    write(stack, rows[1], rows[0])
    assert stack.steps() == {}
    write(stack, rows[0])
    assert stack.steps() == {"ben": "delete"}
    stack.run("up").ok()
    assert [job["job_id"] for job in emulator.control.jobs()] == [ids["anna"]]

    emulator.control.set_state(ids["anna"], "MANUAL_VERIFY_FAILED", reason="too dark")
    stack.run("destroy").ok()
    assert emulator.control.jobs() == []


def test_progress_and_warnings_are_told_in_a_jobs_row(
    stack: Any, rows: list[dict[str, Any]]
) -> None:
    del rows[0]["grant_file"]
    write(stack, rows[0])
    lines = stack.run("up").ok().text.splitlines()
    of_anna = [line for line in lines if "metastudio:TrainingJob anna" in line]
    for text in ("warning: without grant_file", "uploading training_video", "submitting"):
        assert any(text in line for line in of_anna), text


def test_an_unfinished_job_fails_up_and_stays(
    stack: Any, emulator: Emulator, rows: list[dict[str, Any]]
) -> None:
    write(stack, *rows)
    emulator.control.add_fault("upload", "status", status=403)
    failed = stack.run("up")
    assert failed.code != 0
    assert "training job 'anna' is not finished" in failed.text
    assert "Traceback" not in failed.text
    assert len(stack.state()) == 2

    emulator.control.clear_faults()
    assert stack.steps() == {"anna": "update"}
    stack.run("up").ok()
    stack.run("preview", "--expect-no-changes").ok()


def test_a_bad_manifest_is_one_line_and_no_job(
    stack: Any, emulator: Emulator, rows: list[dict[str, Any]]
) -> None:
    rows[0]["is_flexus"] = "yes"
    rows[1] = {"resource": "anna", "nmae": "Ben", "contact": "13800138000"}
    write(stack, *rows)
    failed = stack.run("up")
    assert failed.code != 0
    (line,) = refusals(failed.text)
    assert line == (
        "error: TrainingBatch 'autumn': 'batches/jobs.csv': "
        "row 1: 'nmae' is not an input: did you mean name?; "
        "row 2: is_flexus is 'yes': it must be true or false; "
        "row 3: name is missing: give the model a name"
    )
    assert "Traceback" not in failed.text
    assert "13800138000" not in failed.text
    assert emulator.control.jobs() == []
    assert stack.state() == []


@pytest.mark.parametrize("kind", ["csv", "yaml"])
def test_the_documents_manifests_work_as_they_stand(
    stack: Any, emulator: Emulator, material: dict[str, Path], kind: str
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "batch.md").read_text()
    (program, *_), (manifest,) = (
        re.findall(rf"```{language}[^\n]*\n(.*?)```", page, flags=re.DOTALL)
        for language in ("python", kind)
    )
    (stack.folder / "__main__.py").write_text(program.replace("jobs.csv", f"jobs.{kind}"))
    (stack.folder / f"jobs.{kind}").write_text(manifest)
    for name, file in {"anna.mp4": "training_video", "letter.pdf": "grant_file"}.items():
        (stack.folder / name).write_bytes(material[file].read_bytes())
    (stack.folder / "ben.mp4").symlink_to(stack.folder / "anna.mp4")
    stack.run("up").ok()
    made = {job["fields"]["name"]: job["state"] for job in emulator.control.jobs()}
    assert {name.partition(",")[0]: state for name, state in made.items()} == {
        "Anna": "AUTO_VERIFYING",
        "Ben": "AUTO_VERIFYING",
    }


def test_every_fault_of_every_job_is_told_at_once(
    stack: Any, emulator: Emulator, rows: list[dict[str, Any]]
) -> None:
    """What the check of each job would refuse, too; what is known later is left to that."""
    folder = stack.folder / "batches"
    (folder / "text.png").write_text("no picture")
    good = rows[0]
    write(
        stack,
        {**good, "cover": "nowhere.png", "id_card_image1": "text.png"},
        {"name": "n" * 257, "model_version": "13800138000", "submit": "false"},
        {"name": "No film"},
        {"name": "Half", "is_flexus": "yes", "cover": "nowhere.png"},
        {**good, "resource": "fine"},
        *(
            {"name": f"Job {number}", "submit": "false", "deletion_policy": "x"}
            for number in "1234567"
        ),
    )
    program = PROGRAM.replace(
        '{"contact": "13800138000"}',
        'dict(contact=pulumi.Output.secret("13800138000"), tags=[pulumi.Output.from_input("a")])',
    )
    (stack.folder / "__main__.py").write_text(program)
    failed = stack.run("up")
    assert failed.code != 0
    (line,) = refusals(failed.text)
    missing = (
        f"no such file (relative to {stack.folder}): fetch it, or let a digest stand for it: "
        "its line in SHA256SUMS beside it ('metastudio fingerprint' writes it), its Git LFS "
        "pointer, or File(path, sha256=...) in the program"
    )
    assert line.split("; ") == [
        "error: TrainingBatch 'autumn': 'batches/jobs.csv': "
        "row 5: is_flexus is 'yes': it must be true or false",
        f"row 2, row 5: cover 'batches/nowhere.png': {missing}",
        "row 2: id_card_image1 'batches/text.png' is not a picture: give a JPEG or PNG file",
        "row 3: name has 257 characters: it must have 1 to 256 characters",
        "row 3: model_version is '[hidden]': choose one of V3.2, V3.3, V3, V2",
        "row 4: training_video is missing: a job without one cannot be submitted",
        "give it, or set submit to false",
        "row 7, row 8, row 9, row 10, row 11 and 2 more: deletion_policy is 'x': "
        "choose one of retain-trained, delete, retain",
    ]
    assert "Traceback" not in failed.text
    assert "13800138000" not in failed.text
    assert emulator.control.jobs() == []
    assert COMPONENT not in stack.checkpoint()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("manifest='nowhere.yaml'", "'nowhere.yaml': no such file"),
        (
            "manifest='jobs.yaml', defaults={'traning_video': 'a.mp4'}",
            "defaults: 'traning_video' is not an input: did you mean training_video?",
        ),
    ],
)
def test_a_bad_argument_is_one_line(stack: Any, arguments: str, line: str) -> None:
    (stack.folder / "jobs.yaml").write_text("- name: Anna\n")
    (stack.folder / "__main__.py").write_text(
        f"from pulumi_metastudio import TrainingBatch\nTrainingBatch('autumn', {arguments})\n"
    )
    failed = stack.run("preview")
    assert failed.code != 0
    assert f"error: TrainingBatch 'autumn': {line}" in failed.text
    assert "Traceback" not in failed.text


def test_defaults_give_way_and_the_nearest_name_counts(stack: Any, emulator: Emulator) -> None:
    (stack.folder / "jobs.yaml").write_text(
        "defaults: {tags: [of the manifest], submit: false}\n"
        "jobs:\n- name: Anna\n- name: Ben\n  tags: [of the job]\n  contact: null\n"
    )
    (stack.folder / "__main__.py").write_text(
        "from pulumi_metastudio import TrainingBatch, TrainingJobArgs\n"
        "common = TrainingJobArgs(tags=['of the program'], contact='138', is_flexus=True,\n"
        "                         batch_name='winter')\n"
        "TrainingBatch('autumn', manifest='jobs.yaml', defaults=common)\n"
        "TrainingBatch('spring', manifest='more.yaml', batch_name='May', defaults=common)\n"
    )
    (stack.folder / "more.yaml").write_text("{batch_name: April, jobs: [{name: C, submit: false}]}")
    stack.run("up").ok()
    found = {job["fields"]["name"]: job["fields"] for job in emulator.control.jobs()}
    assert {name: fields["batch_name"] for name, fields in found.items()} == {
        "Anna": "winter",
        "Ben": "winter",
        "C": "May",
    }
    tags = {"Anna": "of the manifest", "Ben": "of the job", "C": "of the program"}
    assert all(tag in found[name]["tags"] for name, tag in tags.items())
    assert found["Anna"]["contact"] == found["C"]["contact"] == "138"
    assert not found["Ben"].get("contact")
    assert all(fields["is_flexus"] for fields in found.values())
    stack.run("preview", "--expect-no-changes").ok()
