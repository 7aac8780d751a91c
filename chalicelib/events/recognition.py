"""The recognition queue: pages of scans, one for each message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint

from chalicelib.events import batch
from chalicelib.events.consumer import Polling, Source, consume
from chalicelib.platform import sandbox, startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.recognition.messages import RecognitionMessage
from chalicelib.recognition.work import work

events = Blueprint(__name__)


# A page takes 1.3 s of a whole processor, which a function has from 1,769 MB on; the text of 2,000 pages takes a minute.
@consume(
    events,
    "recognize",
    Source(Queue.RECOGNITION, medium=5, large=20, polling=Polling.ON_DEMAND),
    timeout_s=300,
    memory_mb=2048,
)
def on_page(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return batch.process_records(event, _handle)


def _handle(record: Mapping[str, Any]) -> None:
    work(RecognitionMessage.model_validate_json(record["body"]))


startup.prepare(sandbox.start, settings, s3.client, queues.client, database.prepare)
