"""``python -m pulumi_metastudio.cli``: the command without its script on PATH."""

from .main import main

main(prog_name="metastudio")
