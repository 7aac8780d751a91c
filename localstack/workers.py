"""Workers of the emulator's functions: they live as long as on AWS.

MiniStack 1.5.33 kills them when code or settings change. Their messages then reappeared only after the queue's visibility timeout
(45 s for a segment, 70 s for a plan, 135 s for a recording), so that users waited after each deployment into a running stack.
It also kills a worker whose handler raises, as an authorizer does for every token that it refuses: the next request waited 4 to
6 s for a cold start, and whatever a worker counts began anew.

It unpacks the code for each worker anew, and Python compiles it anew each time: 2 of the 3.4 seconds of a cold start.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# What the worker's script writes when the handler raises; MiniStack ends a worker that reports an error.
REPORT_ERROR = '{"status": "error", "error": str(e), "trace": traceback.format_exc()}'
RAISED = "visionary:raised"
GRACE_S = 2.0  # beyond a function's own time limit
POLL_S = 0.1
MAX_WAIT_S = 10.0  # for the workers of other functions to load
WAIT_POLL_S = 0.02


def drain_before_replacing() -> None:
    """Patch MiniStack in this process. Called by the emulator before it serves."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    def replace(
        function: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
    ) -> None:
        pattern = (account, region, function, qualifier)
        with lambda_runtime._lock:
            keys = [
                key
                for key in lambda_runtime._workers
                if all(expected in (None, part) for expected, part in zip(pattern, key.split(":"), strict=True))
            ]
            replaced = [worker for key in keys for worker in lambda_runtime._workers.pop(key)]
            idle = [worker for worker in replaced if not worker.in_use]
        lambda_runtime.kill_workers(idle)
        for worker in replaced:
            if worker not in idle:
                threading.Thread(target=_kill_after_work, args=(worker,), daemon=True).start()

    lambda_runtime.invalidate_worker = lambda_svc.invalidate_worker = replace


def keep_after_errors() -> None:
    """Patch MiniStack in this process: a worker outlives what its handler raises. Called by the emulator before it serves."""
    from ministack.core import lambda_runtime

    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(REPORT_ERROR) != 1:
        raise RuntimeError(
            "This version of MiniStack reports errors of handlers in another way: adapt localstack/workers.py"
        )
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(
        REPORT_ERROR, f'{{"status": "ok", "result": {{"{RAISED}": {REPORT_ERROR}}}}}'
    )
    invoke = lambda_runtime.Worker.invoke

    def invoke_and_keep(worker: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        response: dict[str, Any] = invoke(worker, *arguments, **options)
        result = response.get("result")
        if isinstance(result, dict) and RAISED in result:
            del response["result"]
            response |= result[RAISED]
        return response

    lambda_runtime.Worker.invoke = invoke_and_keep


class SharedArchive(zipfile.ZipFile):
    """The code of a function: unpacked for its first worker, with a link to that for every other one."""

    _unpacking = threading.Lock()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        archive, folder = Path(str(self.filename)), Path(path)
        shared = archive.parent.parent / f"unpacked-{hashlib.sha256(archive.read_bytes()).hexdigest()[:16]}"
        with self._unpacking:
            if not shared.exists():
                draft = tempfile.mkdtemp(dir=shared.parent)
                super().extractall(draft, members, pwd)
                Path(draft).rename(shared)
        folder.rmdir()
        folder.symlink_to(shared)


def unpack_once() -> None:
    """Patch MiniStack in this process: workers share the unpacked code, and what Python compiles of it."""
    from ministack.core import lambda_runtime

    if not hasattr(lambda_runtime, "zipfile"):
        raise RuntimeError("This version of MiniStack unpacks code in another way: adapt localstack/workers.py")
    lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": SharedArchive})


def start_few_at_once() -> None:
    """Patch MiniStack in this process: an invocation waits for a free worker while each processor has one to load.

    On AWS each copy loads on processors of its own. Here a page's first ten requests would load ten at once, and get an answer
    when all of them have: the first of them that is ready can do the work of the others instead. Called by the emulator before
    it serves.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    acquire, processors, deciding = lambda_runtime.acquire_worker, os.cpu_count() or 1, threading.Lock()

    def wait_and_acquire(function: str, config: dict[str, Any], code: bytes, **options: Any) -> Any:
        key = lambda_runtime._worker_key(function, config, options.get("qualifier", "$LATEST"))
        deadline = time.monotonic() + MAX_WAIT_S
        while True:
            with deciding:
                if can_start(key) or time.monotonic() > deadline:
                    return acquire(function, config, code, **options)
            time.sleep(WAIT_POLL_S)

    def can_start(key: str) -> bool:
        """Return whether a worker of this key is free, or a processor to load one."""
        with lambda_runtime._lock:
            pools = lambda_runtime._workers
            loading = [worker for pool in pools.values() for worker in pool if worker.in_use and not worker._start_time]
            return len(loading) < processors or any(not worker.in_use for worker in pools.get(key, ()))

    lambda_svc.acquire_worker = wait_and_acquire


def _kill_after_work(worker: Any) -> None:
    from ministack.core import lambda_runtime

    deadline = time.monotonic() + float(worker.config.get("Timeout", 30)) + GRACE_S
    while worker.in_use and time.monotonic() < deadline:
        time.sleep(POLL_S)
    lambda_runtime.kill_workers([worker])
