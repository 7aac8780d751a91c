"""The library's migration keeps all data, up and down."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from chalicelib.platform import config
from localstack.postgres import Postgres

OWNER, BOOK, BLANK = uuid4(), uuid4(), uuid4()
BEFORE, AFTER = "20240101000006", "20240101000007"


@dataclass(frozen=True)
class OldDatabase:
    """A database of its own, as it was before the library's migration."""

    connection: psycopg.Connection[Any]

    def migrate(self, revision: str) -> None:
        (command.upgrade if revision == AFTER else command.downgrade)(Config("alembic.ini"), revision)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement.encode()).fetchall()


@pytest.fixture
def old(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[OldDatabase]:
    url = postgres.url("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS old")
        connection.execute("CREATE DATABASE old OWNER visionary_owner")
    environment = {"STAGE": "test", "INCOMING_BUCKET": "incoming", "LIBRARY_BUCKET": "library"}
    environment["DATABASE_URL"] = postgres.url("visionary_owner").replace("/visionary?", "/old?")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()
    command.upgrade(Config("alembic.ini"), BEFORE)
    with psycopg.connect(url.replace("/visionary?", "/old?"), autocommit=True) as connection:
        yield OldDatabase(connection)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE old WITH (FORCE)")
    config.settings.cache_clear()


def test_no_data_is_lost_by_the_migration_and_its_downgrade(old: OldDatabase) -> None:
    old.connection.execute("INSERT INTO accounts (owner_id) VALUES (%s)", [OWNER])
    for media_id, title, tags in ((BOOK, "Über Türme", ["b", "a"]), (BLANK, "Chapter 2", [])):
        old.connection.execute(
            """INSERT INTO media (id, owner_id, filename, title, media_type, size_bytes, status, language, tags,
                                  upload_expires_at)
               VALUES (%s, %s, 'x.pdf', %s, 'application/pdf', 1, 'ready', 'de', %s, now())""",
            [media_id, OWNER, title, tags],
        )
    for number, body in ((1, "Die alten Häuser. "), (2, ""), (3, "Das Ende.")):
        old.connection.execute(
            "INSERT INTO media_pages (media_id, owner_id, number, text_start, text_end, body) VALUES (%s, %s, %s, %s, %s, %s)",
            [BOOK, OWNER, number, 0 if number == 1 else 18, 18 if number < 3 else 27, body],
        )
    shelves = [UUID(int=n) for n in (1, 2)]
    for shelf, name in zip(shelves, ("Shelf", "SHELF"), strict=True):
        old.connection.execute("INSERT INTO collections (id, owner_id, name) VALUES (%s, %s, %s)", [shelf, OWNER, name])
    for position, media_id in ((2, BOOK), (1.5, BLANK)):
        old.connection.execute(
            "INSERT INTO collection_items (collection_id, media_id, owner_id, position) VALUES (%s, %s, %s, %s)",
            [shelves[0], media_id, OWNER, position],
        )
    pages = old.rows("SELECT media_id, number, text_start, text_end, body FROM media_pages ORDER BY number")

    old.migrate(AFTER)
    assert old.rows("SELECT media_id, tag FROM media_tags ORDER BY tag") == [(BOOK, "a"), (BOOK, "b")]
    assert old.rows("SELECT media_id, number, text_start, text_end, body FROM media_passages ORDER BY number") == pages
    assert old.rows("SELECT title_key FROM media ORDER BY title_key") == [("chapter 000000002",), ("uber turme",)]
    names = [row[0] for row in old.rows("SELECT name FROM collections ORDER BY id")]
    assert (names[0], names[1]) == ("Shelf", f"SHELF {shelves[1]}")
    in_order = [row[0] for row in old.rows("SELECT media_id FROM collection_items ORDER BY position")]
    assert in_order == [BLANK, BOOK]
    matches = old.rows(
        "SELECT media_id, number FROM search_words WHERE words @@ to_tsquery('german', 'haus | turm | 2')"
    )
    assert sorted(matches) == sorted([(BOOK, 1), (BLANK, 1)])
    forced = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND NOT relforcerowsecurity"
    assert old.rows(forced) == [(0,)]

    old.migrate(BEFORE)
    assert old.rows("SELECT media_id, number, text_start, text_end, body FROM media_pages ORDER BY number") == pages
    assert old.rows("SELECT tags FROM media ORDER BY title") == [([],), (["a", "b"],)]
    assert old.rows(forced) == [(0,)]
    old.migrate(AFTER)
