"""Whether a stack's state is consistent; one that is not is refused.

The rules are the CLI's (``VerifyIntegrity`` in ``pkg/resource/deploy/snapshot.go`` of
pulumi/pulumi): every resource comes after all that it refers to, and URNs are unique.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import EngineError
from .resources import ResourceState
from .urns import is_provider_type


def verify(manifest: Mapping[str, Any], resources: list[ResourceState]) -> None:
    """Raise EngineError unless the state is consistent with itself and with its manifest."""
    problem = next(_problems(manifest, resources), None)
    if problem:
        raise EngineError(
            f"snapshot integrity failure; refusing to use it: {problem}. 'pulumi state repair' "
            "mends what can be mended; the .bak beside the stack's file is the state before the "
            "last operation"
        )


def _problems(manifest: Mapping[str, Any], resources: list[ResourceState]) -> Iterator[str]:
    magic = hashlib.sha256(str(manifest.get("version") or "").encode()).hexdigest()
    if manifest.get("magic", magic) != magic:
        yield "magic cookie mismatch; possible tampering/corruption detected"
    everything = {state.urn for state in resources}
    before: set[str] = set()
    live: set[str] = set()
    providers: set[str] = set()
    for index, state in enumerate(resources):
        if not state.urn or not state.type:
            missing = "type" if state.urn else "urn"
            yield f"resource at index {index} missing required '{missing}' field"
        if state.id and not state.custom:
            yield f"resource '{state.urn}' has 'custom' false but non-empty ID"
        if is_provider_type(state.type):
            providers.add(f"{state.urn}::{state.id}")
        if state.provider and state.provider not in providers and not state.pending_replacement:
            yield f"resource {state.urn} refers to unknown provider {state.provider}"
        for what, urn in state.references():
            if urn and urn not in before and what != "provider":
                how = "comes after it" if urn in everything else "is missing"
                yield f"resource {state.urn}'s {what} {urn} {how}"
        if not state.delete and state.urn in live:
            yield f"duplicate resource {state.urn} (not marked for deletion)"
        before.add(state.urn)
        live |= set() if state.delete else {state.urn}
