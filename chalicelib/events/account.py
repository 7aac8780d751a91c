"""The account queue: exports, erasures, and failed sign-ins, which are seen where there is no database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from chalice.app import Blueprint, SQSEvent
from pydantic import Field, TypeAdapter

from chalicelib.account.erasure.erase import erase
from chalicelib.account.export.build import build
from chalicelib.account.messages import AccountExportMessage, ErasureMessage
from chalicelib.audit import failed_logins
from chalicelib.audit.messages import FailedSignInMessage
from chalicelib.events import batch
from chalicelib.speech.exports import build as archives
from chalicelib.speech.exports.messages import SpeechExportMessage

events = Blueprint(__name__)

AccountMessage = Annotated[
    AccountExportMessage | SpeechExportMessage | ErasureMessage | FailedSignInMessage, Field(discriminator="kind")
]
parse_message = TypeAdapter[AccountMessage](AccountMessage).validate_json


@events.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:placeholder", batch_size=1, name="run_account_job")
def on_order(event: SQSEvent) -> dict[str, Any]:
    return batch.each(event.to_dict(), _handle)


def _handle(record: Mapping[str, Any]) -> None:
    match parse_message(record["body"]):
        case AccountExportMessage() as order:
            build(order)
        case SpeechExportMessage() as order:
            archives.build(order)
        case ErasureMessage() as order:
            erase(order)
        case FailedSignInMessage() as failed:
            failed_logins.record(failed)
