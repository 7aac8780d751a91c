"""What GuardDuty Malware Protection for S3 says about an object, as its events tell it (EventBridge, source
`aws.guardduty`, detail-type "GuardDuty Malware Protection Object Scan Result"). Pure: no events are received here.

Events come late, twice, in any order, and may contradict each other: the worst about the same version counts, and only
one word means clean. The documents and the type packages spell the bad word differently, so no other word is listed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chalicelib.inspection.model import Rejection

CLEAN = "NO_THREATS_FOUND"
_COMPLETED = "COMPLETED"
_THREATS = {"THREATS_FOUND", "THREAT_FOUND"}


class Outcome(StrEnum):
    """From best to worst; WAITING stands aside: nothing has been said about this version."""

    WAITING = "waiting"
    CLEAN = "clean"
    UNSCANNED = "unscanned"
    INFECTED = "infected"


_RANK = (Outcome.WAITING, Outcome.CLEAN, Outcome.UNSCANNED, Outcome.INFECTED)


@dataclass(frozen=True, slots=True)
class ScanResult:
    """One event: the object's version, and what was said about it. `word` is GuardDuty's own."""

    key: str
    version_id: str
    etag: str
    outcome: Outcome
    word: str


def parse(event: Mapping[str, Any]) -> ScanResult | None:
    """One event as it stands in the queue. None for events about other things; what is missing makes it UNSCANNED."""
    if event.get("source") != "aws.guardduty" or "Object Scan Result" not in str(event.get("detail-type")):
        return None
    detail = _mapping(event.get("detail"))
    thing = _mapping(detail.get("s3ObjectDetails"))
    results = _mapping(detail.get("scanResultDetails"))
    word = str(results.get("scanResultStatus") or detail.get("scanStatus") or "")
    if word in _THREATS or results.get("threats"):
        outcome = Outcome.INFECTED
    elif word == CLEAN and detail.get("scanStatus") == _COMPLETED:
        outcome = Outcome.CLEAN
    else:  # UNSUPPORTED, ACCESS_DENIED, FAILED, SKIPPED, and words that are not known yet
        outcome = Outcome.UNSCANNED
    etag = str(thing.get("eTag") or thing.get("etag") or "").strip('"')
    return ScanResult(str(thing.get("objectKey") or ""), str(thing.get("versionId") or ""), etag, outcome, word[:60])


def judge(results: Iterable[ScanResult], *, key: str, version_id: str, etag: str) -> Outcome:
    """The worst of what was said about exactly this version of the object."""
    wanted = (key, version_id, etag.strip('"'))
    said = [each.outcome for each in results if (each.key, each.version_id, each.etag) == wanted]
    return max(said, key=_RANK.index, default=Outcome.WAITING)


def rejection(outcome: Outcome) -> Rejection | None:
    """Why a file is refused after this outcome; None when it is clean, or nothing is known yet."""
    if outcome is Outcome.INFECTED:
        return Rejection(
            "infected", "The virus scanner found malware in the file. Clean it on your side before you upload it again."
        )
    if outcome is Outcome.UNSCANNED:
        return Rejection(
            "not_scanned", "The virus scanner could not look into the file. Save it in another form and upload that."
        )
    return None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
