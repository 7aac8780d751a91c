"""Client of servers with OpenAI's speech API, over HTTP, with and without captions."""

import socket
import struct
import sys
from collections.abc import Iterator

import pytest

from chalicelib.platform import config
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.voices import clients
from chalicelib.speech.voices.adapters import lame
from chalicelib.speech.voices.adapters.openai_speech import OpenAISpeech
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
    Voice,
)
from tests.fakes import openai_speech as fakes
from tests.fakes import scripted
from tests.fakes.openai_speech import API_KEY, FakeOpenAISpeech

TEXT = "It was a text-to-speech test, read by the quay & heard by nobody at all."
HEART = Voice("openai:af_heart", "Heart", "en-US", "female")


@pytest.fixture
def kokoro() -> Iterator[FakeOpenAISpeech]:
    with FakeOpenAISpeech("kokoro") as server:
        yield server


@pytest.fixture
def plain() -> Iterator[FakeOpenAISpeech]:
    with FakeOpenAISpeech("plain") as server:
        yield server


@pytest.fixture(params=["kokoro", "plain"])
def either(request: pytest.FixtureRequest) -> FakeOpenAISpeech:
    server: FakeOpenAISpeech = request.getfixturevalue(request.param)
    return server


def make_client(
    fake: FakeOpenAISpeech,
    *,
    key: str = API_KEY,
    path: str = "/v1",
    is_billed: bool = True,
    model: str = "kokoro",
    budget_s: float = 10,
) -> OpenAISpeech:
    retry_policy = RetryPolicy(budget_s, initial_delay_s=0.01)
    return OpenAISpeech(fake.url + path, api_key=key, model=model, is_billed=is_billed, retry_policy=retry_policy)


def speak(fake: FakeOpenAISpeech, text: str = TEXT, voice: Voice = HEART) -> SynthesizedAudio:
    return make_client(fake).synthesize(text, voice, "en")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (TEXT, "text-to-speech"),
        ("Noël a mangé une crème brûlée à l'œuf, à côté de l'hôtel.", "brûlée"),
        ("Ein 😀 friend 👩‍👩‍👧 of 𝔘nicode, naïve coöperation 🎉 end", "coöperation"),
        ("It was $5 in all, and $5 for the other one.", "other"),
    ],
)
def test_captions_time_every_word_at_its_offset(kokoro: FakeOpenAISpeech, text: str, word: str) -> None:
    result = speak(kokoro, text)
    marks.check(result.words, text_length=len(text), duration_ms=result.audio.duration_ms)
    slices = [text[timing.text_start : timing.text_end] for timing in result.words]
    assert slices == [text[start:end] for start, end in marks.word_spans(text)]
    expected_ms = round(max(0.2, len(text) / scripted.CHARACTERS_PER_SECOND) * 1_000) * text.index(word) / len(text)
    timing = result.words[slices.index(word)]
    assert timing.start_ms == pytest.approx(expected_ms + lame.ENCODER_DELAY_MS, abs=1)
    assert result.timing == "exact"


@pytest.mark.parametrize(
    "text", [TEXT, "昔々、ある所に。おじいさんがいました。", "Ein 😀 friend of 𝔘nicode, naïve 🎉 end"]
)
def test_without_captions_times_are_shared_by_length_and_marked_as_estimates(
    plain: FakeOpenAISpeech, text: str
) -> None:
    result = speak(plain, text)
    marks.check(result.words, text_length=len(text), duration_ms=result.audio.duration_ms)
    assert [text[m.text_start : m.text_end] for m in result.words] == [text[a:b] for a, b in marks.word_spans(text)]
    assert result.timing == "estimated"


def test_the_audio_is_clean_frames_in_the_speech_format(either: FakeOpenAISpeech) -> None:
    result = speak(either)
    assert (result.audio.sample_rate, result.audio.channels, result.audio.kbps) == (24_000, 1, 128)
    assert mp3.parse(result.audio.frames) == result.audio
    assert (result.request_id, result.billed_characters) == ("req_own_1", len(TEXT))


def test_the_request_follows_openais_api_and_captions_are_not_streamed(
    kokoro: FakeOpenAISpeech, plain: FakeOpenAISpeech
) -> None:
    speak(kokoro)
    speak(plain)
    request = {"model": "kokoro", "input": TEXT, "voice": "af_heart", "response_format": "mp3"}
    assert plain.calls[0].body == request
    assert kokoro.calls[0].body == {**request, "stream": False, "return_timestamps": True}


def test_captions_are_requested_only_once_from_a_server_without_them(plain: FakeOpenAISpeech) -> None:
    tts_client = make_client(plain)
    for _ in range(3):
        tts_client.synthesize(TEXT, HEART, "en")
    assert len(plain.calls) == 3
    assert tts_client._captions is None


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_address_may_include_the_api_version_or_not(either: FakeOpenAISpeech, path: str) -> None:
    assert make_client(either, path=path).synthesize(TEXT, HEART, "en").words


def test_a_self_hosted_server_bills_nothing(either: FakeOpenAISpeech) -> None:
    assert make_client(either, is_billed=False).synthesize(TEXT, HEART, "en").billed_characters == 0


@pytest.mark.parametrize(("retry_after", "seconds"), [(None, None), ("7", 7.0)])
def test_too_many_calls_make_the_provider_busy(
    either: FakeOpenAISpeech, retry_after: str | None, seconds: float | None
) -> None:
    either.script(scripted.error(429, "rate_limit_exceeded", retry_after=retry_after))
    with pytest.raises(ProviderBusyError) as busy:
        speak(either)
    assert (busy.value.retry_after_s, len(either.calls)) == (seconds, 1)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (402, "payment_required", "spend_limit"),
        (429, "insufficient_quota", "spend_limit"),
        (401, "invalid_api_key", "no_access"),
        (403, "forbidden", "no_access"),
    ],
)
def test_an_error_that_every_call_would_get_disables_the_provider(
    plain: FakeOpenAISpeech, status: int, code: str, reason: str
) -> None:
    plain.script(scripted.error(status, code))
    with pytest.raises(ProviderUnavailableError) as error:
        speak(plain)
    assert (error.value.reason, error.value.outcome, len(plain.calls)) == (reason, CallOutcome.DISABLED, 1)


def test_a_wrong_key_model_voice_or_text_is_recognised_from_the_servers_error(either: FakeOpenAISpeech) -> None:
    with pytest.raises(ProviderUnavailableError, match="401") as error:
        make_client(either, key="sk-wrong").synthesize(TEXT, HEART, "en")
    assert error.value.outcome is CallOutcome.DISABLED
    with pytest.raises(ProviderUnavailableError, match="OPENAI_TTS_MODEL"):
        make_client(either, model="piper").synthesize(TEXT, HEART, "en")
    with pytest.raises(UnknownVoiceError):
        speak(either, voice=Voice("openai:af_nobody", "Nobody", "en-US", None))
    with pytest.raises(RequestRejectedError, match="string_too_long"):
        speak(either, "long " * 900)
    assert either.billed_characters == 0


def test_an_address_without_a_speech_server_disables_the_provider(plain: FakeOpenAISpeech) -> None:
    with pytest.raises(ProviderUnavailableError) as error:
        make_client(plain, path="/elsewhere").synthesize(TEXT, HEART, "en")
    assert (error.value.reason, error.value.outcome) == ("wrong_address", CallOutcome.DISABLED)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_server_is_retried_twice(either: FakeOpenAISpeech, status: int) -> None:
    either.script(scripted.error(status, "processing_error"), scripted.error(status, ""))
    assert speak(either).words
    either.script(*[scripted.error(status, "")] * 3)
    with pytest.raises(ProviderUnavailableError) as error:
        speak(either)
    assert (error.value.reason, error.value.outcome) == ("server_error", CallOutcome.DOWN)


BROKEN = [
    scripted.CUT_BODY,
    scripted.WRONG_RATE,
    scripted.HALF_MP3_WITHOUT_MARKS,
    scripted.OVERSIZED,
    fakes.VBR,
    fakes.CHIME,
]


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.name)
def test_a_broken_response_is_retried_once_and_never_mistaken_for_audio(
    either: FakeOpenAISpeech, fault: scripted.Fault
) -> None:
    either.script(fault)
    assert speak(either).billed_characters <= either.billed_characters
    call_count = len(either.calls)
    either.script(fault, fault)
    with pytest.raises(InvalidAudioError):
        speak(either)
    assert len(either.calls) == call_count + 2


def test_a_web_page_is_never_mistaken_for_audio(plain: FakeOpenAISpeech) -> None:
    plain.script(scripted.HTML, scripted.HTML)
    with pytest.raises(InvalidAudioError, match="neither an MP3 frame nor a tag"):
        speak(plain)


@pytest.mark.parametrize(
    "fault", [scripted.HALF_MP3, scripted.NOT_BASE64, fakes.LATE_MARKS], ids=lambda fault: fault.name
)
def test_captions_beyond_the_audio_are_rejected(kokoro: FakeOpenAISpeech, fault: scripted.Fault) -> None:
    kokoro.script(fault)
    assert speak(kokoro).timing == "exact"
    kokoro.script(fault, fault)
    with pytest.raises(InvalidAudioError):
        speak(kokoro)


def test_captions_without_words_are_replaced_by_estimates(kokoro: FakeOpenAISpeech) -> None:
    kokoro.script(scripted.NO_MARKS)
    result = speak(kokoro)
    assert (result.timing, len(result.words)) == ("estimated", len(marks.word_spans(TEXT)))


@pytest.mark.parametrize("fault", [scripted.slow(1.2), scripted.stall(1.2)], ids=lambda fault: fault.name)
def test_a_late_response_times_out_and_is_not_retried(either: FakeOpenAISpeech, fault: scripted.Fault) -> None:
    either.script(fault)
    with pytest.raises(ProviderUnavailableError) as error:
        make_client(either, budget_s=0.5).synthesize(TEXT, HEART, "en")
    assert (error.value.reason, len(either.calls)) == ("timeout", 1)


def test_a_redirect_is_not_followed(plain: FakeOpenAISpeech) -> None:
    plain.script(scripted.REDIRECT)
    with pytest.raises(ProviderUnavailableError) as error:
        speak(plain)
    assert (error.value.reason, error.value.outcome) == ("wrong_address", CallOutcome.DISABLED)


def test_a_server_that_refuses_connections_is_unreachable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and never listening: connections are refused
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        tts_client = OpenAISpeech(
            address, api_key=None, model="kokoro", is_billed=False, retry_policy=RetryPolicy(initial_delay_s=0.01)
        )
        with pytest.raises(ProviderUnavailableError) as error:
            tts_client.synthesize(TEXT, HEART, "en")
    assert (error.value.reason, error.value.outcome) == ("unreachable", CallOutcome.DOWN)


def test_response_format_is_omitted_after_a_server_rejects_it() -> None:
    with FakeOpenAISpeech("strict") as strict:
        tts_client = make_client(strict)
        tts_client.synthesize(TEXT, HEART, "en")
        tts_client.synthesize(TEXT, HEART, "en")
        assert [call.status for call in strict.calls] == [400, 200, 200]


def test_wav_is_converted_to_mp3_in_the_speech_format() -> None:
    with FakeOpenAISpeech("localai") as server:
        result = speak(server)
    assert (result.audio.sample_rate, result.audio.channels, result.audio.kbps) == (24_000, 1, 64)
    assert result.audio.duration_ms == pytest.approx(len(TEXT) / scripted.CHARACTERS_PER_SECOND * 1_000 + 62, abs=24)


def test_without_an_encoder_wav_is_rejected_with_the_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lameenc", None)
    with (
        FakeOpenAISpeech("localai") as server,
        pytest.raises(ProviderUnavailableError, match="lameenc is not installed") as error,
    ):
        speak(server)
    assert error.value.outcome is CallOutcome.DISABLED


def test_a_format_that_cannot_be_converted_disables_the_provider(plain: FakeOpenAISpeech) -> None:
    plain.script(fakes.OTHER_FORMAT)
    with pytest.raises(ProviderUnavailableError, match="returns Ogg") as error:
        speak(plain)
    assert (error.value.outcome, len(plain.calls)) == (CallOutcome.DISABLED, 1)


def test_a_streamed_wav_of_unknown_length_is_read_to_its_end() -> None:
    wav = fakes.wav_of(500, 24_000)
    streamed = wav[:40] + struct.pack("<I", 0xFFFFFFFF) + wav[44:]
    assert lame.decode_wav(streamed) == lame.decode_wav(wav)


@pytest.mark.parametrize(
    ("wav", "message"),
    [
        (fakes.wav_of(500, channels=2), "mono"),
        (fakes.wav_of(500)[:-1_000], "1000 bytes are missing"),
        (fakes.wav_of(500)[:40], "without samples"),
    ],
)
def test_truncated_or_stereo_wav_is_rejected(wav: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lame.decode_wav(wav)


@pytest.mark.parametrize("voice_list", ["/v1/audio/voices", "/v1/voices"])
@pytest.mark.parametrize(
    ("kind", "voice"),
    [
        ("kokoro", Voice("openai:bm_george", "bm_george", "en-GB", "male")),
        ("plain", Voice("openai:ff_siwis", "Siwis", "fr-FR", "female")),
        ("plain", Voice("openai:alloy", "alloy", "mul", None)),
        ("localai", Voice("openai:anna", "Anna", "de-DE", "female")),
    ],
)
def test_voice_lists_are_parsed_in_all_their_shapes(kind: fakes.Kind, voice_list: str, voice: Voice) -> None:
    with FakeOpenAISpeech(kind, voice_list=voice_list) as server:
        assert voice in make_client(server).list_voices()


def test_a_server_without_a_voice_list_is_unavailable(plain: FakeOpenAISpeech) -> None:
    plain.voice_list = "/nowhere"
    with pytest.raises(ProviderUnavailableError, match="404"):
        make_client(plain).list_voices()


@pytest.mark.usefixtures("deployment")
def test_without_an_address_the_provider_is_not_configured() -> None:
    with pytest.raises(ProviderUnavailableError, match="OPENAI_TTS_URL") as error:
        clients.create_client("openai")
    assert error.value.outcome is CallOutcome.NOT_CONFIGURED


def test_a_client_made_from_the_settings_synthesizes(kokoro: FakeOpenAISpeech, deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("OPENAI_TTS_URL", kokoro.url + "/v1")
    deployment.setenv("OPENAI_TTS_API_KEY", API_KEY)
    config.settings.cache_clear()
    result = clients.create_client("openai").synthesize(TEXT, HEART, "en")
    assert (result.timing, result.billed_characters) == ("exact", 0)


def test_text_and_key_reach_neither_logs_nor_errors(either: FakeOpenAISpeech, caplog: pytest.LogCaptureFixture) -> None:
    logged = ""
    for fault in [*BROKEN, scripted.HANG_UP, scripted.error(400, "string_too_long"), scripted.error(500, "")]:
        either.script(fault, fault, fault)
        with pytest.raises(ProviderError) as error:
            speak(either)
        logged += f"{error.value!r} {error.value.detail}"
        while either.next_fault():
            pass
    assert "text-to-speech" not in logged + caplog.text
    assert API_KEY not in logged + caplog.text
