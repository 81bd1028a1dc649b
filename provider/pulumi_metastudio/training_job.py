"""The ``TrainingJob`` resource: what a program writes."""

from __future__ import annotations

import os
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, overload

import pulumi
from pulumi.dynamic import Resource
from typing_extensions import Self, Unpack

from .file import File
from .provider import TrainingJobProvider
from .sdk.interrupts import hide_interrupts
from .sdk.lazy_output import LazyOutput, read_back
from .typed import (
    AnyInputs,
    ExistingJobInputs,
    JobFields,
    NewJobInputs,
    TrainingJobArgs,
    refuse_unknown_inputs,
)

_FILES = (
    "training_video",
    "action_video",
    "audio",
    "cover",
    "id_card_image1",
    "id_card_image2",
    "grant_file",
    "pre_beauty_image",
    "post_beauty_image",
)

#: Outputs that are no inputs and worth having without asking the engine: every run looks at what
#: is pending, and a job that is exported as a whole shows its state.
_ALWAYS = ("state", "pending")
_SECRET_OUTPUTS = ["contact", "download_urls", "__upload_urls", "__drifted"]


class _TrainingJob(JobFields, Resource):
    """The resource as it runs. What a job needs is required by its subclass: see ``typed``."""

    console_status: LazyOutput[str] = LazyOutput()
    """The console's word for the state, for example ``Auto reviewing...``."""
    pending: LazyOutput[list[str]] = LazyOutput()
    """Steps that are left, for example ``upload training_video``; empty when all is done."""
    failure: LazyOutput[dict[str, Any] | None] = LazyOutput()
    """Why the review failed: reason, log_type, operate_time, error_code, redo_reasons."""
    fingerprints: LazyOutput[dict[str, str]] = LazyOutput()
    """SHA-256 of each file that the service has confirmed."""
    download_urls: LazyOutput[dict[str, str] | None] = LazyOutput()
    """URLs of the uploaded files, valid 24 hours, secret; with ``expose_download_urls`` only."""
    account: LazyOutput[str | None] = LazyOutput()
    """The account's name in the stack's configuration; None for the one without a name."""
    voice_properties: LazyOutput[dict[str, Any] | None] = LazyOutput()
    """Voice settings: job_tag, sex, language."""
    allocated_resource: LazyOutput[dict[str, Any] | None] = LazyOutput()
    """The paid resource the training used: resource_id, charge_mode, expire_time."""

    def __init__(
        self,
        resource_name: str,
        args: TrainingJobArgs | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **inputs: Unpack[AnyInputs],
    ) -> None:
        label = f"TrainingJob '{resource_name}'"
        if args is not None and inputs:
            raise pulumi.RunError(f"{label}: give TrainingJobArgs or keywords, not both")
        if not isinstance(args, TrainingJobArgs | None):
            raise pulumi.RunError(
                f"{label}: the second argument is {type(args).__name__}: give a TrainingJobArgs, "
                "or each input as a keyword"
            )
        refuse_unknown_inputs(label, inputs)
        hide_interrupts()
        given = vars(args) if args is not None else inputs
        opts = opts or pulumi.ResourceOptions()
        props: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        props |= {name: _location(props[name]) for name in _FILES if name in props}
        props |= dict.fromkeys(_ALWAYS)
        if "contact" in props:
            props["contact"] = pulumi.Output.secret(props["contact"])
        props["__urn"] = self._own_urn(resource_name, opts)
        props["__organization"] = pulumi.get_organization()
        # The engine ignores a changed path by itself; of a changed content it knows nothing.
        ignored = set(opts.ignore_changes or ())
        props["__ignored"] = [name for name in _FILES if name in ignored or "*" in ignored] or None
        secret = pulumi.ResourceOptions(additional_secret_outputs=_SECRET_OUTPUTS)
        super().__init__(
            TrainingJobProvider(), resource_name, props, pulumi.ResourceOptions.merge(opts, secret)
        )
        if not pulumi.runtime.is_dry_run():
            self._refuse_unfinished(resource_name)

    def _output_of(self, name: str) -> pulumi.Output[Any]:
        return read_back(self, name)

    def _own_urn(self, resource_name: str, opts: pulumi.ResourceOptions) -> str | Awaitable[str]:
        """This resource's URN, which the engine gives to no provider; its log rows need it."""
        kind = f"pulumi-python:{self._resource_type_name}"
        prefix = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::"
        parent = opts.parent
        if parent is None:
            return f"{prefix}{kind}::{resource_name}"

        async def under_parent() -> str:
            # The parent's URN as an Output would make this resource depend on its own child.
            above = str(await parent.urn.future()).split("::")[2]
            above = "" if above == "pulumi:pulumi:Stack" else f"{above}$"
            return f"{prefix}{above}{kind}::{resource_name}"

        return under_parent()

    def _refuse_unfinished(self, resource_name: str) -> None:
        """Make ``up`` fail, once the job is safe in state, when something is left to do."""

        def check(pending: list[str] | None) -> None:
            if pending:
                raise pulumi.RunError(
                    f"training job '{resource_name}' is not finished, left to do: "
                    f"{', '.join(pending)}; the job is kept in state, and the next up goes on "
                    "from there"
                )

        self.pending.apply(check)


class TrainingJob(_TrainingJob, module="metastudio", name="TrainingJob"):
    """A MetaStudio virtual-avatar training job.

    Creating it makes the job, uploads every given file to one-time URLs and submits it for
    review. When something fails after the job exists, the job is kept in state with what is
    ``pending``, ``up`` fails, and the next ``up`` goes on from there.

    Args:
        resource_name: the resource's name in the stack.
        args: the inputs; or give each as a keyword argument of the same name.
        opts: Pulumi's resource options.

    Example::

        TrainingJob(
            "anna",
            name="Anna",
            training_video="anna.mp4",
            id_card_image1="id-front.jpg",
            id_card_image2="id-back.jpg",
            grant_file="letter.pdf",
        )
    """

    if TYPE_CHECKING:

        @overload
        def __new__(
            cls,
            resource_name: str,
            args: TrainingJobArgs,
            opts: pulumi.ResourceOptions | None = None,
        ) -> Self: ...

        @overload
        def __new__(
            cls,
            resource_name: str,
            *,
            opts: pulumi.ResourceOptions | None = None,
            **inputs: Unpack[NewJobInputs],
        ) -> Self: ...

        @overload
        def __new__(
            cls,
            resource_name: str,
            *,
            opts: pulumi.ResourceOptions | None = None,
            **inputs: Unpack[ExistingJobInputs],
        ) -> Self: ...

        def __new__(cls, *args: Any, **inputs: Any) -> Self: ...

    @staticmethod
    def get(
        resource_name: str,
        id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
        *,
        account: pulumi.Input[str] | None = None,
    ) -> TrainingJob:
        """Read an existing job into the program without managing it.

        Args:
            resource_name: the resource's name in the stack.
            id: the job's id.
            opts: Pulumi's resource options.
            account: the account whose job it is.
        """
        found = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        where: Any = {"account": account}
        return TrainingJob(resource_name, TrainingJobArgs(**where), found)


def _location(value: Any) -> Any:
    """A file as plain text, or plain data: assets do not survive in a dynamic resource's state."""
    if isinstance(value, pulumi.Output):
        return value.apply(_plain_location)
    return _plain_location(value)


def _plain_location(value: Any) -> Any:
    if isinstance(value, pulumi.FileAsset):
        return str(value.path)
    if isinstance(value, pulumi.RemoteAsset):
        value = value.uri
    if isinstance(value, File):
        value = value.as_input()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    where = value.get("path") if isinstance(value, dict) else value
    # A query may be a signature; @ ends a password.
    secret = isinstance(where, str) and "://" in where and any(mark in where for mark in "?#@")
    return pulumi.Output.secret(value) if secret else value
