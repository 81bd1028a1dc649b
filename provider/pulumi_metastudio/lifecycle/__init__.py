"""The life of a training job: pure decisions, and the steps that carry them out.

Knows no Pulumi types, so that any engine can stand on it.
"""

from .context import Context, Replaced, Run
from .journal import Journal
from .material import Look, completed
from .operations import Outcome, create, delete, look, read, update
from .outputs import OF_FILES, SECRETS, refreshed_inputs
from .plan import Plan, diff, review_note
from .schema import BEHAVIOUR, FIELDS, FILES, UNKNOWN, Effect
from .validate import Problem, normalised, problems, warnings

__all__ = [
    "BEHAVIOUR",
    "FIELDS",
    "FILES",
    "OF_FILES",
    "SECRETS",
    "UNKNOWN",
    "Context",
    "Effect",
    "Journal",
    "Look",
    "Outcome",
    "Plan",
    "Problem",
    "Replaced",
    "Run",
    "completed",
    "create",
    "delete",
    "diff",
    "look",
    "normalised",
    "problems",
    "read",
    "refreshed_inputs",
    "review_note",
    "update",
    "warnings",
]
