"""Messages in flight and objects in storage keep their form: JSON as earlier versions wrote it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import BaseModel

from chalicelib.platform import config
from chalicelib.speech.audio.id3 import Album
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.lifecycle.finish import _audio_plan, _RecordingContent, _resumable_plan
from chalicelib.speech.messages import (
    BuildHlsSegmentsMessage,
    CallAnsweredMessage,
    FinishSpeechMessage,
    MakeVoiceSamplesMessage,
    PlanSpeechMessage,
    PreviewSpeechMessage,
    RecheckProviderMessage,
    SegmentResultMessage,
    SynthesizeSampleMessage,
    SynthesizeSegmentMessage,
    parse_job_message,
    parse_result_message,
    parse_synthesis_message,
)
from chalicelib.speech.normalization.model import Replacement
from chalicelib.speech.pauses import Pause
from chalicelib.speech.playback.timeline import position_segments
from chalicelib.speech.segment_audio import PendingAudio, SegmentAudio, parse_description
from chalicelib.speech.segment_store import SegmentRow
from chalicelib.speech.store import JobRow
from chalicelib.speech.stored_objects.audio_key import audio_key
from chalicelib.speech.voices.model import CallOutcome

OWNER = UUID("0198c0de-0000-7000-8000-000000000001")
JOB = UUID("0198c0de-0000-7000-8000-000000000002")
CALL = UUID("0198c0de-0000-7000-8000-000000000003")
NOON = datetime(2026, 11, 1, 12, 0, 0, 250_000, tzinfo=UTC)

IDS = '"owner_id":"0198c0de-0000-7000-8000-000000000001","job_id":"0198c0de-0000-7000-8000-000000000002"'
SEGMENT = (
    f'{IDS},"index":3,"voice":"polly:Joanna","key":"speech/o/segments/ab/abcd","word_key":null,'
    '"call_id":"0198c0de-0000-7000-8000-000000000003"'
)
PLAN = '{"kind":"plan",' + IDS + "}"
PLAN_OF_0_1 = "{" + IDS + "}"  # on a queue of its own then
SYNTHESIZE = (
    "{"
    + SEGMENT
    + ',"probe":true,"language":"en","text":"Grüße.","replacements":[],"phonemes":[],"pause_ms":400,"pauses":[],'
    '"seed":0,"usual":null,"begins_at":"2026-11-01T12:00:00.250000Z","ends_by":"2026-11-01T12:00:00.250000Z"}'
)
PREVIEW = '{"kind":"preview","call":' + SYNTHESIZE + "}"
SPOKEN = (
    "{" + SEGMENT + ',"probe":false,"outcome":"spoken","frame_count":10,"audio_bytes":1920,"duration_ms":240,'
    '"billed_characters":6,"checks":null,"error":null,"retry_after_s":null}'
)
BUSY = (
    "{" + SEGMENT + ',"probe":false,"outcome":"busy","frame_count":0,"audio_bytes":0,"duration_ms":0,'
    '"billed_characters":0,"checks":null,"error":"Too many requests.","retry_after_s":2.5}'
)
RECHECK = '{"wake":"polly"}'
ANSWERED = f'{{"owner_id":"{OWNER}","call_id":"{CALL}","provider":"polly"}}'
FINISH = '{"kind":"finish",' + IDS + "}"
BUILD = '{"kind":"cut",' + IDS + "}"
SAMPLES = '{"kind":"samples","voices":["espeak:de"]}'
SAMPLE = '{"kind":"sample","voice":"espeak:de"}'
AUDIO = (
    '{"voice":"polly:Joanna","frame_count":10,"audio_bytes":1920,"duration_ms":240,"timing":"exact",'
    '"billed_characters":6,"request_id":"r-1","words":[[0,200,0,5]],"call_id":"0198c0de-0000-7000-8000-000000000003",'
    '"checks":null}'
)
PENDING = (
    '{"job_id":"0198c0de-0000-7000-8000-000000000002","index":3,"call_id":"0198c0de-0000-7000-8000-000000000003",'
    '"begun_at":"2026-11-01T12:00:00.250000Z","failure":null,"superseded":[]}'
)
FAILED = PENDING.replace('"failure":null', f'"failure":{BUSY}')

identity = {
    "owner_id": OWNER,
    "job_id": JOB,
    "index": 3,
    "voice": "polly:Joanna",
    "key": "speech/o/segments/ab/abcd",
    "call_id": CALL,
}
busy = SegmentResultMessage.model_validate(
    {**identity, "outcome": CallOutcome.BUSY, "error": "Too many requests.", "retry_after_s": 2.5}
)
FORMS: list[tuple[str, BaseModel]] = [
    (PLAN, PlanSpeechMessage(owner_id=OWNER, job_id=JOB)),
    (
        SYNTHESIZE,
        SynthesizeSegmentMessage.model_validate(
            {
                **identity,
                "probe": True,
                "language": "en",
                "text": "Grüße.",
                "pause_ms": 400,
                "begins_at": NOON,
                "ends_by": NOON,
            }
        ),
    ),
    (
        SPOKEN,
        SegmentResultMessage.model_validate(
            {
                **identity,
                "outcome": CallOutcome.SPOKEN,
                "frame_count": 10,
                "audio_bytes": 1_920,
                "duration_ms": 240,
                "billed_characters": 6,
            }
        ),
    ),
    (BUSY, busy),
    (RECHECK, RecheckProviderMessage(provider="polly")),
    (ANSWERED, CallAnsweredMessage(owner_id=OWNER, call_id=CALL, provider="polly")),
    (FINISH, FinishSpeechMessage(owner_id=OWNER, job_id=JOB)),
    (BUILD, BuildHlsSegmentsMessage(owner_id=OWNER, job_id=JOB)),
    (PREVIEW, PreviewSpeechMessage(call=SynthesizeSegmentMessage.model_validate_json(SYNTHESIZE))),
    (SAMPLES, MakeVoiceSamplesMessage(voices=["espeak:de"])),
    (SAMPLE, SynthesizeSampleMessage(voice="espeak:de")),
    (
        AUDIO,
        SegmentAudio(
            voice="polly:Joanna",
            frame_count=10,
            audio_bytes=1_920,
            duration_ms=240,
            timing="exact",
            billed_characters=6,
            request_id="r-1",
            words=[WordTiming(0, 200, 0, 5)],
            call_id=CALL,
        ),
    ),
    (PENDING, PendingAudio(job_id=JOB, index=3, call_id=CALL, started_at=NOON)),
    (FAILED, PendingAudio(job_id=JOB, index=3, call_id=CALL, started_at=NOON, failure=busy)),
]


@pytest.mark.parametrize(("stored", "value"), FORMS, ids=[type(value).__name__ for _, value in FORMS])
def test_every_form_is_read_and_written_byte_for_byte_as_before(stored: str, value: BaseModel) -> None:
    assert value.model_dump_json() == stored
    assert type(value).model_validate_json(stored) == value


@pytest.mark.parametrize(
    ("parse", "stored", "kind"),
    [
        (parse_result_message, SPOKEN, SegmentResultMessage),
        (parse_result_message, RECHECK, RecheckProviderMessage),
        (parse_result_message, ANSWERED, CallAnsweredMessage),
        (parse_job_message, PLAN, PlanSpeechMessage),
        (parse_job_message, PLAN_OF_0_1, PlanSpeechMessage),
        (parse_job_message, FINISH, FinishSpeechMessage),
        (parse_job_message, BUILD, BuildHlsSegmentsMessage),
        (parse_job_message, SAMPLES, MakeVoiceSamplesMessage),
        (parse_synthesis_message, SYNTHESIZE, SynthesizeSegmentMessage),
        (parse_synthesis_message, SAMPLE, SynthesizeSampleMessage),
        (parse_description, AUDIO, SegmentAudio),
        (parse_description, PENDING, PendingAudio),
        (parse_description, FAILED, PendingAudio),
    ],
)
def test_forms_that_share_a_queue_or_a_key_are_told_apart(
    parse: Callable[[str], BaseModel], stored: str, kind: type[BaseModel]
) -> None:
    assert type(parse(stored)) is kind


def test_placeholders_without_superseded_calls_are_still_read() -> None:
    old = PENDING.replace(',"superseded":[]', "")
    assert PendingAudio.model_validate_json(old).superseded == []


def test_audio_descriptions_without_a_call_id_are_still_read() -> None:
    old = AUDIO.replace(',"call_id":"0198c0de-0000-7000-8000-000000000003"', "").replace(',"checks":null', "")
    assert SegmentAudio.model_validate_json(old).call_id is None


def test_bought_audio_keeps_its_key(deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("SIGNING_SECRET", "s" * 32)
    config.settings.cache_clear()
    key = audio_key(OWNER, "polly:Joanna", "en", "Gru\u0308\u00dfe.", 400)
    digest = "6df5e0591ad9ac1ad9c60e58013537c3c2a79c3a65e20ba22af503a9459da3f6"
    assert key == f"speech/{OWNER}/segments/6d/{digest}"


def test_a_recording_that_an_earlier_version_started_keeps_its_checkpoint() -> None:
    """The stored digest must match, or the parts that S3 has would be written again."""
    job = JobRow(JOB, OWNER, 7, CALL, "polly:Joanna", "en", 0, 20, [], 1.0, "finishing", 1, 1, {})
    rows = [
        SegmentRow(0, 0, 12, 400, "done", "polly:Joanna", "speech/o/segments/ab/abcd", 10, 1_920, 240),
        SegmentRow(1, 13, 20, 0, "failed", "polly:Joanna", None, None, None, None),
    ]
    recording = _RecordingContent(
        title="The rock",
        chapters=[],
        segments=position_segments(rows),
        words=[[WordTiming(0, 200, 0, 5)], []],
        skippable=[],
        timing="exact",
        text="Hello there. Unheard",
    )
    started = "efb4d62f7bb5b938522d7a40979a0151531f30bf981de292bfe1be5c0ffa4e02"
    plan = _audio_plan(job, recording)
    assert (plan.size, plan.digest) == (6_197, started)
    titled = replace(recording, album=Album("The rock", ["Ada First"]))
    assert _resumable_plan(job, titled, started).digest == started
    assert _resumable_plan(job, titled, None).digest == _resumable_plan(job, titled, "another").digest != started


def test_messages_without_replacements_are_still_read() -> None:
    old = SYNTHESIZE.replace(',"replacements":[],"phonemes":[]', "")
    message = SynthesizeSegmentMessage.model_validate_json(old)
    assert (message.replacements, message.phonemes) == ((), ())


def test_replacements_survive_the_queue() -> None:
    message = SynthesizeSegmentMessage.model_validate_json(
        SYNTHESIZE.replace('"replacements":[]', '"replacements":[[0,4,"one hundred dollars"]]')
    )
    assert message.replacements == (Replacement(0, 4, "one hundred dollars"),)
    assert SynthesizeSegmentMessage.model_validate_json(message.model_dump_json()) == message


def test_messages_without_checks_are_still_read() -> None:
    message = SynthesizeSegmentMessage.model_validate_json(SYNTHESIZE.replace('"seed":0,"usual":null,', ""))
    assert (message.seed, message.usual) == (0, None)
    assert parse_result_message(SPOKEN.replace('"checks":null,', "")) == parse_result_message(SPOKEN)


def test_messages_without_pauses_are_still_read_and_their_audio_is_what_is_bought() -> None:
    old = SYNTHESIZE.replace(',"pauses":[]', "").replace(',"word_key":null', "")
    message = SynthesizeSegmentMessage.model_validate_json(old)
    assert (message.pauses, message.bought_key) == ((), message.key)


def test_pauses_survive_the_queue() -> None:
    message = SynthesizeSegmentMessage.model_validate_json(SYNTHESIZE.replace('"pauses":[]', '"pauses":[[4,500]]'))
    assert message.pauses == (Pause(4, 500),)
    assert SynthesizeSegmentMessage.model_validate_json(message.model_dump_json()) == message
