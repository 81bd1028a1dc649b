"""Configuration as the Pulumi CLI prints it (``pkg/cmd/pulumi/config`` in pulumi/pulumi)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_embedded import ConfigValue

# What Go escapes in JSON unless it is told not to; `config get` does not tell it.
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def value_text(value: ConfigValue, as_json: bool) -> str:
    """One value, in the clear."""
    if not as_json:
        return value.text
    return json.dumps(_entry(value), indent=2, ensure_ascii=False).translate(_HTML)


def listing(
    values: Mapping[str, ConfigValue], project: str, as_json: bool, show_secrets: bool
) -> str:
    """All values by key, which are masked already unless secrets are to be shown."""
    keys = sorted(values, key=lambda key: key.split(":", 1))
    if as_json:
        entries = {
            key: {"secret": True}
            if values[key].secret and not show_secrets
            else _entry(values[key])
            for key in keys
        }
        return json.dumps(entries, indent=2, ensure_ascii=False)
    rows = [("KEY", "VALUE")]
    rows += [(key.removeprefix(f"{project}:"), values[key].text) for key in keys]
    width = max(len(key) for key, _ in rows) + 2
    # A value of several lines goes on below its beginning.
    return "\n".join(f"{key:{width}}{text}".replace("\n", "\n" + " " * width) for key, text in rows)


def _entry(value: ConfigValue) -> dict[str, Any]:
    nested = {"objectValue": json.loads(value.text)} if value.nested else {}
    return {"value": value.text, **nested, "secret": value.secret}
