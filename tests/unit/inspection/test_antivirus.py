"""Antivirus engines: a file is clean only if the scanner says so in exactly these words; everything else is no verdict."""

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.inspection.antivirus import guardduty
from chalicelib.inspection.antivirus.clamd import ClamdClient
from chalicelib.inspection.antivirus.engine import ScanFailedError, ScanVerdict
from chalicelib.inspection.antivirus.guardduty import ScanOutcome, ScanResult
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


# ---- GuardDuty ----


def event(
    status: str | None = guardduty.CLEAN_STATUS, *, scan: str = "COMPLETED", version: str = "v1", **changes: Any
) -> dict[str, Any]:
    return {
        "source": "aws.guardduty",
        "detail-type": "GuardDuty Malware Protection Object Scan Result",
        "detail": {
            "schemaVersion": "1.0",
            "scanStatus": scan,
            "resourceType": "S3_OBJECT",
            "s3ObjectDetails": {
                "bucketName": "incoming",
                "objectKey": "uploads/a/b",
                "eTag": "e1",
                "versionId": version,
            },
            "scanResultDetails": {"scanResultStatus": status, "threats": None},
            **changes,
        },
    }


NO_RESULT = None  # about this version


def worst_result(*events: dict[str, Any]) -> ScanResult | None:
    results = [result for body in events if (result := guardduty.parse_event(body))]
    return guardduty.worst_result(results, key="uploads/a/b", version_id="v1", etag='"e1"')


def outcome_of(*events: dict[str, Any]) -> ScanOutcome | None:
    result = worst_result(*events)
    return result.outcome if result else NO_RESULT


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (event(), ScanOutcome.CLEAN),
        (event("THREATS_FOUND"), ScanOutcome.INFECTED),
        (event("THREAT_FOUND"), ScanOutcome.INFECTED),
        (event("UNSUPPORTED", scan="SKIPPED"), ScanOutcome.UNSCANNED),
        (event("ACCESS_DENIED", scan="SKIPPED"), ScanOutcome.UNSCANNED),
        (event("FAILED", scan="FAILED"), ScanOutcome.UNSCANNED),
        (event(scan="SKIPPED"), ScanOutcome.UNSCANNED),
        (event("CLEAN"), ScanOutcome.UNSCANNED),
        (event("no_threats_found"), ScanOutcome.UNSCANNED),
        (event(None), ScanOutcome.UNSCANNED),
        (event(scanResultDetails=None), ScanOutcome.UNSCANNED),
        (
            event(scanResultDetails={"scanResultStatus": guardduty.CLEAN_STATUS, "threats": [{"name": "x"}]}),
            ScanOutcome.INFECTED,
        ),
        (event(version="v2"), NO_RESULT),
        (event(s3ObjectDetails={"objectKey": "uploads/a/b", "versionId": "v1", "etag": "e1"}), ScanOutcome.CLEAN),
        (event(s3ObjectDetails={"objectKey": "uploads/a/b", "versionId": "v1", "eTag": "other"}), NO_RESULT),
        (event(s3ObjectDetails={"objectKey": "uploads/a/c", "versionId": "v1", "eTag": "e1"}), NO_RESULT),
        ({"source": "aws.s3"}, NO_RESULT),
        ({}, NO_RESULT),
    ],
)
def test_only_one_status_about_the_same_version_means_clean(body: dict[str, Any], outcome: ScanOutcome | None) -> None:
    assert outcome_of(body) is outcome


STATUSES = (guardduty.CLEAN_STATUS, "THREATS_FOUND", "UNSUPPORTED")


@pytest.mark.parametrize("statuses", list(itertools.product(STATUSES, repeat=3)))
def test_the_worst_of_contradictory_events_counts_in_any_order(statuses: tuple[str, ...]) -> None:
    worst = next(status for status in ("THREATS_FOUND", "UNSUPPORTED", guardduty.CLEAN_STATUS) if status in statuses)
    result = worst_result(*map(event, statuses))
    assert result == worst_result(event(worst))
    assert result is not None
    assert (guardduty.rejection_for(result) is None) == (worst == guardduty.CLEAN_STATUS)


def test_a_threat_is_named_in_code_and_sentence() -> None:
    result = worst_result(
        event("THREATS_FOUND", scanResultDetails={"threats": [{"name": "EICAR-Test-File (not a virus)"}]})
    )
    assert result is not None
    rejection = guardduty.rejection_for(result)
    assert rejection is not None
    assert rejection.code == "malware:EICAR-Test-File_(not_a_virus)"
    assert "EICAR-Test-File (not a virus)" in rejection.detail


@pytest.mark.parametrize(
    ("tags", "outcome"),
    [
        ({guardduty.SCAN_STATUS_TAG: guardduty.CLEAN_STATUS}, ScanOutcome.CLEAN),
        ({guardduty.SCAN_STATUS_TAG: "THREATS_FOUND"}, ScanOutcome.INFECTED),
        ({guardduty.SCAN_STATUS_TAG: "UNSUPPORTED"}, ScanOutcome.UNSCANNED),
        ({guardduty.SCAN_STATUS_TAG: ""}, ScanOutcome.UNSCANNED),
        ({guardduty.SCAN_STATUS_TAG.lower(): guardduty.CLEAN_STATUS}, NO_RESULT),
        ({"Status": guardduty.CLEAN_STATUS}, NO_RESULT),
        ({}, NO_RESULT),
    ],
)
def test_a_tag_means_the_same_as_an_event(tags: dict[str, str], outcome: ScanOutcome | None) -> None:
    result = guardduty.parse_tags(tags, key="uploads/a/b", version_id="v1", etag='"e1"')
    assert (result.outcome if result else NO_RESULT) is outcome
    if result is not None:
        assert result == guardduty.worst_result([result], key="uploads/a/b", version_id="v1", etag="e1")


@pytest.mark.parametrize(
    ("before", "late", "is_overturned"),
    [
        ([event()], event("THREATS_FOUND"), True),
        ([event(), event("UNSUPPORTED")], event("THREATS_FOUND"), True),
        ([event()], event("THREATS_FOUND", version="v2"), False),
        ([event(version="v2")], event("THREATS_FOUND"), False),
        ([event()], event("FAILED", scan="FAILED"), False),
        ([event()], event(), False),
        ([event("UNSUPPORTED")], event("THREATS_FOUND"), False),
        ([], event("THREATS_FOUND"), False),
    ],
)
def test_only_malware_in_the_version_that_was_clean_overturns_the_result(
    before: list[dict[str, Any]], late: dict[str, Any], is_overturned: bool
) -> None:
    earlier = [result for body in before if (result := guardduty.parse_event(body))]
    latest = guardduty.parse_event(late)
    assert latest is not None
    assert guardduty.overturns_clean_result([*earlier, latest], latest) is is_overturned


@given(
    st.recursive(
        st.none() | st.text(max_size=9) | st.integers(), lambda inner: st.dictionaries(st.text(max_size=9), inner)
    )
)
def test_no_event_is_taken_for_clean_by_mistake(detail: object) -> None:
    assert outcome_of({**event(), "detail": detail}) is not ScanOutcome.CLEAN
