"""MetaStudio's training-job API: typed models, authentication, client. Knows HTTP, not Pulumi."""

from .client import MetaStudioClient
from .credentials import AccessKey, Account, Password, Token
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
from .resource_usage import ResourceUsage, ResourceUsagePage
from .settings import Settings, resolve

__all__ = [
    "AccessKey",
    "Account",
    "Command",
    "CommandAnswer",
    "CommentData",
    "CreateJob",
    "Job",
    "JobDetail",
    "JobPage",
    "MetaStudioClient",
    "Password",
    "ResourceUsage",
    "ResourceUsagePage",
    "Settings",
    "Token",
    "UpdateJob",
    "UploadUrls",
    "UploadedPart",
    "VoiceProperties",
    "resolve",
]
