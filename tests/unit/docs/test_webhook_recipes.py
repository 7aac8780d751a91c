"""The receivers of docs/webhooks.md accept genuine messages and no others."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from chalicelib.webhooks import signature

PAGE = Path("docs/webhooks.md").read_text()
BODY = b'{"type":"media.ready","timestamp":"2026-05-01T09:30:00.000Z","data":{"media_id":"0198","sequence":1}}'


def recipe(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(code)


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: Sequence[str], secret: str) -> Iterator[str]:
    """Run a receiver; yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            deadline = time.monotonic() + 20
            while not is_listening(port):
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.kill()


@pytest.mark.parametrize("language", ["python", "js"])
def test_a_receiver_of_the_page_verifies_messages(language: str, tmp_path: Path) -> None:
    script = tmp_path / ("receiver.py" if language == "python" else "receiver.mjs")
    script.write_text(recipe(language))
    secret, other = signature.generate_secret(), signature.generate_secret()

    def send(url: str, *keys: str, at: float = 0, body: bytes = BODY, signed: str = "") -> int:
        timestamp = int(time.time() + at)
        signed = signed or signature.sign(keys, "msg", timestamp, BODY)
        sent = {"webhook-id": "msg", "webhook-timestamp": str(timestamp), "webhook-signature": signed}
        return requests.post(url, data=body, headers=sent, timeout=10).status_code

    with running([sys.executable if language == "python" else "node", str(script)], secret) as url:
        assert send(url, secret) == 204
        assert send(url, other, secret) == 204, "both, while a secret is replaced"
        assert send(url, other) == 400
        assert send(url, secret, body=BODY + b" ") == 400
        assert send(url, secret, at=-3_600) == 400
        assert send(url, secret, signed="v1,") == 400
