"""Workers of the emulator's functions."""

from __future__ import annotations

import io
import os
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

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
CONFIG = {
    "FunctionName": "authorize",
    "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:authorize",
    "Handler": "app.handler",
    "Runtime": "python3.12",
    "Timeout": 20,
}


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("_PYTHON_WORKER_SCRIPT", "Worker"):
        monkeypatch.setattr(lambda_runtime, name, getattr(lambda_runtime, name))
    monkeypatch.setattr(lambda_runtime.Worker, "invoke", lambda_runtime.Worker.invoke)
    workers.keep_after_errors()
    worker = new_worker()
    yield worker
    worker.kill()


def archived() -> bytes:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), HANDLER)  # with the same bytes each time
    return code.getvalue()


def new_worker() -> Any:
    return lambda_runtime.Worker("authorize", CONFIG, archived())


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


def test_no_more_workers_load_at_once_than_there_are_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    loading: list[int] = []
    most = 0
    spawn = lambda_runtime.Worker._spawn

    def spawn_and_count(worker: Any) -> None:
        nonlocal most
        loading.append(1)
        most = max(most, len(loading))
        time.sleep(0.2)  # as a larger function takes
        spawn(worker)
        loading.pop()

    def invoke(number: int) -> dict[str, Any]:
        worker, _ = lambda_svc.acquire_worker("authorize", CONFIG, archived(), qualifier="$LATEST")
        response: dict[str, Any] = worker.invoke("good", str(number))
        lambda_runtime.release_worker(worker)
        return response

    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(lambda_runtime, "_workers", {})
    monkeypatch.setattr(lambda_runtime.Worker, "_spawn", spawn_and_count)
    monkeypatch.setattr(lambda_svc, "acquire_worker", lambda_svc.acquire_worker)
    workers.start_few_at_once()
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(invoke, range(8)))
    (started,) = lambda_runtime._workers.values()
    lambda_runtime.kill_workers(started)
    assert {response["status"] for response in responses} == {"ok"}
    assert most <= 2 < len(responses)
    assert len(started) < len(responses), "workers that are ready do the work of those that are not"
