"""Speech jobs while a service is broken: every job is finished afterwards, and no segment is paid for twice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chalicelib.speech.segment_audio import MAX_CALL_S
from tests.faults.deployment import Deployment, Message, visibility_s
from tests.faults.matrix import Cell, cells
from tests.faults.users import count, start_speech
from tests.support.tcp_proxy import Fault

SENTENCES = 30  # some segments


@dataclass
class Listener:
    """A user with a speech job of a text that nobody else has."""

    deployment: Deployment
    owner: UUID
    text: str
    job_id: str

    def job(self) -> Any:
        return self.deployment.call(self.owner, "GET", f"/v1/speech/{{job_id={self.job_id}}}")

    def is_done(self) -> bool:
        return bool(self.job()["status"] == "done")

    def paid_calls(self) -> int:
        calls = self.deployment.provider.calls
        return sum(1 for call in calls if call.billed_characters and call.body["input"] in self.text)

    def segments(self) -> int:
        row: Any = self.deployment.owner.execute(
            "SELECT count(*), count(*) FILTER (WHERE status = 'done') FROM speech_segments WHERE job_id = %s",
            [self.job_id],
        ).fetchone()
        assert row[0] == row[1], "segments are missing"
        return int(row[0])

    def keep(self, *queues: str, kind: str = "") -> Message:
        """Work until this job has a message of that kind in one of the queues; return it undelivered."""
        deployment = self.deployment

        def is_kept(message: Message) -> bool:
            return message.queue in queues and self.job_id in message.body and kind in message.body

        deployment.work_until(lambda: deployment.kept, within_s=60, keep=is_kept)
        return deployment.kept.pop(0)


def listen(deployment: Deployment) -> Listener:
    owner = uuid4()
    text = " ".join(f"Sentence {number} of {owner.hex[:8]} has a quick brown fox in it." for number in range(SENTENCES))
    return Listener(deployment, owner, text, start_speech(deployment, owner, text))


def finish(cell: Cell, listener: Listener, message: Message, *, crashes: int = 0) -> None:
    """Deliver a message while a service is broken, and again afterwards; then the job must end, within a visibility time."""
    before = listener.paid_calls()
    is_handled = cell.deliver(message)
    lost_calls = listener.paid_calls() - before if cell.dependency == "provider" else 0
    if not is_handled:
        if cell.function == "synthesize" and cell.fault in {Fault.HANGS, Fault.SLOW}:
            time.sleep(MAX_CALL_S)  # as SQS does: until then, a claim that was written counts as a call that is running
        cell.redeliver(message)
    cell.deployment.deliver_kept()
    within_s = visibility_s(message.queue)
    cell.recovered(cell.deployment.work_until(listener.is_done, within_s=within_s))
    assert listener.segments() <= listener.paid_calls() <= listener.segments() + lost_calls + crashes
    assert count(cell.deployment, "speech_jobs", listener.owner) == 1
    recordings = cell.deployment.s3.list_objects_v2(Bucket="library", Prefix=f"speech/{listener.owner}/")
    assert recordings["KeyCount"] > 0


@cells("run_speech_job: plan", ["postgres", "sqs"], quick=[("postgres", Fault.HALF)])
def test_a_job_is_planned_once(cell: Cell) -> None:
    listener = listen(cell.deployment)
    finish(cell, listener, listener.keep("speech_jobs"))


@cells("run_speech_job: HLS", ["postgres", "s3"])
def test_hls_segments_are_built_once(cell: Cell) -> None:
    listener = listen(cell.deployment)
    finish(cell, listener, listener.keep("speech_jobs", kind='"cut"'))


@cells("run_speech_job: finish", ["postgres", "s3"])
def test_a_recording_is_joined_once(cell: Cell) -> None:
    listener = listen(cell.deployment)
    finish(cell, listener, listener.keep("speech_jobs", kind='"finish"'))


@cells("synthesize", ["s3", "sqs", "provider"], quick=[("provider", Fault.HALF), ("sqs", Fault.WRONG)])
def test_a_segment_is_bought_once(cell: Cell) -> None:
    listener = listen(cell.deployment)
    message = listener.keep("speech_express", "speech_bulk")
    # Storage that breaks after the call costs its audio, as a crash of the worker would.
    finish(cell, listener, message, crashes=1 if cell.dependency == "s3" else 0)


@cells("record_segment", ["postgres", "sqs"], quick=[("postgres", Fault.HANGS)])
def test_a_result_is_recorded_once(cell: Cell) -> None:
    listener = listen(cell.deployment)
    finish(cell, listener, listener.keep("speech_results", kind='"outcome"'))
