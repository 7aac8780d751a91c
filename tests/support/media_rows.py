"""Media inserted as rows, without uploads."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

from chalice.test import Client, HTTPResponse

from chalicelib.library import folding
from tests.integration.conftest import Cloud, User

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def insert_media(cloud: Cloud, user: User, **columns: Any) -> str:
    """Insert a media that is ready, with other column values in `columns`; return its id."""
    row: dict[str, Any] = {
        "id": uuid4(),
        "owner_id": user.id,
        "filename": "book.pdf",
        "title": "Book",
        "media_type": "application/pdf",
        "size_bytes": 1_000,
        "status": "ready",
        "created_at": LONG_AGO,
        "upload_expires_at": LONG_AGO,
        "trashed_at": LONG_AGO if columns.get("status") == "trashed" else None,
        "rejection_code": "malformed" if columns.get("status") == "rejected" else None,
        "rejection_detail": "It cannot be read." if columns.get("status") == "rejected" else None,
        **columns,
    }
    row.setdefault("folded_name", folding.fold_name(row["title"], row["filename"]))
    cloud.owner.execute(
        """INSERT INTO accounts (owner_id, stored_bytes, stored_items) VALUES (%s, %s, 1) ON CONFLICT (owner_id) DO UPDATE
           SET stored_bytes = accounts.stored_bytes + excluded.stored_bytes, stored_items = accounts.stored_items + 1""",
        [user.id, row["size_bytes"]],
    )
    cloud.owner.execute(
        f"INSERT INTO media ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",  # noqa: S608 - column names of the tests
        list(row.values()),
    )
    return str(row["id"])


def minutes_later(number: int) -> datetime:
    return LONG_AGO + timedelta(minutes=number)


def request(client: Client, user: User, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
    """Send a request; `path` may contain characters that a URL must escape."""
    content = b"" if body is None else json.dumps(body).encode()
    return client.http.request(method, quote(path, safe="/?&=%"), headers={**user.headers, **headers}, body=content)


def list_page(client: Client, user: User, path: str) -> tuple[list[str], str | None]:
    """Return the ids of one page, and its cursor."""
    response = request(client, user, "GET", path)
    assert response.status_code == 200, response.body
    listed = response.json_body
    return [item["id"] for item in listed["items"]], listed["next_cursor"]


def list_all(client: Client, user: User, path: str, *, limit: int = 100) -> list[str]:
    """Return the ids of a whole list, page by page."""
    separator = "&" if "?" in path else "?"
    all_ids, cursor = list_page(client, user, f"{path}{separator}limit={limit}")
    while cursor:
        ids, cursor = list_page(client, user, f"{path}{separator}limit={limit}&cursor={cursor}")
        all_ids += ids
    return all_ids


def create_collection(client: Client, user: User, name: str, *media_ids: str) -> str:
    """Create a collection of these media; return its id."""
    created = request(client, user, "POST", "/v1/collections", {"name": name})
    assert created.status_code == 201, created.body
    if media_ids:
        request(
            client, user, "POST", f"/v1/collections/{created.json_body['id']}/media", {"media_ids": list(media_ids)}
        )
    return str(UUID(created.json_body["id"]))
