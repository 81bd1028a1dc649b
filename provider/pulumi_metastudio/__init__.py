"""MetaStudio virtual-avatar training jobs as Pulumi resources.

>>> from pulumi_metastudio import TrainingJob

Importing this package is cheap; what it gives is imported when it is asked for, because the command
lives in it as well and most of what that does needs no Pulumi SDK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batch import TrainingBatch
    from .file import File
    from .functions import (
        get_training_job,
        get_training_job_output,
        list_training_jobs,
        list_training_jobs_output,
    )
    from .training_job import TrainingJob
    from .typed import FileInput, SharedInputs, TrainingJobArgs, VoicePropertiesArgs
    from .waiting.wait_for import wait_for

__all__ = [
    "File",
    "FileInput",
    "SharedInputs",
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

_MODULES = {
    "File": "file",
    "FileInput": "typed",
    "SharedInputs": "typed",
    "TrainingBatch": "batch",
    "TrainingJob": "training_job",
    "TrainingJobArgs": "typed",
    "VoicePropertiesArgs": "typed",
    "wait_for": "waiting",
}


def __getattr__(name: str) -> Any:
    import importlib

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f".{_MODULES.get(name, 'functions')}", __name__)
    return getattr(module, name)
