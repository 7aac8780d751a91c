"""Client of Amazon Polly over HTTP, against a fake with scripted faults."""

import logging
import socket
from collections.abc import Iterator

import pytest

from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices.adapters.polly import Polly
from chalicelib.speech.voices.adapters.polly_voices import VOICES
from chalicelib.speech.voices.adapters.retry import RetryPolicy
from chalicelib.speech.voices.model import (
    CallOutcome,
    InvalidAudioError,
    ProviderBusyError,
    ProviderError,
    ProviderUnavailableError,
    RequestRejectedError,
    SynthesizedAudio,
    UnknownVoiceError,
)
from tests.fakes import polly as fakes
from tests.fakes import scripted
from tests.fakes.polly import FakePolly

TEXT = "It was a text-to-speech test, read by the quay & heard by nobody at all."
BY_KEY = {voice.key: voice for voice in VOICES}
JOANNA = BY_KEY["Joanna"]


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAFAKE0000000000",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret-at-all",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePolly]:
    with FakePolly() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_POLLY", server.url)
        yield server


def make_client(*, word_times: bool = True, read_timeout_s: float = 5, budget_s: float = 10) -> Polly:
    return Polly(
        word_times=word_times, retry_policy=RetryPolicy(budget_s, initial_delay_s=0.01), read_timeout_s=read_timeout_s
    )


def speak(text: str = TEXT, voice: str = "Joanna") -> SynthesizedAudio:
    return make_client().synthesize(text, BY_KEY[voice], "en")


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("text", "voice", "word"),
    [
        (TEXT, "Joanna", "text-to-speech"),
        ("Noël a mangé une crème brûlée à l'œuf, à côté de l'hôtel.", "Lea", "brûlée"),
        ("昔々、ある所に。おじいさんがいました。", "Kazuha", "昔"),
        ("Ein 😀 friend 👩‍👩‍👧 of 𝔘nicode, naïve coöperation 🎉 end", "Joanna", "coöperation"),
    ],
)
def test_every_word_is_timed_at_its_byte_offset(text: str, voice: str, word: str) -> None:
    result = speak(text, voice)
    marks.check(result.words, text_length=len(text), duration_ms=result.audio.duration_ms)
    slices = [text[timing.text_start : timing.text_end] for timing in result.words]
    assert slices == [text[start:end] for start, end in marks.word_spans(text)]
    assert word in slices
    assert result.timing == "exact"
    index = slices.index(word)
    expected_ms = max(200, round(len(text) / scripted.CHARACTERS_PER_SECOND * 1_000)) * text.index(word) // len(text)
    assert result.words[index].start_ms == expected_ms


def test_the_audio_is_clean_frames_in_the_speech_format(fake: FakePolly) -> None:
    result = speak()
    assert (result.audio.sample_rate, result.audio.channels, result.audio.kbps) == (24_000, 1, 48)
    assert mp3.parse(result.audio.frames) == result.audio
    assert result.request_id == "aws_fake_1"
    audio, times = fake.calls
    assert audio.body == {
        "Text": TEXT,
        "TextType": "text",
        "VoiceId": "Joanna",
        "Engine": "neural",
        "OutputFormat": "mp3",
        "SampleRate": "24000",
    }
    assert (times.body["OutputFormat"], times.body["SpeechMarkTypes"]) == ("json", ["word"])


def test_both_requests_are_billed(fake: FakePolly) -> None:
    assert speak().billed_characters == fake.billed_characters == 2 * len(TEXT)


def test_words_with_phonemes_are_sent_as_markup_and_lit_where_they_are_written(fake: FakePolly) -> None:
    text = "Tom & Mr Cholmondeley <ran> home."
    phonemes = [Phonemes(9, 21, "ˈtʃʌmli"), Phonemes(28, 32, 'h"oʊm')]
    result = make_client().synthesize(text, JOANNA, "en", phonemes=phonemes)
    assert [call.body["TextType"] for call in fake.calls] == ["ssml", "ssml"]
    assert fake.calls[0].body["Text"] == (
        '<speak>Tom &amp; Mr <phoneme alphabet="ipa" ph="ˈtʃʌmli">Cholmondeley</phoneme> &lt;ran&gt; '
        '<phoneme alphabet="ipa" ph=\'h"oʊm\'>home</phoneme>.</speak>'
    )
    slices = [text[timing.text_start : timing.text_end] for timing in result.words]
    assert slices == ["Tom", "&", "Mr", "Cholmondeley", "<ran>", "home"]
    assert result.billed_characters == 2 * len(text)


def test_without_word_times_one_request_is_saved_and_times_are_marked_as_estimates(fake: FakePolly) -> None:
    result = make_client(word_times=False).synthesize(TEXT, JOANNA, "en")
    assert (result.timing, result.billed_characters, len(fake.calls)) == ("estimated", len(TEXT), 1)
    assert len(result.words) == len(marks.word_spans(TEXT))


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException"])
@pytest.mark.parametrize(("headers", "seconds"), [(None, None), ("7", 7.0)])
def test_throttling_with_status_400_makes_the_provider_busy(
    fake: FakePolly, code: str, headers: str | None, seconds: float | None
) -> None:
    fake.script(scripted.error(400, code, retry_after=headers))
    with pytest.raises(ProviderBusyError) as busy:
        speak()
    assert (busy.value.retry_after_s, busy.value.outcome, len(fake.calls)) == (seconds, CallOutcome.BUSY, 1)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (400, "TextLengthExceededException", CallOutcome.REJECTED),
        (400, "InvalidSsmlException", CallOutcome.REJECTED),
        (400, "SomethingNewException", CallOutcome.REJECTED),
        (400, "EngineNotSupportedException", CallOutcome.UNKNOWN_VOICE),
        (400, "LanguageNotSupportedException", CallOutcome.UNKNOWN_VOICE),
        (403, "AccessDeniedException", CallOutcome.DISABLED),
        (403, "UnrecognizedClientException", CallOutcome.DISABLED),
        (400, "ExpiredTokenException", CallOutcome.DISABLED),
        (402, "SubscriptionRequiredException", CallOutcome.DISABLED),
        (404, "NotFoundException", CallOutcome.DISABLED),
    ],
)
def test_permanent_errors_are_not_retried(fake: FakePolly, status: int, code: str, outcome: CallOutcome) -> None:
    fake.script(scripted.error(status, code))
    with pytest.raises(ProviderError, match=code) as error:
        speak()
    assert (error.value.outcome, error.value.billed_characters, len(fake.calls)) == (outcome, 0, 1)


def test_a_voice_the_region_lacks_and_a_text_too_long_are_recognised_from_the_error(fake: FakePolly) -> None:
    with pytest.raises(UnknownVoiceError):
        speak(voice="Burcu")
    with pytest.raises(RequestRejectedError, match="TextLengthExceeded"):
        speak("long " * 700)
    assert fake.billed_characters == 0


def test_a_text_of_ten_minutes_is_rejected_because_its_end_was_cut(fake: FakePolly) -> None:
    with pytest.raises(RequestRejectedError, match="ten minutes") as error:
        speak("9, " * 900)
    assert error.value.billed_characters == fake.billed_characters == 2_700


@pytest.mark.parametrize("status", [500, 503])
def test_a_failing_service_is_retried_twice(fake: FakePolly, status: int) -> None:
    failing = scripted.error(status, "ServiceFailureException")
    fake.script(failing, failing)
    assert speak().timing == "exact"
    fake.script(*[failing] * 3)
    with pytest.raises(ProviderUnavailableError) as error:
        speak()
    assert (error.value.reason, error.value.outcome) == ("server_error", CallOutcome.DOWN)


BROKEN = [scripted.HTML, scripted.CUT_BODY, scripted.HALF_MP3, scripted.WRONG_RATE, scripted.OVERSIZED]


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.name)
def test_a_broken_response_is_retried_once_billed_and_never_mistaken_for_audio(
    fake: FakePolly, fault: scripted.Fault
) -> None:
    fake.script(fault)
    result = speak()
    assert (result.timing, result.billed_characters) == ("exact", fake.billed_characters)

    before = fake.billed_characters
    fake.script(fault, fault)
    with pytest.raises(InvalidAudioError) as error:
        speak()
    assert error.value.billed_characters == fake.billed_characters - before > 0


@pytest.mark.parametrize(
    "fault",
    [
        scripted.error(400, "ThrottlingException"),
        scripted.error(500, "ServiceFailureException"),
        scripted.CUT_BODY,
        scripted.HANG_UP,
    ],
    ids=lambda fault: fault.name + fault.code,
)
def test_billed_audio_is_kept_when_its_word_times_fail(fake: FakePolly, fault: scripted.Fault) -> None:
    fake.script(fakes.marks(fault))
    result = speak()
    assert (result.timing, len(fake.calls)) == ("exact", 3)
    assert result.billed_characters == fake.billed_characters

    fake.script(*[fakes.marks(fault)] * 3)
    before = fake.billed_characters
    result = speak()
    assert (result.timing, result.billed_characters) == ("estimated", fake.billed_characters - before)


@pytest.mark.parametrize("fault", [scripted.NO_MARKS, scripted.HTML], ids=lambda fault: fault.name)
def test_empty_word_times_are_not_requested_again(fake: FakePolly, fault: scripted.Fault) -> None:
    fake.script(fakes.marks(fault))
    result = speak()
    assert (result.timing, len(fake.calls), result.billed_characters) == ("estimated", 2, 2 * len(TEXT))


@pytest.mark.parametrize("fault", [scripted.slow(1.0), scripted.stall(1.0)], ids=lambda fault: fault.name)
def test_a_late_response_times_out_and_is_not_retried(fake: FakePolly, fault: scripted.Fault) -> None:
    fake.script(fault)
    with pytest.raises(ProviderUnavailableError) as error:
        make_client(read_timeout_s=0.4).synthesize(TEXT, JOANNA, "en")
    assert (error.value.reason, len(fake.calls)) == ("timeout", 1)


def test_a_trickling_response_ends_with_the_total_timeout(fake: FakePolly) -> None:
    fake.script(scripted.slow_body(2.0))
    with pytest.raises(ProviderUnavailableError) as error:
        make_client(budget_s=0.5).synthesize(TEXT, JOANNA, "en")
    assert (error.value.reason, len(fake.calls)) == ("timeout", 1)


def test_a_connection_closed_without_a_response_is_retried_once(fake: FakePolly) -> None:
    fake.script(scripted.HANG_UP)
    speak()
    fake.script(scripted.HANG_UP, scripted.HANG_UP)
    with pytest.raises(ProviderUnavailableError) as error:
        speak()
    assert error.value.reason == "connection_lost"


def test_a_service_that_refuses_connections_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        monkeypatch.setenv("AWS_ENDPOINT_URL_POLLY", f"http://127.0.0.1:{reserved.getsockname()[1]}")
        with pytest.raises(ProviderUnavailableError) as error:
            speak()
    assert (error.value.reason, error.value.outcome) == ("unreachable", CallOutcome.DOWN)


@pytest.mark.usefixtures("fake")
def test_without_credentials_the_provider_is_not_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    with pytest.raises(ProviderUnavailableError, match="credentials") as error:
        speak()
    assert error.value.outcome is CallOutcome.NOT_CONFIGURED


def test_a_lone_surrogate_is_replaced_and_offsets_stay(fake: FakePolly) -> None:
    text = "before \ud800 behind"
    result = speak(text)
    last = result.words[-1]
    assert text[last.text_start : last.text_end] == "behind"
    assert len(fake.calls[0].body["Text"]) == len(text)


def test_the_text_reaches_neither_logs_nor_errors(fake: FakePolly, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logged = ""
    for fault in [*BROKEN, scripted.error(400, "InvalidSsmlException"), scripted.error(500, "ServiceFailureException")]:
        fake.script(fault, fault, fault)
        with pytest.raises(ProviderError) as error:
            speak()
        logged += f"{error.value!r} {error.value.detail}"
        fake._faults.clear()
    assert "text-to-speech" not in logged + caplog.text


@pytest.mark.usefixtures("fake")
def test_the_regions_voices_are_fetched_page_by_page() -> None:
    voices = {voice.id: voice for voice in make_client().list_voices()}
    assert {voice.key for voice in voices.values()} == set(fakes.VOICES)
    shipped = {voice.id: voice for voice in VOICES}
    for voice in voices.values():
        assert (voice.language, voice.gender) == (shipped[voice.id].language, shipped[voice.id].gender)
