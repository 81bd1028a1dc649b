"""``comment.py``: the review as one comment, written once and edited after each push.

It also withdraws the approval of an earlier commit: the label says yes to what the comment told
when it was set, so a comment of another commit asks again.
"""

import os
from pathlib import Path

import platforms


def main() -> None:
    folder = Path(os.environ.get("REVIEW_FOLDER") or "review")
    if (folder / "verdict").read_text(encoding="utf-8").strip() == "none":
        print("nothing was previewed, so nothing is posted")
        return
    platform = platforms.here()
    review = (folder / "review.md").read_text(encoding="utf-8")
    marker = review.partition("\n")[0].strip()
    commit = f"<!-- metastudio-commit {platform.commit} -->"
    body = f"{review.rstrip()}\n\n{commit}"

    mine = next((each for each in platform.comments() if each.begins_with(marker)), None)
    if mine is None or commit not in mine.body:
        platform.remove_label(platforms.approval())
    if mine is None:
        platform.create_comment(body)
    elif mine.body != body:
        platform.update_comment(mine.id, body)


if __name__ == "__main__":
    main()
