"""The tutorial: the README's ten minutes, so that they stand once."""

from __future__ import annotations

import re
from pathlib import Path

from .text import GENERATED

ROOT = Path(__file__).parents[2]
_BEGIN, _END = "## Ten minutes to your own job\n", "\n## What to expect\n"


def page_text() -> str:
    """The page: the part of the README, with links from this folder."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = readme.partition(_BEGIN)[2].partition(_END)[0].strip()
    text = re.sub(r"^###", "##", text, flags=re.MULTILINE)
    text = re.sub(r"\]\(docs/", "](", text)
    title = _BEGIN.strip("# \n")
    return f"# {title}\n\n{GENERATED.replace('the code', 'README.md')}\n\n{text}\n"
