"""The queues of speech: plan, synthesize, record, finish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint, SQSEvent
from pydantic import TypeAdapter

from chalicelib.events import batch
from chalicelib.speech.lifecycle.finish import finish
from chalicelib.speech.lifecycle.plan import plan
from chalicelib.speech.lifecycle.record import record, wake
from chalicelib.speech.model import (
    CutOrder,
    FinishOrder,
    PlanOrder,
    SegmentOrder,
    SegmentResult,
    WakeOrder,
    parse_finishing,
)
from chalicelib.speech.playback.hls_segments import cut
from chalicelib.speech.synthesize import synthesize

PLACEHOLDER = "arn:aws:sqs:us-east-1:000000000000:placeholder"  # infra/functions.yaml names the real queues
News: TypeAdapter[SegmentResult | WakeOrder] = TypeAdapter(SegmentResult | WakeOrder)

events = Blueprint(__name__)


@events.on_sqs_message(queue_arn=PLACEHOLDER, batch_size=1, name="plan_speech")
def on_plan(event: SQSEvent) -> dict[str, Any]:
    return batch.each(event.to_dict(), lambda message: plan(PlanOrder.model_validate_json(message["body"])))


@events.lambda_function(name="synthesize")
def on_segment(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Listens to two queues, express and bulk, which Chalice's decorators cannot say."""
    return batch.each(event, lambda message: synthesize(SegmentOrder.model_validate_json(message["body"])))


@events.on_sqs_message(queue_arn=PLACEHOLDER, batch_size=10, name="record_segment")
def on_result(event: SQSEvent) -> dict[str, Any]:
    return batch.each(event.to_dict(), lambda message: _hear(News.validate_json(message["body"])))


def _hear(news: SegmentResult | WakeOrder) -> None:
    if isinstance(news, WakeOrder):
        wake(news)
    else:
        record(news)


@events.on_sqs_message(queue_arn=PLACEHOLDER, batch_size=1, name="finish_speech")
def on_finish(event: SQSEvent) -> dict[str, Any]:
    return batch.each(event.to_dict(), _finish)


def _finish(message: Mapping[str, Any]) -> None:
    match parse_finishing(message["body"]):
        case CutOrder() as order:
            cut(order)
        case FinishOrder() as order:
            finish(order)
