"""The page on one origin with the API, as CloudFront serves it: `/` from the web bucket, `/api/*` from the API.

A thread of the stack's supervisor. It adds the security headers that CloudFront adds, and compresses what CloudFront compresses.
"""

from __future__ import annotations

import functools
import gzip
import http.client
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.packaging import web
from localstack.emulator import CREDENTIALS, HOST, REGION
from localstack.home import Home

API_PREFIX = "/api/"
UPSTREAM_TIMEOUT_S = 60  # API Gateway gives up after 29
COMPRESSED = ("text/", "application/json", "image/svg+xml", "application/wasm")
_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}


class Web:
    """The server, as the supervisor sees it."""

    def __init__(self, home: Home, emulator: str, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self._server = _Server(home, emulator, listener)
        self._serving = False

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        self._serving = True
        threading.Thread(target=self._server.serve_forever, name="web", daemon=True).start()

    def stop(self) -> None:
        if self._serving:  # else it would wait for ever: an interrupt may come before the start
            self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, home: Home, emulator: str, listener: socket.socket) -> None:
        self.home = home
        self.emulator = urlsplit(emulator)
        self.headers = web.security_headers(storage=emulator, identity=emulator)
        keys = {name.lower(): value for name, value in CREDENTIALS.items()}
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, max_pool_connections=20)
        self.s3: Any = boto3.client("s3", endpoint_url=emulator, region_name=REGION, config=config, **keys)  # type: ignore[call-overload]
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no event."""

    def outputs(self) -> dict[str, str]:
        """What the last deployment made known; nothing before the first."""
        return dict(json.loads(self.home.outputs.read_text())) if self.home.outputs.exists() else {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        if self.path.startswith(API_PREFIX):
            self._pass_on()
        else:
            self._serve_page()

    do_HEAD = do_GET  # noqa: N815 (named by http.server)

    def do_POST(self) -> None:
        if self.path.startswith(API_PREFIX):
            self._pass_on()
        else:
            self._answer(405, b"", {"Allow": "GET, HEAD"})

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST  # noqa: N815 (named by http.server)

    def _serve_page(self) -> None:
        key = unquote(urlsplit(self.path).path).lstrip("/") or "index.html"
        bucket = self.server.outputs().get("WebBucket")
        try:
            if bucket is None:
                raise FileNotFoundError
            found = self.server.s3.get_object(Bucket=bucket, Key=key)
        except (ClientError, BotoCoreError, FileNotFoundError):
            self._answer(404, b"There is nothing here; the page is at /\n", {"Content-Type": "text/plain"})
            return
        content, etag = found["Body"].read(), found["ETag"]
        headers = {"Content-Type": found["ContentType"], "Cache-Control": found["CacheControl"], "ETag": etag}
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", headers)
            return
        if found["ContentType"].startswith(COMPRESSED) and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = _compressed(content)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        self._answer(200, content, headers)

    def _pass_on(self) -> None:
        """To the API, and its answer back, as they are."""
        api = self.server.outputs().get("RestAPIId", "none")
        path = f"/_aws/execute-api/{api}/api/{self.path.removeprefix(API_PREFIX)}"
        expected = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(expected) if expected else None
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_ONE_CONNECTION}
        upstream = http.client.HTTPConnection(HOST, self.server.emulator.port or 80, timeout=UPSTREAM_TIMEOUT_S)
        try:
            upstream.request(self.command, path, body, headers)
            answer = upstream.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._answer(502, b"The API does not answer.\n", {"Content-Type": "text/plain"})
            return
        finally:
            upstream.close()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _OF_ONE_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in (self.server.headers | headers).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (named by http.server)
        """The API's own log says what was asked."""


@functools.lru_cache(maxsize=100)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)
