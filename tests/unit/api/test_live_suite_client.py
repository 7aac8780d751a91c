"""The live suite's client, against a server that is busy at first."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from localstack.home import ROOT
from tests.api.client import SECURITY_HEADERS, Api, fetch_document
from tests.api.contract import Contract


class BusyServer(ThreadingHTTPServer):
    """Sends each of `statuses` once, then 200."""

    statuses: list[int]
    requests = 0
    retry_after_s = 1
    document = b""


class Handler(BaseHTTPRequestHandler):
    server: BusyServer

    def do_GET(self) -> None:
        self.server.requests += 1
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.send_response(status)
        for name in SECURITY_HEADERS:
            self.send_header(name, "present")
        if status != 500:
            self.send_header("Retry-After", str(self.server.retry_after_s))
        body = b"too many" if status == 429 else self.server.document
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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


def test_the_document_is_asked_for_again_while_the_api_is_busy(server: BusyServer) -> None:
    server.statuses, server.document = [503, 429], b'{"paths": {}}'
    assert fetch_document(f"http://127.0.0.1:{server.server_port}").operations == []
    assert server.requests == 3


def test_a_wait_is_announced_with_its_reason_when_it_begins(server: BusyServer) -> None:
    server.statuses, server.retry_after_s = [429], 2
    announced: list[tuple[float, str, int]] = []
    client = api(server)
    client.announce = lambda wait_s, reason: announced.append((wait_s, reason, server.requests))
    client.call("GET", "/busy?page=2", expect=200)
    assert announced == [(2, "GET /busy: 429 too many", 1)]


def test_the_report_shows_waits_at_once_although_pytest_captures_output(tmp_path: Path) -> None:
    test = tmp_path / "test_it.py"
    test.write_text(
        "from tests.api.report import Report\n"
        "def test_wait(request):\n"
        "    report = Report('run', 'http://api', None)\n"
        "    report.pytest_configure(request.config)\n"
        "    report.announce(66, 'POST /v1/x: 429 At most 10')\n"
        "    assert report.document()['waits'] == [{'wait_s': 66, 'reason': 'POST /v1/x: 429 At most 10'}]\n"
    )
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", str(test)]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stdout
    assert "run waits 66 s: POST /v1/x: 429 At most 10" in completed.stderr
