"""Inputs that are somebody's phone number or password: neither shown nor kept in the clear."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from metastudio_emulator import Emulator

CONTACT = 13800138007
SUB_USER = "sub user of a customer"
# Nobody listens at port 1.
SIGNED = "https://127.0.0.1:1/c.png?Signature=(sig)nature,'1'"
WITH_PASSWORD = "https://somebody:pass)wort@127.0.0.1:1/letter.pdf#frag)mented"


@pytest.mark.parametrize("operation", ["preview", "up"])
def test_a_failed_check_prints_no_secret_value(
    stack: Any, emulator: Emulator, operation: str
) -> None:
    # What a program itself makes a secret is none of the provider's to know.
    program = stack.folder / "__main__.py"
    secret = "inputs['app_user_id'] = pulumi.Output.secret(inputs['app_user_id'])\n"
    head, job = program.read_text().split("    job = ")
    program.write_text(f"{head}    {secret}    job = {job}")
    stack.declare(
        anna={
            "name": "Anna",
            "submit": False,
            "contact": CONTACT,
            "cover": SIGNED,
            "grant_file": WITH_PASSWORD,
            "app_user_id": SUB_USER,
        }
    )
    result = stack.run(operation)
    assert result.code != 0
    secrets = ("3800138007", "nature", "somebody", "wort", "mented", SUB_USER)
    assert [secret for secret in secrets if secret in result.text] == []
    for name, end in [
        ("contact", "is int: it must be text"),
        ("cover 'https://127.0.0.1:1/c.png'", "cannot be reached: "),
        ("grant_file 'https://127.0.0.1:1/letter.pdf'", "cannot be reached: "),
        ("app_user_id", "goes into an HTTP header: "),
    ]:
        assert f"{name} {end}" in result.text
    assert emulator.control.jobs() == []


@pytest.fixture
def guarded() -> Iterator[str]:
    """The address of a file that its server gives to one user only."""
    proof = "Basic " + base64.b64encode(b"somebody:pass,word").decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == proof
            self.send_response(200 if known else 401)
            self.send_header("Content-Length", "6")
            self.send_header("ETag", '"v1"')
            self.end_headers()
            self.wfile.write(b"letter")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://somebody:pass,word@127.0.0.1:{server.server_port}/letter.pdf"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_password_in_a_url_is_kept_encrypted(
    stack: Any, emulator: Emulator, guarded: str
) -> None:
    stack.declare(anna={"name": "Anna", "submit": False, "grant_file": guarded})
    stack.run("preview").ok()
    stack.run("up").ok()
    (made,) = emulator.control.jobs()
    assert emulator.control.objects(made["job_id"])["grant_file"]["size"] == 6
    emulator.control.set_fields(made["job_id"], name="Berta")
    stack.run("refresh").ok()
    stack.run("preview", "--json").ok()
    stack.run("up").ok()
    stack.run("preview", "--expect-no-changes").ok()
    stack.run("destroy").ok()
    kept = [f for f in (stack.folder.parent / "backend").rglob("*") if f.is_file()]
    left = "".join([*stack.transcript, *(f.read_text() for f in kept)])
    assert "Anna" in left
    assert [secret for secret in ("somebody", "pass,word") if secret in left] == []
