"""The parameters of a database's restore."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from infra.deploy import restore
from infra.deploy.stacks import DeployError

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
MOMENT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def test_a_moment_is_converted_to_utc() -> None:
    assert restore.parse_moment("2026-11-22T10:00:00+01:00") == MOMENT
    assert restore.parse_moment("2026-11-22T09:00:00Z") == MOMENT
    assert restore.parse_moment("latest") is None


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22T09:00:00", "25:00"])
def test_what_is_no_moment_is_refused_with_its_value(text: str) -> None:
    with pytest.raises(DeployError, match=text or "''"):
        restore.parse_moment(text)


def test_each_restore_is_a_new_database_from_the_one_in_use() -> None:
    first = restore.parameters({"DatabaseIdentifier": "visionary-prod"}, MOMENT, NOW)
    assert first == {
        "IdentifierSuffix": "-20261122-103000",
        "RestoredFrom": "visionary-prod",
        "RestoredTo": "2026-11-22T09:00:00Z",
        "DatabaseAdminSecretArn": "",  # migrate would sign in to the new database with the password of the old one
    }
    restored = {"DatabaseIdentifier": "visionary-prod-20261122-103000"} | first
    to_latest = restore.parameters(restored, None, datetime(2026, 12, 1, tzinfo=UTC))
    assert to_latest["RestoredFrom"] == "visionary-prod-20261122-103000"
    assert to_latest["RestoredTo"] == ""  # or the former moment would be restored again


def test_an_interrupted_restore_to_the_same_moment_does_not_restore_twice() -> None:
    restored = restore.parameters({"DatabaseIdentifier": "visionary-prod"}, MOMENT, NOW)
    again = {"DatabaseIdentifier": "visionary-prod-20261122-103000"} | restored
    assert restore.parameters(again, MOMENT, datetime(2026, 11, 22, 11, tzinfo=UTC)) == {}
