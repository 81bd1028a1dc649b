"""The journal: what comes back of an entry, when it is dropped, and what may be wrong with it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_metastudio.lifecycle import BEHAVIOUR, FIELDS, FILES, Journal
from pulumi_metastudio.lifecycle.journal import Entry, declaration
from pulumi_metastudio.lifecycle.ownership import Identity
from pulumi_metastudio.lifecycle.progress import Progress

from .job_checks import OWN

URL = "https://e/training_video?Signature=secret"

OTHER = Identity(f"{OWN.urn}2", OWN.owner)
NOBODY = Identity(OWN.urn, "fedcba9876543210")  # the same URN in another backend
TEXTS = st.dictionaries(st.sampled_from(list(FILES)), st.text(), max_size=3)
PROGRESS = st.builds(
    Progress,
    # URLs that nothing needs any more are not kept; see test_progress.py.
    pending=st.just(tuple(f"upload {name}" for name in FILES)),
    urls=st.dictionaries(st.sampled_from(list(FILES)), st.lists(st.text(), max_size=3)),
    fingerprints=TEXTS,
    sent=TEXTS,
    sources=TEXTS,
    origins=st.dictionaries(st.sampled_from(list(FILES)), TEXTS, max_size=3),
    submitted=st.booleans(),
    reviews=st.none() | st.integers(),
    serial=st.text(),
)
ENTRIES = st.builds(Entry, st.text(), st.just("p"), st.text(), PROGRESS)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def entry(job_id: str = "j", **progress: Any) -> Entry:
    return Entry(job_id, "p", "digest", Progress(**{"serial": "", **progress}))


def files_in(folder: Path) -> list[Path]:
    return list((folder / "journal").iterdir())


@given(written=ENTRIES, urn=st.text(st.characters(exclude_categories=["Cs"])))
def test_an_entry_comes_back_as_it_was(written: Entry, urn: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        own = Identity(urn, "0" * 16)
        Journal(Path(folder)).save(own, written)
        assert Journal(Path(folder)).load(own, "p") == written


def test_each_resource_has_its_own_and_the_last_one_counts(journal: Journal) -> None:
    journal.save(OWN, entry("first"))
    journal.save(OWN, entry("second"))
    journal.save(OTHER, entry("another"))
    found = [journal.load(own, "p") for own in (OWN, OTHER, NOBODY)]
    assert found == [entry("second"), entry("another"), None]


def test_another_project_of_the_service_has_no_part_in_it(journal: Journal) -> None:
    journal.save(OWN, entry())
    assert journal.load(OWN, "q") is None
    assert journal.load(OWN, "p") == entry()


@pytest.mark.parametrize(
    ("variable", "below"),
    [
        ("METASTUDIO_STATE_DIR", "journal"),
        ("XDG_STATE_HOME", "pulumi-metastudio/journal"),
        ("HOME", ".local/state/pulumi-metastudio/journal"),
    ],
)
def test_it_is_in_the_users_state_folder(
    variable: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "own"))
    Journal().save(OWN, entry())
    assert len(list((tmp_path / "own" / below).glob("*.json"))) == 1


def test_only_its_owner_can_read_it(journal: Journal, tmp_path: Path) -> None:
    journal.save(OWN, entry(pending=("upload training_video",), urls={"training_video": [URL]}))
    (file,) = files_in(tmp_path)
    assert [oct(path.stat().st_mode & 0o777) for path in (file, file.parent)] == ["0o600", "0o700"]
    assert "anna" not in file.name


def test_repr_hides_urls() -> None:
    assert "secret" not in repr(entry(urls={"training_video": [URL]}))


UNREADABLE: dict[str, bytes] = {
    "empty": b"",
    "cut short": b'{"job_id": "j", "proj',
    "not text": b"\xff\xfe\x00",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"j"',
    "nothing in it": b"{}",
    "a field is missing": b'{"job_id": "j", "project_id": "p"}',
    "a field of a later version": json.dumps(
        {"job_id": "j", "project_id": "p", "declaration": "d", "later": 1}
    ).encode(),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_an_entry_that_cannot_be_read_counts_as_none(
    content: bytes, journal: Journal, tmp_path: Path
) -> None:
    journal.save(OWN, entry(serial="s"))
    (file,) = files_in(tmp_path)
    file.write_bytes(content)
    assert journal.load(OWN, "p") is None
    journal.forget(OWN, "j")
    journal.caught_up(OWN, {"__journal": "s"})
    journal.save(OWN, entry("new"))
    assert journal.load(OWN, "p") == entry("new")


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    journal = Journal(tmp_path / "taken" / "journal")
    journal.save(OWN, entry())
    assert journal.load(OWN, "p") is None
    journal.forget(OWN, "j")


def test_only_the_job_that_is_meant_is_forgotten(journal: Journal, tmp_path: Path) -> None:
    journal.save(OWN, entry("second"))
    journal.forget(OWN, "first")
    assert journal.load(OWN, "p") == entry("second")
    journal.forget(OWN, "second")
    assert files_in(tmp_path) == []
    journal.forget(OWN, "second")


def test_what_is_kept_on_purpose_is_remembered(journal: Journal) -> None:
    assert not journal.is_kept("j")
    journal.keep("j")
    journal.keep("../j")  # an id is no path
    assert journal.is_kept("j")
    assert not journal.is_kept("k")
    journal.unkeep("j")
    journal.unkeep("k")
    assert not journal.is_kept("j")


@pytest.mark.parametrize(
    ("old", "dropped"),
    [
        ({"__journal": "s", "pending": []}, True),
        ({"__journal": "s"}, True),
        ({"__journal": "s", "pending": ["submit"]}, False),  # what is left is to be gone on with
        ({"__journal": "earlier", "pending": []}, False),  # killed after that was recorded
        ({"pending": []}, False),  # a state of a version without a journal
        ({}, False),
    ],
)
def test_an_entry_is_dropped_when_the_state_holds_all_of_it(
    old: dict[str, Any], dropped: bool, journal: Journal
) -> None:
    journal.save(OWN, entry(serial="s"))
    journal.caught_up(OWN, old)
    assert (journal.load(OWN, "p") is None) is dropped


# ------------------------------------------------------------------------ declarations

WANTED = [*FIELDS, "triggers"]
BESIDE = [*FILES, *(name for name in BEHAVIOUR if name != "triggers"), "__fingerprints", "__urn"]
VALUES = st.text() | st.booleans() | st.lists(st.text(), max_size=2)


@given(
    fields=st.dictionaries(st.sampled_from(WANTED), VALUES),
    beside=st.dictionaries(st.sampled_from(BESIDE), VALUES),
    order=st.randoms(use_true_random=False),
)
def test_a_declaration_is_its_fields_and_triggers_in_any_order(
    fields: dict[str, Any], beside: dict[str, Any], order: Any
) -> None:
    shuffled = [*fields.items(), *beside.items()]
    order.shuffle(shuffled)
    assert declaration(dict(shuffled)) == declaration(fields)


@given(
    fields=st.dictionaries(st.sampled_from(WANTED), VALUES, min_size=1),
    another=VALUES,
    chance=st.data(),
)
def test_any_other_field_is_another_declaration(
    fields: dict[str, Any], another: Any, chance: st.DataObject
) -> None:
    name = chance.draw(st.sampled_from(sorted(fields)))
    edited = {**fields, name: another}
    assert (declaration(edited) == declaration(fields)) is (another == fields[name])
    assert declaration({n: v for n, v in fields.items() if n != name}) != declaration(fields)
