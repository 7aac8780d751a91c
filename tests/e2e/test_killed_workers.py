"""Speech jobs complete although workers are killed, messages duplicated, or the provider is unreachable.

Nothing is paid for twice except calls in flight when their worker was killed. Takes some minutes, because a dead worker's message
is redelivered only after its queue's visibility timeout: `make test-survival`.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psutil
import psycopg
import pytest

from chalicelib.speech.audio import mp3
from tests.conftest import start_stack
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.support import pdf_books
from tests.support.api_listener import (
    download_recording,
    media_status,
    start_speech,
    upload,
    wait_until_finished,
    wait_until_inspected,
)
from tests.support.api_uploader import Uploader, override_settings
from tests.support.crash_workers import hold_lock, kill_workers, kill_workers_when, pause_consumer
from tests.support.fault_proxy import FaultProxy, Request, port_of
from tests.support.local_stack import DeployedStack, wait_until

pytestmark = pytest.mark.long

CHARACTERS = 7_000  # eight segments
SLOTS = 2  # concurrent calls of a small stage: later calls start when one of these has been recorded
FUNCTIONS = ("api", "run-speech-job", "synthesize", "record-segment")
CALL_WAIT_S = 120  # workers killed before may hold all slots of a small stage, until their leases end after 90 s
TIMEOUT_S = 420
JOB = "SELECT 1 FROM speech_jobs WHERE id = %(job)s FOR UPDATE"
PROVIDER = "SELECT 1 FROM speech_providers WHERE name = 'speechify' FOR UPDATE"
FIRST_SEGMENT = """INSERT INTO speech_segments (job_id, owner_id, index, text_start, text_end, pause_ms, voice)
                   SELECT id, owner_id, 0, 0, 1, 0, voice FROM speech_jobs WHERE id = %(job)s"""


@dataclass
class ProxiedStack:
    """A deployed stack with proxies between its functions, AWS and the provider."""

    stack: DeployedStack
    provider: FakeSpeechify
    aws: FaultProxy
    voice: FaultProxy


@dataclass
class Listener:
    """A user with a text and its speech job."""

    proxied: ProxiedStack
    user: Uploader
    owner_id: str
    media_id: str
    text: str
    job_id: str = ""

    def start(self) -> None:
        self.job_id = start_speech(self.user, self.media_id)

    def job(self) -> Any:
        return self.user.call("GET", f"/v1/speech/{self.job_id}")

    def is_synthesis(self, request: Request) -> bool:
        """Return whether this is the provider's call for a segment of the text."""
        return request.path == "/v1/audio/speech" and json.loads(request.body)["input"] in self.text

    def is_message(self, request: Request, queue: str, **fields: Any) -> bool:
        """Return whether this sends a message of this owner with these fields."""
        message = request.message(queue)
        return message.get("owner_id") == self.owner_id and fields.items() <= message.items()

    def is_result(self, request: Request) -> bool:
        """Return whether this reports spoken audio, which is stored by then."""
        return self.is_message(request, "speech-results", outcome="spoken")

    def is_upload(self, request: Request, *, end: str) -> bool:
        return request.is_put_of(f"/speech/{self.owner_id}/", end=end)

    def expired_calls(self) -> int:
        """Return the number of calls with an expired lease."""
        with psycopg.connect(self.proxied.stack.postgres().url("postgres")) as connection:
            row = connection.execute(
                "SELECT count(*) FROM speech_calls WHERE job_id = %s AND outcome = 'lost'", [self.job_id]
            ).fetchone()
        return int(row[0]) if row else 0

    def paid_calls(self) -> int:
        calls = self.proxied.provider.calls
        return sum(1 for call in calls if call.billed_characters and call.body["input"] in self.text)


@pytest.fixture(scope="module")
def proxied() -> Iterator[ProxiedStack]:
    with FakeSpeechify(first_byte_s=0.2) as provider, FaultProxy(port_of(provider.url)) as voice:
        deployments = start_stack(
            SPEECHIFY_API_URL=voice.url,
            SPEECHIFY_API_KEY=speechify.API_KEY,
            TTS_PROVIDERS="speechify",
            TTS_FALLBACK_ENABLED="false",
            SPEECH_CHECKS="false",  # the fakes send tones
        )
        for stack in deployments:
            with FaultProxy(port_of(stack.url)) as aws, ExitStack() as settings:
                for function in FUNCTIONS:
                    settings.enter_context(override_settings(stack, function, AWS_ENDPOINT_URL=aws.url))
                yield ProxiedStack(stack, provider, aws, voice)


def create_listener(proxied: ProxiedStack, name: str, characters: int = CHARACTERS) -> Listener:
    """Create a user of that name with an inspected text.

    Every sentence names the user, so that no other user's text contains a segment of this one: `is_synthesis` and `paid_calls`
    recognize calls by their text.
    """
    source = random.Random(name)  # noqa: S311 - prose
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < characters:
        paragraphs.append(" ".join(f"{name}: {pdf_books.prose(1, source)}" for _ in range(6)))
    user = Uploader(proxied.stack, name)
    media = wait_until_inspected(user, upload(user, "\n\n".join(paragraphs).encode(), f"{name}.txt", "text/plain"))
    text = user.call("GET", f"/v1/media/{media['id']}/text")["text"]
    return Listener(proxied, user, proxied.stack.subject(name), media["id"], text)


# ---- where workers are killed: each step starts its job, kills a worker, and returns how many paid calls that loses ------------


def plan_before_it_writes(listener: Listener) -> int:
    stack = listener.proxied.stack
    with ExitStack() as until_killed:
        with pause_consumer(stack, "run-speech-job"):
            listener.start()
            lock = until_killed.enter_context(hold_lock(stack, JOB, job=listener.job_id))
        kill_workers_when(stack, "run-speech-job", lock.has_waiters)
    return 0


def plan_while_it_writes(listener: Listener) -> int:
    stack = listener.proxied.stack
    with ExitStack() as until_killed:
        with pause_consumer(stack, "run-speech-job"):
            listener.start()
            lock = until_killed.enter_context(hold_lock(stack, FIRST_SEGMENT, job=listener.job_id))
        kill_workers_when(stack, "run-speech-job", lock.has_waiters)
    return 0


def plan_after_it_writes(listener: Listener) -> int:
    stack = listener.proxied.stack
    with hold_lock(stack, PROVIDER):
        listener.start()
        kill_workers_when(stack, "run-speech-job", lambda: listener.job()["progress"]["total"])
    return 0


def synthesize_before_the_call(listener: Listener) -> int:
    with listener.proxied.voice.hold(listener.is_synthesis) as call:
        listener.start()
        call.kill("synthesize")
    return 0


def synthesize_before_the_response(listener: Listener) -> int:
    with listener.proxied.voice.hold(listener.is_synthesis, forward_first=True) as call:
        listener.start()
        call.kill("synthesize")
    return 1


def synthesize_before_the_audio_is_stored(listener: Listener) -> int:
    with listener.proxied.aws.hold(lambda request: listener.is_upload(request, end=".mp3")) as writing:
        listener.start()
        writing.kill("synthesize")
    return 1


def synthesize_between_audio_and_timings(listener: Listener) -> int:
    with listener.proxied.aws.hold(
        lambda request: listener.is_upload(request, end=".mp3"), forward_first=True
    ) as writing:
        listener.start()
        writing.kill("synthesize")
    return 1


def synthesize_when_it_releases_its_slot(listener: Listener) -> int:
    with listener.proxied.aws.hold(
        lambda request: listener.is_message(request, "speech-results", provider="speechify"), forward_first=True
    ) as answer:
        listener.start()
        answer.kill("synthesize")
    return 1  # its audio may not be stored yet


def synthesize_before_it_reports(listener: Listener) -> int:
    with listener.proxied.aws.hold(listener.is_result) as report:
        listener.start()
        report.kill("synthesize")
    return 0


def synthesize_after_it_reports(listener: Listener) -> int:
    with listener.proxied.aws.hold(listener.is_result, forward_first=True) as report:
        listener.start()
        report.kill("synthesize")
    return 0


def record_before_its_commit(listener: Listener) -> int:
    stack = listener.proxied.stack
    with ExitStack() as until_killed:
        with listener.proxied.voice.hold(listener.is_synthesis) as call:
            listener.start()
            assert call.arrived.wait(CALL_WAIT_S)  # the job is planned
            lock = until_killed.enter_context(hold_lock(stack, JOB, job=listener.job_id))
        kill_workers_when(stack, "record-segment", lock.has_waiters)
    return 0


def record_after_its_commit(listener: Listener) -> int:
    stack = listener.proxied.stack
    with ExitStack() as until_killed:
        with listener.proxied.voice.hold(listener.is_synthesis) as call:
            listener.start()
            assert call.arrived.wait(CALL_WAIT_S)
            lock = until_killed.enter_context(hold_lock(stack, PROVIDER))
        kill_workers_when(stack, "record-segment", lock.has_waiters)
    return 0


def record_before_it_assigns_the_next_call(listener: Listener) -> int:
    def is_next(request: Request) -> bool:
        return listener.is_message(request, "speech-bulk") and request.message("speech-bulk")["index"] >= SLOTS

    with listener.proxied.aws.hold(is_next) as message:
        listener.start()
        message.kill("record-segment")
    return 0


def record_before_it_requests_the_finish(listener: Listener) -> int:
    with listener.proxied.aws.hold(
        lambda request: listener.is_message(request, "speech-jobs", kind="finish")
    ) as message:
        listener.start()
        message.kill("record-segment", within_s=120)
    return 0


def finish_while_it_builds_hls_segments(listener: Listener) -> int:
    with listener.proxied.aws.hold(
        lambda request: request.is_put_of(f"{listener.owner_id}/{listener.job_id}/parts/")
    ) as part:
        listener.start()
        part.kill("run-speech-job", within_s=120)
    return 0


def finish_while_it_joins(listener: Listener) -> int:
    with listener.proxied.aws.hold(
        lambda request: listener.is_upload(request, end="/audio.mp3"), forward_first=True
    ) as writing:
        listener.start()
        writing.kill("run-speech-job", within_s=120)
    return 0


def finish_before_it_completes(listener: Listener) -> int:
    with listener.proxied.aws.hold(
        lambda request: listener.is_upload(request, end="/captions.vtt"), forward_first=True
    ) as writing:
        listener.start()
        writing.kill("run-speech-job", within_s=120)
    return 0


STEPS: tuple[Callable[[Listener], int], ...] = (
    finish_while_it_joins,  # the longest redelivery first
    finish_before_it_completes,
    finish_while_it_builds_hls_segments,
    record_before_it_requests_the_finish,
    record_before_it_assigns_the_next_call,
    record_before_its_commit,
    record_after_its_commit,
    plan_before_it_writes,
    plan_while_it_writes,
    plan_after_it_writes,
    synthesize_before_the_call,
    synthesize_before_the_response,
    synthesize_before_the_audio_is_stored,
    synthesize_between_audio_and_timings,
    synthesize_when_it_releases_its_slot,
    synthesize_before_it_reports,
    synthesize_after_it_reports,
)


def test_every_job_completes_whichever_worker_is_killed_and_pays_for_at_most_one_call_more(
    proxied: ProxiedStack,
) -> None:
    big, pages = Uploader(proxied.stack, "inspected"), 700
    big_id = upload(big, pdf_books.make_book(pages).pdf, "long.pdf", "application/pdf")
    wait_until(lambda: media_status(big, big_id) == "inspecting", event="the inspection")
    assert kill_workers(proxied.stack, "ingest") >= 1
    assert media_status(big, big_id) == "inspecting"
    assert big.call("GET", f"/v1/media/{big_id}/url", expect=409)["code"] == "not_ready"

    with ThreadPoolExecutor(4) as pool:
        sizes = [3 * CHARACTERS if "next_call" in step.__name__ else CHARACTERS for step in STEPS]
        listeners = list(pool.map(lambda step, size: create_listener(proxied, step.__name__, size), STEPS, sizes))
    in_flight_by_step, started_at = dict[str, int](), time.monotonic()
    for step, listener in zip(STEPS, listeners, strict=True):
        in_flight_by_step[step.__name__] = step(listener)
        print(f"{time.monotonic() - started_at:6.1f} s  killed: {step.__name__}")  # noqa: T201 - shown with -s
    jobs = [wait_until_finished(listener.user, listener.job_id, seconds=TIMEOUT_S) for listener in listeners]
    for (name, calls), listener, job in zip(in_flight_by_step.items(), listeners, jobs, strict=True):
        paid, segments = listener.paid_calls(), job["progress"]["total"]
        print(f"{name:45} {job['status']:8} segments {segments:3}  paid {paid:3}  in flight when killed {calls}")  # noqa: T201
    for (name, calls), listener, job in zip(in_flight_by_step.items(), listeners, jobs, strict=True):
        assert (job["status"], job["gaps"]) == ("done", []), name
        assert listener.paid_calls() <= job["progress"]["total"] + calls, name
        assert mp3.parse(download_recording(listener.user, listener.job_id)).duration_ms == job["duration_ms"]
    media = wait_until_inspected(big, big_id, seconds=TIMEOUT_S)
    assert media["status"] == "ready"
    assert media["page_count"] >= pages
    assert_no_dead_letters(proxied)


def assert_no_dead_letters(proxied: ProxiedStack) -> None:
    assert proxied.stack.message_count("dead") == 0


def test_jobs_complete_although_the_provider_is_unreachable_and_messages_are_duplicated(proxied: ProxiedStack) -> None:
    long = create_listener(proxied, "long", 60_000)
    short, late = create_listener(proxied, "short", 150), create_listener(proxied, "late", 1)
    with proxied.aws.duplicate_messages(0.0, 8.0):
        long.start()
        wait_until(lambda: long.job()["progress"]["done"] > 5, seconds=60, event="the first segments")
        proxied.provider.otherwise = speechify.error(503, "service_unavailable")
        short.start()
        time.sleep(30)
        proxied.provider.otherwise = None
        with proxied.voice.refuse_connections():
            late.start()
            time.sleep(30)
        before = long.job()["progress"]["done"]
        jobs = [
            wait_until_finished(listener.user, listener.job_id, seconds=TIMEOUT_S) for listener in (long, short, late)
        ]
    # None expire unless functions time out on a slow machine.
    expired = [listener.expired_calls() for listener in (long, short, late)]
    for listener, job, calls in zip((long, short, late), jobs, expired, strict=True):
        segments, paid = job["progress"]["total"], listener.paid_calls()
        print(f"{job['status']:8} segments {segments:3}  paid {paid:3}  expired {calls}")  # noqa: T201
    print(f"{before} segments done when the provider recovered, {proxied.aws.duplicated} messages duplicated")  # noqa: T201
    for listener, job, calls in zip((long, short, late), jobs, expired, strict=True):
        assert (job["status"], job["gaps"]) == ("done", [])
        assert listener.paid_calls() <= job["progress"]["total"] + calls
    assert before < jobs[0]["progress"]["total"]
    assert_no_dead_letters(proxied)


def test_a_busy_worker_finishes_when_its_function_is_replaced(proxied: ProxiedStack) -> None:
    listener = create_listener(proxied, "replaced")
    with proxied.voice.hold(listener.is_synthesis, forward_first=True) as call:
        listener.start()
        assert call.arrived.wait(CALL_WAIT_S)
        with override_settings(proxied.stack, "synthesize", TRACED="no"):
            assert psutil.Process(call.pid).status() != psutil.STATUS_ZOMBIE
            call.released.set()
            job = wait_until_finished(listener.user, listener.job_id, seconds=TIMEOUT_S)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert listener.paid_calls() == job["progress"]["total"]
