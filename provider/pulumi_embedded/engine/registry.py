"""Which resources the program has registered, and what each of them was called before."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi.runtime.proto import alias_pb2

from ..errors import EngineError
from ..model.resources import ResourceState
from ..model.urns import Urn, make_urn, parse_urn, urn_name
from .goals import Goal


class Registry:
    """The names in one run of a program. Its caller keeps other threads out.

    Args:
        olds: the resources that were there before, by URN.
    """

    def __init__(self, stack: str, project: str, olds: Mapping[str, ResourceState]) -> None:
        self._stack = stack
        self._project = project
        self._olds = olds
        self._goals: dict[str, Goal] = {}
        self._old_names: dict[str, str] = {}  # a resource's URN -> the alias it was found under

    def assign_urn(self, goal: Goal) -> None:
        """Give a resource its URN."""
        state = goal.state
        state.urn = make_urn(self._stack, self._project, state.parent, state.type, goal.name)

    def aliases_in_use(self) -> set[str]:
        """Old names of resources that have new ones now."""
        return set(self._old_names.values())

    def claim(self, goal: Goal) -> ResourceState | None:
        """Note that the resource is in the program, and find what it was before.

        Options that the program does not set are taken from the parent.
        """
        state = goal.state
        urn = state.urn
        if urn in self._goals:
            raise EngineError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        if state.parent and state.parent not in self._goals:
            raise EngineError(f"could not find parent resource {state.parent}")
        self._inherit(goal)
        self._goals[urn] = goal
        if urn in self._olds:
            return self._olds[urn]
        for alias in self._aliases(goal):
            old = self._olds.get(alias)
            if old is not None:
                if alias in self._goals or alias in self._old_names.values():
                    raise EngineError(
                        f"resource '{urn}' has the alias '{alias}', which another resource has too"
                    )
                self._old_names[urn] = alias
                state.aliases = [alias]
                return old
        return None

    def _inherit(self, goal: Goal) -> None:
        """Take over what the parent says and the child does not."""
        state = goal.state
        parent = self._goals.get(state.parent)
        if parent and goal.protect is None:
            goal.protect = parent.protect
        if parent and goal.retain_on_delete is None:
            goal.retain_on_delete = parent.retain_on_delete
        if not state.external:  # one that is only looked up is never deleted
            state.protect, state.retain_on_delete = bool(goal.protect), bool(goal.retain_on_delete)
            if parent:
                state.deleted_with = state.deleted_with or parent.state.deleted_with

    def _aliases(self, goal: Goal) -> list[str]:
        """Every name that the resource may have had, its parents' old names multiplied in."""
        urns = [self._alias_urn(goal, alias) for alias in goal.aliases]
        old_parent = self._old_names.get(goal.state.parent)
        if old_parent:
            parent_name = urn_name(goal.state.parent)
            names = [(goal.state.type, goal.name)]
            names += [(parse_urn(urn).type, urn_name(urn)) for urn in urns]
            for type_, name in names:
                # `vpc-subnet` below `vpc` was `old-subnet` when `vpc` was `old`.
                if name.startswith(parent_name):
                    name = urn_name(old_parent) + name[len(parent_name) :]
                old_type = f"{parse_urn(old_parent).qualified_type}${type_}"
                urns.append(str(Urn(self._stack, self._project, old_type, name)))
        return list(dict.fromkeys(urns))

    def _alias_urn(self, goal: Goal, alias: alias_pb2.Alias) -> str:
        """The URN that an alias stands for: one, or parts that differ from today's."""
        if alias.WhichOneof("alias") == "urn":
            return alias.urn
        spec = alias.spec
        parent = self._old_names.get(spec.parentUrn, spec.parentUrn) or goal.state.parent
        return make_urn(
            spec.stack or self._stack,
            spec.project or self._project,
            "" if spec.noParent else parent,
            spec.type or goal.state.type,
            spec.name or goal.name,
        )
