"""Fake web site: pages and files of the web, as servers of all kinds send them."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.fakes.loopback import Loopback


@dataclass(frozen=True)
class Resource:
    """A response. `pause_s` passes before each of its `pieces`; without `has_length`, the end of the connection is its end."""

    pieces: tuple[bytes, ...] = ()
    media_type: str | None = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_s: float = 0.0
    has_length: bool = True


class WebSite(Loopback):
    """Start it with `with`. `requests` are the paths and headers it received."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        super().__init__(_Handler)
        self.resources = dict(resources)
        self.requests: list[tuple[str, dict[str, str]]] = []

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Serve over TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    fake: WebSite

    def do_GET(self) -> None:
        self.fake.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        resource = self.fake.resources.get(self.path, Resource((b"not here",), status=404))
        self.send_response(resource.status)
        if resource.media_type is not None:
            self.send_header("Content-Type", resource.media_type)
        for name, value in resource.headers.items():
            self.send_header(name, value)
        if resource.has_length:
            self.send_header("Content-Length", str(sum(map(len, resource.pieces))))
        self.end_headers()
        for piece in resource.pieces:
            time.sleep(resource.pause_s)
            self.wfile.write(piece)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
