"""The account queue: exports, erasures, and failed sign-ins, which are seen where there is no database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib.account import messages
from chalicelib.account.erasure.erase import erase
from chalicelib.account.export.build import build
from chalicelib.account.messages import ErasureOrder, ExportOrder, FailedSignIn, SpeechExportOrder
from chalicelib.audit import failed_logins
from chalicelib.events import batch
from chalicelib.speech.exports import build as archives

events = Blueprint(__name__)


@events.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:placeholder", batch_size=1, name="run_account_job")
def on_order(event: SQSEvent) -> dict[str, Any]:
    return batch.each(event.to_dict(), _handle)


def _handle(record: Mapping[str, Any]) -> None:
    match messages.parse(record["body"]):
        case ExportOrder() as order:
            build(order)
        case SpeechExportOrder() as order:
            archives.build(order)
        case ErasureOrder() as order:
            erase(order)
        case FailedSignIn() as failed:
            failed_logins.record(failed)
