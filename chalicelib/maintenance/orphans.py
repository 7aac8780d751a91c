"""Orphans: objects without rows are deleted; rows without objects are reported to the operator.

An object loses its row when a worker crashes between two steps, or is written after its account was erased. Like everything
that is deleted from the library, it becomes unreadable at once and can be restored for a week. A row without its object is
damage: it is only reported.

The library's objects are looked at when a day has passed since their owner's last change, and all of them once a month. A reading
has ~130. At 1,000 registered users that is ~1,500 requests a day and 13,000 a month; at 100,000 both are hours of work for the
sweep; beyond, S3 Inventory lists what has changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalicelib.library.object_keys import original_key, withheld_key
from chalicelib.maintenance import changed_owners, store, sweep_cursors
from chalicelib.maintenance.changed_owners import OwnerScan
from chalicelib.maintenance.store import FIRST_ID, RowWithObjects
from chalicelib.platform.aws import buckets, storage
from chalicelib.platform.aws.buckets import ObjectSummary
from chalicelib.platform.aws.s3 import Bucket
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech import jobs, stored_objects, voice_samples

MIN_AGE = timedelta(days=1)  # a younger object may belong to a row that is about to be written
DAY_S = 86_400
# Incoming objects leave with their upload, so that all of them are as many as a day brings.
SCAN_INTERVALS_S = {Bucket.INCOMING: DAY_S, Bucket.LIBRARY: 30 * DAY_S}
ROWS_PER_READ = 300  # one request to storage each, ~10 ms
ROW_SCAN_INTERVAL_S = 30 * DAY_S  # requests cost money, and objects do not vanish
MAX_PAGES_PER_PREFIX = (
    100  # of an owner, 1,000 objects each: ~20 s. More, of 700 readings, wait for the scan of all objects
)
LIBRARY_PREFIXES = ("media", "withheld", "speech", "exports")

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_KEY = re.compile(
    f"(?P<kind>media|withheld|speech|exports|uploads)/(?P<owner>{_UUID})/"
    f"(?:(?P<segment>segments/.+)|(?P<subject>{_UUID})(?:/.+|[.]zip)?)"
)


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """The parts of a key. `subject_id` is None for the audio of a segment, which several recordings may share."""

    kind: str
    owner_id: UUID
    subject_id: UUID | None
    key: str


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Objects of one run; the fields are values of the metric `swept`."""

    looked_at: int = 0
    removed: int = 0
    unknown: int = 0

    def __add__(self, other: SweepResult) -> SweepResult:
        return SweepResult(self.looked_at + other.looked_at, self.removed + other.removed, self.unknown + other.unknown)


def parse(key: str) -> ParsedKey | None:
    """Parse a key; None for one that no version of this product makes."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None
    kind = "segment" if match["segment"] else match["kind"]
    return ParsedKey(kind, UUID(match["owner"]), UUID(match["subject"]) if match["subject"] else None, key)


def delete_orphans(bucket: Bucket) -> SweepResult:
    """Delete the orphans among the next objects of a scan over a bucket. Runs as the sweep's database role."""
    result = SweepResult()
    with sweep_cursors.resume(f"objects in {bucket}", every_s=SCAN_INTERVALS_S[bucket]) as scan:
        while scan is not None:
            page = buckets.list_keys(bucket, "", scan.position)
            if not page:
                scan.is_finished = True
                break
            result += _delete_page(bucket, page)
            scan.save(page[-1].key)
            if scan.is_out_of_time:
                break
    return result


def delete_orphans_of_changed_owners() -> OwnerScan:
    """Delete the library's orphans of owners whose last change is a day old. Runs as the sweep's database role."""
    return changed_owners.for_each("objects", _delete_orphans_of_owner, settled_after_s=int(MIN_AGE.total_seconds()))


def _delete_orphans_of_owner(owner_id: UUID) -> int:
    result = SweepResult()
    for prefix in LIBRARY_PREFIXES:
        after = ""
        for _ in range(MAX_PAGES_PER_PREFIX):
            page = buckets.list_keys(Bucket.LIBRARY, f"{prefix}/{owner_id}/", after)
            if not page:
                break
            result += _delete_page(Bucket.LIBRARY, page)
            after = page[-1].key
    return result.removed


def _delete_page(bucket: Bucket, page: Sequence[ObjectSummary]) -> SweepResult:
    old = [entry.key for entry in page if entry.modified_at < datetime.now(UTC) - MIN_AGE]
    keys = [parse(key) for key in old if not key.startswith(voice_samples.PREFIX)]  # all owners hear those
    orphans = list(_list_orphans([key for key in keys if key is not None]))
    _delete(bucket, orphans)
    return SweepResult(len(page), len(orphans), keys.count(None))


def count_missing() -> int:
    """Check the next media and recordings of their scans; return the number of missing objects."""
    return _count_missing("media", store.list_ready_media, _original) + _count_missing(
        "readings",  # as stored in sweep_rounds
        store.list_finished_recordings,
        lambda row: jobs.recording_key(row.owner_id, row.id),
    )


def _list_orphans(keys: Sequence[ParsedKey]) -> Iterator[str]:
    by_owner: defaultdict[UUID, list[ParsedKey]] = defaultdict(list)
    for key in keys:
        by_owner[key.owner_id].append(key)
    for owner_id, owner_keys in by_owner.items():
        with database.transaction(owner_id) as connection:
            yield from list(_without_row(connection, owner_keys))


_EXISTING_ROWS: dict[str, Callable[[Connection, Sequence[UUID]], set[UUID]]] = {
    "media": store.list_media_with_objects,
    "withheld": store.list_media_with_objects,
    "speech": store.list_speech_jobs,
    "exports": store.list_exports,
    "uploads": store.list_pending_uploads,
}


def _without_row(connection: Connection, keys: Iterable[ParsedKey]) -> Iterator[str]:
    by_kind: defaultdict[str, list[ParsedKey]] = defaultdict(list)
    for key in keys:
        by_kind[key.kind].append(key)
    segments = [key.key for key in by_kind.pop("segment", ())]
    if segments and not stored_objects.has_unfinished_job(connection):
        needed = stored_objects.referenced_keys(connection, segments)
        yield from (segment for segment in segments if segment not in needed)
    for kind, kind_keys in by_kind.items():
        existing = _EXISTING_ROWS[kind](connection, [key.subject_id for key in kind_keys if key.subject_id is not None])
        yield from (key.key for key in kind_keys if key.subject_id not in existing)


def _delete(bucket: Bucket, keys: Sequence[str]) -> None:
    if bucket is Bucket.LIBRARY:
        storage.delete(keys)
    else:
        for key in keys:
            storage.delete_incoming(key)
    for key in keys:
        logger.warning("orphan deleted", bucket=bucket.value, key=key)


def _count_missing(
    scanned: str, list_rows: Callable[..., list[RowWithObjects]], key_of: Callable[[RowWithObjects], str]
) -> int:
    missing = 0
    with sweep_cursors.resume(f"objects of {scanned}", every_s=ROW_SCAN_INTERVAL_S) as scan:
        while scan is not None:
            with database.transaction(None) as connection:
                rows = list_rows(connection, UUID(scan.position) if scan.position else FIRST_ID, limit=ROWS_PER_READ)
            for row in rows:
                if not buckets.exists(Bucket.LIBRARY, key_of(row)) and _still_exists(row, list_rows):
                    logger.error("object missing", what=scanned, subject_id=row.id, owner_id=row.owner_id)
                    missing += 1
            if rows:
                scan.save(str(rows[-1].id))
            scan.is_finished = len(rows) < ROWS_PER_READ
            if scan.is_finished or scan.is_out_of_time:
                break
    return missing


def _still_exists(row: RowWithObjects, list_rows: Callable[..., list[RowWithObjects]]) -> bool:
    """Return whether the row has not been purged in the meantime."""
    with database.transaction(None) as connection:
        return list_rows(connection, UUID(int=row.id.int - 1), limit=1)[:1] == [row]


def _original(row: RowWithObjects) -> str:
    return (withheld_key if row.withheld else original_key)(row.owner_id, row.id)
