"""Wait, in the program, until jobs have come to where the next step needs them.

Training takes days and never happens inside a create. A program that needs a trained model waits
for it here, in its own event loop: other resources go on meanwhile, and however many jobs are
waited for, a round of polling is one list request.
"""

from .targets import TARGETS, Target
from .wait_for import wait_for

__all__ = ["TARGETS", "Target", "wait_for"]
