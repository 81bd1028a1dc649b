"""What is allowed and yet worth a second look, told in the resource's row."""

from __future__ import annotations

from .schema import Inputs

__all__ = ["warnings"]

_REVIEWED = ("id_card_image1", "id_card_image2", "grant_file")
_DEPRECATED = ("V2", "V3")


def warnings(inputs: Inputs) -> list[str]:
    """What to tell about normalised inputs that are fine; one line each."""
    found = []
    version = inputs.get("model_version")
    if version in _DEPRECATED:
        found.append(f"model_version {version} is deprecated: choose V3.2 (the default) or V3.3")
    missing = [name for name in _REVIEWED if name not in inputs]
    submitted = inputs.get("submit", True) is True and "existing_job_id" not in inputs
    if missing and submitted:
        found.append(
            f"without {_listed(missing)} the review fails; only whitelisted tenants need none"
        )
    return found


def _listed(names: list[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
