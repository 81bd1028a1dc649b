"""Where the log goes, and that it is off unless it is asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_metastudio.common.logs import configure_logging, debugging
from pulumi_metastudio.errors import ConfigurationError

LOGGER = logging.getLogger("pulumi_metastudio")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    for handler in [each for each in LOGGER.handlers if each.name == LOGGER.name]:
        LOGGER.removeHandler(handler)
        handler.close()
    LOGGER.setLevel(logging.NOTSET)


def written() -> None:
    log = logging.getLogger("pulumi_metastudio.api.somewhere")
    log.debug("a detail of %s", "https://host/path?signature=secret")
    log.info("a step")


def test_it_is_off_by_default(capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    written()
    assert LOGGER.handlers == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("level", "lines"), [("debug", 2), ("INFO", 1)])
def test_standard_error(
    level: str, lines: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METASTUDIO_LOG", level)
    configure_logging()
    configure_logging()
    written()
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", lines)
    assert err.endswith("INFO pulumi_metastudio.api.somewhere: a step\n")
    assert "secret" not in err


def test_a_file_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "metastudio.log"
    monkeypatch.setenv("METASTUDIO_LOG", str(file))
    configure_logging()
    written()
    assert file.stat().st_mode & 0o777 == 0o600
    first, second = file.read_text().splitlines()
    assert first.endswith("a detail of https://host/path?[hidden]")
    assert second.endswith("a step")


def test_a_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METASTUDIO_LOG", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"Is a directory: give debug, info, or a file"):
        configure_logging()


@pytest.mark.parametrize(("value", "on"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_debugging(value: str, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METASTUDIO_DEBUG", value)
    assert debugging() is on
