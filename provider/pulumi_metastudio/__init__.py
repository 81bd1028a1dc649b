"""MetaStudio virtual-avatar training jobs as Pulumi resources.

>>> from pulumi_metastudio import TrainingJob
"""

from .training_job import FileInput, TrainingJob, TrainingJobArgs, VoicePropertiesArgs

__all__ = ["FileInput", "TrainingJob", "TrainingJobArgs", "VoicePropertiesArgs"]
__version__ = "0.1.0"
