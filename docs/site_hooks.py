"""What `make docs` does beside rendering: links that leave the folder, and a last look.

A page of this folder may link to a file elsewhere in the repository, which the site does not have:
there the link leads to the repository, or, as long as pyproject.toml names none, is plain text.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
_OUTSIDE = re.compile(r"(?<!!)\[([^\]]*)\]\(((?:\.\./)+[^)#\s]+)(#[^)\s]*)?\)")
#: What a browser fetches by itself: links that somebody clicks are no such thing.
_FETCHED = re.compile(
    r"<(?:script|img|iframe|link)\b[^>]*?(?:src|href)=[\"']?((?:https?:)?//[^\"' >]+)"
)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links to files outside of this folder."""
    folder = Path(page.file.abs_src_path).parent

    def turned(found: re.Match[str]) -> str:
        target = (folder / found[2]).resolve()
        if target.is_relative_to(ROOT / "docs"):
            return found[0]
        where = repository()
        return f"[{found[1]}]({where}/blob/main/{target.relative_to(ROOT)})" if where else found[1]

    return _OUTSIDE.sub(turned, markdown)


def on_post_build(config: Any, **_: Any) -> None:
    """Refuse a site whose pages ask other hosts for anything."""
    for page in Path(config["site_dir"]).rglob("*.html"):
        asked = set(_FETCHED.findall(page.read_text(encoding="utf-8")))
        if asked:
            raise PluginError(f"{page.name} loads {', '.join(sorted(asked))}: keep it in the site")


def repository() -> str:
    """The repository's address, as the package index shows it; ``""`` while there is none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    urls = {name.lower(): address for name, address in project.get("urls", {}).items()}
    found: str = urls.get("repository") or urls.get("source") or ""
    return found.removesuffix(".git").rstrip("/")
