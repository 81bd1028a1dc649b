"""Random odd values: texts, numbers, JSON, paths, headers, bodies."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

TEXTS = (
    *("", " ", "null", "true", "0", "-1", "1e999", "NaN", "x" * 65, "x" * 257, "x" * 5000),
    *("..", "../../etc/passwd", "a/b", "a\\b", "%", "%zz", "%00", "%0a", "\x00", "\x1b[2J"),
    *("a\r\nX-Injected: 1", "a\n2026-01-01 INFO forged 200", "<&>'\"", "{}", "[]", "$.x", "';--"),
    *("数字人", "ü", "é" * 200, "\u2028", "\ufeff", "\ud800", "\udcff", "🎥", "٣٤٥", "２"),
    *("2026-01-01T00:00:00Z", "20260102T030405Z", "9999-99-99T99:99:99Z", "bytes=0-1"),
)
NUMBERS = (0, -1, 1, 2, 1000, 1001, 2**31, 2**63, 2**64, 10**400, 0.5, -0.0, 1e308, True, False)
#: JSON values that no library would write.
RAW = ("NaN", "Infinity", "1e999", "-1e999", "01", "1" * 5000, '"\\ud800"', '"\\u0000"', "'x'", "")
METHODS = (
    *("GET", "GET", "POST", "POST", "PUT", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"),
    *("CONNECT", "PROPFIND", "get", "G\x00T", "MSEARCH", "PURGE", "NONSENSE"),
)
HEADERS = (
    *("Host", "Content-Type", "Content-Length", "Transfer-Encoding", "Expect", "Connection"),
    *("X-Auth-Token", "Authorization", "X-Sdk-Date", "X-Project-Id", "X-App-UserId", "Range"),
    *("X-Security-Token", "X-Sdk-Content-Sha256", "Upgrade", "Cookie", "If-Range", "Accept"),
    *("If-None-Match", "X-Forwarded-For", "X_Odd", "Content-Encoding", "Accept-Encoding"),
)


class OddValues:
    """Generates odd values; the same random generator makes the same ones."""

    def __init__(self, generator: random.Random) -> None:
        self._random = generator

    def text(self) -> str:
        if self._random.random() < 0.6:
            return self._random.choice(TEXTS)
        size = self._random.choice((1, 3, 20, 64, 300))
        return "".join(
            chr(self._random.choice((32, 65, 200, 0x4E00)) + i % 26) for i in range(size)
        )

    def value(self, depth: int = 0) -> Any:
        kind = self._random.randrange(8 if depth < 4 else 5)
        if kind == 0:
            return None
        if kind <= 2:
            return self.text()
        if kind <= 4:
            return self._random.choice(NUMBERS)
        count = self._random.choice((0, 1, 2, 5))
        if kind <= 6:
            return [self.value(depth + 1) for _ in range(count)]
        return {self.text(): self.value(depth + 1) for _ in range(count)}

    def document(self, valid: dict[str, Any]) -> bytes:
        """A valid body with some changes, or no JSON at all."""
        kind = self._random.randrange(15)
        if kind >= 10:
            return json.dumps(valid).encode()
        if kind == 0:
            return self.garbage()
        if kind == 1:
            return self._random.choice((b"[", b'{"a":', b'"')) * self._random.choice((1, 300, 9000))
        if kind == 2:
            return json.dumps(self.value()).encode("utf-8", "surrogatepass")
        changed = dict(valid)
        for name in list(valid):
            if self._random.random() < 0.3:
                changed[name] = self.value()
        if self._random.random() < 0.3:
            changed[self.text()] = self.value()
        text = json.dumps(changed, ensure_ascii=self._random.random() < 0.7)
        if kind == 3 and changed:
            name = self._random.choice(list(changed))
            text = text.replace(json.dumps(changed[name]), self._random.choice(RAW), 1)
        return text.encode("utf-8", "surrogatepass")

    def garbage(self, size: int | None = None) -> bytes:
        return self._random.randbytes(size or self._random.choice((1, 10, 100, 5000)))

    def path(self, valid: str) -> str:
        """A valid path, sometimes with a changed segment."""
        if self._random.random() < 0.8:
            return valid
        segments = valid.split("/")
        where = self._random.randrange(len(segments))
        change: Callable[[], str] = self._random.choice(
            (
                lambda: quote(self.text().encode("utf-8", "surrogatepass")),
                lambda: self.text(),
                lambda: "%2e%2e/%2e%2e",
                lambda: segments[where] + "%",
                lambda: "",
            )
        )
        segments[where] = change()
        return "/".join(segments)

    def query(self, names: tuple[str, ...]) -> str:
        pairs = []
        for _ in range(self._random.choice((0, 1, 2, 6))):
            value = (
                self.text() if self._random.random() < 0.7 else str(self._random.choice(NUMBERS))
            )
            if self._random.random() < 0.8:
                value = quote(value.encode("utf-8", "surrogatepass"))
            pairs.append(f"{self._random.choice(names)}={value}")
        return self._random.choice(("&", "&", "&&", ";")).join(pairs)

    def headers(self, valid: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Valid headers in random order, with a few removed, changed or added."""
        changed = [pair for pair in valid if self._random.random() > 0.02]
        for _ in range(self._random.choice((0, 0, 0, 1, 2))):
            changed.append((self._random.choice(HEADERS), self.text()))
        self._random.shuffle(changed)
        return changed
