"""A voice provider for measurements: Speechify's API with configured response times."""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from collections import deque
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chalicelib.speech.audio import mp3
from tests.fakes.speechify import mp3_of, speech_marks

CHARACTERS_PER_S = 16.5
FIRST_BYTE_S = 0.5
TIMES_REAL_TIME = 15.0
MAX_AUDIO_MS = 120_000


@cache
def tone() -> mp3.Audio:
    return mp3.parse(mp3_of(MAX_AUDIO_MS))


def response_for(text: str) -> bytes:
    """Return the response for a text: frames of a tone that is encoded once."""
    audio = tone()
    duration_ms = max(200, round(len(text) / CHARACTERS_PER_S * 1_000))
    count = min(audio.frame_count - 1, duration_ms // 24 + 1)
    frames = audio.frames[: mp3.frame_offsets(audio.frames)[count]]
    response = {
        "audio_data": base64.b64encode(frames).decode(),
        "audio_format": "mp3",
        "billable_characters_count": len(text),
        "speech_marks": speech_marks(text, count * 24),
    }
    return json.dumps(response).encode()


class Rate:
    """The starts of the last second, at most so many."""

    def __init__(self, per_second: int) -> None:
        self._lock = threading.Lock()
        self._starts: deque[float] = deque(maxlen=per_second)

    def admits(self, now: float) -> bool:
        with self._lock:
            if len(self._starts) == self._starts.maxlen and now - self._starts[0] < 1:
                return False
            self._starts.append(now)
            return True


def serve(port: int, concurrency: int, per_second: int) -> None:
    slots, rate = threading.Semaphore(concurrency), Rate(per_second)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Print nothing."""

        def do_POST(self) -> None:
            started_at = time.monotonic()
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
            if not rate.admits(started_at):
                self._respond(429, b'{"error":{"code":"rate_limit_reached","message":"too many"}}')
                return
            if not slots.acquire(blocking=False):
                self._respond(429, b'{"error":{"code":"concurrency_limit_reached","message":"too many"}}')
                return
            try:
                body = response_for(text)
                due = started_at + FIRST_BYTE_S + len(text) / CHARACTERS_PER_S / TIMES_REAL_TIME
                time.sleep(max(0.0, due - time.monotonic()))
            finally:
                slots.release()
            self._respond(200, body)

        def _respond(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    tone()  # encode it before the first call
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(*map(int, sys.argv[1:]))
