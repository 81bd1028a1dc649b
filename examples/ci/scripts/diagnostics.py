"""``diagnostics.py FILE``: prints the errors and warnings of a preview that was written as JSON."""

import json
import sys
from pathlib import Path


def main() -> None:
    try:
        preview = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    except ValueError:
        return  # it ended before it had anything to tell, and said why on standard error
    for said in preview.get("diagnostics") or []:
        severity = said.get("severity")
        if severity in ("error", "warning"):
            # The CLI's messages begin with it already, the embedded engine's do not.
            message = said.get("message", "").strip().removeprefix(f"{severity}: ")
            print(f"{severity}: {message}")


if __name__ == "__main__":
    main()
