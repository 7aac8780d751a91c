"""A Sentry that keeps what it is sent: envelopes as they come over HTTP, unpacked."""

from __future__ import annotations

import gzip
import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.loopback import Loopback

KEY = "0123456789abcdef0123456789abcdef"
PROJECT = 7


class FakeSentry(Loopback):
    """Start it with `with`; `dsn` leads to it, `events` are what arrived, `raw` is every byte of it."""

    def __init__(self, silence_s: float = 0.0) -> None:
        super().__init__(_Handler)
        self.silence_s = silence_s  # between an envelope and the answer to it
        self.events: list[dict[str, Any]] = []
        self.raw = b""

    @property
    def dsn(self) -> str:
        return f"http://{KEY}@127.0.0.1:{self.port}/{PROJECT}"

    def take(self, envelope: bytes) -> None:
        """An envelope: a line about it, then for each item a line about it and the item itself."""
        self.raw += envelope
        _, _, rest = envelope.partition(b"\n")
        while rest:
            head, _, rest = rest.partition(b"\n")
            item = json.loads(head)
            body, rest = rest[: item["length"]], rest[item["length"] :].lstrip(b"\n")
            assert item["type"] == "event", f"nothing else is sent: {item}"
            self.events.append(json.loads(body))


class _Handler(BaseHTTPRequestHandler):
    fake: FakeSentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        known = f"sentry_key={KEY}" in self.headers.get("X-Sentry-Auth", "")
        if self.path != f"/api/{PROJECT}/envelope/" or not known:
            self.send_response(401)
        else:
            self.fake.take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            time.sleep(self.fake.silence_s)
            self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""
