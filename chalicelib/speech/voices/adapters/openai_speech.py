"""Any server that speaks OpenAI's `/v1/audio/speech`: Kokoro-FastAPI, speaches, LocalAI, openai-edge-tts, OpenAI itself.

They differ in everything but the request. So bytes are sniffed, and what a server does not offer is found out once. Word times
come from Kokoro-FastAPI's captioned endpoint where there is one; elsewhere they are estimated.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.platform import addresses
from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import SpokenWord
from chalicelib.speech.voices import languages
from chalicelib.speech.voices.adapters import kokoro_voices, lame, openai_errors, responses, retry
from chalicelib.speech.voices.adapters.http_client import HttpClient, HttpResponse
from chalicelib.speech.voices.adapters.retry import RetryPolicy
from chalicelib.speech.voices.model import Gender, ProviderUnavailableError, SynthesizedAudio, Voice

_NOT_OFFERED = frozenset({401, 403, 404, 405, 422, 501})  # by a server that has no captions, or hides them
_OTHER_FORMATS = {b"OggS": "Ogg", b"fLaC": "FLAC", b"\x1aE\xdf\xa3": "WebM", b"\xff\xf1": "AAC", b"\xff\xf9": "AAC"}


class OpenAISpeech:
    """`bills`: whether somebody pays for characters here; one's own server writes no bills."""

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None,
        model: str,
        is_billed: bool,
        retry_policy: RetryPolicy = RetryPolicy(),  # noqa: B008
    ) -> None:
        if not url:
            raise ProviderUnavailableError("OPENAI_TTS_URL is not set", reason="not_configured", open_breaker=True)
        base = addresses.check(url, allow_private_network=True)
        self._base = base if urlsplit(base).path else f"{base}/v1"
        self._captions: str | None = None
        if self._base.endswith("/v1"):
            self._captions = self._base.removesuffix("/v1") + "/dev/captioned_speech"
        self._names_format = True
        self._model = model
        self._bills = is_billed
        self._patience = retry_policy
        self._exchange = HttpClient("The speech server", bearer=api_key, request_id_header="X-Request-Id")

    def list_voices(self) -> list[Voice]:
        """What the server says it has. Without a word about their language, voices are taken for speakers of several."""
        deadline = time.monotonic() + self._patience.total_timeout_s
        for path in ("/audio/voices", "/voices"):
            answer = self._exchange.request("GET", self._base + path, deadline)
            if answer.status == 200 and (found := list(_listed(answer.body))):
                return found
        raise openai_errors.classify_error(answer, self._exchange.request_id(answer.headers))

    def synthesize(self, text: str, voice: Voice, language: str) -> SynthesizedAudio:  # noqa: ARG002 - the voice or the server knows
        sent = text.encode("utf-8", "replace").decode()  # half of a surrogate pair has no UTF-8; one character for one
        return retry.call_with_retries(
            "openai", lambda deadline: self._speak_once(sent, voice, deadline), self._patience
        )

    def _speak_once(self, text: str, voice: Voice, deadline: float) -> SynthesizedAudio:
        order = {"model": voice.model or self._model, "input": text, "voice": voice.key}
        spoken = self._captioned(text, order, deadline) if self._captions else None
        return spoken or self._plain(text, order, deadline)

    def _captioned(self, text: str, order: Mapping[str, Any], deadline: float) -> SynthesizedAudio | None:
        """Audio with word times; None when the server does not offer that, which is then not asked again."""
        wanted = {**order, "response_format": "mp3", "stream": False, "return_timestamps": True}
        answer = self._exchange.request("POST", self._captions or "", deadline, json=wanted)
        said = _json_object(answer.body)
        if answer.status in _NOT_OFFERED or (answer.status == 200 and "audio" not in said):
            self._captions = None
            return None
        request_id, billed = self._about(answer, text)
        with responses.translate_errors("The speech server", billed_characters=billed, request_id=request_id):
            heard = responses.parse_audio(base64.b64decode(said["audio"], validate=True), text)
            words = _words(said.get("timestamps"))
            found = marks.from_words(text, words, duration_ms=heard.duration_ms)
            return responses.synthesized_audio(text, heard, found, billed_characters=billed, request_id=request_id)

    def _plain(self, text: str, order: Mapping[str, Any], deadline: float) -> SynthesizedAudio:
        url = f"{self._base}/audio/speech"
        wanted = {**order, "response_format": "mp3"} if self._names_format else order
        answer = self._exchange.request("POST", url, deadline, json=wanted)
        if (
            self._names_format
            and answer.status in (400, 422)
            and openai_errors.error_mentions(answer, "response_format")
        ):
            self._names_format = False
            answer = self._exchange.request("POST", url, deadline, json=order)
        request_id, billed = self._about(answer, text)
        with responses.translate_errors("The speech server", billed_characters=billed, request_id=request_id):
            heard = responses.parse_audio(_as_mp3(answer.body, request_id, billed), text)
            return responses.synthesized_audio(text, heard, [], billed_characters=billed, request_id=request_id)

    def _about(self, answer: HttpResponse, text: str) -> tuple[str | None, int]:
        """The answer's id and what it cost, if it is a good one. Raises VoiceError."""
        request_id = self._exchange.request_id(answer.headers)
        if answer.status != 200:
            raise openai_errors.classify_error(answer, request_id)
        return request_id, len(text) if self._bills else 0


def _as_mp3(data: bytes, request_id: str | None, billed: int) -> bytes:
    """The bytes as MP3, whatever their Content-Type said. Raises Unavailable for what cannot be made MP3 here, ValueError."""
    other = next((name for start, name in _OTHER_FORMATS.items() if data.startswith(start)), None)
    if data[4:8] == b"ftyp":
        other = "MP4"
    if other is not None:
        raise _wrong_format(f"answers {other}; it must be one that can answer MP3", request_id, billed)
    if not (data.startswith(b"RIFF") and data[8:12] == b"WAVE"):
        return data
    samples, sample_rate = lame.decode_wav(data)
    try:
        return lame.encode(samples, sample_rate)
    except ImportError:
        why = "answers WAV, and lameenc is not installed to make MP3 of it"
        raise _wrong_format(why, request_id, billed) from None


def _wrong_format(why: str, request_id: str | None, billed: int) -> ProviderUnavailableError:
    return ProviderUnavailableError(
        f"the speech server {why}",
        reason="wrong_format",
        open_breaker=True,
        request_id=request_id,
        billed_characters=billed,
    )


def _words(timestamps: object) -> Iterator[SpokenWord]:
    """Kokoro-FastAPI's `{word, start_time, end_time}` in seconds of the samples; the encoder's delay is added."""
    for said in timestamps if isinstance(timestamps, list) else ():
        start, end = float(said["start_time"]), float(said["end_time"])
        if 0 <= start <= end < float("inf"):
            yield SpokenWord(
                str(said["word"]),
                round(start * 1_000) + lame.ENCODER_DELAY_MS,
                round(end * 1_000) + lame.ENCODER_DELAY_MS,
            )


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _listed(body: bytes) -> Iterator[Voice]:
    """`{"voices": […]}`, `{"data": […]}` or a bare list, of names or of objects."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return
    records = (said.get("voices") or said.get("data")) if isinstance(said, dict) else said
    for record in records if isinstance(records, list) else ():
        entry: Mapping[str, Any] = record if isinstance(record, dict) else {"id": record}
        key = entry.get("id") or entry.get("voice_id") or entry.get("name")
        if not isinstance(key, str):
            continue
        named = kokoro_voices.voice_from_key(key)
        language = entry.get("language") or entry.get("locale") or (named.language if named else languages.MULTIPLE)
        said_gender = str(entry.get("gender", "")).lower()
        gender: Gender | None = "female" if said_gender == "female" else "male" if said_gender == "male" else None
        name = str(entry.get("name") or (named.name if named else key))
        yield Voice(f"openai:{key}", name, str(language), gender or (named.gender if named else None))
