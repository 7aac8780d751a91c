"""Antivirus engines. A scan gives a verdict or raises; a file that is not certainly clean is never accepted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chalicelib.inspection.model import Rejection


@dataclass(frozen=True, slots=True)
class ScanVerdict:
    """The result of a scan. `threat` is the scanner's name for what it found; None means that the whole file is clean."""

    threat: str | None

    def rejection(self) -> Rejection | None:
        if self.threat is None:
            return None
        return Rejection(
            f"malware:{'_'.join(self.threat.split())}",
            f"The virus scanner found “{self.threat}” in the file. Clean it on your side before you upload it again.",
        )


class ScanFailedError(Exception):
    """The scanner gave no verdict: it is down, hung, too slow, or replied with something else."""


class AntivirusEngine(Protocol):
    """A scanner that receives the bytes. GuardDuty does not: it scans the object in the bucket (see `guardduty`)."""

    def scan(self, path: Path) -> ScanVerdict:
        """Scan the whole file. Raises ScanFailedError."""
        ...

    def ping(self) -> None:
        """Raise ScanFailedError unless the scanner replies."""
        ...


class NoEngine:
    """The engine of a deployment without a scanner that receives bytes: none at all, or GuardDuty, which scanned before."""

    def scan(self, path: Path) -> ScanVerdict:
        del path
        return ScanVerdict(None)

    def ping(self) -> None:
        """Never fails."""
