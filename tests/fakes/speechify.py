"""A server that speaks Speechify's HTTP contract, error table included, and fails on command.

It listens on a free port of the loopback interface. What it answers is real: MP3 of the length the text deserves, with an ID3 tag
and an Info frame in front as encoders write them, and nested word marks whose pieces touch inside hyphenated words.
"""

import base64
import json
import math
import re
import struct
import sys
import threading
import time
from array import array
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

API_KEY = "sk_test_0123456789abcdef"
CHARACTERS_PER_SECOND = 16.5
MAX_INPUT = 2_000
CURATED = ("beatrice_32", "dominic_32", "edmund_32", "geffen_32", "harper_32", "hugh_32", "imogen_32", "wyatt_32")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong with one call."""

    name: str
    status: int = 200
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def error(status: int, code: str, *, retry_after: str | None = None) -> Fault:
    return Fault("error", status, code, {"Retry-After": retry_after} if retry_after else {})


def slow(seconds: float) -> Fault:
    """The answer is right, and late."""
    return Fault("slow", seconds=seconds)


def slow_body(seconds: float) -> Fault:
    """The head comes at once, the body drop by drop over this time."""
    return Fault("slow_body", seconds=seconds)


def stall(seconds: float) -> Fault:
    """Half of the answer comes at once, then nothing for this time."""
    return Fault("stall", seconds=seconds)


HTML = Fault("html")  # 200 with a web page, as a captive portal sends it
CUT_BODY = Fault("cut_body")  # the connection ends in the middle of the answer
HANG_UP = Fault("hang_up")  # the connection ends without any answer
HALF_MP3 = Fault("half_mp3")  # valid JSON, whole marks, half of the audio
HALF_MP3_WITHOUT_MARKS = Fault("half_mp3_without_marks")
WRONG_RATE = Fault("wrong_rate")  # 22,050 Hz although 24,000 were ordered
NO_MARKS = Fault("no_marks")
NOT_BASE64 = Fault("not_base64")
OVERSIZED = Fault("oversized")
REDIRECT = Fault("redirect")


@dataclass(frozen=True)
class Call:
    """One POST as it arrived, and how it was answered."""

    body: dict[str, Any]
    headers: dict[str, str]
    status: int
    billed_characters: int


class FakeSpeechify:
    """Start it with `with`; script faults for the next calls; read what was called and what it cost."""

    def __init__(
        self,
        *,
        concurrency: int = 15,
        first_byte_s: float = 0.0,
        times_real_time: float = math.inf,
    ) -> None:
        self.concurrency = concurrency
        self.first_byte_s = first_byte_s
        self.times_real_time = times_real_time
        self.calls: list[Call] = []
        self.pages_read = 0
        self._faults: deque[Fault | None] = deque()
        self._speaking = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def billed_characters(self) -> int:
        return sum(call.billed_characters for call in self.calls)

    def script(self, *faults: Fault | None) -> None:
        """What happens to the next calls, in order; None is a call that goes well."""
        self._faults.extend(faults)

    def next_fault(self) -> Fault | None:
        with self._lock:
            return self._faults.popleft() if self._faults else None

    def begin(self) -> bool:
        with self._lock:
            if self._speaking >= self.concurrency:
                return False
            self._speaking += 1
            return True

    def finish(self) -> None:
        with self._lock:
            self._speaking -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle is part of the tests; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(fake: FakeSpeechify) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Tests read `calls`; nothing is printed."""

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if problem := self._stranger():
                self._send_error(*problem)
            elif url.path == "/v1/voices":
                fake.pages_read += 1
                self._send(200, _voices_page({name: values[-1] for name, values in parse_qs(url.query).items()}))
            else:
                self._send_error(404, "not_found")

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            try:
                body = json.loads(raw)
            except ValueError:
                body = {}
            fault = fake.next_fault()
            problem = self._stranger() or (None if self.path == "/v1/audio/speech" else (404, "not_found"))
            problem = problem or _invalid(body)
            if problem is None and fault is not None and fault.name == "error":
                problem = (fault.status, fault.code)
            entered = problem is None and fake.begin()
            if problem is None and not entered:
                problem = (429, "concurrency_limit_reached")
            status, billed = (problem[0], 0) if problem else (200, len(body["input"]))
            if fault is not None and fault.name == "hang_up":
                status, billed = 0, 0
            fake.calls.append(Call(body, dict(self.headers), status, billed))
            try:
                if problem:
                    self._send_error(*problem, headers=fault.headers if fault else {})
                else:
                    self._speak(body["input"], fault)
            finally:
                if entered:
                    fake.finish()

        def _stranger(self) -> tuple[int, str] | None:
            if self.headers.get("Authorization") != f"Bearer {API_KEY}":
                return 401, "unauthorized"
            return None if self.headers.get("Speechify-Version") else (400, "validation_failed")

        def _speak(self, text: str, fault: Fault | None) -> None:
            name = fault.name if fault else ""
            answer = _answer(text, name)
            time.sleep(fake.first_byte_s + len(text) / CHARACTERS_PER_SECOND / fake.times_real_time)
            if name == "slow" and fault:
                time.sleep(fault.seconds)
            raw = json.dumps(answer).encode()
            match name:
                case "html":
                    self._send_raw(200, b"<!doctype html><title>Sign in</title>", "text/html")
                case "redirect":
                    self._send_raw(302, b"", "text/plain", {"Location": "http://127.0.0.1:9/elsewhere"})
                case "hang_up":
                    self.close_connection = True
                case "cut_body":
                    self._send_head(200, len(raw), "application/json")
                    self.wfile.write(raw[: len(raw) // 2])
                    self.close_connection = True
                case "slow_body":
                    assert fault is not None
                    self._send_head(200, len(raw), "application/json")
                    step = math.ceil(len(raw) / 20)
                    for start in range(0, len(raw), step):
                        time.sleep(fault.seconds / 20)
                        self.wfile.write(raw[start : start + step])
                case "stall":
                    assert fault is not None
                    self._send_head(200, len(raw), "application/json")
                    self.wfile.write(raw[: len(raw) // 2])
                    time.sleep(fault.seconds)
                    self.close_connection = True
                case "oversized":
                    self._send_raw(200, b" " * (9 * 1024**2), "application/json")
                case _:
                    self._send_raw(200, raw, "application/json")

        def _send(self, status: int, answer: dict[str, Any], headers: dict[str, str] | None = None) -> None:
            self._send_raw(status, json.dumps(answer).encode(), "application/json", headers)

        def _send_error(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
            self._send(
                status, {"error": {"code": code, "message": f"It is {code}."}, "request_id": _REQUEST_ID}, headers
            )

        def _send_raw(self, status: int, raw: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
            self._send_head(status, len(raw), kind, headers)
            self.wfile.write(raw)

        def _send_head(self, status: int, length: int, kind: str, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
            self.send_header("Speechify-Request-Id", _REQUEST_ID)
            for header, value in (headers or {}).items():
                self.send_header(header, value)
            self.end_headers()

    return Handler


_REQUEST_ID = "req_fake_1"


def _invalid(body: dict[str, Any]) -> tuple[int, str] | None:
    text, voice, model = body.get("input"), body.get("voice_id"), body.get("model", "simba-3.0")
    if not isinstance(text, str) or not 0 < len(text) <= MAX_INPUT or not isinstance(voice, str):
        return 400, "validation_failed"
    record = next((record for record in _VOICES if record["id"] == voice), None)
    if record is None:
        return 404, "voice_not_found"
    if model not in [spoken["name"] for spoken in record["models"]]:
        return 400, "validation_failed"
    if body.get("output_format") != "mp3_24000_64" or not str(body.get("language", "en")).startswith("en"):
        return 400, "validation_failed"
    return None if re.search(r"[^\W_]", text) else (502, "upstream_failure")


def _answer(text: str, fault: str) -> dict[str, Any]:
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
    """Word times in the documented shape: nested, in ms, with gaps, hyphenated words in touching pieces."""
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
    """A quiet tone of at least this length, with the ID3 tag and Info frame that encoders put in front."""
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
    *(_record(f"voice{n:03}", "female" if n % 2 else "male", "fr-FR", "simba-multilingual") for n in range(442)),
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
