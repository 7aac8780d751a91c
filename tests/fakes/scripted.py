"""Base of the fake providers: a local HTTP server with scripted faults that counts calls."""

import math
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.loopback import Loopback

CHARACTERS_PER_SECOND = 66.0  # four times as fast as a person: shorter audio is decoded, levelled and joined sooner


@dataclass(frozen=True)
class Fault:
    """A fault of one call."""

    name: str
    status: int = 200
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def error(status: int, code: str, *, retry_after: str | None = None) -> Fault:
    return Fault("error", status, code, {"Retry-After": retry_after} if retry_after else {})


def slow(seconds: float) -> Fault:
    """Send a correct response, but late."""
    return Fault("slow", seconds=seconds)


def slow_body(seconds: float) -> Fault:
    """Send the head at once, and the body in small chunks over this time."""
    return Fault("slow_body", seconds=seconds)


def stall(seconds: float) -> Fault:
    """Send half of the response at once, then nothing for this time."""
    return Fault("stall", seconds=seconds)


HTML = Fault("html")  # 200 with a web page, as from a captive portal
CUT_BODY = Fault("cut_body")  # the connection ends in the middle of the response
HANG_UP = Fault("hang_up")  # the connection ends without any response
HALF_MP3 = Fault("half_mp3")  # valid JSON, complete marks, half of the audio
HALF_MP3_WITHOUT_MARKS = Fault("half_mp3_without_marks")
WRONG_RATE = Fault("wrong_rate")  # 22,050 Hz although 24,000 were requested
NO_MARKS = Fault("no_marks")
NOT_BASE64 = Fault("not_base64")
OVERSIZED = Fault("oversized")
REDIRECT = Fault("redirect")


@dataclass(frozen=True)
class Call:
    """A POST request, the status and bill of its response, and the fault that broke it, if any."""

    body: dict[str, Any]
    headers: dict[str, str]
    status: int
    billed_characters: int
    fault: str = ""


class FakeProvider(Loopback):
    """Start it with `with`, script faults, then read the calls and their cost."""

    def __init__(
        self,
        handler: type["ScriptedHandler"],
        *,
        concurrency: int = 15,
        first_byte_s: float = 0.0,
        times_real_time: float = math.inf,
    ) -> None:
        super().__init__(handler)
        self.concurrency = concurrency
        self.first_byte_s = first_byte_s
        self.times_real_time = times_real_time
        self.calls: list[Call] = []
        self.otherwise: Fault | None = None  # the fault of every call that is not scripted
        self._faults: deque[Fault | None] = deque()
        self._active_calls = 0
        self._lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def billed_characters(self) -> int:
        return sum(call.billed_characters for call in self.calls)

    def script(self, *faults: Fault | None) -> None:
        """Script the faults of the next calls, in order; None is a call that succeeds."""
        self._faults.extend(faults)

    def next_fault(self) -> Fault | None:
        with self._lock:
            return self._faults.popleft() if self._faults else self.otherwise

    def start_call(self) -> bool:
        with self._lock:
            if self._active_calls >= self.concurrency:
                return False
            self._active_calls += 1
            return True

    def end_call(self) -> None:
        with self._lock:
            self._active_calls -= 1

    def speak_for(self, text: str) -> None:
        """Sleep as long as synthesis takes."""
        time.sleep(self.first_byte_s + len(text) / CHARACTERS_PER_SECOND / self.times_real_time)


class ScriptedHandler(BaseHTTPRequestHandler):
    """Handler of one connection. Subclasses implement a provider's API; this class breaks the responses."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: FakeProvider

    def log_message(self, *_: object) -> None:
        """Print nothing: tests read `calls`."""

    def do_GET(self) -> None:
        self.get()

    def do_POST(self) -> None:
        self.post()

    def get(self) -> None:
        raise NotImplementedError

    def post(self) -> None:
        raise NotImplementedError

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def deliver(self, raw: bytes, kind: str, fault: Fault | None, headers: dict[str, str] | None = None) -> None:
        """Send a good response, broken by the fault."""
        seconds = fault.seconds if fault else 0.0
        match fault.name if fault else "":
            case "slow":
                time.sleep(seconds)
                self.send(200, raw, kind, headers)
            case "html":
                self.send(200, b"<!doctype html><title>Sign in</title>", "text/html", headers)
            case "redirect":
                self.send(302, b"", "text/plain", {"Location": "http://127.0.0.1:9/elsewhere"})
            case "hang_up":
                self.close_connection = True
            case "cut_body":
                self.send_head(200, len(raw), kind, headers)
                self.wfile.write(raw[: len(raw) // 2])
                self.close_connection = True
            case "slow_body":
                self.send_head(200, len(raw), kind, headers)
                step = math.ceil(len(raw) / 20)
                for start in range(0, len(raw), step):
                    time.sleep(seconds / 20)
                    self.wfile.write(raw[start : start + step])
            case "stall":
                self.send_head(200, len(raw), kind, headers)
                self.wfile.write(raw[: len(raw) // 2])
                time.sleep(seconds)
                self.close_connection = True
            case "oversized":
                self.send(200, b" " * (17 * 1024**2), kind, headers)
            case _:
                self.send(200, raw, kind, headers)

    def send(self, status: int, raw: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_head(status, len(raw), kind, headers)
        self.wfile.write(raw)

    def send_head(self, status: int, length: int, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for header, value in (headers or {}).items():
            self.send_header(header, value)
        self.end_headers()
