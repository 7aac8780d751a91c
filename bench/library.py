"""Lists and search in a small and in a large database, with row-level security: `python -m bench.library`.

Two questions. Does a request cost more when other owners have more? One owner has 1,000 media in both databases; all other
rows belong to others. Does it cost more when the owner has more? The average of 1,000 owners has 10 media in the small
database and 1,000 in the large one. Times are of the processor, in the application and in Postgres, as all data are in memory:
they do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import time
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
from chalicelib.search import find, store
from localstack.postgres import Postgres

PAGE_ROWS = 10  # what the average owner of the small database has
REPETITIONS = 300


@dataclass(frozen=True)
class Case:
    """Request of one owner. `run` returns the number of rows."""

    name: str
    run: Callable[[], int]


def cases(owner_id: UUID) -> list[Case]:
    def list_page(
        media_filter: MediaFilter = media.NO_FILTER, sort: MediaSort = MediaSort.NEWEST, after: str | None = None
    ) -> Any:
        return media.list_page(owner_id, media_filter, sort=sort, after=after, limit=PAGE_ROWS)

    def middle_cursor(sort: MediaSort) -> str | None:
        """Return a cursor in the middle of a list."""
        cursor = None
        for _ in range(50):
            page = list_page(sort=sort, after=cursor)
            if page.next_cursor is None:
                break
            cursor = page.next_cursor
        return cursor

    collection_id = collections.list_page(owner_id, sort=CollectionSort.NAME, after=None, limit=1).items[0].id
    media_id = list_page().items[0].id
    middle = {sort: middle_cursor(sort) for sort in (MediaSort.NEWEST, MediaSort.TITLE)}

    def list_case(name: str, *args: Any, **kwargs: Any) -> Case:
        return Case(f"list: {name}", lambda: len(list_page(*args, **kwargs).items))

    def search_case(name: str, query: str) -> Case:
        return Case(f"search: {name}", lambda: len(find.find_pages(owner_id, query, after=None, limit=PAGE_ROWS).items))

    return [
        Case("one media", lambda: int(media.get(owner_id, media_id) is not None)),
        list_case("newest"),
        list_case("newest, from row 500", after=middle[MediaSort.NEWEST]),
        list_case("by title", sort=MediaSort.TITLE),
        list_case("by title, from row 500", sort=MediaSort.TITLE, after=middle[MediaSort.TITLE]),
        list_case("largest", sort=MediaSort.LARGEST),
        list_case("status=rejected (1 in 100)", MediaFilter(status=Status.REJECTED)),
        list_case("media_type=text/plain (1 in 4)", MediaFilter(media_type="text/plain")),
        list_case("a tag (1 in 50)", MediaFilter(tag="tag 2")),
        list_case("a collection (1 in 3)", MediaFilter(collection_id=collection_id)),
        list_case("q= that most names contain", MediaFilter(q="report")),
        list_case("q= that no name contains", MediaFilter(q="nowhere")),
        Case(
            "collection in its order",
            lambda: len(items.list_page(owner_id, collection_id, after=None, limit=PAGE_ROWS).items),
        ),
        search_case("a phrase on 1 page", f'"{library_data.NEEDLE}"'),
        search_case("a word on 5 pages", library_data.FEW),
        search_case("two words, on 5 pages and on 1", f"{library_data.FEW} quartz"),
        search_case("a word on every second page", f"{library_data.COMMON} "),
        search_case("the beginning of a word on every second page", library_data.COMMON[:5]),
        search_case("a word on no page", "nowhere"),
    ]


def plans(server: Postgres, owner_id: UUID) -> dict[str, str]:
    """Return the query plans of a sorted page, a tag and a phrase."""
    statements: list[tuple[str, Any]] = []

    class RecordingCursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
            statements.append((query, params))
            return super().execute(query, params, **kwargs)

    plan_by_name = {}
    for name, run in (
        ("list: by title, after a cursor", lambda: _second_page(owner_id)),
        ("list: a tag", lambda: media.list_page(owner_id, MediaFilter(tag="tag 2"), after=None, limit=PAGE_ROWS)),
        (
            "search: a phrase on 1 page",
            lambda: find.find_pages(owner_id, f'"{library_data.NEEDLE}"', after=None, limit=PAGE_ROWS),
        ),
    ):
        with database.transaction(owner_id) as connection:
            connection.cursor_factory = RecordingCursor
        run()
        connection.cursor_factory = psycopg.Cursor
        query, values = next(
            (sql, values)
            for sql, values in reversed(statements)
            if "FROM media WHERE" in str(sql) or "app.rank_passages" in str(sql)
        )
        statements.clear()
        with database.transaction(owner_id) as connection:
            plan_by_name[name] = _explain(connection, query, values)
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT prosrc FROM pg_proc WHERE proname = 'rank_passages'").fetchone()
        assert row is not None
        body = str(row[0]).replace("%", "%%")
        body = body.replace("question", "%(question)s::jsonb").replace("max_ranked", "%(limit)s")
        connection.execute("SELECT app.set_current_owner(%s)", [owner_id])
        connection.execute("SET LOCAL ROLE visionary_search")
        query_terms = [
            [store.to_json(term) for term in terms] for terms in search_terms.parse_query(f'"{library_data.NEEDLE}"')
        ]
        values = {"question": psycopg.types.json.Jsonb(query_terms), "limit": find.MAX_RANKED}
        plan_by_name["inside app.rank_passages, as visionary_search"] = _explain(connection, body, values)
    return plan_by_name


def _second_page(owner_id: UUID) -> None:
    first = media.list_page(owner_id, sort=MediaSort.TITLE, after=None, limit=PAGE_ROWS)
    media.list_page(owner_id, sort=MediaSort.TITLE, after=first.next_cursor, limit=PAGE_ROWS)


def _explain(connection: psycopg.Connection[Any], query: Any, values: Any) -> str:
    rows = psycopg.Cursor(connection).execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + query, values).fetchall()
    return "\n".join(row[0] for row in rows)


class Library:
    """One of the databases. Inside `with`, the application uses it."""

    def __init__(self, folder: Path, rows: int) -> None:
        self.rows = rows
        self.server = library_data.prepare(folder, rows)
        self.connection = database.connect()

    def __enter__(self) -> None:
        database._connection = self.connection

    def __exit__(self, *_: object) -> None:
        database._connection = None

    def processor_s(self) -> float:
        """Return the seconds of processor time that Postgres has spent for this connection."""
        statistics = Path(f"/proc/{self.connection.info.backend_pid}/schedstat").read_text()
        return int(statistics.split()[0]) / 1e9

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
    def clock() -> float:
        return time.process_time() + small.processor_s() + large.processor_s()

    print(
        f"\n| p50 / p99, ms | rows | {small.rows:,} | rows | {large.rows:,} | p50 growth |\n|---|---|---|---|---|---|"
    )
    with small:
        count = len(cases(owner_id))
    for number in range(count):
        small_case, large_case = small.case(owner_id, number), large.case(owner_id, number)
        small_time, large_time = measure(small_case.run, large_case.run, times=REPETITIONS, clock=clock)
        growth = large_time.p50 / small_time.p50
        print(
            f"| {small_case.name} | {small_case.run()} | {small_time} | {large_case.run()} | {large_time} | {growth:.2f}× |"
        )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs=2, default=[10_000, 1_000_000])
    parser.add_argument(
        "--folder", type=Path, default=Path(".local/bench"), help="keeps the databases for the next run"
    )
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    libraries = [Library(arguments.folder, rows) for rows in sorted(arguments.rows)]
    small, large = libraries
    try:
        print(f"\n### An owner of 1,000 media among {small.rows:,} and among {large.rows:,} of other owners")
        compare(small, large, library_data.CONSTANT_OWNER)
        small_share, large_share = small.rows // library_data.OWNERS, large.rows // library_data.OWNERS
        print(f"\n### The average owner: {small_share:,} of {small.rows:,}, {large_share:,} of {large.rows:,}")
        compare(small, large, library_data.owner(500))
        print(f"\n### Largest relations with {large.rows:,} media\n")
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
