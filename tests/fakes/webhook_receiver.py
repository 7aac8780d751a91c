"""Fake receiver of webhooks: records what arrives, and answers as it was told to."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.loopback import Loopback


@dataclass(frozen=True)
class Reply:
    """An answer after `pause_s`. With `breaks_off`, the connection is closed instead."""

    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    breaks_off: bool = False


@dataclass(frozen=True)
class Received:
    """A message as it arrived; the names of `headers` are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> str:
        return str(self.content["type"])

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


class WebhookReceiver(Loopback):
    """Start it with `with`. The first of `replies` answers the next message and is removed; without one, the answer is 204."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.replies: list[Reply] = []
        self.received: list[Received] = []

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def events(self) -> list[str]:
        return [message.event for message in self.received]


class _Handler(BaseHTTPRequestHandler):
    fake: WebhookReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.fake.received.append(Received(self.path, headers, body))
        reply = self.fake.replies.pop(0) if self.fake.replies else Reply()
        time.sleep(reply.pause_s)
        if reply.breaks_off:
            self.connection.close()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
