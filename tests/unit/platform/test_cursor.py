from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform.db import cursor
from chalicelib.platform.db.cursor import ListItem, TimeCursor
from chalicelib.platform.errors import UnprocessableContentError


@given(at=st.datetimes(timezones=st.just(UTC)), identifier=st.uuids())
def test_a_place_survives_the_way_to_a_client_and_back(at: datetime, identifier: UUID) -> None:
    place = TimeCursor(at, identifier)
    assert cursor.decode(cursor.encode(place)) == place


@given(st.text(max_size=100))
def test_a_made_up_cursor_is_refused_and_never_crashes(text: str) -> None:
    with pytest.raises(UnprocessableContentError):
        cursor.decode(text)


def test_a_page_ends_where_the_rows_end() -> None:
    rows = [ListItem(id=UUID(int=n), created_at=datetime(2026, 1, n, tzinfo=UTC)) for n in range(1, 4)]
    full, rest = cursor.newest_page(rows, 2), cursor.newest_page(rows[2:], 2)
    assert [row.id.int for row in full.items] == [1, 2]
    assert full.next_cursor is not None
    assert cursor.decode(full.next_cursor) == TimeCursor(rows[1].created_at, rows[1].id)
    assert rest.next_cursor is None
