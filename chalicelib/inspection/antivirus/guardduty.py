"""What GuardDuty Malware Protection for S3 says about an object: as its events tell it (EventBridge, source `aws.guardduty`,
detail-type "GuardDuty Malware Protection Object Scan Result"), and as the tag tells it that it puts on the object.
Pure: no events are received here.

Statements come late, twice, in any order, and may contradict each other: the worst about the same version counts, and only
one word means clean. The documents and the type packages spell the bad word differently, so no other word is listed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.inspection.antivirus.engine import ScanVerdict
from chalicelib.inspection.model import Rejection

SCAN_STATUS_TAG = "GuardDutyMalwareScanStatus"
CLEAN_STATUS = "NO_THREATS_FOUND"
MAX_STATUS_CHARACTERS = 200  # a threat's name; events come from AWS, but names come from whoever wrote the malware
_COMPLETED = "COMPLETED"
_THREATS = {"THREATS_FOUND", "THREAT_FOUND"}


class ScanOutcome(StrEnum):
    """From best to worst."""

    CLEAN = "clean"
    UNSCANNED = "unscanned"
    INFECTED = "infected"


_RANK = tuple(ScanOutcome)


@dataclass(frozen=True, slots=True)
class ScanResult:
    """One statement about an object's version. `word` is GuardDuty's own: its status, or the threat's name."""

    key: str
    version_id: str
    etag: str
    outcome: ScanOutcome
    word: str


def parse_event(event: Mapping[str, Any]) -> ScanResult | None:
    """One event as it stands in the queue. None for events about other things; what is missing makes it UNSCANNED."""
    if event.get("source") != "aws.guardduty" or "Object Scan Result" not in str(event.get("detail-type")):
        return None
    detail = _mapping(event.get("detail"))
    thing = _mapping(detail.get("s3ObjectDetails"))
    results = _mapping(detail.get("scanResultDetails"))
    status = str(results.get("scanResultStatus") or detail.get("scanStatus") or "")
    threats = results.get("threats")
    if status in _THREATS or threats:
        outcome, word = ScanOutcome.INFECTED, _first_name(threats) or status
    elif status == CLEAN_STATUS and detail.get("scanStatus") == _COMPLETED:
        outcome, word = ScanOutcome.CLEAN, status
    else:  # UNSUPPORTED, ACCESS_DENIED, FAILED, SKIPPED, and words that are not known yet
        outcome, word = ScanOutcome.UNSCANNED, status
    etag = str(thing.get("eTag") or thing.get("etag") or "")
    return _result(thing.get("objectKey"), thing.get("versionId"), etag, outcome, word)


def parse_tags(tags: Mapping[str, str], *, key: str, version_id: str, etag: str) -> ScanResult | None:
    """What the tags of exactly this version say; None without GuardDuty's. Nobody else may write tags there."""
    word = tags.get(SCAN_STATUS_TAG)
    if word is None:
        return None
    outcome = (
        ScanOutcome.INFECTED
        if word in _THREATS
        else ScanOutcome.CLEAN
        if word == CLEAN_STATUS
        else ScanOutcome.UNSCANNED
    )
    return _result(key, version_id, etag, outcome, word)


def worst_result(results: Iterable[ScanResult], *, key: str, version_id: str, etag: str) -> ScanResult | None:
    """The worst of what was said about exactly this version of the object; None while nothing was said."""
    wanted = (key, version_id, etag.strip('"'))
    said = [each for each in results if (each.key, each.version_id, each.etag) == wanted]
    return max(said, key=lambda each: (_RANK.index(each.outcome), each.word), default=None)


def overturns_clean_result(results: Iterable[ScanResult], found: ScanResult) -> bool:
    """Whether what was found takes back a "clean" about the same version.

    Malware does. That a later scan could not look does not: by then we have deleted what it was to look at.
    """
    cleared = any(
        each.outcome is ScanOutcome.CLEAN and (each.version_id, each.etag) == (found.version_id, found.etag)
        for each in results
    )
    return found.outcome is ScanOutcome.INFECTED and cleared


def rejection_for(found: ScanResult) -> Rejection | None:
    """Why a file is refused after this statement; None when it is clean."""
    match found.outcome:
        case ScanOutcome.CLEAN:
            return None
        case ScanOutcome.INFECTED:
            return ScanVerdict(found.word).rejection()
        case _:
            return Rejection(
                "not_scanned",
                f"The virus scanner could not look into the file (it said {found.word or 'nothing'}). "
                "Save it in another form and upload that.",
            )


def _result(key: object, version_id: object, etag: str, outcome: ScanOutcome, word: str) -> ScanResult:
    shown = "".join(letter for letter in word if letter.isprintable())[:MAX_STATUS_CHARACTERS]
    return ScanResult(str(key or ""), str(version_id or ""), etag.strip('"'), outcome, shown)


def _first_name(threats: object) -> str:
    first = threats[0] if isinstance(threats, list) and threats else None
    return str(_mapping(first).get("name") or "")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
