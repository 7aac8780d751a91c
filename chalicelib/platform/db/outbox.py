"""Transactional outbox: messages are written in the transaction of the change that causes them, and sent after its commit.

After a crash between commit and send, the repetition of the work sends the message, or else the sweep. It may arrive twice, but
is never lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel
from uuid6 import uuid7

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection

OVERDUE_AFTER_S = 60  # a message is sent within a second of its commit, unless its sender has crashed
MAX_PER_RUN = 200
# The queue of rows that version 0.1 wrote, by its name there.
RENAMED_QUEUES = {"speech_plan": Queue.SPEECH_JOBS, "speech_finish": Queue.SPEECH_JOBS}


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message that is written and not yet sent."""

    id: UUID
    owner_id: UUID
    queue: str
    body: str


def enqueue(connection: Connection, owner_id: UUID, queue: Queue, content: BaseModel) -> OutboxMessage:
    """Write a message in the caller's transaction; pass it to `send` after the commit."""
    message = OutboxMessage(uuid7(), owner_id, queue.value, content.model_dump_json())
    connection.execute(
        "INSERT INTO outbox (id, owner_id, queue, body) VALUES (%s, %s, %s, %s)",
        [message.id, message.owner_id, message.queue, message.body],
    )
    return message


def send(messages: Sequence[OutboxMessage]) -> None:
    """Send messages of one owner and delete them. Raises UnavailableError; what was not sent stays written."""
    if not messages:
        return
    owner_id = messages[0].owner_id
    for message in messages:
        queue = RENAMED_QUEUES.get(message.queue) or Queue(message.queue)
        queues.send(queue, message.body, group=str(owner_id))
    with database.transaction(owner_id) as connection:
        connection.execute("DELETE FROM outbox WHERE id = ANY(%s)", [[message.id for message in messages]])


def send_unsent(owner_id: UUID) -> None:
    """Send an owner's messages that are still written: for the repetition of work that failed between commit and send.

    Raises UnavailableError.
    """
    with database.transaction(owner_id) as connection:
        messages = database.fetch(
            connection,
            OutboxMessage,
            "SELECT id, owner_id, queue, body::text FROM outbox WHERE owner_id = %(owner)s ORDER BY created_at LIMIT %(limit)s",
            {"owner": owner_id, "limit": MAX_PER_RUN},
        )
    send(messages)


def send_overdue() -> int:
    """Send the messages of crashed senders, oldest first; return their number. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        messages = database.fetch(
            connection,
            OutboxMessage,
            """SELECT id, owner_id, queue, body::text FROM outbox
               WHERE created_at < now() - make_interval(secs => %(age)s) ORDER BY created_at LIMIT %(limit)s""",
            {"age": OVERDUE_AFTER_S, "limit": MAX_PER_RUN},
        )
    for message in messages:
        send([message])
    return len(messages)
