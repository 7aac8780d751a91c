"""Erasures and their receipts."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from chalicelib.platform.aws.s3 import Bucket
from chalicelib.platform.lazy_model import LazyModel


class ErasureStatus(StrEnum):
    """`verifying`: everything was removed; a check that nothing came back follows after a quarter of an hour."""

    QUEUED = "queued"
    ERASING = "erasing"
    VERIFYING = "verifying"
    DONE = "done"


class RemovedCounts(LazyModel):
    """Numbers removed: rows by table, object versions and unfinished uploads by bucket."""

    rows: dict[str, int] = Field({})
    versions: dict[str, int] = Field({})
    uploads: dict[str, int] = Field({})


class RemainingCounts(LazyModel):
    """Numbers counted by the verification."""

    rows: int
    versions: int
    uploads: int


class AuditTrailEnd(LazyModel):
    """The number of the audit trail's last event, and its hash in hex."""

    number: int
    hash: str


class ErasureReceipt(LazyModel):
    """Proof of what was removed and that nothing remains.

    It contains no names: `account` is the SHA-256 of `<erasure_id>:<account id>` in hex.
    `sha256` is over the other members as JSON with sorted keys and no spaces; the platform's own audit trail contains it, too.
    """

    erasure_id: UUID
    account: str
    requested_at: datetime
    finished_at: datetime
    removed: RemovedCounts
    left: RemainingCounts
    audit: AuditTrailEnd
    sha256: str = ""

    def calculate_sha256(self) -> str:
        members = self.model_dump(mode="json", exclude={"sha256"})
        text = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class Erasure(LazyModel):
    """`receipt` is set once the erasure is done."""

    id: UUID
    status: ErasureStatus
    requested_at: datetime
    finished_at: datetime | None
    receipt: ErasureReceipt | None


class AcceptedErasure(Erasure):
    """`path` returns the receipt for 30 days, without signing in: the user may no longer be able to."""

    path: str


def list_prefixes(owner_id: UUID) -> list[tuple[Bucket, str]]:
    """List the prefixes under which all objects of an owner are stored."""
    library = [f"{folder}/{owner_id}/" for folder in ("media", "withheld", "speech", "exports")]
    return [(Bucket.INCOMING, f"uploads/{owner_id}/"), *((Bucket.LIBRARY, prefix) for prefix in library)]
