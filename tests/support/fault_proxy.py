"""A proxy that delays requests, duplicates messages, or refuses connections, for tests of failures.

It runs between functions and the services that they call, and finds the process that waits for a response, so that a test can
kill exactly this worker.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import psutil

MAX_HOLD_S = 60.0  # longer than it takes to kill a worker
HOP_BY_HOP_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def is_message(self) -> bool:
        return self.headers.get("X-Amz-Target") == "AmazonSQS.SendMessage"

    def message(self, queue: str) -> dict[str, Any]:
        """Return the message if this sends one to the queue; otherwise an empty one."""
        call = json.loads(self.body) if self.is_message() else {"QueueUrl": ""}
        message: dict[str, Any] = json.loads(call["MessageBody"]) if call["QueueUrl"].endswith(f"-{queue}") else {}
        return message

    def is_put_of(self, key_part: str, *, end: str = "") -> bool:
        """Return whether this writes an object with a key that contains `key_part` and ends with `end`."""
        path = self.path.partition("?")[0]
        return self.method == "PUT" and key_part in path and path.endswith(end)


@dataclass
class HeldRequest:
    """A request that is delayed once: before it is forwarded, or afterwards, before its response."""

    matches: Callable[[Request], bool]
    is_forwarded_first: bool
    is_matched: bool = False
    pid: int = 0
    is_killed: bool = False
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def kill(self, function: str, *, within_s: float = 60) -> None:
        """`kill -9` the worker of this function that sent the request, as soon as the request arrives."""
        assert self.arrived.wait(within_s), f"{function} sent no such request"
        assert self.pid, f"{function} has closed its connection"
        process = psutil.Process(self.pid)
        assert process.environ()["AWS_LAMBDA_FUNCTION_NAME"] == f"visionary-local-{function}"
        self.is_killed = True
        process.kill()


class FaultProxy:
    """A proxy for `upstream`, a port of this machine. Use it as a context manager."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.duplicated = 0
        self._copies_within_s: tuple[float, float] | None = None
        self._is_refusing = False
        self._holds: list[HeldRequest] = []
        self._lock = threading.Lock()
        self._server = _Server(0, self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FaultProxy:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        for held_request in self._holds:
            held_request.released.set()
        self._server.stop()

    @contextmanager
    def hold(self, matches: Callable[[Request], bool], *, forward_first: bool = False) -> Iterator[HeldRequest]:
        """Delay the next matching request until the context ends."""
        held_request = HeldRequest(matches, forward_first)
        with self._lock:
            self._holds.append(held_request)
        try:
            yield held_request
        finally:
            held_request.released.set()
            with self._lock:
                self._holds.remove(held_request)

    @contextmanager
    def duplicate_messages(self, first_s: float, last_s: float) -> Iterator[None]:
        """Send each message again after a random delay: copies arrive late and in another order."""
        self._copies_within_s = (first_s, last_s)
        try:
            yield
        finally:
            self._copies_within_s = None

    @contextmanager
    def refuse_connections(self) -> Iterator[None]:
        """Close all connections, and refuse new ones until the context ends."""
        port = self._server.server_port
        self._is_refusing = True
        self._server.stop()
        try:
            yield
        finally:
            self._is_refusing = False
            self._server = _Server(port, self)
            self._server.start()

    def is_refusing(self) -> bool:
        return self._is_refusing

    def handle(self, request: Request, port: int) -> tuple[int, list[tuple[str, str]], bytes]:
        """Forward a request from this port of a client; return status, headers and body of the response."""
        held_request = self._hold(request, port)
        if held_request is not None and not held_request.is_forwarded_first:
            held_request.released.wait(MAX_HOLD_S)
            if held_request.is_killed:  # before the request was sent
                raise ConnectionAbortedError
        response = self._send(request)
        if self._copies_within_s is not None and request.is_message():
            self.duplicated += 1
            timer = threading.Timer(random.uniform(*self._copies_within_s), self._copy, [request])  # noqa: S311
            timer.daemon = True
            timer.start()
        if held_request is not None and held_request.is_forwarded_first:
            held_request.arrived.set()
            held_request.released.wait(MAX_HOLD_S)
        return response

    def _hold(self, request: Request, port: int) -> HeldRequest | None:
        with self._lock:
            held_request = next((hold for hold in self._holds if not hold.is_matched and hold.matches(request)), None)
            if held_request is None:
                return None
            held_request.is_matched = True
        held_request.pid = _process_at(port, self._server.server_port)
        if not held_request.is_forwarded_first:
            held_request.arrived.set()
        return held_request

    def _copy(self, request: Request) -> None:
        with contextlib.suppress(OSError):  # the stack may have stopped in the meantime
            self._send(request)

    def _send(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=MAX_HOLD_S)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP_HEADERS}
            connection.request(request.method, request.path, request.body or None, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", port), _Handler)

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore closed connections: killed workers are the purpose of this proxy."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_one_request(self) -> None:
        super().handle_one_request()
        if self.server.proxy.is_refusing():
            self.close_connection = True

    def forward(self) -> None:
        if self.server.proxy.is_refusing():
            self.close_connection = True
            return
        assert "chunked" not in self.headers.get("Transfer-Encoding", "")
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Request(self.command, self.path, dict(self.headers), body)
        status, headers, content = self.server.proxy.handle(request, self.client_address[1])
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP_HEADERS or (name.lower() == "content-length" and self.command == "HEAD"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = forward  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _process_at(port: int, proxy_port: int) -> int:
    """Return the process connected to us from this port; 0 if the connection is closed."""
    for _ in range(20):
        with suppress(psutil.Error):
            for connection in psutil.net_connections("tcp4"):
                if (
                    connection.pid
                    and connection.laddr
                    and connection.raddr
                    and (connection.laddr.port, connection.raddr.port) == (port, proxy_port)
                ):
                    return int(connection.pid)
        time.sleep(0.05)
    return 0


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
