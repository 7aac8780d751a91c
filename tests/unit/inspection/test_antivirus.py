"""The virus scanner: clean means that it said so, in exactly these words; everything else is no verdict."""

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
    assert fake.heard == file.read_bytes()


def test_what_is_found_is_named(file: Path) -> None:
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
def test_anything_else_is_no_verdict(reply: bytes, file: Path) -> None:
    with FakeClamd(reply) as fake, pytest.raises(ScanFailedError):
        ClamdClient(fake.address).scan(file)


def test_an_ok_that_comes_before_the_file_was_sent_is_no_verdict(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(30_000_000))
    with (
        FakeClamd(b"INSTREAM size limit exceeded. ERROR\0", after_bytes=100_000) as fake,
        pytest.raises(ScanFailedError),
    ):
        ClamdClient(fake.address).scan(path)


def test_a_scanner_that_hangs_is_given_up(file: Path) -> None:
    begun = time.monotonic()
    with FakeClamd(say_nothing=True) as fake, pytest.raises(ScanFailedError):
        ClamdClient(fake.address, scan_s=0.3).scan(file)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("address", ["127.0.0.1:1", "unix:/nowhere/clamd.sock"])
def test_a_scanner_that_is_not_there_is_no_verdict(address: str, file: Path) -> None:
    with pytest.raises(ScanFailedError):
        ClamdClient(address).scan(file)
    with pytest.raises(ScanFailedError):
        ClamdClient(address).ping()


def test_a_file_that_is_not_there_is_no_verdict(tmp_path: Path) -> None:
    with FakeClamd() as fake, pytest.raises(ScanFailedError):
        ClamdClient(fake.address).scan(tmp_path / "gone")


# ---- the real one ----


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clamd.Daemon]:
    running = clamd.Daemon(tmp_path_factory.mktemp("clamd"))
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
def test_clamd_finds_what_its_signatures_know(
    daemon: clamd.Daemon, content: bytes, threat: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert ClamdClient(daemon.address).scan(path) == ScanVerdict(threat)


@clamd.needs_clamd
def test_clamd_takes_the_largest_file_that_we_take_and_gives_no_verdict_on_a_larger_one(
    daemon: clamd.Daemon, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(1024) * (100 * 1024))
    assert ClamdClient(daemon.address, scan_s=60).scan(path) == ScanVerdict(None)
    with path.open("ab") as more:
        more.write(bytes(2 * 1024 * 1024))
    with pytest.raises(ScanFailedError):
        ClamdClient(daemon.address, scan_s=60).scan(path)


@clamd.needs_clamd
def test_a_clamd_that_hangs_or_is_killed_gives_no_verdict_and_works_again_when_it_is_back(
    tmp_path: Path, file: Path
) -> None:
    own = clamd.Daemon(tmp_path / "own")
    own.start()
    try:
        own.hang()
        with pytest.raises(ScanFailedError):
            ClamdClient(own.address, scan_s=0.5).scan(file)
        with pytest.raises(ScanFailedError):
            ClamdClient(own.address).ping()
        own.go_on()
        assert ClamdClient(own.address).scan(file) == ScanVerdict(None)
        own.kill()
        with pytest.raises(ScanFailedError):
            ClamdClient(own.address).scan(file)
        own.start()
        assert ClamdClient(own.address).scan(file) == ScanVerdict(None)
    finally:
        own.stop()


# ---- GuardDuty ----


def event(
    word: str | None = guardduty.CLEAN_STATUS, *, scan: str = "COMPLETED", version: str = "v1", **changes: Any
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
            "scanResultDetails": {"scanResultStatus": word, "threats": None},
            **changes,
        },
    }


WAITING = None  # nothing has been said about this version


def judged(*events: dict[str, Any]) -> ScanResult | None:
    results = [found for each in events if (found := guardduty.parse_event(each))]
    return guardduty.worst_result(results, key="uploads/a/b", version_id="v1", etag='"e1"')


def outcome_of(*events: dict[str, Any]) -> ScanOutcome | None:
    found = judged(*events)
    return found.outcome if found else WAITING


@pytest.mark.parametrize(
    ("told", "outcome"),
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
        (event(version="v2"), WAITING),
        (event(s3ObjectDetails={"objectKey": "uploads/a/b", "versionId": "v1", "etag": "e1"}), ScanOutcome.CLEAN),
        (event(s3ObjectDetails={"objectKey": "uploads/a/b", "versionId": "v1", "eTag": "other"}), WAITING),
        (event(s3ObjectDetails={"objectKey": "uploads/a/c", "versionId": "v1", "eTag": "e1"}), WAITING),
        ({"source": "aws.s3"}, WAITING),
        ({}, WAITING),
    ],
)
def test_only_one_word_about_the_same_version_means_clean(told: dict[str, Any], outcome: ScanOutcome | None) -> None:
    assert outcome_of(told) is outcome


WORDS = (guardduty.CLEAN_STATUS, "THREATS_FOUND", "UNSUPPORTED")


@pytest.mark.parametrize("words", list(itertools.product(WORDS, repeat=3)))
def test_of_contradictory_events_in_any_order_the_worst_counts(words: tuple[str, ...]) -> None:
    worst = next(word for word in ("THREATS_FOUND", "UNSUPPORTED", guardduty.CLEAN_STATUS) if word in words)
    found = judged(*map(event, words))
    assert found == judged(event(worst))
    assert found is not None
    assert (guardduty.rejection_for(found) is None) == (worst == guardduty.CLEAN_STATUS)


def test_a_threat_is_named_in_code_and_sentence() -> None:
    found = judged(event("THREATS_FOUND", scanResultDetails={"threats": [{"name": "EICAR-Test-File (not a virus)"}]}))
    assert found is not None
    refusal = guardduty.rejection_for(found)
    assert refusal is not None
    assert refusal.code == "malware:EICAR-Test-File_(not_a_virus)"
    assert "EICAR-Test-File (not a virus)" in refusal.detail


@pytest.mark.parametrize(
    ("tags", "outcome"),
    [
        ({guardduty.SCAN_STATUS_TAG: guardduty.CLEAN_STATUS}, ScanOutcome.CLEAN),
        ({guardduty.SCAN_STATUS_TAG: "THREATS_FOUND"}, ScanOutcome.INFECTED),
        ({guardduty.SCAN_STATUS_TAG: "UNSUPPORTED"}, ScanOutcome.UNSCANNED),
        ({guardduty.SCAN_STATUS_TAG: ""}, ScanOutcome.UNSCANNED),
        ({guardduty.SCAN_STATUS_TAG.lower(): guardduty.CLEAN_STATUS}, WAITING),
        ({"Status": guardduty.CLEAN_STATUS}, WAITING),
        ({}, WAITING),
    ],
)
def test_a_tag_says_what_an_event_would(tags: dict[str, str], outcome: ScanOutcome | None) -> None:
    found = guardduty.parse_tags(tags, key="uploads/a/b", version_id="v1", etag='"e1"')
    assert (found.outcome if found else WAITING) is outcome
    if found is not None:
        assert found == guardduty.worst_result([found], key="uploads/a/b", version_id="v1", etag="e1")


@pytest.mark.parametrize(
    ("before", "late", "taken_back"),
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
def test_only_malware_in_the_version_that_was_called_clean_takes_that_back(
    before: list[dict[str, Any]], late: dict[str, Any], taken_back: bool
) -> None:
    said = [found for each in before if (found := guardduty.parse_event(each))]
    found = guardduty.parse_event(late)
    assert found is not None
    assert guardduty.overturns_clean_result([*said, found], found) is taken_back


@given(
    st.recursive(
        st.none() | st.text(max_size=9) | st.integers(), lambda inner: st.dictionaries(st.text(max_size=9), inner)
    )
)
def test_no_event_is_taken_for_clean_by_mistake(detail: object) -> None:
    assert outcome_of({**event(), "detail": detail}) is not ScanOutcome.CLEAN
