"""A Sentry that keeps what it is sent: envelopes as they come over HTTP, unpacked."""

from __future__ import annotations

import gzip
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

KEY = "0123456789abcdef0123456789abcdef"
PROJECT = 7


@dataclass
class FakeSentry:
    """Start it with `with`; `dsn` leads to it, `events` are what arrived, `raw` is every byte of it."""

    silence_s: float = 0.0  # between an envelope and the answer to it
    events: list[dict[str, Any]] = field(default_factory=list)
    raw: bytes = b""

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def dsn(self) -> str:
        return f"http://{KEY}@127.0.0.1:{self._server.server_port}/{PROJECT}"

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
