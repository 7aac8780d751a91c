"""Fake of Sentry: it unpacks the envelopes that it receives over HTTP."""

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
    """Start it with `with`. `events` are those it received, `raw` is every byte of them."""

    def __init__(self, silence_s: float = 0.0) -> None:
        super().__init__(_Handler)
        self.silence_s = silence_s  # between an envelope and its response
        self.events: list[dict[str, Any]] = []
        self.raw = b""

    @property
    def dsn(self) -> str:
        return f"http://{KEY}@127.0.0.1:{self.port}/{PROJECT}"

    def receive(self, envelope: bytes) -> None:
        """Unpack an envelope: a header line, then for each item a header line and its body."""
        self.raw += envelope
        _, _, remaining = envelope.partition(b"\n")
        while remaining:
            header, _, remaining = remaining.partition(b"\n")
            item = json.loads(header)
            body, remaining = remaining[: item["length"]], remaining[item["length"] :].lstrip(b"\n")
            assert item["type"] == "event", f"nothing else is sent: {item}"
            self.events.append(json.loads(body))


class _Handler(BaseHTTPRequestHandler):
    fake: FakeSentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_authorized = f"sentry_key={KEY}" in self.headers.get("X-Sentry-Auth", "")
        if self.path != f"/api/{PROJECT}/envelope/" or not is_authorized:
            self.send_response(401)
        else:
            self.fake.receive(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            time.sleep(self.fake.silence_s)
            self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Print nothing."""
