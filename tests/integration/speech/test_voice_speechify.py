"""Client of Speechify over HTTP, against a fake of the documented API with scripted faults."""

import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from chalicelib.platform import config
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.voices import clients
from chalicelib.speech.voices.adapters.retry import RetryPolicy
from chalicelib.speech.voices.adapters.speechify import VOICES, Speechify
from chalicelib.speech.voices.model import (
    CallOutcome,
    InvalidAudioError,
    ProviderBusyError,
    ProviderUnavailableError,
    RequestRejectedError,
    SynthesizedAudio,
    UnknownVoiceError,
    Voice,
)
from tests.fakes import speechify as fakes
from tests.fakes.speechify import API_KEY, FakeSpeechify

TEXT = "It was a text-to-speech test, read by the quay & heard by nobody at all."
VOICE = next(voice for voice in VOICES if voice.key == "harper_32")


@pytest.fixture
def fake() -> Iterator[FakeSpeechify]:
    with FakeSpeechify() as server:
        yield server


def make_client(fake: FakeSpeechify, *, key: str = API_KEY, budget_s: float = 10) -> Speechify:
    return Speechify(key, fake.url, RetryPolicy(budget_s, initial_delay_s=0.01))


def speak(fake: FakeSpeechify, text: str = TEXT) -> SynthesizedAudio:
    return make_client(fake).synthesize(text, VOICE, "en")


def test_a_segment_is_clean_frames_with_a_timing_for_every_word(fake: FakeSpeechify) -> None:
    result = speak(fake)
    marks.check(result.words, text_length=len(TEXT), duration_ms=result.audio.duration_ms)
    slices = [TEXT[timing.text_start : timing.text_end] for timing in result.words]
    assert slices == [TEXT[start:end] for start, end in marks.word_spans(TEXT)]
    assert "text-to-speech" in slices
    assert (result.timing, result.billed_characters, result.request_id) == ("exact", len(TEXT), "req_fake_1")
    assert mp3.parse(result.audio.frames) == result.audio
    assert b"Info" not in result.audio.frames
    assert result.audio.duration_ms == pytest.approx(len(TEXT) / fakes.CHARACTERS_PER_SECOND * 1_000 + 62, abs=24)


def test_the_request_follows_the_api(fake: FakeSpeechify) -> None:
    speak(fake)
    (call,) = fake.calls
    assert call.body == {
        "input": TEXT,
        "voice_id": "harper_32",
        "model": "simba-3.2",
        "language": "en-US",
        "output_format": "mp3_24000_64",
    }
    assert call.headers["Authorization"] == f"Bearer {API_KEY}"
    assert call.headers["Speechify-Version"] == "2026-09-13"


def test_text_that_looks_like_markup_is_sent_as_text_and_keeps_its_offsets(fake: FakeSpeechify) -> None:
    text = "<speak>Hello</speak> <break time='9s'/> \ud800 there 😀 friend"
    result = speak(fake, text)
    sent = fake.calls[0].body["input"]
    assert not sent.startswith("<speak")
    assert len(sent) == len(text)
    last = result.words[-1]
    assert text[last.text_start : last.text_end] == "friend"


def test_missing_marks_are_estimated_and_marked_as_such(fake: FakeSpeechify) -> None:
    fake.script(fakes.NO_MARKS)
    result = speak(fake)
    assert result.timing == "estimated"
    assert [(timing.text_start, timing.text_end) for timing in result.words] == marks.word_spans(TEXT)
    marks.check(result.words, text_length=len(TEXT), duration_ms=result.audio.duration_ms)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [(None, None), ("7", 7.0), ("0", 0.0), ("99999999", 3_600.0), ("soon", None), ("-3", None)],
)
def test_too_many_calls_are_reported_at_once_with_the_providers_advice(
    fake: FakeSpeechify, retry_after: str | None, seconds: float | None
) -> None:
    fake.script(fakes.error(429, "rate_limited", retry_after=retry_after))
    with pytest.raises(ProviderBusyError) as busy:
        speak(fake)
    assert busy.value.retry_after_s == seconds
    assert len(fake.calls) == 1


def test_a_retry_after_date_is_counted_from_now(fake: FakeSpeechify) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    fake.script(fakes.error(429, "rate_limited", retry_after=until))
    with pytest.raises(ProviderBusyError) as busy:
        speak(fake)
    assert busy.value.retry_after_s == pytest.approx(29, abs=2)


def test_a_full_account_is_busy_not_broken() -> None:
    with FakeSpeechify(concurrency=0) as full, pytest.raises(ProviderBusyError, match="concurrency_limit_reached"):
        speak(full)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (402, "payment_required", "spend_limit"),
        (402, "", "spend_limit"),
        (403, "spend_cap_exceeded", "spend_limit"),
        (429, "spend_budget_exceeded", "spend_limit"),
        (401, "unauthorized", "no_access"),
        (403, "forbidden", "no_access"),
        (403, "insufficient_scope", "no_access"),
        (404, "not_found", "wrong_address"),
    ],
)
def test_an_error_that_every_call_would_get_opens_the_breaker_without_a_retry(
    fake: FakeSpeechify, status: int, code: str, reason: str
) -> None:
    fake.script(fakes.error(status, code))
    with pytest.raises(ProviderUnavailableError) as error:
        speak(fake)
    assert (error.value.reason, error.value.open_breaker, len(fake.calls)) == (reason, True, 1)


@pytest.mark.parametrize(
    ("status", "code", "expected_code"),
    [
        (400, "validation_failed", "validation_failed"),
        (400, "speech_marks_unsupported", "speech_marks_unsupported"),
        (403, "content_policy_violation", "content_policy_violation"),
        (413, "", "http_413"),
        (422, "<b>not a code</b>", "http_422"),
    ],
)
def test_a_rejected_text_or_voice_is_not_retried(
    fake: FakeSpeechify, status: int, code: str, expected_code: str
) -> None:
    fake.script(fakes.error(status, code))
    with pytest.raises(RequestRejectedError) as error:
        speak(fake)
    assert (error.value.code, error.value.request_id, len(fake.calls)) == (expected_code, "req_fake_1", 1)


def test_a_wrong_key_a_wrong_voice_and_a_text_too_long_are_recognised_from_the_error(fake: FakeSpeechify) -> None:
    with pytest.raises(ProviderUnavailableError, match="401 unauthorized"):
        make_client(fake, key="sk_wrong").synthesize(TEXT, VOICE, "en")
    with pytest.raises(UnknownVoiceError, match="voice_not_found"):
        make_client(fake).synthesize(TEXT, Voice("speechify:nobody", "Nobody", "en", None), "en")
    with pytest.raises(RequestRejectedError, match="validation_failed"):
        speak(fake, "long " * 500)


@pytest.mark.parametrize("status", [500, 502, 503, 408])
def test_a_failing_server_is_retried_twice(fake: FakeSpeechify, status: int) -> None:
    fake.script(fakes.error(status, "internal_error"), fakes.error(status, ""))
    assert speak(fake).billed_characters == len(TEXT)
    assert len(fake.calls) == 3


def test_a_server_that_keeps_failing_does_not_open_the_breaker_by_itself(fake: FakeSpeechify) -> None:
    fake.script(*[fakes.error(503, "service_unavailable")] * 9)
    with pytest.raises(ProviderUnavailableError) as error:
        speak(fake)
    assert (error.value.reason, error.value.open_breaker, len(fake.calls)) == ("server_error", False, 3)


BROKEN = [
    fakes.HTML,
    fakes.CUT_BODY,
    fakes.HALF_MP3,
    fakes.HALF_MP3_WITHOUT_MARKS,
    fakes.WRONG_RATE,
    fakes.NOT_BASE64,
    fakes.OVERSIZED,
]


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.name)
def test_a_broken_response_is_retried_once_and_never_mistaken_for_audio(
    fake: FakeSpeechify, fault: fakes.Fault
) -> None:
    fake.script(fault)
    result = speak(fake)
    assert result.timing == "exact"
    assert len(fake.calls) == 2

    fake.script(fault, fault, fault)
    with pytest.raises(InvalidAudioError):
        speak(fake)
    assert len(fake.calls) == 4


def test_an_oversized_response_is_not_read_to_its_end(fake: FakeSpeechify) -> None:
    fake.script(fakes.OVERSIZED, fakes.OVERSIZED)
    with pytest.raises(InvalidAudioError, match="larger than 16777216 bytes"):
        speak(fake)


def test_the_cost_of_discarded_responses_is_counted(fake: FakeSpeechify) -> None:
    fake.script(fakes.HALF_MP3)
    assert speak(fake).billed_characters == fake.billed_characters == 2 * len(TEXT)
    fake.script(fakes.WRONG_RATE, fakes.error(503, "service_unavailable"), fakes.WRONG_RATE)
    with pytest.raises(ProviderUnavailableError) as error:
        speak(fake)
    assert error.value.billed_characters == 2 * len(TEXT)


def test_a_connection_closed_without_a_response_is_retried_once(fake: FakeSpeechify) -> None:
    fake.script(fakes.HANG_UP)
    speak(fake)
    fake.script(fakes.HANG_UP, fakes.HANG_UP)
    with pytest.raises(ProviderUnavailableError) as error:
        speak(fake)
    assert error.value.reason == "connection_lost"
    assert len(fake.calls) == 4


@pytest.mark.parametrize(
    "fault", [fakes.slow(1.5), fakes.slow_body(2.5), fakes.stall(1.5)], ids=lambda fault: fault.name
)
def test_a_late_response_times_out_and_is_not_retried(fake: FakeSpeechify, fault: fakes.Fault) -> None:
    fake.script(fault)
    started = time.monotonic()
    with pytest.raises(ProviderUnavailableError) as error:
        make_client(fake, budget_s=0.6).synthesize(TEXT, VOICE, "en")
    assert error.value.reason == "timeout"
    assert time.monotonic() - started < 1.4
    assert len(fake.calls) == 1


def test_a_slow_response_within_the_timeout_is_accepted(fake: FakeSpeechify) -> None:
    fake.script(fakes.slow_body(0.6))
    assert speak(fake).timing == "exact"


def test_a_redirect_is_not_followed(fake: FakeSpeechify) -> None:
    fake.script(fakes.REDIRECT)
    with pytest.raises(ProviderUnavailableError) as error:
        speak(fake)
    assert (error.value.reason, error.value.open_breaker) == ("wrong_address", True)


def test_a_server_that_refuses_connections_is_unreachable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        with pytest.raises(ProviderUnavailableError) as error:
            Speechify(API_KEY, address, RetryPolicy(initial_delay_s=0.01)).synthesize(TEXT, VOICE, "en")
    assert (error.value.reason, error.value.open_breaker) == ("unreachable", False)


def test_text_and_key_reach_neither_logs_nor_errors(
    fake: FakeSpeechify, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    errors = []
    for fault in [*BROKEN, fakes.HANG_UP, fakes.error(400, "validation_failed"), fakes.error(500, "internal_error")]:
        fake.script(fault, fault, fault)
        with pytest.raises((ProviderUnavailableError, RequestRejectedError)) as error:
            speak(fake)
        errors.append(f"{error.value!r} {error.value.detail}")
        fake.script()
        while fake.next_fault():
            pass
    output = capsys.readouterr()
    logged = " ".join(errors) + caplog.text + output.out + output.err
    assert "voice call retried" in logged
    assert "text-to-speech" not in logged
    assert API_KEY not in logged


def test_the_accounts_voices_are_fetched_page_by_page(fake: FakeSpeechify) -> None:
    voices = make_client(fake).list_voices()
    assert len(voices) == 450
    assert fake.pages_read == 3
    by_id = {voice.id: voice for voice in voices}
    assert set(by_id) >= {voice.id for voice in VOICES}
    assert by_id["speechify:hugh_32"].model == "simba-3.2"
    french = by_id["speechify:voice001"]
    assert (french.language, french.gender, french.model) == ("fr-FR", "female", "simba-multilingual")


def test_every_shipped_voice_works_with_its_model(fake: FakeSpeechify) -> None:
    assert {voice.key for voice in VOICES} == set(fakes.CURATED)
    for voice in VOICES:
        assert make_client(fake).synthesize("Hello there.", voice, "en").timing == "exact"


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_address_may_include_the_api_version_or_not(fake: FakeSpeechify, path: str) -> None:
    assert Speechify(API_KEY, fake.url + path).synthesize(TEXT, VOICE, "en").timing == "exact"


@pytest.mark.parametrize("address", ["https://api.sonauto.ai/v1", "http://api.speechify.ai", ""])
def test_an_address_of_another_service_or_without_tls_is_rejected(address: str) -> None:
    with pytest.raises(ValueError):
        Speechify(API_KEY, address)


@pytest.mark.usefixtures("deployment")
def test_without_a_key_the_provider_is_not_configured() -> None:
    with pytest.raises(ProviderUnavailableError, match="SPEECHIFY_API_KEY") as error:
        clients.create_client("speechify")
    assert error.value.outcome is CallOutcome.NOT_CONFIGURED


def test_a_client_made_from_the_settings_synthesizes(fake: FakeSpeechify, deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("SPEECHIFY_API_KEY", API_KEY)
    deployment.setenv("SPEECHIFY_API_URL", fake.url + "/v1")
    config.settings.cache_clear()
    assert clients.create_client("speechify").synthesize(TEXT, VOICE, "en").timing == "exact"
