"""Outputs that cost nothing until a program asks for them.

A job has some forty outputs, and a program uses two or three. The SDK makes, resolves and types
one object for each output that a resource declares, which for a thousand jobs takes longer than
everything else. So a job declares what it is given and what every run looks at; any other output
is read back from the engine, all of them at once, the first time one is asked for.
"""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar, overload

import pulumi

T = TypeVar("T")
_READ_BACK = "_read_back"


class Holder(Protocol):
    """What has lazy outputs, and knows how to get one."""

    def _output_of(self, name: str) -> pulumi.Output[Any]: ...


class LazyOutput(Generic[T]):
    """An output that its holder makes when it is asked for.

    ``state: LazyOutput[str] = LazyOutput()`` in the class; the annotation is for type checkers.
    An output that a resource declares to the SDK becomes an attribute of the instance, which
    takes precedence over this descriptor.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, holder: None, owner: type) -> LazyOutput[T]: ...

    @overload
    def __get__(self, holder: Holder, owner: type) -> pulumi.Output[T]: ...

    def __get__(self, holder: Holder | None, owner: type) -> LazyOutput[T] | pulumi.Output[T]:
        return self if holder is None else holder._output_of(self._name)


def lazy_outputs(holder: type) -> list[str]:
    """The names of a class's lazy outputs."""
    return [
        name
        for parent in holder.__mro__
        for name, value in vars(parent).items()
        if isinstance(value, LazyOutput)
    ]


def read_back(resource: pulumi.CustomResource, name: str) -> pulumi.Output[Any]:
    """An output of a resource as its state records it."""
    return _all_read_back(resource).apply(lambda found: vars(found)[name])


def _all_read_back(resource: pulumi.CustomResource) -> pulumi.Output[pulumi.CustomResource]:
    """The resource as the engine has registered it; asked for once."""
    known: pulumi.Output[pulumi.CustomResource] | None = vars(resource).get(_READ_BACK)
    if known is None:
        # A resource that `--target` or `--continue-on-error` left out has a URN and no id, and its
        # outputs would be None here: they stay unknown, as the id is.
        names: pulumi.Output[list[str]] = pulumi.Output.all(resource.urn, resource.id)
        known = names.apply(lambda names: _registered(resource, names[0]))
        vars(resource)[_READ_BACK] = known
    return known


def _registered(resource: pulumi.CustomResource, urn: str) -> pulumi.CustomResource:
    names: dict[str, Any] = dict.fromkeys(lazy_outputs(type(resource)))
    *_, kind, name = urn.split("::", 3)
    # With a URN the SDK registers nothing: it asks the engine for what was registered.
    return pulumi.CustomResource(
        kind.rsplit("$", 1)[-1], name, names, pulumi.ResourceOptions(urn=urn)
    )
