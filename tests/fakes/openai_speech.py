"""Fake of OpenAI's `/v1/audio/speech`, in the variants of the servers that people run.

`kokoro` has captions in seconds, words as its normaliser left them, and FastAPI's errors; `plain` has OpenAI's errors and no
captions; `localai` returns WAV, whatever was requested; `strict` rejects `response_format`.
"""

import base64
import io
import json
import math
import re
import wave
from array import array
from typing import Any, Literal

from tests.fakes.scripted import CHARACTERS_PER_SECOND, Call, FakeProvider, Fault, ScriptedHandler
from tests.fakes.speechify import mp3_of

API_KEY = "sk-own-server"
MAX_INPUT = 4_096
VOICES = ("af_heart", "bm_george", "ff_siwis", "jf_alpha", "zf_xiaoxiao")
MODELS = ("kokoro", "tts-1", "tts-1-hd")
Kind = Literal["kokoro", "plain", "localai", "strict"]
VBR = Fault("vbr")  # the bit rate changes from frame to frame
OTHER_FORMAT = Fault("other_format")  # Ogg, although MP3 was requested
CHIME = Fault("chime")  # valid MP3 of 200 ms, whatever the text
LATE_MARKS = Fault("late_marks")  # captions beyond the end of the audio


class FakeOpenAISpeech(FakeProvider):
    def __init__(self, kind: Kind = "plain", *, voice_list: str = "/v1/audio/voices", **behaviour: Any) -> None:
        super().__init__(_Handler, **behaviour)
        self.kind = kind
        self.voice_list = voice_list


class _Handler(ScriptedHandler):
    fake: FakeOpenAISpeech

    def get(self) -> None:
        if self._is_unauthorized():
            self._send_error(401, "invalid_api_key", "Incorrect API key provided.")
        elif self.path == self.fake.voice_list:
            self.send(200, json.dumps(_voices(self.fake.kind)).encode(), "application/json")
        else:
            self._send_error(404, "not_found", "Not Found")

    def post(self) -> None:
        body = json.loads(self.body())
        captioned = self.path == "/dev/captioned_speech" and self.fake.kind == "kokoro"
        if not captioned and self.path != "/v1/audio/speech":
            self._send_error(404, "not_found", "Not Found")
            return
        fault = self.fake.next_fault()
        problem = (
            (401, "invalid_api_key", "Incorrect API key provided.")
            if self._is_unauthorized()
            else self._validation_error(body)
        )
        if problem is None and fault is not None and fault.name == "error":
            problem = (fault.status, fault.code, f"It is {fault.code}.")
        billed = 0 if problem or (fault and fault.name == "hang_up") else len(body["input"])
        self.fake.calls.append(Call(body, dict(self.headers), problem[0] if problem else 200, billed))
        if problem:
            self._send_error(*problem, headers=fault.headers if fault else {})
            return
        self.fake.speak_for(body["input"])
        if captioned:
            self.deliver(json.dumps(_captioned(body["input"], fault)).encode(), "application/json", fault)
        else:  # the Content-Type is the requested one, not the actual one
            self.deliver(_audio(body["input"], fault, wav=self.fake.kind == "localai"), "audio/mpeg", fault)

    def send_head(self, status: int, length: int, kind: str, headers: dict[str, str] | None = None) -> None:
        super().send_head(status, length, kind, {"X-Request-Id": "req_own_1", **(headers or {})})

    def _is_unauthorized(self) -> bool:
        return self.headers.get("Authorization") != f"Bearer {API_KEY}"

    def _validation_error(self, body: dict[str, Any]) -> tuple[int, str, str] | None:
        if self.fake.kind == "strict" and "response_format" in body:
            return 400, "bad_request", "Unknown field: response_format"
        if body.get("model") not in MODELS:
            return 400, "invalid_model", f"Unsupported model: {body.get('model')}"
        if body["voice"] not in VOICES:
            return 400, "validation_error", f"Voice '{body['voice']}' not found. Available voices: {', '.join(VOICES)}"
        return None if 0 < len(body["input"]) <= MAX_INPUT else (400, "string_too_long", "Input is too long.")

    def _send_error(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        if self.fake.kind == "kokoro":
            document: dict[str, Any] = {"detail": {"error": code, "message": message, "type": "invalid_request_error"}}
        else:
            document = {"error": {"code": code, "message": message, "type": "invalid_request_error", "param": None}}
        self.send(status, json.dumps(document).encode(), "application/json", headers)


def _voices(kind: Kind) -> Any:
    if kind == "kokoro":
        return {"voices": [{"id": key, "name": key} for key in VOICES]}
    if kind == "localai":
        return [{"name": "Anna", "id": "anna", "language": "de-DE", "gender": "Female"}, {"nothing": "useful"}]
    return {"voices": [*VOICES, "alloy"]}


def _duration_ms(text: str) -> int:
    return max(200, round(len(text) / CHARACTERS_PER_SECOND * 1_000))


def _audio(text: str, fault: Fault | None, *, wav: bool = False) -> bytes:
    name, duration_ms = fault.name if fault else "", _duration_ms(text)
    if name == "other_format":
        return b"OggS" + bytes(2_000)
    if name == "chime":
        return mp3_of(200, 24_000, 128)
    if name == "vbr":
        return mp3_of(duration_ms // 2, 24_000, 64) + mp3_of(duration_ms // 2, 24_000, 48)
    if wav:
        return wav_of(duration_ms)
    audio = mp3_of(duration_ms, 22_050 if name == "wrong_rate" else 24_000, 128)
    return audio[: len(audio) // 2 + 50] if name.startswith("half_mp3") else audio


def _captioned(text: str, fault: Fault | None) -> dict[str, Any]:
    """Return words as spoken: `$5` is "five dollars", punctuation is a word, too."""
    name, duration_ms = fault.name if fault else "", _duration_ms(text)
    words = []
    for match in re.finditer(r"\$5|[\w'’\-]+|[^\w\s]", text):
        start = duration_ms * match.start() / len(text) / 1_000
        end = duration_ms * match.end() / len(text) / 1_000
        if name == "late_marks":
            start, end = 2 * start + 1, 2 * end + 1
        values = ("five", "dollars") if match[0] == "$5" else (match[0],)
        words += [{"word": value, "start_time": start, "end_time": end} for value in values]
    if name in ("no_marks", "half_mp3_without_marks"):
        words = []
    return {
        "audio": "no base64 at all!" if name == "not_base64" else base64.b64encode(_audio(text, fault)).decode(),
        "audio_format": "audio/mpeg",
        "timestamps": words,
    }


def wav_of(duration_ms: int, sample_rate: int = 22_050, channels: int = 1) -> bytes:
    """Return a quiet tone as WAV."""
    period = array("h", (round(3_000 * math.sin(2 * math.pi * n / 60)) for n in range(60)))
    samples = sample_rate * duration_ms // 1_000 * channels
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(sample_rate)
        out.writeframes((period * (samples // 60 + 1)).tobytes()[: 2 * samples])
    return file.getvalue()
