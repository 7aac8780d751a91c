"""The page and the API on one origin, as CloudFront serves them.

`/` is served from the web bucket, `/api/*` from the API.

Runs in a thread of the stack's supervisor. Adds the same security headers, compresses the same types of the page's files, and
treats requests to the API as CloudFront does (localstack/cdn.py).
"""

from __future__ import annotations

import functools
import gzip
import http.client
import json
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.packaging import web
from localstack import cdn
from localstack.emulator import CREDENTIALS, HOST, REGION
from localstack.home import Home

API_PREFIX = "/api/"
UPSTREAM_TIMEOUT_S = 60  # API Gateway times out after 29
COMPRESSED = ("text/", "application/json", "image/svg+xml", "application/wasm")
COMPRESSED_BYTES = range(1_000, 10_000_001)  # sizes of files that CloudFront compresses
_HOP_BY_HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}


class Web:
    """The web server, managed by the supervisor."""

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
        if self._serving:  # otherwise shutdown would block: an interrupt may come before the start
            self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, home: Home, emulator: str, listener: socket.socket) -> None:
        self.home = home
        self.emulator = urlsplit(emulator)
        self.api_behavior = cdn.ApiBehavior.of_the_template()
        self.headers = web.security_headers(storage=emulator, identity=emulator)
        keys = {name.lower(): value for name, value in CREDENTIALS.items()}
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, max_pool_connections=20)
        self.s3: Any = boto3.client("s3", endpoint_url=emulator, region_name=REGION, config=config, **keys)  # type: ignore[call-overload]
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore browsers that close the connection."""

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the last deployment; empty before the first."""
        return dict(json.loads(self.home.outputs.read_text())) if self.home.outputs.exists() else {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        if self.path.startswith(API_PREFIX):
            self._forward()
        else:
            self._serve_page()

    do_HEAD = do_GET  # noqa: N815 (named by http.server)

    def do_POST(self) -> None:
        if self.path.startswith(API_PREFIX):
            self._forward()
        else:
            self._respond(405, b"", {"Allow": "GET, HEAD"})

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST  # noqa: N815 (named by http.server)

    def _serve_page(self) -> None:
        key = unquote(urlsplit(self.path).path).lstrip("/") or "index.html"
        bucket = self.server.outputs().get("WebBucket")
        try:
            if bucket is None:
                raise FileNotFoundError
            stored = self.server.s3.get_object(Bucket=bucket, Key=key)
        except (ClientError, BotoCoreError, FileNotFoundError):
            self._respond(404, b"Not found; the page is at /\n", {"Content-Type": "text/plain"})
            return
        content, etag = stored["Body"].read(), stored["ETag"]
        headers = {"Content-Type": stored["ContentType"], "Cache-Control": stored["CacheControl"], "ETag": etag}
        if self.headers.get("If-None-Match") == etag:
            self._respond(304, b"", headers)
            return
        is_compressible = stored["ContentType"].startswith(COMPRESSED) and len(content) in COMPRESSED_BYTES
        if is_compressible and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = _compressed(content)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        self._respond(200, content, headers)

    def _forward(self) -> None:
        """Forward the request to the API and its response to the client, as CloudFront does."""
        body_bytes = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(body_bytes) if body_bytes else None
        if self.command == "GET" and body:
            self._respond(403, b"CloudFront rejects a GET with a body.\n", {"Content-Type": "text/plain"})
            return
        behavior = self.server.api_behavior
        response = behavior.cached_error(self.command, self.path)
        if response is None:
            response = self._call_api(body)
            behavior.cache_error(self.command, self.path, response)
        self.send_response_only(response.status)
        added = behavior.added_headers(self.path)
        replaced = {name.lower() for name in added}
        for name, value in (*(item for item in response.headers if item[0].lower() not in replaced), *added.items()):
            self.send_header(name, value)
        if response.status not in {204, 304}:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def _call_api(self, body: bytes | None) -> cdn.Response:
        api = self.server.outputs().get("RestAPIId", "none")
        path = f"/_aws/execute-api/{api}/api/{self.path.removeprefix(API_PREFIX)}"
        headers = {
            name: value
            for name, value in self.server.api_behavior.forwarded_headers(dict(self.headers.items())).items()
            if name.lower() not in _HOP_BY_HOP_HEADERS
        }
        upstream = http.client.HTTPConnection(HOST, self.server.emulator.port or 80, timeout=UPSTREAM_TIMEOUT_S)
        try:
            upstream.request(self.command, path, body, headers)
            response = upstream.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            print(f"WARNING: no response to {self.command} {urlsplit(self.path).path}: {error!r}", file=sys.stderr)
            return cdn.Response(502, (("Content-Type", "text/plain"),), b"The API does not respond.\n")
        finally:
            upstream.close()
        kept = [
            (name, value)
            for name, value in response.getheaders()
            if name.lower() not in _HOP_BY_HOP_HEADERS | {"content-length"}
        ]
        return cdn.Response(response.status, tuple(kept), content)

    def _respond(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response_only(status)
        for name, value in (self.server.headers | headers).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (named by http.server)
        """Log nothing: the API logs its requests."""


@functools.lru_cache(maxsize=100)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, 6, mtime=0)
