"""In which order resources may be deleted."""

from __future__ import annotations

from .state import ResourceState


def deletion_levels(doomed: list[ResourceState]) -> list[list[ResourceState]]:
    """The resources in waves: when a wave begins, nothing depends on its members any more.

    The list is in dependency order, and one URN may occur more than once (what was replaced and
    what replaced it): a reference is to the last one before it.
    """
    latest: dict[str, ResourceState] = {}
    dependents: dict[ResourceState, list[ResourceState]] = {state: [] for state in doomed}
    for state in doomed:
        for urn in state.references():
            if urn in latest:
                dependents[latest[urn]].append(state)
        latest[state.urn] = state
    depth: dict[ResourceState, int] = {}
    for state in reversed(doomed):
        depth[state] = 1 + max((depth[d] for d in dependents[state]), default=-1)
    levels: list[list[ResourceState]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for state in doomed:
        levels[depth[state]].append(state)
    return levels


def needs(state: ResourceState, states: list[ResourceState]) -> set[str]:
    """The URNs of everything that a resource needs, directly or not."""
    by_urn = {other.urn: other for other in states}
    needed: set[str] = set()
    waiting = [state]
    while waiting:
        for urn in waiting.pop().references() - needed:
            needed.add(urn)
            if urn in by_urn:
                waiting.append(by_urn[urn])
    return needed
