"""The ``TrainingBatch`` component: one training job for each job of a manifest."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

import pulumi

from .errors import ConfigurationError, InputError
from .file import File
from .training_job import TrainingJob
from .typed import SharedInputs, TrainingJobArgs


class TrainingBatch(pulumi.ComponentResource):
    """The training jobs of a manifest, all with one ``batch_name``.

    Args:
        resource_name: the component's name in the stack.
        manifest: a ``.yaml``, ``.yml`` or ``.csv`` file, relative to the program's folder;
            docs/batch.md has its form. Files in it are relative to its own folder.
        batch_name: the batch's name; by default the manifest's own, else ``resource_name``.
        defaults: inputs for every job that does not give its own, neither in its line nor in the
            manifest's defaults; a dictionary of ``SharedInputs``. Files in it are relative to the
            program's folder.
        account: the account of every job that does not name its own, as for a ``TrainingJob``.
        shard: which share of the jobs this stack makes, such as ``3/8``; by default all of them.
            Fixed once a batch has jobs: with another count they would move to other stacks, where
            they are trained, and billed, again (docs/scale.md).
        opts: Pulumi's resource options.

    Attributes:
        jobs: the jobs by the names of their resources, in the manifest's order; with a shard, those
            of the shard.
        batch_name: the batch's name.
        job_ids: the jobs' ids by the names of their resources.

    Raises:
        pulumi.RunError: the shard is none, the manifest or the defaults cannot be read as inputs,
            or a job's check would refuse them, those of all shards; one message has all of it, and
            nothing of the batch is registered.

    Example::

        batch = TrainingBatch("autumn", manifest="jobs.csv")
    """

    jobs: dict[str, TrainingJob]
    batch_name: pulumi.Output[str]
    job_ids: pulumi.Output[dict[str, str]]

    def __init__(
        self,
        resource_name: str,
        *,
        manifest: str | os.PathLike[str],
        batch_name: pulumi.Input[str] | None = None,
        defaults: TrainingJobArgs | SharedInputs | None = None,
        account: pulumi.Input[str] | None = None,
        shard: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        # What reads manifests is loaded when there is one.
        from .manifest import Shard, read_manifest

        def complete(inputs: dict[str, Any]) -> dict[str, Any]:
            whole = {**common, **inputs, "batch_name": named(inputs["batch_name"])}
            return {name: _plain(value) for name, value in whole.items()}

        def named(by_manifest: str | None) -> pulumi.Input[str]:
            names = (batch_name, by_manifest, common.get("batch_name"), resource_name)
            return next(each for each in names if each is not None)

        try:
            part = None if shard is None else Shard.parse(shard)
            common = {**_given(defaults), **({} if account is None else {"account": account})}
            found = read_manifest(manifest, complete)
            _check_accounts({**common, **inputs}.get("account") for inputs in found.jobs.values())
        except (InputError, ConfigurationError) as error:
            raise pulumi.RunError(f"TrainingBatch '{resource_name}': {error}") from error
        # As an input of the component it is in the state, and a preview shows it when it changes.
        share = None if part is None else {"shard": str(part)}
        super().__init__("metastudio:index:TrainingBatch", resource_name, share, opts)
        name = named(found.batch_name)
        self.jobs = {
            resource: TrainingJob(
                resource,
                TrainingJobArgs(**{**common, **inputs, "batch_name": name}),
                pulumi.ResourceOptions(parent=self),
            )
            for resource, inputs in found.jobs.items()
            if part is None or part.takes(resource)
        }
        self.batch_name = pulumi.Output.from_input(name)
        # Of each job its id: the output of the same meaning would be read back from the engine.
        self.job_ids = pulumi.Output.all(**{name: job.id for name, job in self.jobs.items()})
        self.register_outputs({"batch_name": self.batch_name, "job_ids": self.job_ids})


def _check_accounts(accounts: Iterable[Any]) -> None:
    """Refuse a name that the configuration does not know, before any job of the batch is made.

    Raises:
        ConfigurationError: an account has no keys.
    """
    from .functions import ProgramConfig
    from .process_state import settings_from

    for account in {each for each in accounts if isinstance(each, str)}:
        settings_from(ProgramConfig, account)


def _plain(value: Any) -> Any:
    """A value as the check of a job sees it; an output or awaitable is unknown."""
    from .lifecycle import UNKNOWN

    if isinstance(value, pulumi.Output | Awaitable):
        return UNKNOWN
    if isinstance(value, File):
        return value.as_input()
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, pulumi.FileAsset | os.PathLike):
        return str(value.path if isinstance(value, pulumi.FileAsset) else value)
    return value.uri if isinstance(value, pulumi.RemoteAsset) else value


def _given(defaults: TrainingJobArgs | SharedInputs | None) -> dict[str, Any]:
    """The defaults that were given, by name.

    Raises:
        InputError: one of them is no input.
    """
    from .manifest import INPUTS, unknown_input

    if isinstance(defaults, TrainingJobArgs):
        return dict(vars(defaults))
    for name in defaults or {}:
        if name not in INPUTS:
            raise InputError(f"defaults: {unknown_input(name)}")
    return dict(defaults or {})
