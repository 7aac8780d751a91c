"""Workers of the emulator's functions."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
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
    worker = new_worker()
    yield worker
    worker.kill()


def new_worker() -> Any:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), HANDLER)  # with the same bytes each time
    config = {
        "FunctionName": "authorize",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:authorize",
        "Handler": "app.handler",
        "Runtime": "python3.12",
        "Timeout": 20,
    }
    return lambda_runtime.Worker("authorize", config, code.getvalue())


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


def test_workers_share_unpacked_and_compiled_code_which_outlives_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lambda_runtime, "zipfile", zipfile)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    workers.unpack_once()
    pair = [new_worker(), new_worker()]
    processes = {worker.invoke("good", "1")["result"]["pid"] for worker in pair}
    assert len(processes) == 2
    pair[0].kill()
    (unpacked,) = tmp_path.glob("unpacked-*")
    assert list(unpacked.glob("__pycache__/app.*.pyc"))
    assert pair[1].invoke("good", "2")["result"]["calls"] == 2
    pair[1].kill()
    assert list(tmp_path.iterdir()) == [unpacked]
