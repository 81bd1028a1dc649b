"""MetaStudio's training-job API: typed models, authentication, client. Knows HTTP, not Pulumi."""

from .client import MetaStudioClient
from .models import (
    Command,
    CommandAnswer,
    CommentData,
    CreateJob,
    Job,
    JobDetail,
    JobPage,
    UpdateJob,
    UploadedPart,
    UploadUrls,
    VoiceProperties,
)
from .settings import AccessKey, Password, Settings, Token, resolve

__all__ = [
    "AccessKey",
    "Command",
    "CommandAnswer",
    "CommentData",
    "CreateJob",
    "Job",
    "JobDetail",
    "JobPage",
    "MetaStudioClient",
    "Password",
    "Settings",
    "Token",
    "UpdateJob",
    "UploadUrls",
    "UploadedPart",
    "VoiceProperties",
    "resolve",
]
