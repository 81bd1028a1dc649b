"""Inputs and outputs of the resource."""

from __future__ import annotations

import ast

from pulumi_metastudio import SharedInputs, TrainingJob
from pulumi_metastudio.api import JobDetail
from pulumi_metastudio.lifecycle import BEHAVIOUR, FIELDS, FILES
from pulumi_metastudio.lifecycle.schema import DELETION_POLICIES, VOICE_CHOICES, Effect, Kind
from pulumi_metastudio.sdk.lazy_output import lazy_outputs
from pulumi_metastudio.typed.inputs import AnyInputs
from pulumi_metastudio.typed.job_output import models_in

from .text import attribute_texts, code, definition, page, plain, table

_EFFECTS = {Effect.UPDATE: "in place", Effect.REPLACE: "new job", Effect.STATE: "in state only"}
_KINDS = {
    Kind.TEXT: "text",
    Kind.FLAG: "`true` or `false`",
    Kind.TEXTS: "list of texts",
    Kind.OBJECT: "object",
}
#: What kind each input that steers the provider is of, and what changing it means.
_STEERING = {
    "submit": ("`true` or `false`", "in state only; from `false` to `true` submits"),
    "deletion_policy": (", ".join(map(code, DELETION_POLICIES)), "in state only"),
    "existing_job_id": ("text", "another job: replacement"),
    "triggers": ("list or object", "submitted again; after the review: new job"),
    "expose_download_urls": ("`true` or `false`", "in state only"),
    "account": ("text", "another project: new job; another name for the same: in state only"),
}


def inputs() -> str:
    """The page of all inputs."""
    texts = attribute_texts(SharedInputs) | attribute_texts(AnyInputs)
    names = ("input", "kind", "default", "changing it", "meaning")

    def kind(name: str) -> str:
        field = FIELDS[name]
        words = _KINDS[field.kind]
        if field.length:
            words += f" of {field.length[0]} to {field.length[1]} characters"
        if field.choices:
            words += f": {', '.join(map(code, field.choices))}"
        return words

    def default(value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, tuple):
            return ", ".join(map(code, value))
        return code(str(value).lower() if isinstance(value, bool) else str(value))

    return page(
        "Inputs",
        "What a `TrainingJob` takes, as keywords or in a `TrainingJobArgs`; each may be a "
        "`pulumi.Input`. Names are those of the vendor's API. [The resource](../resource.md) says "
        "what a preview checks, [What a change means](../changes.md) when each change is made in "
        "place, trains again, or is refused.",
        "## The job",
        table(
            names,
            (
                (code(name), kind(name), default(row.default), _EFFECTS[row.effect], texts[name])
                for name, row in FIELDS.items()
            ),
        ),
        "`voice_properties` has three parts, all required:",
        table(
            ("part", "values"),
            ((code(n), ", ".join(map(code, each))) for n, each in VOICE_CHOICES.items()),
        ),
        "## Files",
        "A file is a local path, a URL, a `pulumi.FileAsset`, a `pulumi.RemoteAsset`, or a `File` "
        "with its digest ([what a file may be](../resource.md#files)). Changing it means: by its "
        "content, not by its name.",
        table(("input", "meaning"), ((code(name), texts[name]) for name in FILES)),
        "## What steers the provider",
        "These never reach the service.",
        table(
            names,
            (
                (code(name), *_STEERING[name][:1], default(value), _STEERING[name][1], texts[name])
                for name, value in BEHAVIOUR.items()
            ),
        ),
    )


def output_names() -> list[str]:
    """The outputs of a ``TrainingJob``, as its class has them."""
    return lazy_outputs(TrainingJob)


def details_without_output() -> list[str]:
    """The fields of a job's detail that are no output, URLs left out."""
    outputs = output_names()
    return [n for n in JobDetail.model_fields if n not in outputs and not n.endswith("_url")]


def outputs() -> str:
    """The page of all outputs, and of what is none."""
    texts: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for parent in TrainingJob.__mro__:
        if lazy_outputs(parent):
            texts |= attribute_texts(parent)
            kinds |= _output_kinds(parent)
    names = output_names()
    own = [n for n in names if n not in JobDetail.model_fields and n not in FIELDS]
    declared = [n for n in names if n in FIELDS]
    rest = [n for n in names if n not in own and n not in declared]
    urls = [n for n in JobDetail.model_fields if n.endswith("_url")]

    def rows(these: list[str], otherwise: str) -> str:
        cells = ((code(n), code(kinds[n]), texts.get(n, otherwise)) for n in these)
        return table(("output", "type", "meaning"), cells)

    return page(
        "Outputs",
        "What a `TrainingJob` has for the rest of the program, each a `pulumi.Output`. They are "
        "what the last `up` or `refresh` saw; the service moves on by itself. `contact` and "
        "`download_urls` are secret.",
        "## Of the provider",
        rows(own, ""),
        "## Of the service",
        rows(rest, "set by the service"),
        "## Inputs, as the service has them",
        rows(declared, "the input of this name"),
        "## Fields that are no outputs",
        "A job's detail at the service has more; "
        "[`get_training_job`](functions.md#get_training_job) and `get_training_job_output` give "
        "them, and `metastudio jobs show` prints them:",
        table(
            ("field", "meaning"),
            ((code(name), _meaning(name)) for name in details_without_output()),
        ),
        f"So do they the {len(urls)} URLs, valid for 24 hours and open to whoever has one: "
        f"{', '.join(map(code, urls))}. Those of the declared files are in `download_urls`, with "
        "`expose_download_urls`.",
    )


def _output_kinds(owner: type) -> dict[str, str]:
    """The T of each ``name: LazyOutput[T]`` in a class's source."""
    return {
        node.target.id: ast.unparse(node.annotation.slice)
        for node in definition(owner).body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.annotation, ast.Subscript)
    }


def _meaning(name: str) -> str:
    """The docstring of the field's own model; else the field's type."""
    annotation = JobDetail.model_fields[name].annotation
    for model in models_in(annotation):
        if model.__doc__:
            return plain(model.__doc__.partition("\n")[0])
    return code(str(annotation).replace("typing.", ""))
