"""MetaStudio virtual-avatar training jobs as Pulumi resources.

>>> from pulumi_metastudio import TrainingJob
"""

from .batch import TrainingBatch
from .file import File
from .functions import (
    get_training_job,
    get_training_job_output,
    list_training_jobs,
    list_training_jobs_output,
)
from .training_job import FileInput, TrainingJob, TrainingJobArgs, VoicePropertiesArgs
from .waiting import wait_for

__all__ = [
    "File",
    "FileInput",
    "TrainingBatch",
    "TrainingJob",
    "TrainingJobArgs",
    "VoicePropertiesArgs",
    "get_training_job",
    "get_training_job_output",
    "list_training_jobs",
    "list_training_jobs_output",
    "wait_for",
]
__version__ = "0.1.0"
