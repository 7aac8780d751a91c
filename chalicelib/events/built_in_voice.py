"""The queue of the built-in voice: it speaks in this function, which calls no other service than storage and queues."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.events import batch
from chalicelib.events.consumer import Polling, Source, consume
from chalicelib.platform import startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.speech.synthesize import synthesize_requested
from chalicelib.speech.voices.adapters import hibari

events = Blueprint(__name__)


# A segment takes half a second of a whole processor, which a function has from 1,769 MB on.
@consume(
    events,
    "synthesize_built_in",
    Source(Queue.SPEECH_BUILT_IN, medium=15, large=50, polling=Polling.FOR_BUILT_IN_VOICE),
    timeout_s=30,
    memory_mb=1769,
)
def on_segment(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return batch.process_records(event, lambda message: synthesize_requested(message["body"]))


def _load_mastering() -> None:
    from chalicelib.speech import mastering  # packages that only functions that make audio have

    mastering.load()


startup.prepare(settings, s3.client, queues.client, hibari.load, _load_mastering)
