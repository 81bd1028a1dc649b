"""Ask the service what its documents leave open, at no cost: ``metastudio probe``.

Reading, then at most three jobs, which are never submitted and are deleted again.
"""

from .client import ProbeClient
from .ledger import Ledgers
from .runner import Cleaned, Result, clean, plan, run, run_rates

__all__ = ["Cleaned", "Ledgers", "ProbeClient", "Result", "clean", "plan", "run", "run_rates"]
