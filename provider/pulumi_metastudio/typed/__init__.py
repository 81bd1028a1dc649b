"""What a program gives and gets, as editors and type checkers see it.

Each input, output and filter is listed here once, with its text; the resource, the component and
the functions take their lists from here.
"""

from .fields import JobFields
from .filters import FILTERS, JobFilters
from .inputs import (
    INPUTS,
    AnyInputs,
    ExistingJobInputs,
    FileInput,
    NewJobInputs,
    SharedInputs,
    TrainingJobArgs,
    VoicePropertiesArgs,
    refuse_unknown_inputs,
)
from .job_output import JobOutput

__all__ = [
    "FILTERS",
    "INPUTS",
    "AnyInputs",
    "ExistingJobInputs",
    "FileInput",
    "JobFields",
    "JobFilters",
    "JobOutput",
    "NewJobInputs",
    "SharedInputs",
    "TrainingJobArgs",
    "VoicePropertiesArgs",
    "refuse_unknown_inputs",
]
