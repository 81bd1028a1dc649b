"""Where keys and endpoints came from, for errors: the names of settings, never their values.

A key that is stored for the real service and an endpoint of a local one, or the reverse, are each
right where they stand and refused together. Only who knows both places can mend that.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

STACK = "the stack's configuration"
ENVIRONMENT = "the environment"


@dataclass(frozen=True)
class Place:
    """A setting's name, such as ``metastudio:accessKey``, and where it stands."""

    name: str
    where: str

    def __str__(self) -> str:
        return f"{self.name} in {self.where}"


@dataclass(frozen=True)
class Origin:
    """Where the settings that decide about a refusal came from.

    Attributes:
        kind: what the credentials are, in a word: key, login or token.
        credentials: None where nobody knows where the settings came from.
        project: None where IAM names it.
        endpoint, iam_endpoint: None where it is the one for everybody.
    """

    kind: str = "key"
    credentials: Place | None = None
    project: Place | None = None
    endpoint: Place | None = None
    iam_endpoint: Place | None = None

    def told(self, endpoint: str, *, iam: bool = False) -> str:
        """What was used for a request to this base URL, and the way out; empty where not known."""
        place = self.iam_endpoint if iam else self.endpoint
        if self.credentials is None:
            return ""
        parts = [f"{self.kind} from {self.credentials}"]
        if self.project:
            parts.append(f"project from {self.project}")
        parts.append(f"endpoint {endpoint}{f' from {place}' if place else ''}")
        return f"{', '.join(parts)}: {self._way_out(endpoint, place)}"

    def _way_out(self, endpoint: str, place: Place | None) -> str:
        given = (self.credentials, self.project)
        apart = [each.name for each in given if each and place and each.where != place.where]
        if not place or not apart or not is_local(endpoint):
            check = "check that they belong together, and what they may do"
            # Neither runs the program, so the engine has no other configuration for them.
            old = "; after a change, refresh and destroy know it from the next up on"
            return check + (old if STACK in (each.where for each in given if each) else "")
        names = " and ".join(apart)
        if place.where == ENVIRONMENT:
            return (
                f"a local service knows only its own: unset {place.name} to reach the real one, or "
                f"use the local one in a stack without {names}"
            )
        return f"a local service knows only its own: replace {names}, or remove {place.name}"


def is_local(url: str) -> bool:
    """Whether a base URL leads to this very machine."""
    host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
