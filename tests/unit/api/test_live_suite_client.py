"""The live suite's client, against a server that is busy at first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.api.client import SECURITY_HEADERS, Api
from tests.api.contract import Contract


class BusyServer(ThreadingHTTPServer):
    """Sends each of `statuses` once, then 200."""

    statuses: list[int]
    requests = 0


class Handler(BaseHTTPRequestHandler):
    server: BusyServer

    def do_GET(self) -> None:
        self.server.requests += 1
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        for name in SECURITY_HEADERS:
            self.send_header(name, "present")
        if status != 500:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (named by http.server)
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[BusyServer]:
    with BusyServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def api(server: BusyServer) -> Api:
    return Api(f"http://127.0.0.1:{server.server_port}", None, Contract({"paths": {}}), "run")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_api_is_asked_again(server: BusyServer, status: int) -> None:
    server.statuses = [status]
    assert api(server).call("GET", "/busy", expect=200).status_code == 200
    assert server.requests == 2


def test_a_test_of_the_limit_itself_is_not_retried(server: BusyServer) -> None:
    server.statuses = [429]
    assert api(server).call("GET", "/busy", retries=False).status_code == 429


def test_a_failure_is_not_retried(server: BusyServer) -> None:
    server.statuses = [500]
    assert api(server).call("GET", "/broken").status_code == 500
    assert server.requests == 1
