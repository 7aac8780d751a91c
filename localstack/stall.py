"""Detection of stalled processes: those that use no processor time, unlike those on a slow machine."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil

STALLED_S = 120.0  # longer than any pause of a deployment, such as a download that waits for its server
MIN_PROCESSOR_SHARE = 0.02  # of one processor; a started stack that idles uses 0.001


class StallDetector:
    """Observes a process and its descendants. Call `is_stalled` again and again."""

    def __init__(self, pid: int, stalled_s: float = STALLED_S) -> None:
        self._pid = pid
        self._stalled_s = stalled_s
        self._start_window()

    def is_stalled(self) -> bool:
        """Return whether the processes have used almost no processor time for `stalled_s`."""
        elapsed_s = time.monotonic() - self._since
        if elapsed_s < self._stalled_s:
            return False
        has_worked = self._processor_s() - self._used_s > MIN_PROCESSOR_SHARE * elapsed_s
        if has_worked:
            self._start_window()
        return not has_worked

    def _start_window(self) -> None:
        self._since, self._used_s = time.monotonic(), self._processor_s()

    def _processor_s(self) -> float:
        """Return the processor time of the process and its descendants, ended ones included."""
        total = 0.0
        with suppress(psutil.Error):
            process = psutil.Process(self._pid)
            for member in (process, *process.children(recursive=True)):
                with suppress(psutil.Error):
                    total += sum(member.cpu_times()[:4])  # user, system, and both of children that have ended
        return total
