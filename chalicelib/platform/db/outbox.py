"""Messages that must not be lost: written with the change that calls for them, sent after its commit.

A crash between commit and send leaves the row, and the sweep sends it. A message can therefore arrive twice, never not at all.
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

OVERDUE_AFTER_S = 60  # a letter is sent within a second of its commit, or its sender is dead
MAX_PER_RUN = 200


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """A message on its way."""

    id: UUID
    owner_id: UUID
    queue: str
    body: str


def enqueue(connection: Connection, owner_id: UUID, queue: Queue, message: BaseModel) -> OutboxMessage:
    """Write a message down in the caller's transaction; hand it to `send` after the commit."""
    letter = OutboxMessage(uuid7(), owner_id, queue.value, message.model_dump_json())
    connection.execute(
        "INSERT INTO outbox (id, owner_id, queue, body) VALUES (%s, %s, %s, %s)",
        [letter.id, letter.owner_id, letter.queue, letter.body],
    )
    return letter


def send(letters: Sequence[OutboxMessage]) -> None:
    """Deliver messages of one owner and forget them. Raises UnavailableError; what was not sent stays written."""
    if not letters:
        return
    owner_id = letters[0].owner_id
    for letter in letters:
        queues.send(Queue(letter.queue), letter.body, group=str(owner_id))
    with database.transaction(owner_id) as connection:
        connection.execute("DELETE FROM outbox WHERE id = ANY(%s)", [[letter.id for letter in letters]])


def send_overdue() -> int:
    """One bounded pass over letters whose sender died, of all owners, oldest first; answers how many were sent.

    Runs as the sweep's database role.
    """
    with database.transaction(None) as connection:
        letters = database.fetch(
            connection,
            OutboxMessage,
            """SELECT id, owner_id, queue, body::text FROM outbox
               WHERE created_at < now() - make_interval(secs => %(age)s) ORDER BY created_at LIMIT %(limit)s""",
            {"age": OVERDUE_AFTER_S, "limit": MAX_PER_RUN},
        )
    for letter in letters:
        send([letter])
    return len(letters)
