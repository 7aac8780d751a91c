"""The account queue: exports, erasures, wake-ups of the sweep, and failed sign-ins, which happen without a database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from chalice.app import Blueprint
from pydantic import Field, TypeAdapter

from chalicelib.account.erasure.erase import erase
from chalicelib.account.messages import ErasureMessage
from chalicelib.audit import failed_logins
from chalicelib.audit.messages import FailedSignInMessage
from chalicelib.events import batch
from chalicelib.events.consumer import Source, consume
from chalicelib.exports.build import build
from chalicelib.exports.messages import AccountExportMessage, SpeechExportMessage
from chalicelib.platform import startup
from chalicelib.platform.aws import functions, queues, s3
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.db.sweep_schedule import SweepMessage
from chalicelib.trash import empty
from chalicelib.trash.messages import EmptyTrashMessage

events = Blueprint(__name__)

AccountMessage = Annotated[
    AccountExportMessage
    | SpeechExportMessage
    | ErasureMessage
    | EmptyTrashMessage
    | FailedSignInMessage
    | SweepMessage,
    Field(discriminator="kind"),
]
parse_message = TypeAdapter[AccountMessage](AccountMessage).validate_json


@consume(events, "run_account_job", Source(Queue.ACCOUNT, medium=2, large=5), timeout_s=300, memory_mb=1024)
def on_message(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return batch.process_records(event, _handle)


def _handle(record: Mapping[str, Any]) -> None:
    match parse_message(record["body"]):
        case AccountExportMessage() | SpeechExportMessage() as message:
            build(message)
        case ErasureMessage() as message:
            erase(message)
        case EmptyTrashMessage() as message:
            empty.work(message)
        case FailedSignInMessage() as failed:
            failed_logins.record(failed)
        case SweepMessage() as message:
            # It has a database role of its own. If it crashes, this message returns.
            functions.run("sweep", message.model_dump())


startup.prepare(settings, s3.client, queues.client, database.prepare)
