"""No secret and no personal value in the clear: not in state, not in any output or log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from metastudio_emulator import Emulator

CONTACT = "13800138007"
OTHER_CONTACT = "13911112222"
PASSWORD_VARIABLES = ("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK")


@pytest.fixture
def everything(stack: Any, emulator: Emulator, material: dict[str, Path]) -> str:
    """All that a life with failures leaves on disk and on the terminal."""
    control = emulator.control
    files = ("training_video", "id_card_image1", "id_card_image2", "grant_file")
    job = {
        "name": "Anna",
        "contact": CONTACT,
        "expose_download_urls": True,
        **{name: material[name] for name in files},
    }
    stack.declare(anna=job)
    # An upload fails for good, so that its URLs are kept for the next run: encrypted in state,
    # and for the owner only in the journal, which holds none once they are used.
    control.add_fault("upload", "status", status=403, times=20)
    assert stack.run("up").code != 0
    (kept,) = stack.state()
    assert kept["outputs"]["pending"]
    journals = list(stack.folder.parent.rglob("journal/*.json"))
    assert [oct(f.stat().st_mode & 0o777) for f in journals] == ["0o600"]
    control.clear_faults()
    stack.run("up").ok()
    (made,) = control.jobs()
    control.set_state(made["job_id"], "AUTO_VERIFY_FAILED", reason="blurred")
    control.set_fields(made["job_id"], contact=OTHER_CONTACT)
    stack.run("refresh").ok()
    stack.run("preview", "--json").ok()
    stack.run("preview").ok()
    # A refusal by the service while the values are on their way, and a wrong key.
    control.add_fault("update", "status", status=400, times=1)
    assert stack.run("up").code != 0
    assert stack.run("up", HUAWEICLOUD_SDK_SK="another secret").code != 0
    stack.run("up", "--json").ok()
    stack.run("outputs").ok()
    stack.run("outputs", "--json").ok()
    left = [f for f in stack.folder.parent.rglob("*") if f.is_file() and _ours(f, stack)]
    return "".join([*stack.transcript, *(f.read_text(errors="replace") for f in left)])


def _ours(file: Path, stack: Any) -> bool:
    """Everything but what the test itself and the service's own storage wrote."""
    mine = ("emulator", "material")
    return file.name != "jobs.json" and not any(
        part in mine for part in file.relative_to(stack.folder.parent).parts
    )


def test_nothing_private_is_in_the_clear(everything: str, stack: Any, emulator: Emulator) -> None:
    secrets = {
        "contact": CONTACT,
        "contact changed behind the back": OTHER_CONTACT,
        "access key": emulator.access_key,
        "secret key": emulator.secret_key,
        "wrong secret key": "another secret",
        "passphrase": stack.environment["PULUMI_CONFIG_PASSPHRASE"],
    }
    assert {name for name, value in secrets.items() if value in everything} == set()
    # A URL of the storage is a bearer secret by its signature.
    assert re.findall(r"Signature=[^\s\"']+|[?&]AccessKeyId=", everything) == []
    # The scan looks at the right text: what is public is there.
    assert "Anna" in everything
    assert '"pending"' in everything
    assert "[secret]" in everything
