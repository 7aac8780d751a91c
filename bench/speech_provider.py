"""A voice provider for measurements: it speaks Speechify's contract and takes the time it is told to."""

from __future__ import annotations

import base64
import json
import sys
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chalicelib.speech.audio import mp3
from tests.fakes.speechify import mp3_of, speech_marks

CHARACTERS_PER_S = 16.5
FIRST_BYTE_S = 0.5
TIMES_REAL_TIME = 15.0
LONGEST_MS = 120_000


@cache
def longest() -> mp3.Audio:
    return mp3.parse(mp3_of(LONGEST_MS))


def spoken(text: str) -> bytes:
    """The answer for a text: frames of a tone that was encoded once."""
    audio = longest()
    duration_ms = max(200, round(len(text) / CHARACTERS_PER_S * 1_000))
    count = min(audio.frame_count - 1, duration_ms // 24 + 1)
    frames = audio.frames[: mp3.frame_offsets(audio.frames)[count]]
    answer = {
        "audio_data": base64.b64encode(frames).decode(),
        "audio_format": "mp3",
        "billable_characters_count": len(text),
        "speech_marks": speech_marks(text, count * 24),
    }
    return json.dumps(answer).encode()


def serve(port: int, concurrency: int) -> None:
    speaking = threading.Semaphore(concurrency)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

        def do_POST(self) -> None:
            began = time.monotonic()
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
            if not speaking.acquire(blocking=False):
                self._answer(429, b'{"error":{"code":"concurrency_limit_reached","message":"too many"}}')
                return
            try:
                body = spoken(text)
                due = began + FIRST_BYTE_S + len(text) / CHARACTERS_PER_S / TIMES_REAL_TIME
                time.sleep(max(0.0, due - time.monotonic()))
            finally:
                speaking.release()
            self._answer(200, body)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    longest()
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
