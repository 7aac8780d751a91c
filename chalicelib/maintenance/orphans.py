"""Objects without rows are removed; rows without objects are reported, for a person to look at.

An object without a row is what a crash between two steps leaves, or what came after an account was erased. It becomes
unreadable at once and can be brought back for a week, as everything that is deleted from the library. A row whose object is
gone is damage; nothing is done that would make it worse.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.library.model import original_key, withheld_key
from chalicelib.maintenance import store, sweep_cursors
from chalicelib.maintenance.store import ZERO, RowWithObjects
from chalicelib.platform.aws import buckets, storage
from chalicelib.platform.aws.s3 import Bucket
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import jobs, stored_objects

MIN_AGE = timedelta(days=1)  # what is younger may belong to something that is just being made
MAX_PAGES_PER_RUN = 10  # of 1,000 objects: ~0.2 s each with their owners' rows; 2.8 million a day
OBJECT_SCAN_INTERVAL_S = 86_400
MAX_ROWS_PER_RUN = 300  # one question to storage each, ~10 ms; 86,000 a day
ROW_SCAN_INTERVAL_S = 7 * 86_400  # a question costs money, and an object does not vanish by itself

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = re.compile(
    f"(?P<kind>media|withheld|speech|exports|uploads)/(?P<owner>{_UUID})/"
    f"(?:(?P<segment>segments/.+)|(?P<subject>{_UUID})(?:/.+|[.]zip)?)"
)


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """What a key says: of what kind, whose, and what it belongs to; a segment's audio belongs to no single thing."""

    kind: str
    owner_id: UUID
    subject_id: UUID | None
    key: str


@dataclass(frozen=True, slots=True)
class SweepResult:
    looked_at: int = 0
    removed: int = 0
    unknown: int = 0


def parse(key: str) -> ParsedKey | None:
    """None for a key that nothing here ever made."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    kind = "segment" if match["segment"] else match["kind"]
    return ParsedKey(kind, UUID(match["owner"]), UUID(match["subject"]) if match["subject"] else None, key)


def remove_orphans(bucket: Bucket) -> SweepResult:
    """One bounded part of a round over a bucket. Runs as the sweep's database role."""
    looked_at = removed = unknown = 0
    with sweep_cursors.resume(f"objects in {bucket}", every_s=OBJECT_SCAN_INTERVAL_S) as this:
        if this is None:
            return SweepResult()
        for _ in range(MAX_PAGES_PER_RUN):
            page = buckets.list_keys(bucket, "", this.position)
            if not page:
                this.is_finished = True
                break
            named = [parse(found.key) for found in page if found.modified_at < datetime.now(UTC) - MIN_AGE]
            unknown += named.count(None)
            orphans = list(_orphans([each for each in named if each is not None]))
            _remove(bucket, orphans)
            looked_at, removed = looked_at + len(page), removed + len(orphans)
            this.save(page[-1].key)
            if this.is_out_of_time:
                break
    return SweepResult(looked_at, removed, unknown)


def count_missing() -> int:
    """One bounded part of a round over the rows that name objects; answers how many of these objects are not there."""
    return _count_missing("media", store.list_ready_media, _original) + _count_missing(
        "readings", store.list_finished_recordings, lambda row: jobs.recording_key(row.owner_id, row.id)
    )


def _orphans(named: Sequence[ParsedKey]) -> Iterator[str]:
    by_owner: defaultdict[UUID, list[ParsedKey]] = defaultdict(list)
    for each in named:
        by_owner[each.owner_id].append(each)
    for owner_id, theirs in by_owner.items():
        with database.transaction(owner_id) as connection:
            yield from list(_without_row(connection, theirs))


_ROWS: dict[str, Callable[[Connection, Sequence[UUID]], set[UUID]]] = {
    "media": store.list_media_with_objects,
    "withheld": store.list_media_with_objects,
    "speech": store.list_speech_jobs,
    "exports": store.list_exports,
    "uploads": store.list_pending_uploads,
}


def _without_row(connection: Connection, named: Iterable[ParsedKey]) -> Iterator[str]:
    by_kind: defaultdict[str, list[ParsedKey]] = defaultdict(list)
    for each in named:
        by_kind[each.kind].append(each)
    segments = [each.key for each in by_kind.pop("segment", ())]
    if segments and not stored_objects.has_unfinished_job(connection):
        needed = stored_objects.referenced_keys(connection, segments)
        yield from (key for key in segments if key not in needed)
    for kind, theirs in by_kind.items():
        there = _ROWS[kind](connection, [each.subject_id for each in theirs if each.subject_id is not None])
        yield from (each.key for each in theirs if each.subject_id not in there)


def _remove(bucket: Bucket, keys: Sequence[str]) -> None:
    if bucket is Bucket.LIBRARY:
        storage.delete(keys)
    else:
        for key in keys:
            storage.delete_incoming(key)
    for key in keys:
        logger.warning("orphan removed", bucket=bucket.value, key=key)


def _count_missing(
    what: str, read: Callable[..., list[RowWithObjects]], key_of: Callable[[RowWithObjects], str]
) -> int:
    missing = 0
    with sweep_cursors.resume(f"objects of {what}", every_s=ROW_SCAN_INTERVAL_S) as this:
        if this is None:
            return 0
        with database.transaction(None) as connection:
            rows = read(connection, UUID(this.position) if this.position else ZERO, limit=MAX_ROWS_PER_RUN)
        for row in rows:
            if not buckets.exists(Bucket.LIBRARY, key_of(row)) and _is_still_there(row, read):
                logger.error("object missing", what=what, subject_id=row.id, owner_id=row.owner_id)
                missing += 1
        if rows:
            this.save(str(rows[-1].id))
        this.is_finished = len(rows) < MAX_ROWS_PER_RUN
    return missing


def _is_still_there(row: RowWithObjects, read: Callable[..., list[RowWithObjects]]) -> bool:
    """Whether the row has not been purged meanwhile."""
    with database.transaction(None) as connection:
        return read(connection, UUID(int=row.id.int - 1), limit=1)[:1] == [row]


def _original(row: RowWithObjects) -> str:
    return (withheld_key if row.withheld else original_key)(row.owner_id, row.id)
