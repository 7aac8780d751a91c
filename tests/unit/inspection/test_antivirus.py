"""Antivirus engines: a file is clean only if the scanner says so in exactly these words; everything else is no verdict."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.inspection.antivirus.clamd import ClamdClient
from chalicelib.inspection.antivirus.engine import ScanFailedError, ScanVerdict
from tests.fakes.clamd import FakeClamd
from tests.support import clamd, media_files, sample_files


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"anything at all " * 20_000)
    return path


def test_the_whole_file_is_sent_and_ok_means_clean(file: Path) -> None:
    with FakeClamd() as fake:
        assert ClamdClient(fake.address).scan(file) == ScanVerdict(None)
    assert fake.received == file.read_bytes()


def test_a_threat_is_named(file: Path) -> None:
    with FakeClamd(b"stream: Win.Test-1 FOUND\0") as fake:
        verdict = ClamdClient(fake.address).scan(file)
    assert verdict == ScanVerdict("Win.Test-1")
    rejection = verdict.rejection()
    assert rejection is not None
    assert rejection.code == "malware:Win.Test-1"
    assert "Win.Test-1" in rejection.detail


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"\0",
        b"stream: OK",
        b"stream: OK\n",
        b"stream: OKAY\0",
        b" stream: OK\0",
        b"stream: ok\0",
        b"OK\0",
        b"stream:  FOUND\0",
        b"stream: Heuristics.Limits.Exceeded ERROR\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"PONG\0",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"x" * 10_000,
    ],
)
def test_any_other_reply_is_no_verdict(reply: bytes, file: Path) -> None:
    with FakeClamd(reply) as fake, pytest.raises(ScanFailedError):
        ClamdClient(fake.address).scan(file)


def test_a_reply_before_the_whole_file_was_sent_is_no_verdict(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(30_000_000))
    with (
        FakeClamd(b"INSTREAM size limit exceeded. ERROR\0", after_bytes=100_000) as fake,
        pytest.raises(ScanFailedError),
    ):
        ClamdClient(fake.address).scan(path)


def test_a_scanner_that_hangs_times_out(file: Path) -> None:
    started = time.monotonic()
    with FakeClamd(is_silent=True) as fake, pytest.raises(ScanFailedError):
        ClamdClient(fake.address, scan_timeout_s=0.3).scan(file)
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("address", ["127.0.0.1:1", "unix:/nowhere/clamd.sock"])
def test_a_missing_scanner_gives_no_verdict(address: str, file: Path) -> None:
    with pytest.raises(ScanFailedError):
        ClamdClient(address).scan(file)
    with pytest.raises(ScanFailedError):
        ClamdClient(address).ping()


def test_a_missing_file_gives_no_verdict(tmp_path: Path) -> None:
    with FakeClamd() as fake, pytest.raises(ScanFailedError):
        ClamdClient(fake.address).scan(tmp_path / "gone")


# ---- a real daemon ----


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clamd.ClamdDaemon]:
    running = clamd.ClamdDaemon(tmp_path_factory.mktemp("clamd"))
    running.start()
    yield running
    running.stop()


@clamd.needs_clamd
@pytest.mark.parametrize(
    ("content", "threat"),
    [
        (b"", None),
        (b"harmless words\n", None),
        (sample_files.one_page(), None),
        (sample_files.EICAR, "Test.Eicar.UNOFFICIAL"),
        (b"before " * 9_000 + clamd.THREAT + b" after", "Test.Threat.UNOFFICIAL"),
        (media_files.epub({"OEBPS/deep.txt": clamd.THREAT}), "Test.Threat.UNOFFICIAL"),
        (media_files.packed({"inner.zip": media_files.packed({"x": clamd.THREAT})}), "Test.Threat.UNOFFICIAL"),
    ],
)
def test_clamd_finds_the_threats_of_its_signatures(
    daemon: clamd.ClamdDaemon, content: bytes, threat: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert ClamdClient(daemon.address).scan(path) == ScanVerdict(threat)


@clamd.needs_clamd
def test_clamd_scans_the_largest_accepted_file_and_gives_no_verdict_on_a_larger_one(
    daemon: clamd.ClamdDaemon, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(1024) * (100 * 1024))
    assert ClamdClient(daemon.address, scan_timeout_s=60).scan(path) == ScanVerdict(None)
    with path.open("ab") as more:
        more.write(bytes(2 * 1024 * 1024))
    with pytest.raises(ScanFailedError):
        ClamdClient(daemon.address, scan_timeout_s=60).scan(path)


@clamd.needs_clamd
def test_a_clamd_that_hangs_or_is_killed_gives_no_verdict_and_works_again_when_it_is_back(
    tmp_path: Path, file: Path
) -> None:
    daemon = clamd.ClamdDaemon(tmp_path / "daemon")
    daemon.start()
    try:
        daemon.hang()
        with pytest.raises(ScanFailedError):
            ClamdClient(daemon.address, scan_timeout_s=0.5).scan(file)
        with pytest.raises(ScanFailedError):
            ClamdClient(daemon.address).ping()
        daemon.resume()
        assert ClamdClient(daemon.address).scan(file) == ScanVerdict(None)
        daemon.kill()
        with pytest.raises(ScanFailedError):
            ClamdClient(daemon.address).scan(file)
        daemon.start()
        assert ClamdClient(daemon.address).scan(file) == ScanVerdict(None)
    finally:
        daemon.stop()
