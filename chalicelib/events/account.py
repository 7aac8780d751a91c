"""The account queue: exports, erasures, and failed sign-ins, which the authorizer sees without a database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from chalice.app import Blueprint, SQSEvent
from pydantic import Field, TypeAdapter

from chalicelib.account.erasure.erase import erase
from chalicelib.account.messages import ErasureMessage
from chalicelib.audit import failed_logins
from chalicelib.audit.messages import FailedSignInMessage
from chalicelib.events import batch
from chalicelib.exports.build import build
from chalicelib.exports.messages import AccountExportMessage, SpeechExportMessage

events = Blueprint(__name__)

AccountMessage = Annotated[
    AccountExportMessage | SpeechExportMessage | ErasureMessage | FailedSignInMessage, Field(discriminator="kind")
]
parse_message = TypeAdapter[AccountMessage](AccountMessage).validate_json


@events.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:placeholder", batch_size=1, name="run_account_job")
def on_message(event: SQSEvent) -> dict[str, Any]:
    return batch.process_records(event.to_dict(), _handle)


def _handle(record: Mapping[str, Any]) -> None:
    match parse_message(record["body"]):
        case AccountExportMessage() | SpeechExportMessage() as message:
            build(message)
        case ErasureMessage() as message:
            erase(message)
        case FailedSignInMessage() as failed:
            failed_logins.record(failed)
