"""Fake of Speechify's HTTP API, including its errors, that fails on command.

It listens on a free port of the loopback interface. Its responses are real: MP3 as long as speech of the text would be, with an
ID3 tag and an Info frame as encoders write them, and nested word marks that touch inside hyphenated words.
"""

import base64
import json
import math
import re
import struct
from array import array
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fakes.scripted import (
    CHARACTERS_PER_SECOND,
    CUT_BODY,
    HALF_MP3,
    HALF_MP3_WITHOUT_MARKS,
    HANG_UP,
    HTML,
    NO_MARKS,
    NOT_BASE64,
    OVERSIZED,
    REDIRECT,
    WRONG_RATE,
    Call,
    FakeProvider,
    Fault,
    ScriptedHandler,
    error,
    slow,
    slow_body,
    stall,
)

__all__ = [
    "API_KEY",
    "CHARACTERS_PER_SECOND",
    "CURATED",
    "CUT_BODY",
    "HALF_MP3",
    "HALF_MP3_WITHOUT_MARKS",
    "HANG_UP",
    "HTML",
    "NOT_BASE64",
    "NO_MARKS",
    "OVERSIZED",
    "REDIRECT",
    "SOLD",
    "WRONG_RATE",
    "FakeSpeechify",
    "Fault",
    "error",
    "mp3_of",
    "slow",
    "slow_body",
    "speech_marks",
    "stall",
]  # so that a test imports one fake only

API_KEY = "sk_test_0123456789abcdef"
MAX_INPUT = 2_000
CURATED = ("beatrice_32", "dominic_32", "edmund_32", "geffen_32", "harper_32", "hugh_32", "imogen_32", "wyatt_32")
SOLD = ("de-DE", "es-ES", "es-MX", "fr-FR", "it-IT", "pt-BR")
_REQUEST_ID = "req_fake_1"


class FakeSpeechify(FakeProvider):
    """`pages_read` counts the requested pages of the voice list."""

    def __init__(self, **behaviour: Any) -> None:
        super().__init__(_Handler, **behaviour)
        self.pages_read = 0


class _Handler(ScriptedHandler):
    fake: FakeSpeechify

    def get(self) -> None:
        url = urlsplit(self.path)
        if problem := self._authorization_error():
            self._send_error(*problem)
        elif url.path == "/v1/voices":
            self.fake.pages_read += 1
            self._send(200, _voices_page({name: values[-1] for name, values in parse_qs(url.query).items()}))
        else:
            self._send_error(404, "not_found")

    def post(self) -> None:
        try:
            body = json.loads(self.body())
        except ValueError:
            body = {}
        fault = self.fake.next_fault()
        problem = self._authorization_error() or (None if self.path == "/v1/audio/speech" else (404, "not_found"))
        problem = problem or _validation_error(body)
        if problem is None and fault is not None and fault.name == "error":
            problem = (fault.status, fault.code)
        is_started = problem is None and self.fake.start_call()
        if problem is None and not is_started:
            problem = (429, "concurrency_limit_reached")
        status, billed = (problem[0], 0) if problem else (200, len(body["input"]))
        if fault is not None and fault.name == "hang_up":
            status, billed = 0, 0
        self.fake.calls.append(Call(body, dict(self.headers), status, billed, fault.name if fault else ""))
        try:
            if problem:
                self._send_error(*problem, headers=fault.headers if fault else {})
            else:
                document = _synthesize(body["input"], fault.name if fault else "")
                self.fake.speak_for(body["input"])
                self.deliver(json.dumps(document).encode(), "application/json", fault)
        finally:
            if is_started:
                self.fake.end_call()

    def send_head(self, status: int, length: int, kind: str, headers: dict[str, str] | None = None) -> None:
        super().send_head(status, length, kind, {"Speechify-Request-Id": _REQUEST_ID, **(headers or {})})

    def _authorization_error(self) -> tuple[int, str] | None:
        if self.headers.get("Authorization") != f"Bearer {API_KEY}":
            return 401, "unauthorized"
        return None if self.headers.get("Speechify-Version") else (400, "validation_failed")

    def _send(self, status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self.send(status, json.dumps(document).encode(), "application/json", headers)

    def _send_error(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        self._send(status, {"error": {"code": code, "message": f"It is {code}."}, "request_id": _REQUEST_ID}, headers)


def _validation_error(body: dict[str, Any]) -> tuple[int, str] | None:
    text, voice, model = body.get("input"), body.get("voice_id"), body.get("model", "simba-3.0")
    if not isinstance(text, str) or not 0 < len(text) <= MAX_INPUT or not isinstance(voice, str):
        return 400, "validation_failed"
    record = next((record for record in _VOICES if record["id"] == voice), None)
    if record is None:
        return 404, "voice_not_found"
    if model not in [entry["name"] for entry in record["models"]]:
        return 400, "validation_failed"
    spoken = str(body.get("language", record["locale"])).partition("-")[0]
    if body.get("output_format") != "mp3_24000_64" or spoken != record["locale"].partition("-")[0]:
        return 400, "validation_failed"
    return None if re.search(r"[^\W_]", text) else (502, "upstream_failure")


def _synthesize(text: str, fault: str) -> dict[str, Any]:
    duration_ms = max(200, round(len(text) / CHARACTERS_PER_SECOND * 1_000))
    audio = mp3_of(duration_ms, 22_050 if fault == "wrong_rate" else 24_000)
    if fault in ("half_mp3", "half_mp3_without_marks"):
        audio = audio[: len(audio) // 2 + 50]
    marks = speech_marks(text, duration_ms) if fault not in ("no_marks", "half_mp3_without_marks") else {}
    data = "Это не base64" if fault == "not_base64" else base64.b64encode(audio).decode()
    return {
        "audio_data": data,
        "audio_format": "mp3",
        "billable_characters_count": len(text),
        "speech_marks": marks,
    }


def speech_marks(text: str, duration_ms: int) -> dict[str, Any]:
    """Return word times as documented: nested, in ms, hyphenated words in touching chunks."""
    chunks = [
        {
            "type": "word",
            "value": "and" if match[0] == "&" else match[0],  # a value is the word as pronounced
            "start": match.start(),
            "end": match.end(),
            "start_time": duration_ms * match.start() // len(text),
            "end_time": duration_ms * match.end() // len(text),
        }
        for match in re.finditer(r"[\w'’]+|(?<=\w)-(?=\w)|&", text)
    ]
    whole = {"start": 0, "end": len(text), "start_time": 0, "end_time": duration_ms}
    return {"type": "sentence", "value": text, **whole, "chunks": chunks}


@lru_cache(maxsize=256)
def mp3_of(duration_ms: int, sample_rate: int = 24_000, kbps: int = 64) -> bytes:
    """Return a quiet tone of this length, after the usual ID3 tag and Info frame."""
    import lameenc

    period = array("h", (round(3_000 * math.sin(2 * math.pi * n / 60)) for n in range(60)))
    samples = sample_rate * duration_ms // 1_000
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_in_sample_rate(sample_rate)
    encoder.set_out_sample_rate(sample_rate)
    encoder.set_bit_rate(kbps)
    encoder.set_quality(9)
    frames = bytes(encoder.encode((period * (samples // 60 + 1)).tobytes()[: 2 * samples]) + encoder.flush())
    info = frames[:4] + bytes(9) + b"Info" + struct.pack(">III", 3, 1, len(frames))  # claims to be one frame long
    tag = b"ID3\x04\0\0\0\0\0\x0aTSSE\0\0\0\0\0\0"
    length = 72 * kbps * 1_000 // sample_rate + (frames[2] >> 1 & 1)
    return tag + info.ljust(length, b"\0") + frames


def _record(key: str, gender: str, locale: str, *models: str) -> dict[str, Any]:
    return {
        "id": key,
        "display_name": key.partition("_")[0].title(),
        "gender": gender,
        "locale": locale,
        "type": "shared",
        "models": [{"name": model, "languages": [{"locale": locale}]} for model in models],
    }


_VOICES = [
    *(_record(key, "notSpecified", "en-GB", "simba-english", "simba-3.0", "simba-3.2") for key in CURATED),
    *(
        _record(
            f"{locale[-2:].lower()}{n}_30", "male" if n % 3 == 0 else "female", locale, "simba-english", "simba-3.0"
        )
        for locale in SOLD
        for n in range(6)
    ),
    *(_record(f"voice{n:03}", "female" if n % 2 else "male", "fr-FR", "simba-multilingual") for n in range(406)),
]


def _voices_page(query: dict[str, str]) -> dict[str, Any]:
    start, limit = int(query.get("cursor", "0")), min(int(query.get("limit", "50")), 200)
    following = start + limit
    has_more = following < len(_VOICES)
    return {
        "voices": _VOICES[start:following],
        "next_cursor": str(following) if has_more else None,
        "has_more": has_more,
    }
