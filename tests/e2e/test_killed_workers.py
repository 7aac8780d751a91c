"""`kill -9` of every worker of a reading at every step, copies of messages, a provider that is gone: the reading ends, whole.

And nothing is bought twice but what a killed worker had just been sold. Takes some minutes, since what a dead worker had received
comes back when its queue's visibility timeout is over: `make test-survival`.
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
SLOTS = 15  # calls that the provider takes at once: what comes later is handed out when one of them was written down
FUNCTIONS = ("api", "plan-speech", "synthesize", "record-segment", "finish-speech")
QUEUES = ("ingest", "speech-plan", "speech-express", "speech-bulk", "speech-results", "speech-finish")
PATIENCE_S = 420
CUT = 2  # answers that may be under way when the line is cut or given back: paid, and perhaps never heard
JOB = "SELECT 1 FROM speech_jobs WHERE id = %(job)s FOR UPDATE"
PROVIDER = "SELECT 1 FROM speech_providers WHERE name = 'speechify' FOR UPDATE"
FIRST_SEGMENT = """INSERT INTO speech_segments (job_id, owner_id, index, text_start, text_end, pause_ms, voice)
                   SELECT id, owner_id, 0, 0, 1, 0, voice FROM speech_jobs WHERE id = %(job)s"""


@dataclass
class Ground:
    """A deployed stack whose functions reach AWS and the provider through taps."""

    stack: DeployedStack
    provider: FakeSpeechify
    aws: FaultProxy
    voice: FaultProxy


@dataclass
class Reader:
    """One user with one text, which is read."""

    ground: Ground
    user: Uploader
    owner_id: str
    media_id: str
    text: str
    job_id: str = ""

    def begin(self) -> None:
        self.job_id = start_speech(self.user, self.media_id)

    def job(self) -> Any:
        return self.user.call("GET", f"/v1/speech/{self.job_id}")

    def speaks(self, request: Request) -> bool:
        """Whether this is a call for a part of the text."""
        return request.path == "/v1/audio/speech" and json.loads(request.body)["input"] in self.text

    def tells(self, request: Request, queue: str, **said: Any) -> bool:
        """Whether this is a message about this reading that says so."""
        message = request.message(queue)
        return message.get("owner_id") == self.owner_id and said.items() <= message.items()

    def keeps(self, request: Request, *, end: str) -> bool:
        return request.is_put_of(f"/speech/{self.owner_id}/", end=end)

    def lost_calls(self) -> int:
        """Calls whose workers were never heard of again."""
        with psycopg.connect(self.ground.stack.postgres().url("postgres")) as connection:
            row = connection.execute(
                "SELECT count(*) FROM speech_calls WHERE job_id = %s AND outcome = 'lost'", [self.job_id]
            ).fetchone()
        return int(row[0]) if row else 0

    def paid_calls(self) -> int:
        calls = self.ground.provider.calls
        return sum(1 for call in calls if call.billed_characters and call.body["input"] in self.text)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with FakeSpeechify(first_byte_s=0.2) as provider, FaultProxy(port_of(provider.url)) as voice:
        deployments = start_stack(
            SPEECHIFY_API_URL=voice.url, SPEECHIFY_API_KEY=speechify.API_KEY, TTS_PROVIDERS="speechify"
        )
        for stack in deployments:
            with FaultProxy(port_of(stack.url)) as aws, ExitStack() as settings:
                for function in FUNCTIONS:
                    settings.enter_context(override_settings(stack, function, AWS_ENDPOINT_URL=aws.url))
                yield Ground(stack, provider, aws, voice)


def reader(ground: Ground, name: str, characters: int = CHARACTERS) -> Reader:
    """A user of that name whose text was inspected."""
    source = random.Random(name)  # noqa: S311 - prose
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) < characters:
        paragraphs.append(pdf_books.prose(6, source))
    user = Uploader(ground.stack, name)
    media = wait_until_inspected(user, upload(user, "\n\n".join(paragraphs).encode(), f"{name}.txt", "text/plain"))
    text = user.call("GET", f"/v1/media/{media['id']}/text")["text"]
    return Reader(ground, user, ground.stack.subject(name), media["id"], text)


# ---- where workers are killed: each step begins its reading, kills, and answers how many calls that cost -------------------


def plan_before_it_writes(reading: Reader) -> int:
    stack = reading.ground.stack
    with ExitStack() as until_killed:
        with pause_consumer(stack, "plan-speech"):
            reading.begin()
            lock = until_killed.enter_context(hold_lock(stack, JOB, job=reading.job_id))
        kill_workers_when(stack, "plan-speech", lock.has_waiters)
    return 0


def plan_while_it_writes(reading: Reader) -> int:
    stack = reading.ground.stack
    with ExitStack() as until_killed:
        with pause_consumer(stack, "plan-speech"):
            reading.begin()
            lock = until_killed.enter_context(hold_lock(stack, FIRST_SEGMENT, job=reading.job_id))
        kill_workers_when(stack, "plan-speech", lock.has_waiters)
    return 0


def plan_after_it_wrote(reading: Reader) -> int:
    stack = reading.ground.stack
    with hold_lock(stack, PROVIDER):
        reading.begin()
        kill_workers_when(stack, "plan-speech", lambda: reading.job()["progress"]["total"])
    return 0


def synthesize_before_the_provider_hears_it(reading: Reader) -> int:
    with reading.ground.voice.hold(reading.speaks) as call:
        reading.begin()
        call.kill("synthesize")
    return 0


def synthesize_while_the_provider_answers(reading: Reader) -> int:
    with reading.ground.voice.hold(reading.speaks, forward_first=True) as call:
        reading.begin()
        call.kill("synthesize")
    return 1


def synthesize_before_the_audio_is_kept(reading: Reader) -> int:
    with reading.ground.aws.hold(lambda request: reading.keeps(request, end=".mp3")) as writing:
        reading.begin()
        writing.kill("synthesize")
    return 1


def synthesize_between_audio_and_words(reading: Reader) -> int:
    with reading.ground.aws.hold(lambda request: reading.keeps(request, end=".mp3"), forward_first=True) as writing:
        reading.begin()
        writing.kill("synthesize")
    return 1


def synthesize_before_it_reports(reading: Reader) -> int:
    with reading.ground.aws.hold(lambda request: reading.tells(request, "speech-results")) as report:
        reading.begin()
        report.kill("synthesize")
    return 0


def synthesize_after_it_reported(reading: Reader) -> int:
    with reading.ground.aws.hold(
        lambda request: reading.tells(request, "speech-results"), forward_first=True
    ) as report:
        reading.begin()
        report.kill("synthesize")
    return 0


def record_before_its_commit(reading: Reader) -> int:
    stack = reading.ground.stack
    with ExitStack() as until_killed:
        with reading.ground.voice.hold(reading.speaks) as call:
            reading.begin()
            assert call.arrived.wait(60)  # it is planned
            lock = until_killed.enter_context(hold_lock(stack, JOB, job=reading.job_id))
        kill_workers_when(stack, "record-segment", lock.has_waiters)
    return 0


def record_after_its_commit(reading: Reader) -> int:
    stack = reading.ground.stack
    with ExitStack() as until_killed:
        with reading.ground.voice.hold(reading.speaks) as call:
            reading.begin()
            assert call.arrived.wait(60)
            lock = until_killed.enter_context(hold_lock(stack, PROVIDER))
        kill_workers_when(stack, "record-segment", lock.has_waiters)
    return 0


def record_before_it_hands_out_the_next_call(reading: Reader) -> int:
    def is_next(request: Request) -> bool:
        return reading.tells(request, "speech-bulk") and request.message("speech-bulk")["index"] >= SLOTS

    with reading.ground.aws.hold(is_next) as order:
        reading.begin()
        order.kill("record-segment")
    return 0


def record_before_it_calls_for_the_end(reading: Reader) -> int:
    with reading.ground.aws.hold(lambda request: reading.tells(request, "speech-finish", kind="finish")) as order:
        reading.begin()
        order.kill("record-segment", within_s=120)
    return 0


def finish_while_it_cuts(reading: Reader) -> int:
    with reading.ground.aws.hold(
        lambda request: request.is_put_of(f"{reading.owner_id}/{reading.job_id}/parts/")
    ) as part:
        reading.begin()
        part.kill("finish-speech", within_s=120)
    return 0


def finish_while_it_joins(reading: Reader) -> int:
    with reading.ground.aws.hold(
        lambda request: reading.keeps(request, end="/audio.mp3"), forward_first=True
    ) as writing:
        reading.begin()
        writing.kill("finish-speech", within_s=120)
    return 0


def finish_before_it_settles(reading: Reader) -> int:
    with reading.ground.aws.hold(
        lambda request: reading.keeps(request, end="/captions.vtt"), forward_first=True
    ) as writing:
        reading.begin()
        writing.kill("finish-speech", within_s=120)
    return 0


STEPS: tuple[Callable[[Reader], int], ...] = (
    finish_while_it_joins,  # what takes longest to come back is killed first
    finish_before_it_settles,
    finish_while_it_cuts,
    record_before_it_calls_for_the_end,
    record_before_it_hands_out_the_next_call,
    record_before_its_commit,
    record_after_its_commit,
    plan_before_it_writes,
    plan_while_it_writes,
    plan_after_it_wrote,
    synthesize_before_the_provider_hears_it,
    synthesize_while_the_provider_answers,
    synthesize_before_the_audio_is_kept,
    synthesize_between_audio_and_words,
    synthesize_before_it_reports,
    synthesize_after_it_reported,
)


def test_every_reading_ends_whole_whichever_of_its_workers_is_killed_and_costs_a_call_more_at_most(
    ground: Ground,
) -> None:
    big, pages = Uploader(ground.stack, "inspected"), 700
    big_id = upload(big, pdf_books.make_book(pages).pdf, "long.pdf", "application/pdf")
    wait_until(lambda: media_status(big, big_id) == "inspecting", event="the inspection")
    assert kill_workers(ground.stack, "ingest") >= 1
    assert media_status(big, big_id) == "inspecting"
    assert big.call("GET", f"/v1/media/{big_id}/url", expect=409)["code"] == "not_ready"

    with ThreadPoolExecutor(4) as several:
        sizes = [3 * CHARACTERS if "next_call" in step.__name__ else CHARACTERS for step in STEPS]
        readings = list(several.map(lambda step, size: reader(ground, step.__name__, size), STEPS, sizes))
    excused, began = dict[str, int](), time.monotonic()
    for step, reading in zip(STEPS, readings, strict=True):
        excused[step.__name__] = step(reading)
        print(f"{time.monotonic() - began:6.1f} s  killed: {step.__name__}")  # noqa: T201 - figures for whoever runs it
    jobs = [wait_until_finished(reading.user, reading.job_id, seconds=PATIENCE_S) for reading in readings]
    for (name, calls), reading, job in zip(excused.items(), readings, jobs, strict=True):
        paid, segments = reading.paid_calls(), job["progress"]["total"]
        print(f"{name:45} {job['status']:8} segments {segments:3}  paid {paid:3}  in flight when killed {calls}")  # noqa: T201
    for (name, calls), reading, job in zip(excused.items(), readings, jobs, strict=True):
        assert (job["status"], job["gaps"]) == ("done", []), name
        assert reading.paid_calls() <= job["progress"]["total"] + calls, name
        assert mp3.parse(download_recording(reading.user, reading.job_id)).duration_ms == job["duration_ms"]
    media = wait_until_inspected(big, big_id, seconds=PATIENCE_S)
    assert media["status"] == "ready"
    assert media["page_count"] >= pages
    assert_nothing_was_given_up(ground)


def assert_nothing_was_given_up(ground: Ground) -> None:
    assert [queue for queue in QUEUES if ground.stack.message_count(f"{queue}-dead")] == []


def test_a_provider_that_is_gone_for_a_minute_and_messages_that_come_twice_change_nothing(ground: Ground) -> None:
    long = reader(ground, "long", 60_000)
    short, late = reader(ground, "short", 150), reader(ground, "late", 1)
    with ground.aws.duplicate_messages(0.0, 8.0):
        long.begin()
        wait_until(lambda: long.job()["progress"]["done"] > 5, seconds=60, event="the beginning of it")
        ground.provider.otherwise = speechify.error(503, "service_unavailable")
        short.begin()
        time.sleep(30)
        ground.provider.otherwise = None
        with ground.voice.refuse_connections():
            late.begin()
            time.sleep(30)
        before = long.job()["progress"]["done"]
        jobs = [wait_until_finished(each.user, each.job_id, seconds=PATIENCE_S) for each in (long, short, late)]
    lost = [
        each.lost_calls() for each in (long, short, late)
    ]  # none, unless the machine is so slow that functions run out of time
    for each, job, calls in zip((long, short, late), jobs, lost, strict=True):
        print(f"{job['status']:8} segments {job['progress']['total']:3}  paid {each.paid_calls():3}  lost {calls}")  # noqa: T201
    print(f"{before} segments were done when it came back; {ground.aws.duplicated} messages came twice")  # noqa: T201
    for each, job, calls in zip((long, short, late), jobs, lost, strict=True):
        assert (job["status"], job["gaps"]) == ("done", [])
        assert each.paid_calls() <= job["progress"]["total"] + calls + CUT
    assert before < jobs[0]["progress"]["total"]
    assert_nothing_was_given_up(ground)


def test_whoever_is_at_work_when_a_function_is_replaced_finishes_first(ground: Ground) -> None:
    reading = reader(ground, "replaced")
    with ground.voice.hold(reading.speaks, forward_first=True) as call:
        reading.begin()
        assert call.arrived.wait(60)
        with override_settings(ground.stack, "synthesize", TRACED="no"):
            assert psutil.Process(call.pid).status() != psutil.STATUS_ZOMBIE
            call.released.set()
            job = wait_until_finished(reading.user, reading.job_id, seconds=PATIENCE_S)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert reading.paid_calls() == job["progress"]["total"]
