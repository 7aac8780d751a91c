"""The queues of speech: run jobs (plan, build HLS segments, finish), synthesize and record segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Blueprint

from chalicelib.events import batch
from chalicelib.events.consumer import Polling, Source, consume
from chalicelib.platform import startup
from chalicelib.platform.aws import queues, s3
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.config import settings
from chalicelib.platform.db import database, outbox
from chalicelib.platform.deadline import Deadline
from chalicelib.speech.dispatch.breaker import CallResult
from chalicelib.speech.dispatch.enqueue import enqueue_preview, enqueue_samples
from chalicelib.speech.lifecycle.finish import finish
from chalicelib.speech.lifecycle.record import dispatch_due, record, record_answer
from chalicelib.speech.lifecycle.start import plan
from chalicelib.speech.messages import (
    BuildHlsSegmentsMessage,
    CallAnsweredMessage,
    FinishSpeechMessage,
    MakeVoiceSamplesMessage,
    PlanSpeechMessage,
    PreviewSpeechMessage,
    RecheckProviderMessage,
    parse_job_message,
    parse_result_message,
)
from chalicelib.speech.playback.hls_segments import build_segments
from chalicelib.speech.synthesize import synthesize_requested

RESULTS_S = 8.0  # no result is recorded later: the rest of the function's 15 s is for the last one and for dispatch

events = Blueprint(__name__)


@consume(
    events,
    "run_speech_job",
    Source(Queue.SPEECH_JOBS, medium=5, large=10),
    timeout_s=120,
    memory_mb=1024,
)
def on_job(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return batch.process_records(event, _run_job)


def _run_job(record: Mapping[str, Any]) -> None:
    job_message = parse_job_message(record["body"])
    if isinstance(job_message, MakeVoiceSamplesMessage):
        enqueue_samples(job_message)
        return
    if isinstance(job_message, PreviewSpeechMessage):
        enqueue_preview(job_message)
        return
    if batch.receives(record) > 1:
        outbox.send_unsent(job_message.owner_id)
    match job_message:
        case PlanSpeechMessage() as message:
            plan(message)
        case BuildHlsSegmentsMessage() as message:
            build_segments(message)
        case FinishSpeechMessage() as message:
            finish(message)


# Slots in Postgres limit the calls in flight at voice providers; these copies are the only limit of providers that have none.
# SPEECH_BULK has as many copies as any provider has slots: with fewer, some slots would stay unused. One message per batch: a
# batch would wait for its slowest call.
@consume(
    events,
    "synthesize",
    Source(Queue.SPEECH_EXPRESS, medium=5, large=5, polling=Polling.FOR_OTHER_VOICES),
    Source(Queue.SPEECH_BULK, medium=20, large=20, polling=Polling.FOR_OTHER_VOICES),
    timeout_s=30,
    memory_mb=1024,  # for its share of a processor: checking a minute of speech takes 1.3 s of one
)
def on_segment(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return batch.process_records(event, lambda message: synthesize_requested(message["body"]))


@consume(
    events,
    "record_segment",
    Source(Queue.SPEECH_RESULTS, medium=4, large=10, batch_size=10),
    timeout_s=15,
    memory_mb=512,
)
def on_result(event: dict[str, Any], _context: object) -> dict[str, Any]:
    deadline, due = Deadline(RESULTS_S), dict[str, list[CallResult]]()

    def handle(message: Mapping[str, Any]) -> None:
        result = parse_result_message(message["body"])
        if isinstance(result, RecheckProviderMessage):
            due.setdefault(result.provider, [])
            return
        if batch.receives(message) > 1:
            outbox.send_unsent(result.owner_id)
        dispatches = record_answer(result) if isinstance(result, CallAnsweredMessage) else record(result)
        for provider, results in dispatches.items():
            due.setdefault(provider, []).extend(results)

    return batch.process_records(event, handle, deadline=deadline, finish=lambda: dispatch_due(due, deadline))


startup.prepare(settings, s3.client, queues.client, database.prepare)
