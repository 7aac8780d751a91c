"""Workers of the emulator's functions."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core import lambda_runtime

from localstack import workers

# MiniStack leaves a dead worker's pipes to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

HANDLER = """
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    if event == "refused":
        raise Exception("Unauthorized")
    if event == "exit":
        os._exit(1)
    return {"calls": calls, "pid": os.getpid()}
"""


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("_PYTHON_WORKER_SCRIPT", "Worker"):
        monkeypatch.setattr(lambda_runtime, name, getattr(lambda_runtime, name))
    monkeypatch.setattr(lambda_runtime.Worker, "invoke", lambda_runtime.Worker.invoke)
    workers.keep_after_errors()
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", HANDLER)
    config = {
        "FunctionName": "authorize",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:authorize",
        "Handler": "app.handler",
        "Runtime": "python3.12",
        "Timeout": 20,
    }
    worker = lambda_runtime.Worker("authorize", config, code.getvalue())
    yield worker
    worker.kill()


def test_twenty_refused_tokens_start_one_worker(worker: Any) -> None:
    responses = [worker.invoke("refused", str(number)) for number in range(20)]
    assert {(response["status"], response["error"]) for response in responses} == {("error", "Unauthorized")}
    assert all("Traceback" in response["trace"] for response in responses)
    assert sum(response["cold_start"] for response in responses) == 1
    assert worker.invoke("good", "21")["result"]["calls"] == 21


def test_a_worker_that_ends_is_replaced(worker: Any) -> None:
    first = worker.invoke("good", "1")["result"]["pid"]
    assert worker.invoke("exit", "2")["status"] == "error"
    response = worker.invoke("good", "3")
    assert response["cold_start"]
    assert response["result"]["pid"] != first
