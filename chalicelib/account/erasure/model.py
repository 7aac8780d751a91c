"""The shapes of erasures."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from chalicelib.platform.aws.buckets import Bucket


class ErasureStatus(StrEnum):
    """`verifying`: everything was removed; a quarter of an hour later it is looked at again."""

    QUEUED = "queued"
    ERASING = "erasing"
    VERIFYING = "verifying"
    DONE = "done"


class Removed(BaseModel):
    """Rows by table; versions of objects, and uploads that were begun, by bucket."""

    rows: dict[str, int] = {}
    versions: dict[str, int] = {}
    uploads: dict[str, int] = {}


class Left(BaseModel):
    """What a last look found."""

    rows: int
    versions: int
    uploads: int


class TrailEnd(BaseModel):
    """Where the audit trail ended: its last event's number, and hash in hex."""

    number: int
    hash: str


class Receipt(BaseModel):
    """What was removed, and that nothing was left.

    It names nobody: `account` is the SHA-256 of `<erasure_id>:<account id>` in hex.
    `sha256` is over the other members as JSON with sorted keys and no spaces; the platform's own audit trail keeps it.
    """

    erasure_id: UUID
    account: str
    requested_at: datetime
    finished_at: datetime
    removed: Removed
    left: Left
    audit: TrailEnd
    sha256: str = ""

    def calculate_sha256(self) -> str:
        members = self.model_dump(mode="json", exclude={"sha256"})
        text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class Erasure(BaseModel):
    """`receipt` is there when it is done."""

    id: UUID
    status: ErasureStatus
    requested_at: datetime
    finished_at: datetime | None
    receipt: Receipt | None


class AcceptedErasure(Erasure):
    """`path` leads to the receipt for 30 days, without signing in: there may be nobody to sign in then."""

    path: str


def list_prefixes(owner_id: UUID) -> list[tuple[Bucket, str]]:
    """Everything of an owner in storage lies below these."""
    library = [f"{folder}/{owner_id}/" for folder in ("media", "withheld", "speech", "exports")]
    return [(Bucket.INCOMING, f"uploads/{owner_id}/"), *((Bucket.LIBRARY, prefix) for prefix in library)]
