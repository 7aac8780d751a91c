"""A real clamd with test signatures: the official ones need a download and 3 GB of memory."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from chalicelib.inspection.antivirus.clamd import ClamdClient
from chalicelib.inspection.antivirus.engine import ScanFailedError
from tests.support import sample_files

THREAT = b"a threat that only the tests' own signatures know: 1f0c5a"  # none of our rules matches it
START_S = 20.0  # on a busy machine; alone it takes 0.1 s
PROGRAM = shutil.which("clamd") or ("/usr/sbin/clamd" if Path("/usr/sbin/clamd").exists() else None)
needs_clamd = pytest.mark.skipif(PROGRAM is None, reason="clamd is missing; on Debian: apt-get install clamav-daemon")


class ClamdDaemon:
    """A clamd process in its own folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        database = folder / "db"
        database.mkdir(parents=True)
        lines = (
            f"Test.{name}:0:*:{body.hex()}\n" for name, body in (("Eicar", sample_files.EICAR), ("Threat", THREAT))
        )
        (database / "test.ndb").write_text("".join(lines))
        self._configuration = (
            f"Foreground yes\nDatabaseDirectory {database}\nLocalSocket {self.socket}\nMaxThreads 2\nMaxScanSize 400M\n"
            "MaxFileSize 100M\nMaxRecursion 10\nMaxFiles 5000\n"
            "MaxScanTime 20000\nAlertExceedsMax yes\nAlertEncrypted yes\nAlertOLE2Macros yes\nDetectPUA no\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return self._folder / "clamd.sock"

    @property
    def address(self) -> str:
        return f"unix:{self.socket}"

    def start(self, *, stream_max: str = "100M") -> None:
        """Start the daemon and wait until it replies; a stream longer than `stream_max` gets an ERROR."""
        assert PROGRAM is not None
        (self._folder / "clamd.conf").write_text(f"{self._configuration}StreamMaxLength {stream_max}\n")
        self.socket.unlink(missing_ok=True)
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "-c", str(self._folder / "clamd.conf")], stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_S
        while True:
            try:
                return ClamdClient(self.address).ping()
            except ScanFailedError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                assert time.monotonic() < deadline, "clamd did not start"
                time.sleep(0.05)

    def hang(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)
