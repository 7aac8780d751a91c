"""Sending segments on their way: what a provider call needs, and the name under which its audio is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chalicelib.library import texts
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import outbox
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.outbox import OutboxMessage
from chalicelib.speech.model import SynthesizeSegmentMessage
from chalicelib.speech.segment_store import SegmentRow
from chalicelib.speech.store import JobRow
from chalicelib.speech.transitions import EXPRESS_SEGMENT_COUNT
from chalicelib.speech.voices import catalogue, providers

AUDIO_FORMAT = "mp3_24000_64"  # the one stream shape of the project, so that segments of any provider can be joined
KEY_VERSION = 1  # raise it when the same text would be spoken differently


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
    """Write down the orders of calls that hold a slot; `outbox.send` delivers them after the commit."""
    letters = []
    for call in calls:
        row = call.segment
        text = texts.get_slice(connection, job.media_id, row.text_start, row.text_end)
        order = SynthesizeSegmentMessage(
            owner_id=job.owner_id,
            job_id=job.id,
            index=row.index,
            voice=row.voice,
            language=job.language,
            text=text,
            pause_ms=row.pause_ms,
            key=audio_key(job.owner_id, row.voice, job.language, text, row.pause_ms),
            call_id=call.id,
            probe=probe,
            begins_at=call.starts_at,
            ends_by=call.lease_until,
        )
        queue = Queue.SPEECH_EXPRESS if row.index < EXPRESS_SEGMENT_COUNT else Queue.SPEECH_BULK
        letters.append(outbox.enqueue(connection, job.owner_id, queue, order))
    return letters


def audio_key(owner_id: UUID, voice: str, language: str, text: str, pause_ms: int) -> str:
    """Where the audio of a text lies: the same words in the same voice are bought once per owner.

    Keyed by a secret and by the owner, so that nobody can find out whether somebody else had a text read.
    """
    said = {
        "v": KEY_VERSION,
        "owner": str(owner_id),
        "voice": voice,
        "model": catalogue.get_model(voice),
        "times": providers.get(voice.partition(":")[0]).timing,
        "language": language,
        "format": AUDIO_FORMAT,
        "pause_ms": pause_ms,
        "text": unicodedata.normalize("NFC", text),
    }
    message = json.dumps(said, sort_keys=True, ensure_ascii=False).encode()
    digest = hmac.new(settings().require("signing_secret").encode(), message, hashlib.sha256).hexdigest()
    return f"speech/{owner_id}/segments/{digest[:2]}/{digest}"
