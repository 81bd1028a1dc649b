"""Translates the filters and the order of a list request to SQL."""

from __future__ import annotations

from ..profiles import Profile
from ..storage.job_store import Condition
from .request_models import ListQuery

_SORT_COLUMNS = {
    "create_time": "create_time",
    "update_time": "last_update_time",
    "asset_order": "asset_id",
}
_EXACT = (
    ("query_project_id", "project_id"),
    ("job_id", "job_id"),
    ("model_resolution", "model_resolution"),
    ("is_flexus", "is_flexus"),
    ("is_live_copy", "is_live_copy"),
    ("is_ondemand_resource", "is_ondemand_resource"),
)


def list_conditions(query: ListQuery, profile: Profile) -> list[Condition]:
    """The filters of a request, all of which a job must meet."""
    conditions = [
        Condition(f"{_field(name)} = ?", (value,))
        for parameter, name in _EXACT
        if (value := getattr(query, parameter)) is not None
    ]
    if query.state:
        names = [name.strip() for name in query.state.split(",")]
        marks = ", ".join("?" * len(names))
        conditions.append(Condition(f"{_field('state')} IN ({marks})", tuple(names)))
    # All times have one format, so they compare as texts.
    update_until = ">=" if profile.update_until_is_since else "<="
    for value, name, comparison in (
        (query.create_since, "create_time", ">="),
        (query.create_until, "create_time", "<="),
        (query.update_since, "last_update_time", ">="),
        (query.update_until, "last_update_time", update_until),
    ):
        if value:
            conditions.append(Condition(f"{_field(name)} {comparison} ?", (value,)))
    for text, name in ((query.name, "name"), (query.batch_name, "batch_name")):
        if text:
            conditions.append(_matches(_field(name), text, profile))
    for text, name in ((query.tag, "tags"), (query.train_location, "optional_training_location")):
        if text:
            conditions.append(_any_matches(name, text, profile))
    return conditions


def list_order(query: ListQuery, profile: Profile) -> str:
    """The SQL order of a request; jobs with equal keys are in the order of creation.

    Without sort_key, it is the update time, as in the documents' example.
    """
    newest_first = profile.newest_first and query.sort_key is None
    direction = (query.sort_dir or ("desc" if newest_first else "asc")).upper()
    column = _SORT_COLUMNS[query.sort_key or "update_time"]
    return f"{_field(column)} {direction}, position {direction}"


def _field(name: str) -> str:
    return f"json_extract(fields, '$.{name}')"


def _matches(value: str, text: str, profile: Profile) -> Condition:
    if profile.fuzzy_filters:
        return Condition(f"instr({value}, ?) > 0", (text,))
    return Condition(f"{value} = ?", (text,))


def _any_matches(name: str, text: str, profile: Profile) -> Condition:
    matches = _matches("value", text, profile)
    values = f"json_each(fields, '$.{name}')"
    return Condition(f"EXISTS (SELECT 1 FROM {values} WHERE {matches.sql})", matches.parameters)  # noqa: S608
