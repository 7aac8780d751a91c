"""Client of servers with OpenAI's `/v1/audio/speech`: Kokoro-FastAPI, speaches, LocalAI, openai-edge-tts, OpenAI itself.

They differ in everything but the request. So bytes are sniffed, and missing features are discovered once. Word times come
from Kokoro-FastAPI's captioned endpoint where it exists; elsewhere they are estimated.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from chalicelib.platform import addresses
from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import SpokenWord
from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices import languages
from chalicelib.speech.voices.adapters import kokoro_voices, lame, openai_errors, responses, retry
from chalicelib.speech.voices.adapters.http_client import HttpClient, HttpResponse
from chalicelib.speech.voices.adapters.retry import RetryPolicy
from chalicelib.speech.voices.model import (
    Gender,
    ProviderNotConfiguredError,
    ProviderUnavailableError,
    SynthesizedAudio,
    Voice,
)

_NOT_OFFERED = frozenset({401, 403, 404, 405, 422, 501})  # by a server without captions, or one that hides them
_OTHER_FORMATS = {b"OggS": "Ogg", b"fLaC": "FLAC", b"\x1aE\xdf\xa3": "WebM", b"\xff\xf1": "AAC", b"\xff\xf9": "AAC"}


class OpenAISpeech:
    """`is_billed`: whether characters cost money; a self-hosted server bills nothing."""

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
            raise ProviderNotConfiguredError("OPENAI_TTS_URL is not set")
        base = addresses.check(url, allow_private_network=True)
        self._base = base if urlsplit(base).path else f"{base}/v1"
        self._captions: str | None = None
        if self._base.endswith("/v1"):
            self._captions = self._base.removesuffix("/v1") + "/dev/captioned_speech"
        self._sends_format = True
        self._model = model
        self._is_billed = is_billed
        self._retry_policy = retry_policy
        self._http = HttpClient("The speech server", bearer=api_key, request_id_header="X-Request-Id")

    def list_voices(self) -> list[Voice]:
        """Return the server's voices. Those without a language are assumed to read several."""
        deadline = time.monotonic() + self._retry_policy.total_timeout_s
        for path in ("/audio/voices", "/voices"):
            response = self._http.request("GET", self._base + path, deadline)
            if response.status == 200 and (voices := list(_parse_voices(response.body))):
                return voices
        raise openai_errors.classify_error(response, self._http.request_id(response.headers))

    def synthesize(
        self,
        text: str,
        voice: Voice,
        language: str,  # noqa: ARG002 - set by the voice
        *,
        phonemes: Sequence[Phonemes] = (),  # noqa: ARG002 - takes none
        seed: int = 0,  # noqa: ARG002 - has none
    ) -> SynthesizedAudio:
        # Half of a surrogate pair has no UTF-8; it is replaced one character for one.
        encodable = text.encode("utf-8", "replace").decode()
        return retry.call_with_retries(
            "openai", lambda deadline: self._attempt(encodable, voice, deadline), self._retry_policy
        )

    def _attempt(self, text: str, voice: Voice, deadline: float) -> SynthesizedAudio:
        request = {"model": voice.model or self._model, "input": text, "voice": voice.key}
        result = self._with_captions(text, request, deadline) if self._captions else None
        return result or self._without_captions(text, request, deadline)

    def _with_captions(self, text: str, request: Mapping[str, Any], deadline: float) -> SynthesizedAudio | None:
        """Return audio with word times; None, from then on, when the server offers none."""
        content = {**request, "response_format": "mp3", "stream": False, "return_timestamps": True}
        response = self._http.request("POST", self._captions or "", deadline, json=content)
        document = _json_object(response.body)
        if response.status in _NOT_OFFERED or (response.status == 200 and "audio" not in document):
            self._captions = None
            return None
        request_id, billed = self._request_id_and_bill(response, text)
        with responses.translate_errors("The speech server", billed_characters=billed, request_id=request_id):
            audio = responses.parse_audio(base64.b64decode(document["audio"], validate=True), text)
            words = marks.from_words(text, _spoken_words(document.get("timestamps")), duration_ms=audio.duration_ms)
            return responses.synthesized_audio(text, audio, words, billed_characters=billed, request_id=request_id)

    def _without_captions(self, text: str, request: Mapping[str, Any], deadline: float) -> SynthesizedAudio:
        url = f"{self._base}/audio/speech"
        content = {**request, "response_format": "mp3"} if self._sends_format else request
        response = self._http.request("POST", url, deadline, json=content)
        if (
            self._sends_format
            and response.status in (400, 422)
            and openai_errors.error_mentions(response, "response_format")
        ):
            self._sends_format = False
            response = self._http.request("POST", url, deadline, json=request)
        request_id, billed = self._request_id_and_bill(response, text)
        with responses.translate_errors("The speech server", billed_characters=billed, request_id=request_id):
            audio = responses.parse_audio(_to_mp3(response.body, request_id, billed), text)
            return responses.synthesized_audio(text, audio, [], billed_characters=billed, request_id=request_id)

    def _request_id_and_bill(self, response: HttpResponse, text: str) -> tuple[str | None, int]:
        """Return a good response's id and billed characters. Raises ProviderError."""
        request_id = self._http.request_id(response.headers)
        if response.status != 200:
            raise openai_errors.classify_error(response, request_id)
        return request_id, len(text) if self._is_billed else 0


def _to_mp3(data: bytes, request_id: str | None, billed: int) -> bytes:
    """Return the bytes as MP3, whatever their Content-Type. Raises ProviderUnavailableError for other formats, ValueError."""
    other = next((name for magic, name in _OTHER_FORMATS.items() if data.startswith(magic)), None)
    if data[4:8] == b"ftyp":
        other = "MP4"
    if other is not None:
        raise _wrong_format(f"returns {other}; use one that can return MP3", request_id, billed)
    if not (data.startswith(b"RIFF") and data[8:12] == b"WAVE"):
        return data
    samples, sample_rate = lame.decode_wav(data)
    try:
        return lame.encode(samples, sample_rate)
    except ImportError:
        reason = "returns WAV, and lameenc is not installed to convert it to MP3"
        raise _wrong_format(reason, request_id, billed) from None


def _wrong_format(reason: str, request_id: str | None, billed: int) -> ProviderUnavailableError:
    return ProviderUnavailableError(
        f"the speech server {reason}",
        reason="wrong_format",
        open_breaker=True,
        request_id=request_id,
        billed_characters=billed,
    )


def _spoken_words(timestamps: object) -> Iterator[SpokenWord]:
    """Convert Kokoro-FastAPI's `{word, start_time, end_time}`, in seconds of the samples; adds the encoder's delay."""
    for entry in timestamps if isinstance(timestamps, list) else ():
        start_s, end_s = float(entry["start_time"]), float(entry["end_time"])
        if 0 <= start_s <= end_s < float("inf"):
            start_ms, end_ms = (round(time_s * 1_000) + lame.ENCODER_DELAY_MS for time_s in (start_s, end_s))
            yield SpokenWord(str(entry["word"]), start_ms, end_ms)


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _parse_voices(body: bytes) -> Iterator[Voice]:
    """Parse `{"voices": […]}`, `{"data": […]}` or a bare list, of names or of objects."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    records = (document.get("voices") or document.get("data")) if isinstance(document, dict) else document
    for record in records if isinstance(records, list) else ():
        entry: Mapping[str, Any] = record if isinstance(record, dict) else {"id": record}
        key = entry.get("id") or entry.get("voice_id") or entry.get("name")
        if not isinstance(key, str):
            continue
        kokoro = kokoro_voices.voice_from_key(key)
        language = entry.get("language") or entry.get("locale") or (kokoro.language if kokoro else languages.MULTIPLE)
        gender_name = str(entry.get("gender", "")).lower()
        gender: Gender | None = "female" if gender_name == "female" else "male" if gender_name == "male" else None
        name = str(entry.get("name") or (kokoro.name if kokoro else key))
        yield Voice(f"openai:{key}", name, str(language), gender or (kokoro.gender if kokoro else None))
