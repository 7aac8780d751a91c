"""How the emulator replaces a function whose code or settings change: whoever is at work finishes first, as on AWS.

MiniStack 1.5.33 ends them at once. What they had received then came back only after its queue's visibility timeout (45 s for a
segment, 70 s for a plan, 135 s for a recording), so that people waited after each deployment into a running stack.
"""

from __future__ import annotations

import threading
import time
from typing import Any

GRACE_S = 2.0  # beyond a function's own time limit
LOOK_EVERY_S = 0.1


def let_them_finish() -> None:
    """From now on in this process. Called by the emulator before it serves."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    def replace(
        function: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
    ) -> None:
        wanted = (account, region, function, qualifier)
        with lambda_runtime._lock:
            keys = [
                key
                for key in lambda_runtime._workers
                if all(want in (None, said) for want, said in zip(wanted, key.split(":"), strict=True))
            ]
            gone = [worker for key in keys for worker in lambda_runtime._workers.pop(key)]
            idle = [worker for worker in gone if not worker.in_use]
        lambda_runtime.kill_workers(idle)
        for worker in gone:
            if worker not in idle:
                threading.Thread(target=_end_after_work, args=(worker,), daemon=True).start()

    lambda_runtime.invalidate_worker = lambda_svc.invalidate_worker = replace


def _end_after_work(worker: Any) -> None:
    from ministack.core import lambda_runtime

    deadline = time.monotonic() + float(worker.config.get("Timeout", 30)) + GRACE_S
    while worker.in_use and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
    lambda_runtime.kill_workers([worker])
