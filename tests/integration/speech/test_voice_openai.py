"""Servers that speak OpenAI's speech API, over HTTP: those with captions, those without, and the ways in which they differ."""

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


def provider(
    fake: FakeOpenAISpeech,
    *,
    key: str = API_KEY,
    path: str = "/v1",
    bills: bool = True,
    model: str = "kokoro",
    budget_s: float = 10,
) -> OpenAISpeech:
    patience = RetryPolicy(budget_s, initial_delay_s=0.01)
    return OpenAISpeech(fake.url + path, api_key=key, model=model, is_billed=bills, retry_policy=patience)


def speak(fake: FakeOpenAISpeech, text: str = TEXT, voice: Voice = HEART) -> SynthesizedAudio:
    return provider(fake).synthesize(text, voice, "en")


@pytest.mark.parametrize(
    ("text", "some"),
    [
        (TEXT, "text-to-speech"),
        ("Noël a mangé une crème brûlée à l'œuf, à côté de l'hôtel.", "brûlée"),
        ("Ein 😀 friend 👩‍👩‍👧 of 𝔘nicode, naïve coöperation 🎉 end", "coöperation"),
        ("It was $5 in all, and $5 for the other one.", "other"),
    ],
)
def test_captions_time_every_word_where_it_stands(kokoro: FakeOpenAISpeech, text: str, some: str) -> None:
    spoken = speak(kokoro, text)
    marks.check(spoken.words, text_length=len(text), duration_ms=spoken.audio.duration_ms)
    slices = [text[mark.text_start : mark.text_end] for mark in spoken.words]
    assert slices == [text[start:end] for start, end in marks.word_spans(text)]
    told_ms = round(max(0.2, len(text) / scripted.CHARACTERS_PER_SECOND) * 1_000) * text.index(some) / len(text)
    mark = spoken.words[slices.index(some)]
    assert mark.start_ms == pytest.approx(told_ms + lame.ENCODER_DELAY_MS, abs=1)
    assert spoken.timing == "exact"


@pytest.mark.parametrize(
    "text", [TEXT, "昔々、ある所に。おじいさんがいました。", "Ein 😀 friend of 𝔘nicode, naïve 🎉 end"]
)
def test_without_captions_times_are_shared_by_length_and_said_to_be_estimates(
    plain: FakeOpenAISpeech, text: str
) -> None:
    spoken = speak(plain, text)
    marks.check(spoken.words, text_length=len(text), duration_ms=spoken.audio.duration_ms)
    assert [text[m.text_start : m.text_end] for m in spoken.words] == [text[a:b] for a, b in marks.word_spans(text)]
    assert spoken.timing == "estimated"


def test_the_audio_is_clean_frames_of_the_one_shape(either: FakeOpenAISpeech) -> None:
    spoken = speak(either)
    assert (spoken.audio.sample_rate, spoken.audio.channels, spoken.audio.kbps) == (24_000, 1, 128)
    assert mp3.parse(spoken.audio.frames) == spoken.audio
    assert (spoken.request_id, spoken.billed_characters) == ("req_own_1", len(TEXT))


def test_the_order_is_openais_and_captions_are_asked_for_whole(
    kokoro: FakeOpenAISpeech, plain: FakeOpenAISpeech
) -> None:
    speak(kokoro)
    speak(plain)
    order = {"model": "kokoro", "input": TEXT, "voice": "af_heart", "response_format": "mp3"}
    assert plain.calls[0].body == order
    assert kokoro.calls[0].body == {**order, "stream": False, "return_timestamps": True}


def test_a_server_without_captions_is_asked_for_them_once(plain: FakeOpenAISpeech) -> None:
    speaker = provider(plain)
    for _ in range(3):
        speaker.synthesize(TEXT, HEART, "en")
    assert len(plain.calls) == 3
    assert speaker._captions is None


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_in_its_version_or_not(either: FakeOpenAISpeech, path: str) -> None:
    assert provider(either, path=path).synthesize(TEXT, HEART, "en").words


def test_ones_own_server_writes_no_bill(either: FakeOpenAISpeech) -> None:
    assert provider(either, bills=False).synthesize(TEXT, HEART, "en").billed_characters == 0


@pytest.mark.parametrize(("retry_after", "seconds"), [(None, None), ("7", 7.0)])
def test_too_many_calls_mean_patience(either: FakeOpenAISpeech, retry_after: str | None, seconds: float | None) -> None:
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
def test_what_every_further_call_would_meet_closes_the_provider(
    plain: FakeOpenAISpeech, status: int, code: str, reason: str
) -> None:
    plain.script(scripted.error(status, code))
    with pytest.raises(ProviderUnavailableError) as problem:
        speak(plain)
    assert (problem.value.reason, problem.value.outcome, len(plain.calls)) == (reason, CallOutcome.DISABLED, 1)


def test_a_wrong_key_model_voice_or_text_is_known_from_the_server_itself(either: FakeOpenAISpeech) -> None:
    with pytest.raises(ProviderUnavailableError, match="401") as closed:
        provider(either, key="sk-wrong").synthesize(TEXT, HEART, "en")
    assert closed.value.outcome is CallOutcome.DISABLED
    with pytest.raises(ProviderUnavailableError, match="OPENAI_TTS_MODEL"):
        provider(either, model="piper").synthesize(TEXT, HEART, "en")
    with pytest.raises(UnknownVoiceError):
        speak(either, voice=Voice("openai:af_nobody", "Nobody", "en-US", None))
    with pytest.raises(RequestRejectedError, match="string_too_long"):
        speak(either, "long " * 900)
    assert either.billed_characters == 0


def test_an_address_without_a_speech_server_closes_the_provider(plain: FakeOpenAISpeech) -> None:
    with pytest.raises(ProviderUnavailableError) as problem:
        provider(plain, path="/elsewhere").synthesize(TEXT, HEART, "en")
    assert (problem.value.reason, problem.value.outcome) == ("wrong_address", CallOutcome.DISABLED)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_server_is_asked_twice_more_then_given_up(either: FakeOpenAISpeech, status: int) -> None:
    either.script(scripted.error(status, "processing_error"), scripted.error(status, ""))
    assert speak(either).words
    either.script(*[scripted.error(status, "")] * 3)
    with pytest.raises(ProviderUnavailableError) as problem:
        speak(either)
    assert (problem.value.reason, problem.value.outcome) == ("server_error", CallOutcome.DOWN)


BROKEN = [
    scripted.CUT_BODY,
    scripted.WRONG_RATE,
    scripted.HALF_MP3_WITHOUT_MARKS,
    scripted.OVERSIZED,
    fakes.VBR,
    fakes.CHIME,
]


@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.name)
def test_a_broken_answer_is_asked_for_again_once_and_never_taken_for_audio(
    either: FakeOpenAISpeech, fault: scripted.Fault
) -> None:
    either.script(fault)
    assert speak(either).billed_characters <= either.billed_characters
    asked = len(either.calls)
    either.script(fault, fault)
    with pytest.raises(InvalidAudioError):
        speak(either)
    assert len(either.calls) == asked + 2


def test_a_web_page_instead_of_audio_is_never_taken_for_it(plain: FakeOpenAISpeech) -> None:
    plain.script(scripted.HTML, scripted.HTML)
    with pytest.raises(InvalidAudioError, match="neither an MP3 frame nor a tag"):
        speak(plain)


@pytest.mark.parametrize(
    "fault", [scripted.HALF_MP3, scripted.NOT_BASE64, fakes.LATE_MARKS], ids=lambda fault: fault.name
)
def test_captions_that_say_more_than_the_audio_holds_are_not_believed(
    kokoro: FakeOpenAISpeech, fault: scripted.Fault
) -> None:
    kokoro.script(fault)
    assert speak(kokoro).timing == "exact"
    kokoro.script(fault, fault)
    with pytest.raises(InvalidAudioError):
        speak(kokoro)


def test_captions_without_words_leave_estimates(kokoro: FakeOpenAISpeech) -> None:
    kokoro.script(scripted.NO_MARKS)
    spoken = speak(kokoro)
    assert (spoken.timing, len(spoken.words)) == ("estimated", len(marks.word_spans(TEXT)))


@pytest.mark.parametrize("fault", [scripted.slow(1.2), scripted.stall(1.2)], ids=lambda fault: fault.name)
def test_a_late_answer_is_not_waited_for_nor_ordered_again(either: FakeOpenAISpeech, fault: scripted.Fault) -> None:
    either.script(fault)
    with pytest.raises(ProviderUnavailableError) as problem:
        provider(either, budget_s=0.5).synthesize(TEXT, HEART, "en")
    assert (problem.value.reason, len(either.calls)) == ("timeout", 1)


def test_a_redirect_is_not_followed_with_the_key(plain: FakeOpenAISpeech) -> None:
    plain.script(scripted.REDIRECT)
    with pytest.raises(ProviderUnavailableError) as problem:
        speak(plain)
    assert (problem.value.reason, problem.value.outcome) == ("wrong_address", CallOutcome.DISABLED)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and never listening: connections are refused
        address = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        speaker = OpenAISpeech(
            address, api_key=None, model="kokoro", is_billed=False, retry_policy=RetryPolicy(initial_delay_s=0.01)
        )
        with pytest.raises(ProviderUnavailableError) as problem:
            speaker.synthesize(TEXT, HEART, "en")
    assert (problem.value.reason, problem.value.outcome) == ("unreachable", CallOutcome.DOWN)


def test_a_server_that_knows_no_response_format_is_asked_without_it_from_then_on() -> None:
    with FakeOpenAISpeech("strict") as strict:
        speaker = provider(strict)
        speaker.synthesize(TEXT, HEART, "en")
        speaker.synthesize(TEXT, HEART, "en")
        assert [call.status for call in strict.calls] == [400, 200, 200]


def test_wav_becomes_mp3_of_the_one_shape() -> None:
    with FakeOpenAISpeech("localai") as server:
        spoken = speak(server)
    assert (spoken.audio.sample_rate, spoken.audio.channels, spoken.audio.kbps) == (24_000, 1, 64)
    assert spoken.audio.duration_ms == pytest.approx(len(TEXT) / scripted.CHARACTERS_PER_SECOND * 1_000 + 62, abs=24)


def test_wav_is_refused_with_the_way_out_where_no_encoder_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lameenc", None)
    with (
        FakeOpenAISpeech("localai") as server,
        pytest.raises(ProviderUnavailableError, match="lameenc is not installed") as problem,
    ):
        speak(server)
    assert problem.value.outcome is CallOutcome.DISABLED


def test_a_format_that_cannot_be_made_mp3_closes_the_provider(plain: FakeOpenAISpeech) -> None:
    plain.script(fakes.OTHER_FORMAT)
    with pytest.raises(ProviderUnavailableError, match="answers Ogg") as problem:
        speak(plain)
    assert (problem.value.outcome, len(plain.calls)) == (CallOutcome.DISABLED, 1)


def test_a_streamed_wav_that_does_not_know_its_length_is_read_to_its_end() -> None:
    wav = fakes.wav_of(500, 24_000)
    unknown = wav[:40] + struct.pack("<I", 0xFFFFFFFF) + wav[44:]
    assert lame.decode_wav(unknown) == lame.decode_wav(wav)


@pytest.mark.parametrize(
    ("wav", "why"),
    [
        (fakes.wav_of(500, channels=2), "mono"),
        (fakes.wav_of(500)[:-1_000], "1000 bytes are missing"),
        (fakes.wav_of(500)[:40], "without samples"),
    ],
)
def test_wav_that_is_cut_or_not_mono_is_no_audio(wav: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        lame.decode_wav(wav)


@pytest.mark.parametrize("voice_list", ["/v1/audio/voices", "/v1/voices"])
@pytest.mark.parametrize(
    ("kind", "some"),
    [
        ("kokoro", Voice("openai:bm_george", "bm_george", "en-GB", "male")),
        ("plain", Voice("openai:ff_siwis", "Siwis", "fr-FR", "female")),
        ("plain", Voice("openai:alloy", "alloy", "mul", None)),
        ("localai", Voice("openai:anna", "Anna", "de-DE", "female")),
    ],
)
def test_the_servers_voices_are_found_in_any_of_their_shapes(kind: fakes.Kind, voice_list: str, some: Voice) -> None:
    with FakeOpenAISpeech(kind, voice_list=voice_list) as server:
        assert some in provider(server).list_voices()


def test_a_server_without_a_list_says_so(plain: FakeOpenAISpeech) -> None:
    plain.voice_list = "/nowhere"
    with pytest.raises(ProviderUnavailableError, match="404"):
        provider(plain).list_voices()


@pytest.mark.usefixtures("deployment")
def test_without_an_address_the_next_provider_takes_over() -> None:
    with pytest.raises(ProviderUnavailableError, match="OPENAI_TTS_URL") as problem:
        clients.create_client("openai")
    assert problem.value.outcome is CallOutcome.DISABLED


def test_the_settings_make_a_voice_that_speaks(kokoro: FakeOpenAISpeech, deployment: pytest.MonkeyPatch) -> None:
    deployment.setenv("OPENAI_TTS_URL", kokoro.url + "/v1")
    deployment.setenv("OPENAI_TTS_API_KEY", API_KEY)
    config.settings.cache_clear()
    spoken = clients.create_client("openai").synthesize(TEXT, HEART, "en")
    assert (spoken.timing, spoken.billed_characters) == ("exact", 0)


def test_neither_text_nor_key_reach_a_log_or_an_error(
    either: FakeOpenAISpeech, caplog: pytest.LogCaptureFixture
) -> None:
    written = ""
    for fault in [*BROKEN, scripted.HANG_UP, scripted.error(400, "string_too_long"), scripted.error(500, "")]:
        either.script(fault, fault, fault)
        with pytest.raises(ProviderError) as problem:
            speak(either)
        written += f"{problem.value!r} {problem.value.detail}"
        while either.next_fault():
            pass
    assert "text-to-speech" not in written + caplog.text
    assert API_KEY not in written + caplog.text
