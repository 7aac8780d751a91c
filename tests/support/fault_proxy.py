"""A proxy between the functions and what they call: it holds a request at a chosen moment, sends copies, or hangs up.

Who waits for an answer here is known by its process, so that exactly that one can be killed.
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

HELD_S = 60.0  # longer than it takes to kill somebody
FOR_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def is_message(self) -> bool:
        return self.headers.get("X-Amz-Target") == "AmazonSQS.SendMessage"

    def message(self, queue: str) -> dict[str, Any]:
        """What it says to this queue; nothing when it is something else."""
        sent = json.loads(self.body) if self.is_message() else {"QueueUrl": ""}
        said: dict[str, Any] = json.loads(sent["MessageBody"]) if sent["QueueUrl"].endswith(f"-{queue}") else {}
        return said

    def is_put_of(self, key_part: str, *, end: str = "") -> bool:
        """Whether it writes an object whose key holds one thing and ends with another."""
        path = self.path.partition("?")[0]
        return self.method == "PUT" and key_part in path and path.endswith(end)


@dataclass
class HeldRequest:
    """A request that will wait, once: before it is carried out, or afterwards with its answer."""

    matches: Callable[[Request], bool]
    is_forwarded_first: bool
    is_matched: bool = False
    pid: int = 0
    is_killed: bool = False
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def kill(self, function: str, *, within_s: float = 60) -> None:
        """`kill -9` the process that waits, a worker of this function, as soon as it does."""
        assert self.arrived.wait(within_s), f"{function} did not come here"
        assert self.pid, f"{function} has gone"
        process = psutil.Process(self.pid)
        assert process.environ()["AWS_LAMBDA_FUNCTION_NAME"] == f"visionary-local-{function}"
        self.is_killed = True
        process.kill()


class FaultProxy:
    """In front of `upstream`, a port of this machine. Start it with `with`."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream
        self.duplicated = 0
        self._copies_within_s: tuple[float, float] | None = None
        self._hung_up = False
        self._holds: list[HeldRequest] = []
        self._lock = threading.Lock()
        self._server = _Server(0, self)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> FaultProxy:
        self._server.begin()
        return self

    def __exit__(self, *_: object) -> None:
        for held in self._holds:
            held.released.set()
        self._server.end()

    @contextmanager
    def hold(self, matches: Callable[[Request], bool], *, forward_first: bool = False) -> Iterator[HeldRequest]:
        """The next request that matches waits until this ends."""
        held = HeldRequest(matches, forward_first)
        with self._lock:
            self._holds.append(held)
        try:
            yield held
        finally:
            held.released.set()
            with self._lock:
                self._holds.remove(held)

    @contextmanager
    def duplicate_messages(self, first_s: float, last_s: float) -> Iterator[None]:
        """Each message to a queue is sent again, so many seconds later: copies come late and in another order."""
        self._copies_within_s = (first_s, last_s)
        try:
            yield
        finally:
            self._copies_within_s = None

    @contextmanager
    def refuse_connections(self) -> Iterator[None]:
        """Nobody listens here for a while; who was connected is hung up on."""
        port = self._server.server_port
        self._hung_up = True
        self._server.end()
        try:
            yield
        finally:
            self._hung_up = False
            self._server = _Server(port, self)
            self._server.begin()

    def is_refusing(self) -> bool:
        return self._hung_up

    def handle(self, request: Request, port: int) -> tuple[int, list[tuple[str, str]], bytes]:
        """Carry it out and answer what came of it; `port` is the caller's."""
        held = self._hold(request, port)
        if held is not None and not held.is_forwarded_first:
            held.released.wait(HELD_S)
            if held.is_killed:  # before it had sent this
                raise ConnectionAbortedError
        answer = self._ask(request)
        if self._copies_within_s is not None and request.is_message():
            self.duplicated += 1
            later = threading.Timer(random.uniform(*self._copies_within_s), self._copy, [request])  # noqa: S311
            later.daemon = True
            later.start()
        if held is not None and held.is_forwarded_first:
            held.arrived.set()
            held.released.wait(HELD_S)
        return answer

    def _hold(self, request: Request, port: int) -> HeldRequest | None:
        with self._lock:
            held = next((each for each in self._holds if not each.is_matched and each.matches(request)), None)
            if held is None:
                return None
            held.is_matched = True
        held.pid = _process_at(port, self._server.server_port)
        if not held.is_forwarded_first:
            held.arrived.set()
        return held

    def _copy(self, request: Request) -> None:
        with contextlib.suppress(OSError):  # the stack may have ended meanwhile
            self._ask(request)

    def _ask(self, request: Request) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream, timeout=HELD_S)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in FOR_ONE_HOP}
            connection.request(request.method, request.path, request.body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, tap: FaultProxy) -> None:
        self.tap = tap
        super().__init__(("127.0.0.1", port), _Handler)

    def begin(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever is killed in the middle hangs up; that is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_one_request(self) -> None:
        super().handle_one_request()
        if self.server.tap.is_refusing():
            self.close_connection = True

    def pass_on(self) -> None:
        if self.server.tap.is_refusing():
            self.close_connection = True
            return
        assert "chunked" not in self.headers.get("Transfer-Encoding", "")
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Request(self.command, self.path, dict(self.headers), body)
        status, headers, answer = self.server.tap.handle(request, self.client_address[1])
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in FOR_ONE_HOP or (name.lower() == "content-length" and self.command == "HEAD"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = pass_on  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Tests tell what they saw."""


def _process_at(port: int, ours: int) -> int:
    """The process whose connection to us comes from this port; 0 when there is none any more."""
    for _ in range(20):
        with suppress(psutil.Error):
            for each in psutil.net_connections("tcp4"):
                if each.pid and each.laddr and each.raddr and (each.laddr.port, each.raddr.port) == (port, ours):
                    return int(each.pid)
        time.sleep(0.05)
    return 0


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port
