"""A preview's JSON, read for the people who answer for cost and personal data.

``read_preview`` takes what ``pulumi preview --json`` prints, with either engine; ``review_of`` says
of each training job what the change means; ``markdown``, ``plain_text`` and ``as_json`` show it.
No service is asked.
"""

from .consequences import Consequence, JobReview, Review, review_of
from .json_form import as_json
from .markdown import markdown
from .plain_text import plain_text
from .preview_json import Preview, Step, read_preview

__all__ = [
    "Consequence",
    "JobReview",
    "Preview",
    "Review",
    "Step",
    "as_json",
    "markdown",
    "plain_text",
    "read_preview",
    "review_of",
]
