"""``gate.py``: fails when the change needs an approval that the label does not give.

The label is read when this runs, so setting it and running this job again is enough.
"""

import os
import sys
from pathlib import Path

import platforms


def main() -> None:
    folder = Path(os.environ.get("REVIEW_FOLDER") or "review")
    verdict = (folder / "verdict").read_text(encoding="utf-8").strip()
    if verdict == "clear":
        print("nothing here needs an approval")
    elif verdict == "none":
        sys.exit("nothing was previewed: push the change to a branch of this repository")
    else:
        label = platforms.approval()
        if label not in platforms.here().labels():
            sys.exit(f"read the review; who agrees sets the label {label!r}")
        print(f"approved by the label {label!r}")


if __name__ == "__main__":
    main()
