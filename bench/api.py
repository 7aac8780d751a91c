"""Time of a request in the function, compared with its bare queries: `python -m bench.api`.

Network and gateway are not included. The handler is called as by Lambda, with API Gateway's event for an authorized user, warm,
on a real Postgres; "bare" is psycopg with the statements of the same request, with their rows fetched and discarded.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from chalice.app import Chalice
from chalice.local import LambdaContext, LambdaEventConverter, RouteMatcher

from bench import library_data
from bench.timing import measure
from chalicelib.platform.db import database
from chalicelib.platform.telemetry import observability

REPETITIONS = 400
Statement = tuple[Any, Any]


class Requests:
    """Requests of many owners in turn, so that none reaches a rate limit."""

    def __init__(self, app: Chalice) -> None:
        self.app = app
        self.events = LambdaEventConverter(RouteMatcher(list(app.routes)))
        self.owners = itertools.cycle([library_data.owner(number) for number in range(library_data.OWNERS)])
        with psycopg.connect(library_data.superuser_url()) as connection:
            rows = connection.execute(
                "SELECT owner_id, max(id::text) FROM media WHERE status = 'ready' GROUP BY owner_id"
            )
            self.media_id_by_owner = {row[0]: row[1] for row in rows.fetchall()}
        self.upload = json.dumps(
            {"filename": "a book.pdf", "media_type": "application/pdf", "size_bytes": 123_456}
        ).encode()

    def get(self, path: str) -> Callable[[], None]:
        return lambda: self.send("GET", path, expect=200)

    def presign(self) -> None:
        self.send("POST", "/v1/uploads", body=self.upload, expect=201)

    def send(self, method: str, path: str, *, expect: int, body: bytes | None = None) -> None:
        owner_id: UUID = next(self.owners)
        event = self.events.create_lambda_event(
            method, path.format(id=self.media_id_by_owner[owner_id]), {"content-type": "application/json"}, body
        )
        event["requestContext"] |= {"authorizer": {"principalId": str(owner_id)}, "requestId": "r"}
        response = self.app(event, LambdaContext("api", memory_size=1_024))
        assert response["statusCode"] == expect, response


def record(run: Callable[[], None]) -> list[Statement]:
    """Return the statements of one request."""
    statements: list[Statement] = []

    class Recorder(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
            statements.append((query, params))
            return super().execute(query, params, **kwargs)

    with database.transaction(None) as connection:
        connection.cursor_factory = Recorder
    run()
    database._discard()
    return statements[1:]  # the first is the COMMIT of the transaction above


def with_new_ids(statements: list[Statement]) -> Iterator[Statement]:
    """Return the statements with new ids of the rows that they insert, and another rate limit subject."""
    inserted_id = next(
        (
            values["id"]
            for query, values in statements
            if "INSERT INTO media " in str(query) and isinstance(values, dict)
        ),
        None,
    )
    new_id = uuid4()

    def replace(name: str, value: Any) -> Any:
        if name == "bucket":
            return f"{value}:{new_id}"
        return new_id if inserted_id is not None and value == inserted_id else value

    for query, values in statements:
        if isinstance(values, dict):
            yield query, {name: replace(name, value) for name, value in values.items()}
        else:
            yield query, values and [replace("", value) for value in values]


def bare_queries(connection: psycopg.Connection[Any], statements: list[Statement]) -> Callable[[], None]:
    def run() -> None:
        for query, values in with_new_ids(statements):
            cursor = connection.execute(query, values)
            if cursor.description is not None:
                cursor.fetchall()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument(
        "--folder", type=Path, default=Path(".local/bench"), help="keeps the databases for the next run"
    )
    options = parser.parse_args()
    server = library_data.prepare(options.folder, options.rows)
    observability.logger.setLevel(logging.ERROR)
    from app import app

    try:
        requests = Requests(app)
        operations = {
            "health/live (no query at all)": requests.get("/health/live"),
            "get": requests.get("/v1/media/{id}"),
            "list of 10": requests.get("/v1/media?limit=10"),
            "URL to read": requests.get("/v1/media/{id}/url"),
            "presign an upload": requests.presign,
            "search, a word on 5 pages": requests.get(f"/v1/search?q={library_data.FEW}"),
        }
        print("| p50 / p99, ms | statements | handler | bare psycopg | handler adds, p50 |\n|---|---|---|---|---|")
        for name, run in operations.items():
            run()
            statements = record(run)
            with database.connect() as connection:
                handler, bare = measure(run, bare_queries(connection, statements), times=REPETITIONS)
            print(f"| {name} | {len(statements)} | {handler} | {bare} | {handler.p50 - bare.p50:.2f} |")
    finally:
        database._discard()
        with psycopg.connect(library_data.superuser_url()) as connection:  # restore the data for the next run
            connection.execute("DELETE FROM media WHERE status = 'pending'")
            connection.execute("TRUNCATE audit_events, audit_heads, rate_limits")
            connection.execute("UPDATE accounts SET stored_bytes = 0, stored_items = 0")
        server.stop()


if __name__ == "__main__":
    main()
