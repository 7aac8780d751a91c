"""Copies of a segment's message: SQS delivers at least once, and any number of copies buys the audio once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from moto.core.botocore_stubber import BotocoreStubber
from uuid6 import uuid7

from chalicelib.platform import config
from chalicelib.speech import segment_audio, synthesize
from chalicelib.speech.messages import SynthesizeSegmentMessage
from chalicelib.speech.pauses import Pause
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, intercept_s3, on_call

TEXT = "The lamp turns."
COPIES = 4
S3_LATENCY_S = 0.05
CALL_S = 0.4  # of the provider
PROCESS_REQUEST = BotocoreStubber.process_request
ATOMIC = threading.Lock()


def process_atomically(stubber: BotocoreStubber, request: object) -> object:
    """Process one request at a time: S3 compares and writes in one step, moto in two."""
    with ATOMIC:
        return PROCESS_REQUEST(stubber, request)  # type: ignore[arg-type]


@pytest.fixture
def provider(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSpeechify]:
    assert cloud
    monkeypatch.setattr(BotocoreStubber, "process_request", process_atomically)
    with FakeSpeechify(first_byte_s=CALL_S) as server:
        monkeypatch.setenv("TTS_PROVIDERS", "speechify")
        monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
        monkeypatch.setenv("SPEECHIFY_API_KEY", speechify.API_KEY)
        monkeypatch.setenv("SPEECHIFY_API_URL", server.url)
        config.settings.cache_clear()
        synthesize._client.cache_clear()
        yield server
        synthesize._client.cache_clear()


def new_message(*, index: int = 0, of: SynthesizeSegmentMessage | None = None) -> SynthesizeSegmentMessage:
    """Return the message of a new call: of a new text, or of the text of another message."""
    now = datetime.now(UTC)
    owner: UUID = of.owner_id if of else uuid4()
    return SynthesizeSegmentMessage(
        owner_id=owner,
        job_id=of.job_id if of else uuid7(),
        index=index,
        voice="speechify:geffen_32",
        key=of.key if of else f"speech/{owner}/segments/ab/{uuid4().hex}",
        call_id=uuid7(),
        language="en",
        text=TEXT,
        pause_ms=0,
        begins_at=now,
        ends_by=now + timedelta(seconds=80),
    )


def first_call(provider: FakeSpeechify) -> SynthesizeSegmentMessage:
    assert provider
    return new_message()


def call_after_a_failure(provider: FakeSpeechify) -> SynthesizeSegmentMessage:
    failed = new_message()
    provider.script(speechify.error(402, "payment_required"))
    synthesize.synthesize(failed)
    return new_message(of=failed)


CALLS = [first_call, call_after_a_failure]
NewCall = Callable[[FakeSpeechify], SynthesizeSegmentMessage]


def paid_calls(provider: FakeSpeechify) -> int:
    return sum(call.billed_characters > 0 for call in provider.calls)


def billed_characters(cloud: Cloud) -> list[int]:
    """Return the bills of the reported results."""
    results = [json.loads(message["Body"]) for message in cloud.messages("speech_results")]
    return [result["billed_characters"] for result in results if result.get("outcome") == "spoken"]


@pytest.mark.parametrize("gap_ms", [0, 20, 50, 500])
@pytest.mark.parametrize("new_call", CALLS)
def test_of_simultaneous_copies_one_buys_the_audio(
    cloud: Cloud, provider: FakeSpeechify, new_call: NewCall, gap_ms: int
) -> None:
    message = new_call(provider)

    def deliver(number: int) -> None:
        time.sleep(number * gap_ms / 1_000)
        synthesize.synthesize(message)

    with ExitStack() as latency, ThreadPoolExecutor(COPIES) as copies:
        for operation in ("GetObject", "HeadObject", "PutObject"):
            latency.enter_context(intercept_s3(operation, lambda **_: time.sleep(S3_LATENCY_S)))
        list(copies.map(deliver, range(COPIES)))
    assert paid_calls(provider) == 1
    assert set(billed_characters(cloud)) == {len(TEXT)}  # the bill of one call, which may be reported again


MOMENTS = list(product(("GetObject", "HeadObject", "PutObject"), (1, 2, 3, 4), ("before-call", "after-call")))


@pytest.mark.parametrize(("operation", "number", "moment"), MOMENTS)
@pytest.mark.parametrize("new_call", CALLS)
def test_a_copy_that_runs_between_two_steps_of_another_buys_nothing_more(
    cloud: Cloud, provider: FakeSpeechify, new_call: NewCall, operation: str, number: int, moment: str
) -> None:
    message = new_call(provider)
    provider.first_byte_s = 0
    copy = on_call(number, lambda: synthesize.synthesize(message))
    with intercept_s3(operation, copy, moment=moment):
        synthesize.synthesize(message)
    synthesize.synthesize(message)
    assert paid_calls(provider) == 1
    assert len(TEXT) in billed_characters(cloud)


@pytest.mark.parametrize(
    "number", [4, 5]
)  # the writes after the claim and what is bought: audio and description with pauses
def test_audio_with_pauses_is_made_of_what_a_dead_worker_bought(
    cloud: Cloud, provider: FakeSpeechify, number: int
) -> None:
    provider.first_byte_s = 0
    bought = new_message()
    message = bought.model_copy(
        update={"key": f"{bought.key}_0", "word_key": bought.key, "pauses": (Pause(TEXT.index(" turns"), 900),)}
    )

    def die(**_: object) -> None:
        raise MemoryError

    with intercept_s3("PutObject", on_call(number, die)), pytest.raises(MemoryError):
        synthesize.synthesize(message)
    synthesize.synthesize(message)
    assert paid_calls(provider) == 1
    assert billed_characters(cloud) == [len(TEXT)]
    words, paused = segment_audio.get(bought.key), segment_audio.get(message.key)
    assert words is not None
    assert paused is not None
    assert paused.duration_ms > words.duration_ms + 500


def test_a_copy_buys_nothing_while_another_segment_with_the_same_text_has_claimed_it(provider: FakeSpeechify) -> None:
    provider.first_byte_s = 0
    message = new_message()
    other = new_message(of=message, index=1)

    def run_other(**_: object) -> None:
        with intercept_s3("PutObject", on_call(3, lambda: synthesize.synthesize(message))):  # 1 fails, 2 claims
            synthesize.synthesize(other)

    with intercept_s3("PutObject", on_call(2, run_other)):  # the first writes are the claim and the audio
        synthesize.synthesize(message)
    assert paid_calls(provider) == 2  # one for each segment


def test_a_late_failure_never_hides_the_audio_of_the_next_call(provider: FakeSpeechify) -> None:
    provider.first_byte_s = 0
    provider.script(speechify.error(402, "payment_required"))
    message = new_message()
    following = new_message(of=message)
    with intercept_s3("PutObject", on_call(2, lambda: synthesize.synthesize(following))):  # it writes its failure
        synthesize.synthesize(message)
    synthesize.synthesize(new_message(of=message))
    assert paid_calls(provider) == 1
