"""A release waits for steps of a migration that take longer than the function may run."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from infra.deploy import release
from infra.deploy.stacks import DeployError

Respond = Callable[[list[Any]], None]


@pytest.fixture
def respond(monkeypatch: pytest.MonkeyPatch) -> Iterator[Respond]:
    """Return a function that sets the payloads which `migrate` returns, one after the other; the last one stays."""
    payloads: list[Any] = []

    class Lambda(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps(payloads.pop(0) if len(payloads) > 1 else payloads[0]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Lambda)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    yield payloads.extend
    server.shutdown()
    server.server_close()


def test_migrate_is_invoked_until_no_step_is_unfinished(respond: Respond) -> None:
    respond([{"unfinished": "building media_by_title"}, {"unfinished": "building media_by_title"}, {"revision": "7"}])
    reported: list[str] = []
    assert release.migrate("migrate", reported.append) == "7"
    assert [line for line in reported if "building media_by_title" in line] == reported
    assert len(reported) == 2


def test_a_step_that_takes_too_long_ends_the_deployment_and_not_the_step(respond: Respond) -> None:
    respond([{"unfinished": "building media_by_title"}])
    with pytest.raises(DeployError, match=r"still building media_by_title.*Run the same command again"):
        release.migrate("migrate", lambda _: None)


@pytest.mark.parametrize("payload", [{"errorMessage": "syntax error"}, None, "text"])
def test_a_failed_migration_ends_the_deployment(respond: Respond, payload: object) -> None:
    respond([payload])
    with pytest.raises(DeployError, match="rolled back"):
        release.migrate("migrate", lambda _: None)
