"""GuardDuty's scan results: only one status about the same version means clean, and the worst result counts."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.inspection.antivirus import guardduty
from chalicelib.inspection.antivirus.guardduty import ScanOutcome, ScanResult


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
