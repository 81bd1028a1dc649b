"""Every filter of a list, with a job that it lets through and one that it does not."""

from __future__ import annotations

from typing import Any

FILTERS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"name": "x"}, {"name": "x"}, {"name": "y"}),
    ({"batch_name": "b"}, {"batch_name": "b"}, {"batch_name": "c"}),
    ({"tag": "t"}, {"tags": ["s", "t"]}, {"tags": ["s"]}),
    ({"state": "TRAINING,JOB_FINISH"}, {"state": "JOB_FINISH"}, {"state": "JOB_SUCCESS"}),
    ({"is_flexus": True}, {"is_flexus": True}, {"is_flexus": False}),
    ({"is_flexus": False}, {"is_flexus": False}, {"is_flexus": True}),
    ({"is_live_copy": True}, {"is_live_copy": True}, {"is_live_copy": False}),
    ({"is_ondemand_resource": True}, {"is_ondemand_resource": True}, {}),
    ({"model_resolution": "4K"}, {"model_resolution": "4K"}, {}),
    ({"train_location": "here"}, {"optional_training_location": ["here"]}, {}),
    (
        {"create_since": "2024-01-01T00:00:00Z"},
        {"create_time": "2024-01-01T00:00:00Z"},
        {"create_time": "2023-12-31T23:59:59Z"},
    ),
    (
        {"create_until": "2024-01-01T00:00:00Z"},
        {"create_time": "2024-01-01T00:00:00Z"},
        {"create_time": "2024-01-01T00:00:01Z"},
    ),
    (
        {"update_since": "2024-01-01T00:00:00Z"},
        {"last_update_time": "2024-01-01T00:00:00Z"},
        {"last_update_time": "2023-12-31T23:59:59Z"},
    ),
    (
        {"update_until": "2024-01-01T00:00:00Z"},
        {"last_update_time": "2024-01-01T00:00:00Z"},
        {"last_update_time": "2024-01-01T00:00:01Z"},
    ),
    ({"query_project_id": "q"}, {"project_id": "q"}, {}),
]
