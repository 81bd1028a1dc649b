"""The states of a job."""

from __future__ import annotations

from pulumi_metastudio.api import states
from pulumi_metastudio.waiting.targets import TARGETS, states_of

from .text import code, page, table


def shown() -> tuple[list[str], list[str]]:
    """All known states: those that the console has a word of their own for, and the rest."""
    rest = states.console_status("")  # what the console calls what it does not group
    own = [state for state in states._CONSOLE if states.console_status(state) != rest]
    return own, sorted(states.KNOWN - {*own})


def _yes(state: str, these: frozenset[str]) -> str:
    return "yes" if state in these else ""


def page_text() -> str:
    """The page of all states."""
    reached = {target: states_of(target) for target in TARGETS}
    own, rest = shown()

    def targets(state: str) -> str:
        return ", ".join(target for target in TARGETS if state in reached[target])

    return page(
        "States",
        f"The {len(states.KNOWN)} states that any document of the service or client of the vendor "
        "names. The output `state` has them as they are, `console_status` has the console's word. "
        "The service adds states without notice: one that is not listed counts as in progress, "
        "and nothing is done to its job.",
        table(
            ("state", "at the console", "mended in place", "deleted", "model", "`wait_for`"),
            (
                (
                    code(state),
                    states.console_status(state),
                    _yes(state, states.EDITABLE),
                    _yes(state, states.DELETABLE),
                    _yes(state, states.TRAINED),
                    targets(state),
                )
                for state in own
            ),
        ),
        "*Mended in place*: new files and edits are taken without a new job. *Deleted*: the "
        "service deletes a job in this state. *Model*: a paid model exists; `retain-trained` keeps "
        "it. The last column names the targets of [`wait_for`](../functions.md#wait-for-jobs) that "
        "are reached; the two states of a failed review end the wait for any but `submitted`.",
        "## Behind the console's word",
        f"The console shows each of these as `{states.console_status('')}`, failures too: an "
        "administrator of the service handles them.",
        table(
            ("state", "deleted", "`wait_for`"),
            ((code(state), _yes(state, states.DELETABLE), targets(state)) for state in rest),
        ),
    )
