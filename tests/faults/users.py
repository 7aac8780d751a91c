"""What users of the fault tests do while nothing is broken, and what the database has of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import sql

from tests.faults.deployment import Deployment, Message, arrival

TEXT = "The quick brown fox jumps over the lazy dog. " * 4
NEW_UPLOAD = {"filename": "a.txt", "media_type": "text/plain", "size_bytes": len(TEXT)}


def start_upload(
    deployment: Deployment,
    owner: UUID,
    content: bytes = TEXT.encode(),
    *,
    filename: str = "a.txt",
    media_type: str = "text/plain",
) -> tuple[str, Message]:
    """Upload a file; return its id, and S3's message about it."""
    body = {"filename": filename, "media_type": media_type, "size_bytes": len(content)}
    media_id: str = deployment.call(owner, "POST", "/v1/uploads", body)["media"]["id"]
    key = f"uploads/{owner}/{media_id}"
    deployment.s3.put_object(Bucket="incoming", Key=key, Body=content, ContentType=media_type)
    return media_id, arrival(key)


def upload(deployment: Deployment, owner: UUID, text: str = TEXT) -> str:
    """Upload a text and have it inspected; return its id."""
    media_id, message = start_upload(deployment, owner, text.encode())
    assert deployment.deliver(message).result == {"batchItemFailures": []}
    return media_id


def start_speech(deployment: Deployment, owner: UUID, text: str) -> str:
    """Have a new text read; return the job's id."""
    route = f"/v1/media/{{media_id={upload(deployment, owner, text)}}}/speech"
    job_id: str = deployment.call(owner, "POST", route, {})["id"]
    return job_id


def count(deployment: Deployment, table: str, owner: UUID, **columns: str) -> int:
    """Return how many rows of the owner have these values."""
    conditions = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in columns.items()
    ]
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(
        sql.Identifier(table),
        sql.SQL(" AND ").join([sql.SQL("owner_id = {}").format(sql.Literal(owner)), *conditions]),
    )
    row: Any = deployment.owner.execute(statement).fetchone()
    return int(row[0])
