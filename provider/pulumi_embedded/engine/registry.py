"""Which resources the program has registered, and what each of them was called before."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import EngineError
from ..model.resources import ResourceState
from ..model.urns import Urn, make_urn, parse_urn, urn_name
from .goals import Alias, Goal


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

    def urn(self, goal: Goal) -> str:
        """The URN that a resource gets."""
        return make_urn(self._stack, self._project, goal.parent, goal.type, goal.name)

    def alias_of(self, urn: str) -> str | None:
        """The name under which a resource was found, when that is not its own."""
        return self._old_names.get(urn)

    def aliases_in_use(self) -> set[str]:
        """Old names of resources that have new ones now."""
        return set(self._old_names.values())

    def claim(self, urn: str, goal: Goal) -> ResourceState | None:
        """Note that the resource is in the program, and find what it was before.

        What the goal leaves open is taken from its parent.

        Raises:
            EngineError: another resource has the name, or there is no such parent.
        """
        if urn in self._goals:
            raise EngineError(f"Duplicate resource URN '{urn}'; try giving it a unique name")
        if goal.parent and goal.parent not in self._goals:
            raise EngineError(f"could not find parent resource {goal.parent}")
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
                return old
        return None

    def _inherit(self, goal: Goal) -> None:
        """Take over what the parent says and the child does not."""
        parent = self._goals.get(goal.parent)
        if parent is None:
            return
        if goal.protect is None:
            goal.protect = parent.protect
        if goal.retain_on_delete is None:
            goal.retain_on_delete = parent.retain_on_delete
        goal.deleted_with = goal.deleted_with or parent.deleted_with

    def _aliases(self, goal: Goal) -> list[str]:
        """Every name that the resource may have had, its parents' old names multiplied in."""
        urns = [self._alias_urn(goal, alias) for alias in goal.aliases]
        old_parent = self._old_names.get(goal.parent)
        if old_parent:
            parent_name = urn_name(goal.parent)
            names = [(goal.type, goal.name)]
            names += [(parse_urn(urn).type, urn_name(urn)) for urn in urns]
            for type_, name in names:
                # `vpc-subnet` below `vpc` was `old-subnet` when `vpc` was `old`.
                if name.startswith(parent_name):
                    name = urn_name(old_parent) + name[len(parent_name) :]
                old_type = f"{parse_urn(old_parent).qualified_type}${type_}"
                urns.append(str(Urn(self._stack, self._project, old_type, name)))
        return list(dict.fromkeys(urns))

    def _alias_urn(self, goal: Goal, alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        parent = goal.parent
        if alias.parent:
            parent = self._old_names.get(alias.parent, alias.parent)
        return make_urn(
            alias.stack or self._stack,
            alias.project or self._project,
            "" if alias.no_parent else parent,
            alias.type or goal.type,
            alias.name or goal.name,
        )
