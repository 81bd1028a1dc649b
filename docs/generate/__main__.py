"""Write the pages of the reference."""

from __future__ import annotations

from .pages import FOLDER, PAGES


def main() -> None:
    """Write each page that is not as the code is, and say which."""
    FOLDER.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        page, text = FOLDER / name, write()
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
            print(f"wrote {page.name}")
    for page in set(FOLDER.glob("*.md")) - {FOLDER / name for name in PAGES}:
        page.unlink()
        print(f"removed {page.name}")


if __name__ == "__main__":
    main()
