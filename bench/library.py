"""Lists and search in a small and in a large database, row-level security on: `python -m bench.library`.

Two questions. Does it cost more to have neighbours? One owner has 1,000 media in both databases; everything else in them is
others'. Does it cost more to own more? The average of 1,000 owners has 10 media in the one and 1,000 in the other.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench import library_data
from bench.timing import measure
from chalicelib.library import media, search_terms
from chalicelib.library.collections import collections, items
from chalicelib.library.collections.model import CollectionSort
from chalicelib.library.model import MediaFilter, MediaSort, Status
from chalicelib.platform.db import database
from chalicelib.search import find
from localstack.postgres import Postgres

LIMIT = 10  # rows of a page: what the average owner of the small database has
TIMES = 300


@dataclass(frozen=True)
class Case:
    """One thing people do, and what it does for one owner; answers how many rows came."""

    name: str
    run: Callable[[], int]


def cases(owner_id: UUID) -> list[Case]:
    def page(
        wanted: MediaFilter = media.NO_FILTER, order: MediaSort = MediaSort.NEWEST, after: str | None = None
    ) -> Any:
        return media.list_page(owner_id, wanted, sort=order, after=after, limit=LIMIT)

    def deep(order: MediaSort) -> str | None:
        """The cursor in the middle of a list."""
        cursor = None
        for _ in range(50):
            found = page(order=order, after=cursor)
            if found.next_cursor is None:
                break
            cursor = found.next_cursor
        return cursor

    shelf = collections.list_page(owner_id, sort=CollectionSort.NAME, after=None, limit=1).items[0].id
    one = page().items[0].id
    middle = {order: deep(order) for order in (MediaSort.NEWEST, MediaSort.TITLE)}

    def listed(name: str, *given: Any, **named: Any) -> Case:
        return Case(name, lambda: len(page(*given, **named).items))

    def searched(name: str, asked: str) -> Case:
        return Case(f"search: {name}", lambda: len(find.find_pages(owner_id, asked, after=None, limit=LIMIT).items))

    return [
        Case("one media", lambda: int(media.get(owner_id, one) is not None)),
        listed("list: newest"),
        listed("list: newest, 500 rows further", after=middle[MediaSort.NEWEST]),
        listed("list: by title", order=MediaSort.TITLE),
        listed("list: by title, 500 rows further", order=MediaSort.TITLE, after=middle[MediaSort.TITLE]),
        listed("list: largest", order=MediaSort.LARGEST),
        listed("list: status=rejected (1 in 100)", MediaFilter(status=Status.REJECTED)),
        listed("list: media_type=text/plain (1 in 4)", MediaFilter(media_type="text/plain")),
        listed("list: a tag (1 in 50)", MediaFilter(tag="tag 2")),
        listed("list: a collection (1 in 3)", MediaFilter(collection_id=shelf)),
        listed("list: q= that most names hold", MediaFilter(q="report")),
        listed("list: q= that none holds", MediaFilter(q="nowhere")),
        Case("collection in its order", lambda: len(items.list_page(owner_id, shelf, after=None, limit=LIMIT).items)),
        searched("a phrase on 1 page", f'"{library_data.NEEDLE}"'),
        searched("a word on 5 pages", library_data.FEW),
        searched("two words, on 5 pages and on 1", f"{library_data.FEW} quartz"),
        searched("a word on every second page", library_data.COMMON),
        searched("a word on no page", "nowhere"),
    ]


def plans(server: Postgres, owner_id: UUID) -> dict[str, str]:
    """How the large database finds a sorted page and a phrase."""
    statements: list[tuple[str, Any]] = []

    class Recorder(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **named: Any) -> Any:
            statements.append((query, params))
            return super().execute(query, params, **named)

    found = {}
    for name, run in (
        ("list: by title, after a cursor", lambda: _second_page(owner_id)),
        ("list: a tag", lambda: media.list_page(owner_id, MediaFilter(tag="tag 2"), after=None, limit=LIMIT)),
        (
            "search: a phrase on 1 page",
            lambda: find.find_pages(owner_id, f'"{library_data.NEEDLE}"', after=None, limit=LIMIT),
        ),
    ):
        with database.transaction(owner_id) as connection:
            connection.cursor_factory = Recorder
        run()
        connection.cursor_factory = psycopg.Cursor
        query, values = next(
            (q, v) for q, v in reversed(statements) if "FROM media WHERE" in str(q) or "app.search" in str(q)
        )
        statements.clear()
        with database.transaction(owner_id) as connection:
            found[name] = _explain(connection, query, values)
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT prosrc FROM pg_proc WHERE proname = 'search'").fetchone()
        assert row is not None
        inner = str(row[0]).replace("%", "%%").replace("question", "%(question)s::jsonb").replace("at_most", "%(most)s")
        connection.execute("SET LOCAL ROLE visionary_search")
        connection.execute("SELECT app.become(%s)", [owner_id])
        asked = [
            [{"words": term.words, "phrase": term.phrase, "excluded": term.excluded} for term in terms]
            for terms in search_terms.parse_query(f'"{library_data.NEEDLE}"')
        ]
        values = {"question": psycopg.types.json.Jsonb(asked), "most": find.MAX_RANKED}
        found["inside app.search, as visionary_search"] = _explain(connection, inner, values)
    return found


def _second_page(owner_id: UUID) -> None:
    first = media.list_page(owner_id, sort=MediaSort.TITLE, after=None, limit=LIMIT)
    media.list_page(owner_id, sort=MediaSort.TITLE, after=first.next_cursor, limit=LIMIT)


def _explain(connection: psycopg.Connection[Any], query: Any, values: Any) -> str:
    rows = psycopg.Cursor(connection).execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + query, values).fetchall()
    return "\n".join(row[0] for row in rows)


class Library:
    """One of the databases; inside `with` the application works on it."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.rows = rows
        self.server = library_data.prepare(folder, rows)
        self.connection = database.connect()

    def __enter__(self) -> None:
        database._connection = self.connection

    def __exit__(self, *_: object) -> None:
        database._connection = None

    def case(self, owner_id: UUID, number: int) -> Case:
        with self:
            case = cases(owner_id)[number]

        def run() -> int:
            with self:
                return case.run()

        return Case(case.name, run)

    def sizes(self) -> list[tuple[str, str]]:
        with psycopg.connect(self.server.url("postgres")) as connection:
            return connection.execute(
                """SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class
                   WHERE relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 20000000
                   ORDER BY pg_relation_size(oid) DESC"""
            ).fetchall()

    def close(self) -> None:
        self.connection.close()
        self.server.stop()


def compare(small: Library, large: Library, owner_id: UUID) -> None:
    print(f"\n| p50 / p99, ms | rows | {small.rows:,} | rows | {large.rows:,} | p50 grows |\n|---|---|---|---|---|---|")
    with small:
        count = len(cases(owner_id))
    for number in range(count):
        few, many = small.case(owner_id, number), large.case(owner_id, number)
        before, after = measure(few.run, many.run, times=TIMES)
        print(f"| {few.name} | {few.run()} | {before} | {many.run()} | {after} | {after.p50 / before.p50:.2f}× |")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs=2, default=[10_000, 1_000_000])
    parser.add_argument(
        "--folder", type=Path, default=Path(".local/bench"), help="databases are kept here for the next run"
    )
    return parser.parse_args()


def main() -> None:
    given = arguments()
    libraries = [Library(given.folder, rows) for rows in sorted(given.rows)]
    small, large = libraries
    try:
        print(f"\n### An owner of 1,000 media among {small.rows:,} and among {large.rows:,} of others")
        compare(small, large, library_data.CONSTANT_OWNER)
        few, many = small.rows // library_data.OWNERS, large.rows // library_data.OWNERS
        print(f"\n### The average owner: {few:,} of {small.rows:,}, {many:,} of {large.rows:,}")
        compare(small, large, library_data.owner(500))
        print(f"\n### What takes room with {large.rows:,} media\n")
        for name, size in large.sizes():
            print(f"- {name}: {size}")
        with large:
            for name, plan in plans(large.server, library_data.CONSTANT_OWNER).items():
                print(f"\n### {name}\n```\n{plan}\n```")
    finally:
        for library in libraries:
            library.close()


if __name__ == "__main__":
    main()
