"""Anchors of audit trails: once a day the verified end of every trail is written where the database cannot reach it.

The bucket keeps each anchor for as long as its retention lock says, whatever the sweep's role or the database is made to do. So a
chain that was rewritten as a whole, with its head and with what was verified, differs from the anchor of the day before.

An anchor has a line for each trail: its name, the number of its last verified event, and that event's hash. At 200,000 trails it
has 12 MB, and comparing takes 3 s of processor time, besides an index look-up in the database for each trail.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from chalicelib.maintenance import anchor_store, sweep_cursors
from chalicelib.maintenance.anchor_store import AnchoredTrail
from chalicelib.platform.aws import buckets, write_once
from chalicelib.platform.aws.s3 import Bucket
from chalicelib.platform.db import database
from chalicelib.platform.telemetry.observability import logger

ANCHORS = "heads/"
# An operator may write here, the sweep may not: an object named after a time says that the database is right to differ from the
# anchors made before, because it was restored.
ACCEPTED = "accepted/"
INTERVAL_S = 23 * 3_600  # the sweep's daily run is not exactly a day after the one before
TRAILS_PER_READ = 5_000
LAST_ID = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True, order=True)
class AnchoredEnd:
    """The end of a trail in an anchor."""

    anchor_id: UUID
    number: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.anchor_id.hex} {self.number} {self.hash.hex()}\n"

    @classmethod
    def parse(cls, line: str) -> AnchoredEnd:
        anchor_id, number, digest = line.split(" ")
        return cls(UUID(anchor_id), int(number), bytes.fromhex(digest))


@dataclass
class _NewAnchor:
    """The anchor that is being written, and the trails that differ from the one before."""

    ends: io.BytesIO = field(default_factory=io.BytesIO)
    broken: int = 0

    def report(self, end: AnchoredEnd, fault: str, owner_id: UUID | None = None) -> None:
        """Report a trail that differs from its anchor."""
        self.broken += 1
        logger.error(
            "audit trail broken",
            owner_id=owner_id,
            anchor_id=end.anchor_id,
            number=end.number,
            fault=fault,
            by="anchor",
        )


def update(*, trails_per_read: int = TRAILS_PER_READ) -> int:
    """Compare all trails with the last anchor and write the next one; return how many trails are broken.

    Does nothing before its time. A broken trail keeps its old end, so that it is reported again every day.
    Runs as the sweep's database role.
    """
    with sweep_cursors.resume("audit anchors", every_s=INTERVAL_S) as scan:
        if scan is None:
            return 0
        anchor = _NewAnchor()
        # hashes do not get smaller, so that more effort than the least is wasted
        with (
            gzip.GzipFile(fileobj=anchor.ends, mode="wb", compresslevel=1, mtime=0) as file,
            io.TextIOWrapper(file) as text,
        ):
            text.writelines(map(str, _next_ends(anchor, _last_ends(), trails_per_read)))
        write_once.write(Bucket.ANCHORS, f"{ANCHORS}{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}.gz", anchor.ends.getvalue())
        scan.is_finished = True
        return anchor.broken


def _last_ends() -> Iterator[AnchoredEnd]:
    """Yield the ends in the last anchor, by name; none before the first anchor, and after a restore."""
    key = _last_key(ANCHORS)
    if key is None:
        return
    accepted = _last_key(ACCEPTED)
    if accepted is not None and accepted.removeprefix(ACCEPTED) >= key.removeprefix(ANCHORS).removesuffix(".gz"):
        logger.warning("audit anchor not compared", anchor=key, accepted=accepted)
        return
    content = write_once.read(Bucket.ANCHORS, key)
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        for line in file:
            yield AnchoredEnd.parse(line.decode().rstrip("\n"))


def _last_key(prefix: str) -> str | None:
    last = None
    for summary in buckets.list_all(Bucket.ANCHORS, prefix):
        last = summary.key
    return last


def _next_ends(anchor: _NewAnchor, last_ends: Iterator[AnchoredEnd], trails_per_read: int) -> Iterator[AnchoredEnd]:
    """Yield the ends of the next anchor by name, while both the trails and the last anchor are read in that order."""
    after, pending = UUID(int=0), next(last_ends, None)
    while after != LAST_ID:
        with database.transaction(None) as connection:
            trails = anchor_store.list_trails(connection, after, limit=trails_per_read)
        after = trails[-1].anchor_id if len(trails) == trails_per_read else LAST_ID
        anchored: dict[UUID, AnchoredEnd] = {}
        while pending is not None and pending.anchor_id <= after:
            anchored[pending.anchor_id] = pending
            pending = next(last_ends, None)
        yield from sorted([*_vanished(anchor, anchored, trails), *_compared(anchor, anchored, trails)])


def _vanished(
    anchor: _NewAnchor, anchored: dict[UUID, AnchoredEnd], trails: list[AnchoredTrail]
) -> Iterator[AnchoredEnd]:
    """Yield anchored ends without a trail that did not end with an erasure, and report them."""
    missing = anchored.keys() - {trail.anchor_id for trail in trails}
    with database.transaction(None) as connection:
        erased = anchor_store.list_erased(connection, list(missing)) if missing else set()
    for anchor_id in missing - erased:
        anchor.report(anchored[anchor_id], "missing")
        yield anchored[anchor_id]


def _compared(
    anchor: _NewAnchor, anchored: dict[UUID, AnchoredEnd], trails: list[AnchoredTrail]
) -> Iterator[AnchoredEnd]:
    """Yield the new ends of the trails, or the old one of a trail that differs from it."""
    ends = {trail.owner_id: anchored[trail.anchor_id] for trail in trails if trail.anchor_id in anchored}
    with database.transaction(None) as connection:
        hashes = anchor_store.list_hashes(connection, {owner_id: end.number for owner_id, end in ends.items()})
    for trail in trails:
        end = ends.get(trail.owner_id)
        stored = hashes.get(trail.owner_id)
        if end is None or stored == end.hash or (stored is None and trail.deleted_number > end.number):
            yield AnchoredEnd(trail.anchor_id, trail.number, trail.hash)
        else:
            anchor.report(end, "missing" if stored is None else "changed", trail.owner_id)
            yield end
