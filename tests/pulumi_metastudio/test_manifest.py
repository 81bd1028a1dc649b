"""Manifests as people write them: what they mean, and the message for a bad one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pulumi_metastudio import TrainingJobArgs
from pulumi_metastudio.errors import InputError
from pulumi_metastudio.manifest import INPUTS, Manifest, read_manifest

PHONE = "13800138000"

Read = Callable[..., Manifest]
MessageOf = Callable[..., str]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads a text, or bytes, as the file of a name in the current folder."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(name: str, content: str | bytes) -> Manifest:
        data = content.encode() if isinstance(content, str) else content
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)
        return read_manifest(name)

    return write_and_read


@pytest.fixture
def message_of(read: Read) -> MessageOf:
    """What is said of a bad manifest: one line, and nobody's phone number in it."""

    def refused(name: str, content: str | bytes) -> str:
        with pytest.raises(InputError) as raised:
            read(name, content)
        text = str(raised.value)
        assert len(text.splitlines()) == 1
        assert PHONE not in text
        assert text.startswith(f"'{name}'")
        return text

    return refused


def test_every_input_of_a_job_has_a_kind() -> None:
    assert set(INPUTS) == {field.name for field in dataclasses.fields(TrainingJobArgs)}


def test_a_table(read: Read) -> None:
    found = read(
        "jobs.csv",
        "resource,name,contact,tags,is_flexus,submit,voice_properties.job_tag,"
        "voice_properties.sex,training_video,supported_service\n"
        f'anna,"Anna, news desk",{PHONE}, newsroom; 2026 ,TRUE,false,NEWS,FEMALE,a.mp4,VIDEO_2D\n'
        "\n"
        ",Ben,,,,,,,b.mp4,\n",
    )
    assert found == Manifest(
        None,
        {
            "anna": {
                "name": "Anna, news desk",
                "contact": PHONE,
                "tags": ["newsroom", "2026"],
                "is_flexus": True,
                "submit": False,
                "voice_properties": {"job_tag": "NEWS", "sex": "FEMALE"},
                "training_video": "a.mp4",
                "supported_service": ["VIDEO_2D"],
            },
            "Ben": {"name": "Ben", "training_video": "b.mp4"},
        },
    )


@pytest.mark.parametrize(
    "content",
    [
        "name,cover\n安娜,封面.png\n".encode(),
        "\ufeffname,cover\r\n安娜,封面.png\r\n,\r\n".encode(),
        "name,cover,,\n安娜,封面.png,,\n".encode(),
        b'cover,"name"\n' + '"封面.png",安娜'.encode(),
    ],
    ids=["plain", "of a spreadsheet", "empty columns", "quotes"],
)
def test_tables_of_all_programs(read: Read, content: bytes) -> None:
    assert read("jobs.csv", content).jobs == {"安娜": {"name": "安娜", "cover": "封面.png"}}


TREE = f"""
batch_name: autumn
defaults: {{tags: [newsroom, 2026], is_flexus: true, cover: ../cover.png, contact: {PHONE}}}
jobs:
- name: Anna
  resource: anna
  voice_properties: {{job_tag: NEWS, sex: FEMALE, language: CN}}
- name: No
  is_flexus: False
  cover: null
  tags: one; two
  contact: +86013
  triggers: {{take: 2}}
"""


def test_a_tree(read: Read) -> None:
    found = read("batches/jobs.yaml", "\ufeff" + TREE)
    assert found.batch_name == "autumn"
    assert list(found.jobs) == ["anna", "No"]
    assert found.jobs["anna"] == {
        "name": "Anna",
        "tags": ["newsroom", "2026"],
        "is_flexus": True,
        "cover": str(Path("batches/../cover.png")),
        "contact": PHONE,
        "voice_properties": {"job_tag": "NEWS", "sex": "FEMALE", "language": "CN"},
    }
    # Texts stay as they are written: neither a number nor a "no" is anything else.
    assert found.jobs["No"] == {
        "name": "No",
        "tags": ["one", "two"],
        "is_flexus": False,
        "cover": None,
        "contact": "+86013",
        "triggers": {"take": "2"},
    }


def test_a_list_is_a_manifest(read: Read) -> None:
    assert read("jobs.YML", "- name: 2026-11-21\n- {name: b, <<: {submit: false}}\n") == Manifest(
        None, {"2026-11-21": {"name": "2026-11-21"}, "b": {"name": "b", "submit": False}}
    )


def test_a_job_that_is_taken_over_needs_no_name(read: Read) -> None:
    (inputs,) = read("jobs.csv", "resource,existing_job_id\nanna,42\n").jobs.values()
    assert inputs == {"existing_job_id": "42"}


@pytest.mark.parametrize(
    ("manifest", "written", "meant"),
    [
        ("jobs.csv", "a.mp4", "a.mp4"),
        ("jobs.csv", "./films/a.mp4", "films/a.mp4"),
        ("batches/jobs.csv", "a.mp4", "batches/a.mp4"),
        ("batches/jobs.csv", "../a.mp4", "batches/../a.mp4"),
        ("batches/jobs.csv", "/films/a.mp4", "/films/a.mp4"),
        ("batches/jobs.csv", "~/a.mp4", "~/a.mp4"),
        ("batches/jobs.csv", "https://host/a.mp4?sign=1", "https://host/a.mp4?sign=1"),
        ("batches/jobs.csv", "s3://bucket/a.mp4", "s3://bucket/a.mp4"),
    ],
)
def test_files_are_relative_to_the_manifest(
    read: Read, manifest: str, written: str, meant: str
) -> None:
    found = read(manifest, f"name,training_video\nAnna,{written}\n")
    location = found.jobs["Anna"]["training_video"]
    assert location == (meant if "://" in meant or "~" in meant else str(Path(meant)))


@pytest.mark.parametrize(
    "content",
    [
        "name,batch_name\na,autumn\nb,\nc,autumn\n",
        "{batch_name: autumn, defaults: {batch_name: autumn}, jobs: [{name: a}]}",
        "[{name: a, batch_name: autumn}]",
    ],
)
def test_a_batch_name_may_stand_anywhere(read: Read, content: str) -> None:
    found = read("jobs.csv" if content.startswith("name") else "jobs.yaml", content)
    assert found.batch_name == "autumn"
    assert not any("batch_name" in inputs for inputs in found.jobs.values())


BAD_TABLES: list[tuple[str, Any, list[str]]] = [
    ("empty", "", ["row 1 names no input: let it name them"]),
    ("no header", f"Anna,{PHONE},a.mp4\n", ["row 1 names no input"]),
    ("semicolons", "name;contact\nAnna;1\n", ["separate cells by commas"]),
    ("no jobs", "name\n", ["has no jobs: give at least one, or remove the TrainingBatch"]),
    ("not UTF-8", "name\n安娜\n".encode("gbk"), ["is not in UTF-8", "'CSV UTF-8'"]),
    ("broken", 'name\n"Anna\n', ["line 2 or before: broken CSV", "mend the quotes"]),
    (
        "columns",
        "name,name,trainig_video,colour,,voice_properties,voice_properties.age\na,b,c,d,e,f,g\n",
        [
            "row 1: 'name' is there twice",
            "row 1: 'trainig_video' is not an input: did you mean training_video?",
            "row 1: 'colour' is not an input",
            "row 1: column 5 has no name",
            "row 1: voice_properties does not fit into a cell: give the columns "
            "voice_properties.job_tag, voice_properties.sex, voice_properties.language",
            "row 1: 'voice_properties.age' is not an input",
        ],
    ),
    (
        "rows",
        "name,is_flexus,resource,contact\na,yes,,\n,true,,\nc,,d,\n\nd,,,\nAnna, news desk,1,,x\n"
        f"e,{PHONE},,\n",
        [
            "row 2: is_flexus is 'yes': it must be true or false",
            "row 3: name is missing: give the model a name",
            "row 6: the resource 'd' is there already, in row 4: give one of the two another",
            'row 7 has 5 cells, the header 4: put "quotes" around a text with a comma',
            "row 8: is_flexus is '[hidden]': it must be true or false",
        ],
    ),
    (
        "batch names",
        "name,batch_name\na,x\nb,y\n",
        ["row 3: batch_name is 'y', but row 2 has 'x': a batch has one name"],
    ),
    (
        "no name for a resource",
        "name,existing_job_id\n,42\n",
        ["row 2: resource is missing: a job without a name needs one"],
    ),
]

BAD_TREES: list[tuple[str, Any, list[str]]] = [
    ("empty", "", ["has no jobs"]),
    ("empty list", "jobs: []", ["has no jobs"]),
    ("text", "Anna", ["the jobs are 'Anna': they must be a list"]),
    ("mapping of jobs", "jobs: {anna: {}}", ["the jobs are a mapping: they must be a list"]),
    ("texts", "[Anna, [Ben]]", ["job 1 is 'Anna': it must be inputs", "job 2 is a list"]),
    ("a job alone", "name: Anna", ["'name' is not a part of a manifest: give batch_name, "]),
    ("broken", f"- name: a\n  contact: {PHONE}\n   b: c\n", ["line 3: broken YAML", "mend it"]),
    ("alias", f"- name: a\n- contact: *{PHONE}\n", ["broken YAML", "mend it"]),
    ("tag", f"- name: a\n- contact: !{PHONE}\n", ["line 2: broken YAML", "mend it"]),
    ("code", "- name: !!python/name:os.system\n", ["line 1: broken YAML", "mend it"]),
    ("two documents", "- name: a\n---\n- name: b\n", ["broken YAML", "mend it"]),
    ("no text", "- name: a\x00\n", ["broken YAML", "mend it"]),
    (
        "twice",
        "jobs: [{name: a}]\njobs: [{name: b, name: c}]\n? [x]\n: y\n",
        ["line 2: 'jobs' is given twice: remove one", "line 2: 'name' is given twice"],
    ),
    (
        "kinds",
        "defaults: {resource: r, is_flexsu: true, batch_name: x}\n"
        "batch_name: [x]\n"
        "jobs:\n"
        f"- {{name: [a], contact: [{PHONE}], tags: {{a: b}}, is_flexus: yes, submit: [true]}}\n"
        "- {name: b, voice_properties: NEWS, tags: [a, [b]], cover: {a: b}, resource: [a]}\n"
        "- {~: c}\n",
        [
            "defaults: 'resource' is not an input",
            "defaults: 'is_flexsu' is not an input: did you mean is_flexus?",
            "the manifest: batch_name is a list: it must be text",
            "job 1: name is a list: it must be text",
            "job 1: contact is a list: it must be text",
            "job 1: tags is a mapping: it must be a list of texts",
            "job 1: is_flexus is 'yes': it must be true or false",
            "job 1: submit is a list: it must be true or false",
            "job 2: voice_properties is 'NEWS': it must be an object",
            "job 2: tags is a list: it must be a list of texts",
            "job 2: cover is a mapping: it must be text",
            "job 2: resource is a list: it must be text",
            "job 3: None is not an input",
            "job 3: name is missing",
        ],
    ),
    (
        "defaults",
        "defaults: [a]\njobs: [{name: b}]",
        ["defaults is a list: it must be inputs and values"],
    ),
]


@pytest.mark.parametrize(
    ("name", "content", "lines"),
    [pytest.param("jobs.csv", *case[1:], id=f"table, {case[0]}") for case in BAD_TABLES]
    + [pytest.param("jobs.yaml", *case[1:], id=f"tree, {case[0]}") for case in BAD_TREES],
)
def test_all_that_is_wrong_is_told(
    message_of: MessageOf, name: str, content: str | bytes, lines: list[str]
) -> None:
    text = message_of(name, content)
    assert [line for line in lines if line not in text] == []


def test_each_problem_is_reported_once(message_of: MessageOf) -> None:
    content = "name,is_flexus\n,ja\nb,nein\n"
    assert message_of("jobs.csv", content).removeprefix("'jobs.csv': ").split("; ") == [
        "row 2: is_flexus is 'ja': it must be true or false",
        "row 2: name is missing: give the model a name",
        "row 3: is_flexus is 'nein': it must be true or false",
    ]


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ("nowhere.csv", "'nowhere.csv': no such file (relative to "),
        ("folder.csv", "'folder.csv': Is a directory"),
        ("jobs.xlsx", "'jobs.xlsx' is no manifest: save it as .yaml, .yml or .csv"),
        ("jobs", "'jobs' is no manifest"),
        ("a\0b.csv", "is not a path"),
        ("~nobody-of-this-name/jobs.csv", "is not a path"),
    ],
)
def test_a_file_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.csv").mkdir()
    with pytest.raises(InputError) as raised:
        read_manifest(location)
    assert line in str(raised.value)
