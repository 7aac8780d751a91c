"""Virus scanners. Two outcomes only: a verdict, or an exception; whatever is not certainly clean is never taken."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chalicelib.inspection.model import Rejection


@dataclass(frozen=True, slots=True)
class ScanVerdict:
    """`threat` is the scanner's name for what it found; None: the whole file is clean."""

    threat: str | None

    def rejection(self) -> Rejection | None:
        if self.threat is None:
            return None
        return Rejection(
            f"malware:{'_'.join(self.threat.split())}",
            f"The virus scanner found “{self.threat}” in the file. Clean it on your side before you upload it again.",
        )


class ScanFailedError(Exception):
    """The scanner gave no verdict: it is down, hung, too slow, or said something else. Nothing is known of the file."""


class AntivirusEngine(Protocol):
    """A scanner that is given the bytes. (GuardDuty is not: it looks at the object by itself, and tells; see there.)"""

    def scan(self, path: Path) -> ScanVerdict:
        """Look at the whole file. Raises ScanFailedError."""
        ...

    def ping(self) -> None:
        """Raise ScanFailedError unless the scanner answers."""
        ...


class NoEngine:
    """No scanner is given the bytes: there is none, which `/health` and the log say, or GuardDuty looked at the object before."""

    def scan(self, path: Path) -> ScanVerdict:
        del path
        return ScanVerdict(None)

    def ping(self) -> None:
        """Always well."""
