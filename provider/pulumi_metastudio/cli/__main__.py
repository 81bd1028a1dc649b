"""``python -m pulumi_metastudio.cli``: the command without its script on PATH."""

from . import run

run()
