"""``changes.py FILE``: prints ``drift`` or ``none`` for a preview that was written as JSON."""

import json
import sys
from pathlib import Path

#: Operations that look and change nothing.
_LOOKS = {"same", "read", "refresh"}


def main() -> None:
    preview = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    operations = {op for op, count in preview["changeSummary"].items() if count}
    print("drift" if operations - _LOOKS else "none")


if __name__ == "__main__":
    main()
