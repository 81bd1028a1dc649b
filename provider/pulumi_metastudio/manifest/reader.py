"""A manifest file, read into the inputs of jobs."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..lifecycle import UNKNOWN
from .checks import refusals
from .csv_reader import read_csv
from .inputs import INPUTS, OF_JOB, Document, read_inputs
from .messages import kind_of, shown
from .yaml_reader import read_yaml


@dataclass(frozen=True)
class Manifest:
    """What a manifest says.

    Attributes:
        batch_name: the batch's name; None when the manifest gives none.
        jobs: each job's inputs by the name of its resource, in the manifest's order, with the
            manifest's defaults. An input that is None was taken away in so many words.
    """

    batch_name: str | None
    jobs: dict[str, dict[str, Any]]


_Inputs = dict[str, Any]


def read_manifest(
    location: str | os.PathLike[str], complete: Callable[[_Inputs], _Inputs] | None = None
) -> Manifest:
    """Read a manifest. Files in it are relative to its folder.

    Args:
        location: a ``.yaml``, ``.yml`` or ``.csv`` file, UTF-8; ``~`` is the home folder.
        complete: makes of what the manifest says of a job all its inputs, those that are not
            known yet as ``UNKNOWN``; with it every job is checked, its files too.

    Raises:
        InputError: all that is wrong with it, in one line.
    """
    path = Path(location)
    problems: list[str] = []
    document = _document(path, problems)
    manifest, jobs = _manifest(document, path.parent, problems)
    if complete and jobs:
        problems += refusals((label, complete(inputs)) for label, inputs in jobs)
    if not document.jobs and not problems:
        problems.append("has no jobs: give at least one, or remove the TrainingBatch")
    if problems:
        raise InputError(f"'{path}': {'; '.join(problems)}")
    return manifest


def _document(path: Path, problems: list[str]) -> Document:
    suffix = path.suffix.lower()
    if suffix not in (".yaml", ".yml", ".csv"):
        raise InputError(f"'{path}' is no manifest: save it as .yaml, .yml or .csv")
    try:
        # The BOM that spreadsheets write is none of the text.
        text = path.expanduser().read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            f"'{path}' is not in UTF-8: save it so, in a spreadsheet as 'CSV UTF-8'"
        ) from None
    except (ValueError, RuntimeError):  # a zero byte, an unknown user's home
        raise InputError(f"{str(path)!r} is not a path") from None
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise InputError(f"'{path}': {reason} (relative to {Path.cwd()})") from None
    return (read_csv if suffix == ".csv" else read_yaml)(text, problems)


def _manifest(
    document: Document, folder: Path, problems: list[str]
) -> tuple[Manifest, list[tuple[str, _Inputs]]]:
    """What a document says, and what to check of each job in it."""
    defaults = read_inputs("defaults", document.defaults, INPUTS, folder, problems)
    # A batch has one name, wherever it is written.
    names: list[tuple[str, Any]] = [("the manifest", document.batch_name)]
    common = defaults.pop("batch_name", None)
    names.append(("defaults", None if common is UNKNOWN else common))
    jobs: dict[str, _Inputs] = {}
    places: dict[str, str] = {}
    checked: list[tuple[str, _Inputs]] = []
    readable = not problems
    for label, given in document.jobs:
        before = len(problems)
        whole = defaults | read_inputs(label, given, OF_JOB, folder, problems)
        inputs = {name: value for name, value in whole.items() if value is not UNKNOWN}
        names.append((label, inputs.pop("batch_name", None)))
        resource = inputs.pop("resource", None) or inputs.get("name")
        if not inputs.get("name") and not inputs.get("existing_job_id"):
            if "name" not in given or isinstance(given["name"], str | None):
                problems.append(f"{label}: name is missing: give the model a name")
                whole.pop("name", None)  # an empty one, too
        elif not resource:
            problems.append(f"{label}: resource is missing: a job without a name needs one")
        elif resource in jobs:
            problems.append(
                f"{label}: the resource {shown(resource)} is there already, in "
                f"{places[resource]}: give one of the two another resource"
            )
        else:
            jobs[resource], places[resource] = inputs, label
        if not readable or len(problems) > before:
            # Of half a job only what is there can be judged: one that exists may lack the rest.
            whole["existing_job_id"] = UNKNOWN
        checked.append((label, whole))
    name = _one_name(names, problems)
    for _, whole in checked:
        whole.pop("resource", None)
        whole["batch_name"] = name if isinstance(name, str) else None
    return Manifest(name, jobs), checked


def _one_name(names: list[tuple[str, Any]], problems: list[str]) -> str | None:
    given = [(label, name) for label, name in names if name is not None]
    for label, name in given:
        if not isinstance(name, str):
            problems.append(f"{label}: batch_name is {kind_of(name)}: it must be text")
        elif name != given[0][1]:
            problems.append(
                f"{label}: batch_name is {shown(name)}, but {given[0][0]} has "
                f"{shown(given[0][1])}: a batch has one name, make a manifest for each batch"
            )
    return given[0][1] if given else None
