"""The queues of speech jobs: plan, synthesize, record, finish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, SQSEvent

from chalicelib.events import batch
from chalicelib.speech.lifecycle.finish import finish
from chalicelib.speech.lifecycle.record import recheck, record
from chalicelib.speech.lifecycle.start import plan
from chalicelib.speech.messages import (
    BuildHlsSegmentsMessage,
    FinishSpeechMessage,
    PlanSpeechMessage,
    RecheckProviderMessage,
    SegmentResultMessage,
    SynthesizeSegmentMessage,
    parse_finish_message,
    parse_result_message,
)
from chalicelib.speech.playback.hls_segments import build_segments
from chalicelib.speech.synthesize import synthesize

PLACEHOLDER = "arn:aws:sqs:us-east-1:000000000000:placeholder"  # infra/functions.yaml names the real queues

events = Blueprint(__name__)


@events.on_sqs_message(queue_arn=PLACEHOLDER, batch_size=1, name="plan_speech")
def on_plan(event: SQSEvent) -> dict[str, Any]:
    return batch.process_records(
        event.to_dict(), lambda message: plan(PlanSpeechMessage.model_validate_json(message["body"]))
    )


@events.lambda_function(name="synthesize")
def on_segment(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Consume two queues, express and bulk, which Chalice's decorators cannot express."""
    return batch.process_records(
        event, lambda message: synthesize(SynthesizeSegmentMessage.model_validate_json(message["body"]))
    )


@events.on_sqs_message(queue_arn=PLACEHOLDER, batch_size=10, name="record_segment")
def on_result(event: SQSEvent) -> dict[str, Any]:
    return batch.process_records(event.to_dict(), lambda message: _handle_result(parse_result_message(message["body"])))


def _handle_result(result: SegmentResultMessage | RecheckProviderMessage) -> None:
    if isinstance(result, RecheckProviderMessage):
        recheck(result)
    else:
        record(result)


@events.on_sqs_message(queue_arn=PLACEHOLDER, batch_size=1, name="finish_speech")
def on_finish(event: SQSEvent) -> dict[str, Any]:
    return batch.process_records(event.to_dict(), _finish)


def _finish(message: Mapping[str, Any]) -> None:
    match parse_finish_message(message["body"]):
        case BuildHlsSegmentsMessage() as build:
            build_segments(build)
        case FinishSpeechMessage() as finishing:
            finish(finishing)
