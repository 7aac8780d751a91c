"""Scan results of GuardDuty Malware Protection for S3, parsed from events and object tags.

The events have source `aws.guardduty` and detail-type "GuardDuty Malware Protection Object Scan Result" (EventBridge).
Pure: no events are received here.

Results come late, twice, in any order, and may contradict each other: the worst one about a version counts, and only one
status means clean. AWS's documentation and type packages spell the bad status differently, so both spellings are listed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.inspection.antivirus.engine import ScanVerdict
from chalicelib.inspection.model import Rejection

SCAN_STATUS_TAG = "GuardDutyMalwareScanStatus"
CLEAN_STATUS = "NO_THREATS_FOUND"
MAX_STATUS_CHARACTERS = 200  # events come from AWS, but the names of threats from the authors of malware
_COMPLETED = "COMPLETED"
_INFECTED_STATUSES = {"THREATS_FOUND", "THREAT_FOUND"}


class ScanOutcome(StrEnum):
    """From best to worst."""

    CLEAN = "clean"
    UNSCANNED = "unscanned"
    INFECTED = "infected"


_RANK = tuple(ScanOutcome)


@dataclass(frozen=True, slots=True)
class ScanResult:
    """One result about a version of an object. `word` is GuardDuty's own: its status, or the threat's name."""

    key: str
    version_id: str
    etag: str
    outcome: ScanOutcome
    word: str


def parse_event(event: Mapping[str, Any]) -> ScanResult | None:
    """Parse one event. Returns None for events about other things; an incomplete one is UNSCANNED."""
    if event.get("source") != "aws.guardduty" or "Object Scan Result" not in str(event.get("detail-type")):
        return None
    detail = _mapping(event.get("detail"))
    s3_object = _mapping(detail.get("s3ObjectDetails"))
    results = _mapping(detail.get("scanResultDetails"))
    status = str(results.get("scanResultStatus") or detail.get("scanStatus") or "")
    threats = results.get("threats")
    if status in _INFECTED_STATUSES or threats:
        outcome, word = ScanOutcome.INFECTED, _first_threat(threats) or status
    elif status == CLEAN_STATUS and detail.get("scanStatus") == _COMPLETED:
        outcome, word = ScanOutcome.CLEAN, status
    else:  # UNSUPPORTED, ACCESS_DENIED, FAILED, SKIPPED, and statuses that do not exist yet
        outcome, word = ScanOutcome.UNSCANNED, status
    etag = str(s3_object.get("eTag") or s3_object.get("etag") or "")
    return _scan_result(s3_object.get("objectKey"), s3_object.get("versionId"), etag, outcome, word)


def parse_tags(tags: Mapping[str, str], *, key: str, version_id: str, etag: str) -> ScanResult | None:
    """Parse the tags of exactly this version. Returns None without GuardDuty's, which nothing else may write."""
    status = tags.get(SCAN_STATUS_TAG)
    if status is None:
        return None
    if status in _INFECTED_STATUSES:
        outcome = ScanOutcome.INFECTED
    else:
        outcome = ScanOutcome.CLEAN if status == CLEAN_STATUS else ScanOutcome.UNSCANNED
    return _scan_result(key, version_id, etag, outcome, status)


def worst_result(results: Iterable[ScanResult], *, key: str, version_id: str, etag: str) -> ScanResult | None:
    """Return the worst result about exactly this version; None while there is none."""
    version = (key, version_id, etag.strip('"'))
    matching = [result for result in results if (result.key, result.version_id, result.etag) == version]
    return max(matching, key=lambda result: (_RANK.index(result.outcome), result.word), default=None)


def overturns_clean_result(results: Iterable[ScanResult], latest: ScanResult) -> bool:
    """Return whether the latest result overturns a "clean" about the same version.

    Malware does. A later scan without access does not: by then, ingest has deleted the object.
    """
    was_clean = any(
        result.outcome is ScanOutcome.CLEAN and (result.version_id, result.etag) == (latest.version_id, latest.etag)
        for result in results
    )
    return latest.outcome is ScanOutcome.INFECTED and was_clean


def rejection_for(result: ScanResult) -> Rejection | None:
    """Return the rejection that follows from a result; None when it is clean."""
    match result.outcome:
        case ScanOutcome.CLEAN:
            return None
        case ScanOutcome.INFECTED:
            return ScanVerdict(result.word).rejection()
        case _:
            status = f"its status is {result.word}" if result.word else "it gave no status"
            return Rejection(
                "not_scanned",
                f"The virus scanner could not scan the file ({status}). Save it in another format and upload that.",
            )


def _scan_result(key: object, version_id: object, etag: str, outcome: ScanOutcome, word: str) -> ScanResult:
    printable = "".join(character for character in word if character.isprintable())[:MAX_STATUS_CHARACTERS]
    return ScanResult(str(key or ""), str(version_id or ""), etag.strip('"'), outcome, printable)


def _first_threat(threats: object) -> str:
    first = threats[0] if isinstance(threats, list) and threats else None
    return str(_mapping(first).get("name") or "")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
