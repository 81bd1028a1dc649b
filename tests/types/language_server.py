"""Pyright as an editor talks to it: what it finds in files, and what it shows on hover."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any


class LanguageServer:
    """A running language server, the files of one folder open in it; use it in a ``with``."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "pyright.langserver", "--stdio"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=root)
        self._ids = itertools.count()
        self._call(
            "initialize",
            processId=None,
            rootUri=root.as_uri(),
            workspaceFolders=[{"uri": root.as_uri(), "name": root.name}],
            capabilities={
                "workspace": {"configuration": True},
                "textDocument": {"hover": {"contentFormat": ["plaintext"]}, "diagnostic": {}},
            },
        )
        self._send(method="initialized", params={})

    def __enter__(self) -> LanguageServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._call("shutdown")
        self._send(method="exit")
        self._process.communicate()

    def open(self, file: Path) -> None:
        self._send(
            method="textDocument/didOpen",
            params={
                "textDocument": {
                    "uri": file.as_uri(),
                    "languageId": "python",
                    "version": 1,
                    "text": file.read_text(),
                }
            },
        )

    def findings(self, file: Path) -> list[tuple[int, str]]:
        """Errors in an open file: the line, from 1, and the text."""
        found = self._call("textDocument/diagnostic", textDocument={"uri": file.as_uri()})
        return [
            (each["range"]["start"]["line"] + 1, each["message"])
            for each in found["items"]
            if each["severity"] == 1
        ]

    def hover(self, file: Path, line: int, column: int) -> str:
        """What is shown at a place, both counted from 1."""
        shown = self._call(
            "textDocument/hover",
            textDocument={"uri": file.as_uri()},
            position={"line": line - 1, "character": column - 1},
        )
        return str(shown["contents"]["value"]) if shown else ""

    def _call(self, method: str, **params: Any) -> Any:
        number = next(self._ids)
        self._send(id=number, method=method, params=params)
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            if "id" in message:
                self._answer(message)

    def _answer(self, message: dict[str, Any]) -> None:
        """The server asks, too: for settings."""
        asked = message["method"] == "workspace/configuration"
        items = message["params"]["items"] if asked else []
        self._send(id=message["id"], result=[_setting(each["section"]) for each in items])

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


def _setting(section: str) -> dict[str, Any]:
    if section == "python":
        return {"pythonPath": sys.executable}
    if section == "python.analysis":
        return {"typeCheckingMode": "standard", "diagnosticMode": "openFilesOnly"}
    return {}
