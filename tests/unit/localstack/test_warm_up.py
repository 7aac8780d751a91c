"""Copies of functions that are started ahead of the demo: one that does not start shows."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from localstack import warm_up


class _Lambda(BaseHTTPRequestHandler):
    """Lambda's `Invoke`, as far as the warm-up uses it. `failing` functions raise, `missing` ones do not exist."""

    failing: ClassVar[frozenset[str]]
    missing: ClassVar[frozenset[str]]
    invoked: ClassVar[Counter[str]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        function = self.path.split("/")[3].removeprefix("visionary-local-")
        self.invoked[f"{function} {body.decode()}"] += 1
        status, answer, headers = 200, b'{"batchItemFailures": []}', {}
        if function in self.missing:
            status, answer, headers = 404, b'{"Message": "gone"}', {"x-amzn-errortype": "ResourceNotFoundException"}
        elif function in self.failing:
            answer, headers = b'{"errorMessage": "no module"}', {"X-Amz-Function-Error": "Unhandled"}
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_arguments: object) -> None:
        """Nothing is printed beside what the warm-up prints."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Lambda]]:
    _Lambda.failing, _Lambda.missing, _Lambda.invoked = frozenset(), frozenset(), Counter()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Lambda) as listening:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listening.server_port}")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")  # pragma: allowlist secret
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield _Lambda
        listening.shutdown()


def start_and_wait() -> None:
    with ThreadPoolExecutor() as invocations:
        warm_up.start(invocations)


def test_every_function_on_the_way_of_a_segment_is_started_without_a_message(
    server: type[_Lambda], capsys: pytest.CaptureFixture[str]
) -> None:
    start_and_wait()
    assert server.invoked == {
        f'{name.replace("_", "-")} {{"Records": []}}': count for name, count in warm_up.COPIES.items()
    }
    assert capsys.readouterr().err == ""


def test_a_copy_that_fails_shows_with_its_reason(server: type[_Lambda], capsys: pytest.CaptureFixture[str]) -> None:
    server.failing, server.missing = frozenset({"synthesize-built-in"}), frozenset({"record-segment"})
    start_and_wait()
    shown = capsys.readouterr().err
    assert shown.count('A copy of synthesize_built_in failed: {"errorMessage": "no module"}') == 2
    assert "A copy of record_segment did not start" in shown
    assert "run_speech_job" not in shown
