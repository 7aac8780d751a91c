"""Cursors of keyset pages."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.db import cursor
from chalicelib.platform.db.cursor import ListItem, TimeCursor
from chalicelib.platform.errors import UnprocessableContentError


@given(at=st.datetimes(timezones=st.just(UTC)), identifier=st.uuids())
def test_a_cursor_survives_the_round_trip_to_a_client(at: datetime, identifier: UUID) -> None:
    position = TimeCursor(at, identifier)
    assert cursor.decode(cursor.encode(position)) == position


@given(st.text(max_size=100))
def test_an_invalid_cursor_is_rejected_and_never_crashes(text: str) -> None:
    with pytest.raises(UnprocessableContentError):
        cursor.decode(text)


def test_the_last_page_has_no_cursor() -> None:
    rows = [ListItem(id=UUID(int=n), created_at=datetime(2026, 1, n, tzinfo=UTC)) for n in range(1, 4)]
    first, last = cursor.newest_page(rows, 2), cursor.newest_page(rows[2:], 2)
    assert [row.id.int for row in first.items] == [1, 2]
    assert first.next_cursor is not None
    assert cursor.decode(first.next_cursor) == TimeCursor(rows[1].created_at, rows[1].id)
    assert last.next_cursor is None
