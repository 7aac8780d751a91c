"""The account queue: exports, erasures, and failed sign-ins, which are seen where there is no database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from chalice.app import Blueprint, SQSEvent
from pydantic import Field, TypeAdapter

from chalicelib.account.erasure.erase import erase
from chalicelib.account.export.build import build
from chalicelib.account.messages import ErasureOrder, ExportOrder
from chalicelib.audit import failed_logins
from chalicelib.audit.messages import FailedSignIn
from chalicelib.events import batch
from chalicelib.speech.exports import build as archives
from chalicelib.speech.exports.messages import SpeechExportOrder

events = Blueprint(__name__)

AccountOrder = Annotated[ExportOrder | SpeechExportOrder | ErasureOrder | FailedSignIn, Field(discriminator="kind")]
parse = TypeAdapter[AccountOrder](AccountOrder).validate_json


@events.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:placeholder", batch_size=1, name="run_account_job")
def on_order(event: SQSEvent) -> dict[str, Any]:
    return batch.each(event.to_dict(), _handle)


def _handle(record: Mapping[str, Any]) -> None:
    match parse(record["body"]):
        case ExportOrder() as order:
            build(order)
        case SpeechExportOrder() as order:
            archives.build(order)
        case ErasureOrder() as order:
            erase(order)
        case FailedSignIn() as failed:
            failed_logins.record(failed)
