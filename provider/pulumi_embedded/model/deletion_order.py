"""In which order resources may be deleted, and what has to stay with one that stays."""

from __future__ import annotations

from .resources import ResourceState


def deletion_levels(doomed: list[ResourceState]) -> list[list[ResourceState]]:
    """The resources in waves: when a wave begins, nothing depends on its members any more.

    The list is in dependency order, and one URN may occur more than once (what was replaced and
    what replaced it): a reference may be to each of them.
    """
    by_urn: dict[str, list[ResourceState]] = {}
    dependents: dict[ResourceState, list[ResourceState]] = {state: [] for state in doomed}
    for state in doomed:
        for urn in state.needs():
            for other in by_urn.get(urn, ()):
                dependents[other].append(state)
        by_urn.setdefault(state.urn, []).append(state)
    depth: dict[ResourceState, int] = {}
    for state in reversed(doomed):
        depth[state] = 1 + max((depth[d] for d in dependents[state]), default=-1)
    levels: list[list[ResourceState]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for state in doomed:
        levels[depth[state]].append(state)
    return levels


def needs(state: ResourceState, states: list[ResourceState]) -> set[ResourceState]:
    """Everything that a resource needs, directly or not.

    Where there is one that was replaced beside the one that replaced it, only what was replaced
    itself needs the former.
    """
    by_urn = {(other.urn, other.delete): other for other in states}
    needed: set[ResourceState] = set()
    waiting = [state]
    while waiting:
        needy = waiting.pop()
        for urn in needy.needs():
            other = by_urn.get((urn, needy.delete)) or by_urn.get((urn, not needy.delete))
            if other and other not in needed:
                needed.add(other)
                waiting.append(other)
    return needed
