"""The recipes of docs/playing.md in a real browser: a growing playlist plays to its end, and words are shown when spoken.

The `chromium` fixture installs the drivers; the tests are skipped if a program is missing.
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
from tests.browser.engines import run_script
from tests.browser.test_uploads import PAGE_ORIGIN
from tests.fakes.speechify import mp3_of
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack, wait_until

RATE = 1.5  # shortens the tests; faster, the second request for the playlist leaves a busy machine only two seconds
STORY = (
    "The harbour light turns slowly over the water, and every boat that comes home tonight knows it by its rhythm. "
    "Naïve café owners 👩‍🚀 count the gulls; nobody counts the waves.\n\n"
    "The keeper climbs one hundred and twelve steps. He writes the hour into his book, trims the lamp and goes to sleep. "
    "In winter the sea comes up to the door."
)


def run(chromium: str, api: str, token: str, job_id: str, recipe: str, **more: Any) -> dict[str, Any]:
    """Run a recipe and return what it observed; see playback_recipe.mjs."""
    job = {"recipe": recipe, "api": api, "token": token, "origin": PAGE_ORIGIN, "chromium": chromium, "jobId": job_id}
    return run_script("playback_recipe.mjs", {**job, "rate": RATE, "timeoutMs": 90_000, **more}, timeout_s=150)


# ---- a playlist that grows as slowly as a provider synthesizes --------------------------------------------------------------


class SlowSpeech(ThreadingHTTPServer):
    """An API with one speech job, to which a segment is added every `INTERVAL_S` seconds."""

    SEGMENT_DURATIONS_MS = (13_000, 10_000, 8_000, 6_000)  # the first one is as long as 220 characters
    INTERVAL_S = 2.0
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.segments: list[list[playlist.HlsSegment]] = []
        start_ms = 0
        for index, duration_ms in enumerate(self.SEGMENT_DURATIONS_MS):
            audio = mp3.parse(mp3_of(duration_ms))
            self.segments.append(
                playlist.split_audio(audio, start_ms=start_ms, max_ms=playlist.max_hls_segment_ms(index, 0))
            )
            start_ms += audio.duration_ms
        self.duration_ms = start_ms
        self.started_at: float | None = None

    def current_playlist(self) -> str | None:
        """Return the playlist; None before the first segment is ready."""
        self.started_at = self.started_at or time.monotonic()
        ready = min(len(self.segments), int((time.monotonic() - self.started_at) / self.INTERVAL_S))
        parts = [
            (f"parts/{index}-{number}.mp3?t=x", part.duration_ms)
            for index, segment in enumerate(self.segments[:ready])
            for number, part in enumerate(segment)
        ]
        return playlist.render(parts, is_closed=ready == len(self.segments)) if ready else None


class _Handler(BaseHTTPRequestHandler):
    server: SlowSpeech

    def do_OPTIONS(self) -> None:
        self._respond(204, b"", "text/plain")

    def do_POST(self) -> None:
        self._respond(200, b'{"token": "x", "path": "/"}', "application/json")

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.endswith("playlist.m3u8"):
            text = self.server.current_playlist()
            self._respond(409 if text is None else 200, (text or "{}").encode(), "application/vnd.apple.mpegurl")
        elif "/parts/" in path:
            self._respond(302, b"", "text/plain", location=path.replace("/parts/", "/stored/"))
        else:
            index, number = re.findall(r"(\d+)-(\d+)\.mp3", path)[0]
            self._respond(200, self.server.segments[int(index)][int(number)].data, "audio/mpeg")

    def _respond(self, status: int, body: bytes, media_type: str, *, location: str = "") -> None:
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
        """Log nothing."""


@pytest.fixture
def slow_speech() -> Iterator[SlowSpeech]:
    server = SlowSpeech()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_growing_playlist_plays_to_its_end_without_a_stall(chromium: str, slow_speech: SlowSpeech) -> None:
    observed = run(chromium, f"http://127.0.0.1:{slow_speech.server_address[1]}", "none", "one", "play")
    assert (observed["failed"], observed["ended"], observed["stalls"]) == (None, True, [])
    assert abs(1_000 * observed["duration"] - slow_speech.duration_ms) <= 50
    growing = observed["playlists"]
    assert len({text.count("#EXTINF") for text in growing}) >= 3, "it was complete too early to show anything"
    assert all(later.startswith(earlier) for earlier, later in pairwise(growing))


# ---- the deployed stack ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def listener(stack: DeployedStack) -> Uploader:
    return Uploader(stack, "edith")


@pytest.fixture(scope="module")
def media(listener: Uploader) -> dict[str, Any]:
    content = STORY.encode()
    started = listener.start_upload(content, filename="story.txt", media_type="text/plain")
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
    media: dict[str, Any] = listener.wait_until_inspected(started["media"]["id"])
    assert media["status"] == "ready", media
    return media


def create_recording(listener: Uploader, media: dict[str, Any]) -> str:
    return str(listener.call("POST", f"/v1/media/{media['id']}/speech", {}, expect=202)["id"])


@pytest.mark.e2e
def test_a_recording_plays_while_it_is_generated_and_its_words_are_shown_when_spoken(
    chromium: str, listener: Uploader, media: dict[str, Any]
) -> None:
    text = listener.call("GET", f"/v1/media/{media['id']}/text")["text"]
    job_id = create_recording(listener, media)
    observed = run(chromium, listener.stack.api, listener.token, job_id, "play", text=text)
    job = listener.call("GET", f"/v1/speech/{job_id}")
    assert (observed["failed"], observed["ended"], job["status"]) == (None, True, "done")
    assert observed["stalls"] == []
    assert abs(1_000 * observed["duration"] - job["duration_ms"]) <= 50
    words = listener.call("GET", f"/v1/speech/{job_id}/marks")["words"]
    spoken = [text[start:end] for _, _, start, end in words]
    shown = [word for word, _ in observed["shown"]]
    remaining = iter(spoken)
    assert all(word in remaining for word in shown), f"{shown} are not in the order of {spoken}"
    assert len(shown) >= 0.8 * len(spoken)  # a busy machine skips frames
    assert shown[-1] == spoken[-1]


@pytest.mark.e2e
def test_the_browser_knows_the_length_of_a_recording_and_the_position_is_saved(
    chromium: str, listener: Uploader, media: dict[str, Any]
) -> None:
    job_id = create_recording(listener, media)
    wait_until(
        lambda: listener.call("GET", f"/v1/speech/{job_id}")["status"] == "done", seconds=60, event="the recording"
    )
    job = listener.call("GET", f"/v1/speech/{job_id}")
    start = {"position_ms": job["duration_ms"] - 4_000, "device_time": "2020-01-01T00:00:00Z"}
    listener.call("PUT", f"/v1/speech/{job_id}/position", start)
    observed = run(chromium, listener.stack.api, listener.token, job_id, "play-finished", savesPosition=True)
    assert (observed["failed"], observed["ended"]) == (None, True)
    assert abs(1_000 * observed["duration"] - job["duration_ms"]) <= 50
    saved = listener.call("GET", f"/v1/speech/{job_id}/position")
    assert saved["position_ms"] >= job["duration_ms"] - 100
