"""The recipes of docs/playing.md in a real browser: what grows is heard to its end, words are shown when they are said.

What they need is installed by `chromium`; where that is missing they are skipped and say which.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
import requests

from chalicelib.speech.audio import mp3, playlist
from tests.browser.engines import drive
from tests.browser.test_uploads import PAGE_ORIGIN
from tests.fakes.speechify import mp3_of
from tests.support.api_uploader import Uploader
from tests.support.local_stack import RunningStack, until

RATE = 2  # twice as fast as it is spoken: half the time to wait
STORY = (
    "The harbour light turns slowly over the water, and every boat that comes home tonight knows it by its rhythm. "
    "Naïve café owners 👩‍🚀 count the gulls; nobody counts the waves.\n\n"
    "The keeper climbs one hundred and twelve steps. He writes the hour into his book, trims the lamp and goes to sleep. "
    "In winter the sea comes up to the door."
)


def run(chromium: str, api: str, token: str, job_id: str, recipe: str, **more: Any) -> dict[str, Any]:
    """What was heard and shown; see play.mjs."""
    job = {"recipe": recipe, "api": api, "token": token, "origin": PAGE_ORIGIN, "chromium": chromium, "jobId": job_id}
    return drive("play.mjs", {**job, "rate": RATE, "patienceMs": 90_000, **more}, timeout_s=150)


# ---- a playlist that grows as slowly as a provider speaks --------------------------------------------------------------


class SlowSpeech(ThreadingHTTPServer):
    """An API that knows one reading, of which a further segment is there every `EVERY_S` seconds."""

    LENGTHS_MS = (13_000, 10_000, 8_000, 6_000)  # the first one as long as 220 characters take
    EVERY_S = 2.0
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.segments: list[list[playlist.HlsSegment]] = []
        start_ms = 0
        for index, length_ms in enumerate(self.LENGTHS_MS):
            audio = mp3.parse(mp3_of(length_ms))
            self.segments.append(
                playlist.split_audio(audio, start_ms=start_ms, max_ms=playlist.max_hls_segment_ms(index, 0))
            )
            start_ms += audio.duration_ms
        self.duration_ms = start_ms
        self.began: float | None = None

    def now(self) -> str | None:
        """The playlist; None before the first segment is there."""
        self.began = self.began or time.monotonic()
        ready = min(len(self.segments), int((time.monotonic() - self.began) / self.EVERY_S))
        parts = [
            (f"parts/{index}-{number}.mp3?t=x", part.duration_ms)
            for index, segment in enumerate(self.segments[:ready])
            for number, part in enumerate(segment)
        ]
        return playlist.render(parts, is_closed=ready == len(self.segments)) if ready else None


class _Handler(BaseHTTPRequestHandler):
    server: SlowSpeech

    def do_OPTIONS(self) -> None:
        self._answer(204, b"", "text/plain")

    def do_POST(self) -> None:
        self._answer(200, b'{"token": "x", "path": "/"}', "application/json")

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("playlist.m3u8"):
            text = self.server.now()
            self._answer(409 if text is None else 200, (text or "{}").encode(), "application/vnd.apple.mpegurl")
        elif "/parts/" in path:
            self._answer(302, b"", "text/plain", location=path.replace("/parts/", "/stored/"))
        else:
            index, number = re.findall(r"(\d+)-(\d+)\.mp3", path)[0]
            self._answer(200, self.server.segments[int(index)][int(number)].data, "audio/mpeg")

    def _answer(self, status: int, body: bytes, media_type: str, *, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*, Authorization")
        self.send_header("Access-Control-Expose-Headers", "Retry-After")
        self.send_header("Cache-Control", "no-store")
        if status == 409:
            self.send_header("Retry-After", "1")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: tests tell what they saw."""


@pytest.fixture
def slow_speech() -> Iterator[SlowSpeech]:
    server = SlowSpeech()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_playlist_that_grows_is_heard_to_its_end_without_a_stall(chromium: str, slow_speech: SlowSpeech) -> None:
    seen = run(chromium, f"http://127.0.0.1:{slow_speech.server_address[1]}", "none", "one", "play")
    assert (seen["failed"], seen["ended"]) == (None, True)
    assert (seen["waited"], [error for error in seen["errors"] if "fatal" in error or "Stalled" in error]) == ([], [])
    assert abs(1_000 * seen["duration"] - slow_speech.duration_ms) <= 50
    growing = seen["playlists"]
    assert len({text.count("#EXTINF") for text in growing}) >= 3, "it was complete too early to show anything"
    assert all(later.startswith(earlier) for earlier, later in pairwise(growing))


# ---- the deployed stack ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listener(stack: RunningStack) -> Uploader:
    return Uploader(stack, "edith")


@pytest.fixture(scope="module")
def media(listener: Uploader) -> dict[str, Any]:
    content = STORY.encode()
    started = listener.begin(content, filename="story.txt", media_type="text/plain")
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
    found: dict[str, Any] = listener.settled(started["media"]["id"])
    assert found["status"] == "ready", found
    return found


def ask(listener: Uploader, media: dict[str, Any]) -> str:
    return str(listener.call("POST", f"/v1/media/{media['id']}/speech", {}, expect=202)["id"])


@pytest.mark.e2e
def test_a_reading_is_heard_from_the_moment_it_was_asked_for_and_its_words_are_shown_as_they_are_said(
    chromium: str, listener: Uploader, media: dict[str, Any]
) -> None:
    text = listener.call("GET", f"/v1/media/{media['id']}/text")["text"]
    job_id = ask(listener, media)
    seen = run(chromium, listener.stack.api, listener.token, job_id, "play", text=text)
    job = listener.call("GET", f"/v1/speech/{job_id}")
    assert (seen["failed"], seen["ended"], job["status"]) == (None, True, "done")
    assert seen["waited"] == []
    assert abs(1_000 * seen["duration"] - job["duration_ms"]) <= 50
    words = listener.call("GET", f"/v1/speech/{job_id}/marks")["words"]
    said = [text[start:end] for _, _, start, end in words]
    shown = [word for word, _ in seen["shown"]]
    remaining = iter(said)
    assert all(word in remaining for word in shown), f"{shown} are not in the order of {said}"
    assert len(shown) >= 0.8 * len(said)  # a busy machine skips frames
    assert shown[-1] == said[-1]


@pytest.mark.e2e
def test_the_browser_knows_how_long_a_recording_is_and_the_place_is_kept(
    chromium: str, listener: Uploader, media: dict[str, Any]
) -> None:
    job_id = ask(listener, media)
    until(lambda: listener.call("GET", f"/v1/speech/{job_id}")["status"] == "done", seconds=60, what="the reading")
    job = listener.call("GET", f"/v1/speech/{job_id}")
    begin = {"position_ms": job["duration_ms"] - 4_000, "device_time": "2020-01-01T00:00:00Z"}
    listener.call("PUT", f"/v1/speech/{job_id}/position", begin)
    seen = run(chromium, listener.stack.api, listener.token, job_id, "play-finished", keepPlace=True)
    assert (seen["failed"], seen["ended"]) == (None, True)
    assert abs(1_000 * seen["duration"] - job["duration_ms"]) <= 50
    kept = listener.call("GET", f"/v1/speech/{job_id}/position")
    assert kept["position_ms"] >= job["duration_ms"] - 100
