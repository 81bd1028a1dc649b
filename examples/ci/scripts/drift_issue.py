"""``drift_issue.py``: one open issue while there is drift, closed when there is none."""

import os
from pathlib import Path

import platforms

_LABEL = "metastudio-drift"


def main() -> None:
    folder = Path(os.environ.get("DRIFT_FOLDER") or "drift")
    stack = os.environ["PULUMI_STACK"]
    platform = platforms.here()
    marker = f"<!-- metastudio-drift {stack} -->"
    issues = [each for each in platform.issues(_LABEL) if each.begins_with(marker)]

    if (folder / "verdict").read_text(encoding="utf-8").strip() == "none":
        for each in issues:
            platform.close_issue(each.id)
        return
    report = (folder / "drift.md").read_text(encoding="utf-8")
    head = (
        f"{marker}\nThe service has something else than stack `{stack}` declares. "
        "`up` would do this; or take what is there over into the program.\n\n"
    )
    body = head + report.rstrip()
    if not issues:
        platform.create_issue(f"Drift in stack {stack}", body, _LABEL)
    elif issues[0].body != body:
        platform.update_issue(issues[0].id, body)


if __name__ == "__main__":
    main()
