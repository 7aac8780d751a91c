"""Messages of the recognition queue. Each is the right to work on one page, or on what comes before and after the pages."""

from __future__ import annotations

from uuid import UUID

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.lazy_model import LazyModel


class RecognitionMessage(LazyModel):
    """Recognise the next page of a document that no worker holds."""

    owner_id: UUID
    recognition_id: UUID


def send(message: RecognitionMessage) -> None:
    """Raises UnavailableError."""
    queues.send(Queue.RECOGNITION, message.model_dump_json(), group=str(message.owner_id))
