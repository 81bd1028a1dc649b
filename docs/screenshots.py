"""Pictures of a review as it looks in a pull request, for the pages of this folder.

``make screenshots`` takes them: ``NAME.md`` becomes ``pictures/NAME.png``, and where it has
``<details>``, ``pictures/NAME-open.png`` shows them open. The page is drawn by a headless Chromium,
which has to be on PATH.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

WIDTH = 900
#: Pictures are looked at on pages, and cloned by everybody.
MOST_BYTES = 150 * 1024
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE = 60

_STYLE = """
* { box-sizing: border-box; }
body { margin: 0; padding: 16px; background: #fff; color: #1f2328;
       font: 14px/1.5 "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif; }
.comment { border: 1px solid #d1d9e0; border-radius: 6px; }
.head { padding: 8px 16px; color: #59636e; background: #f6f8fa;
        border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0; }
.head b { color: #1f2328; }
.head span { border: 1px solid #d1d9e0; border-radius: 9px; padding: 0 7px; font-size: 12px; }
.text { padding: 16px; overflow-wrap: break-word; }
.text > :first-child { margin-top: 0; }
.text > :last-child { margin-bottom: 0; }
h1, h2, h3, h4 { margin: 24px 0 16px; line-height: 1.25; }
h1, h2 { padding-bottom: 6px; border-bottom: 1px solid #d1d9e0; }
h1 { font-size: 28px; } h2 { font-size: 21px; } h3 { font-size: 17px; } h4 { font-size: 14px; }
p, ul, ol, table, pre, blockquote, details { margin: 0 0 16px; }
ul, ol { padding-left: 28px; }
table { border-collapse: collapse; }
th, td { padding: 6px 13px; border: 1px solid #d1d9e0; }
tr:nth-child(2n) td { background: #f6f8fa; }
code, pre { font: 12px/1.45 "SFMono-Regular", Menlo, "Liberation Mono", monospace; }
code { padding: 2px 5px; background: #eff1f3; border-radius: 6px; }
pre { padding: 16px; background: #f6f8fa; border-radius: 6px; overflow: hidden; }
pre code { padding: 0; background: none; }
details > summary { margin-bottom: 8px; }
a { color: #0969da; text-decoration: none; }
hr { height: 3px; border: 0; background: #d1d9e0; }
blockquote { padding: 0 14px; color: #59636e; border-left: 4px solid #d1d9e0; }
blockquote > :last-child { margin-bottom: 0; }
blockquote.alert { color: #1f2328; padding: 8px 14px; }
.note { border-color: #0969da; } .tip { border-color: #1a7f37; }
.important { border-color: #8250df; }
.warning { border-color: #9a6700; } .caution { border-color: #d1242f; }
"""

#: Leaves in the page how high its content is, closed and open.
_MEASURE = """
<script>
const high = () => Math.ceil(document.body.getBoundingClientRect().height);
const closed = high();
for (const each of document.querySelectorAll("details")) each.open = true;
document.documentElement.dataset.heights = [closed, high()].join(" ");
</script>
"""


def page(markdown: str, *, opened: bool = False) -> str:
    """The review as a page with one comment on it, drawn as GitHub draws comments."""
    text = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    text = re.sub(
        r"<blockquote>\n<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\n",
        lambda m: f'<blockquote class="alert {m[1].lower()}">\n<p><b>{m[1].capitalize()}</b><br>',
        text,
    )
    if opened:
        text = re.sub(r"<details(?! open)\b", "<details open", text)
    return (
        f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><style>{_STYLE}</style>'
        '<body><div class="comment"><div class="head"><b>github-actions</b> '
        f'<span>bot</span> commented</div><div class="text">{text}</div></div></body></html>'
    )


class Browser:
    """A headless Chromium that keeps nothing and calls nobody.

    Args:
        program: its path.
        folder: for its profile and the pages.
    """

    def __init__(self, program: str, folder: Path):
        self._program = program
        self._folder = folder

    def heights(self, content: str) -> tuple[int, int]:
        """How high a page is with its details closed, and open."""
        dumped = self._run(content + _MEASURE, 1000, "--dump-dom")
        found = re.search(r'data-heights="(\d+) (\d+)"', dumped)
        if found is None:
            sys.exit(f"{self._program} did not draw the page")
        return int(found[1]), int(found[2])

    def shoot(self, content: str, height: int, picture: Path) -> None:
        """Draw a page into a PNG file."""
        self._run(content, height, f"--screenshot={picture.absolute()}")
        if not picture.exists():
            sys.exit(f"{self._program} took no picture {picture}")

    def _run(self, content: str, height: int, *flags: str) -> str:
        file = self._folder / "page.html"
        file.write_text(content, encoding="utf-8")
        with tempfile.TemporaryDirectory(dir=self._folder) as profile:
            command = [
                self._program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-lcd-text",  # grey letters make pictures half as big
                "--hide-scrollbars",
                "--force-device-scale-factor=1",
                f"--user-data-dir={profile}",
                f"--window-size={WIDTH},{height}",
                *flags,
                file.as_uri(),
            ]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_PATIENCE, check=False
            )
        if done.returncode != 0:
            sys.exit(f"{self._program} failed: {done.stderr.strip()[-300:]}")
        return done.stdout


def take(review: Path, folder: Path, browser: Browser, only: str = "") -> list[Path]:
    """The pictures of one review: both, or ``only`` the one that is ``closed`` or ``open``."""
    markdown = review.read_text(encoding="utf-8")
    closed, opened = browser.heights(page(markdown))
    wanted = {review.stem: (closed, False)}
    if "<details" in markdown:
        wanted[f"{review.stem}-open"] = (opened, True)
    taken = []
    for name, (height, is_open) in wanted.items():
        if only and (only == "open") != is_open:
            continue
        picture = folder / f"{name}.png"
        browser.shoot(page(markdown, opened=is_open), height, picture)
        size = picture.stat().st_size
        print(f"{picture}: {size:,} bytes")
        if size > MOST_BYTES:
            sys.exit(f"{picture} has {size:,} bytes, more than {MOST_BYTES:,}: shorten {review}")
        taken.append(picture)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("reviews", nargs="*", type=Path, metavar="REVIEW.md")
    parser.add_argument("--only", choices=["closed", "open"], default="")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "pictures")
    given = parser.parse_args()
    if not given.reviews:
        parser.error("name the Markdown of a review")
    program = next((path for path in map(shutil.which, _NAMES) if path), None)
    if program is None:
        sys.exit(f"none of {', '.join(_NAMES)} is on PATH: install one")
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, Path(folder))
        for review in given.reviews:
            take(review, given.out, browser, given.only)


if __name__ == "__main__":
    main()
