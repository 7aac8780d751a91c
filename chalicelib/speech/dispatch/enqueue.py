"""Enqueueing of provider calls that have a slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.library import texts
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.speech.messages import SynthesizeSegmentMessage
from chalicelib.speech.segment_store import SegmentRow
from chalicelib.speech.store import JobRow
from chalicelib.speech.stored_objects.audio_key import audio_key
from chalicelib.speech.transitions import EXPRESS_SEGMENT_COUNT


@dataclass(frozen=True, slots=True)
class ScheduledCall:
    """A segment with its slot."""

    segment: SegmentRow
    id: UUID
    starts_at: datetime
    lease_until: datetime


def enqueue_segments(
    connection: Connection, job: JobRow, calls: Sequence[ScheduledCall], *, probe: bool
) -> list[OutboxMessage]:
    """Enqueue the calls in the outbox. The caller sends the messages after the commit."""
    messages = []
    for call in calls:
        segment = call.segment
        text = texts.get_slice(connection, job.media_id, segment.text_start, segment.text_end)
        message = SynthesizeSegmentMessage(
            owner_id=job.owner_id,
            job_id=job.id,
            index=segment.index,
            voice=segment.voice,
            language=job.language,
            text=text,
            pause_ms=segment.pause_ms,
            key=audio_key(job.owner_id, segment.voice, job.language, text, segment.pause_ms),
            call_id=call.id,
            probe=probe,
            begins_at=call.starts_at,
            ends_by=call.lease_until,
        )
        queue = Queue.SPEECH_EXPRESS if segment.index < EXPRESS_SEGMENT_COUNT else Queue.SPEECH_BULK
        messages.append(outbox.enqueue(connection, job.owner_id, queue, message))
    return messages
