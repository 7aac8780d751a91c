"""A speech job of 100,000 characters, cancelled half-way, resumed, completed, and played by a browser: `make test-listening`.

tests/browser/test_playing.py tests the playback of a growing playlist without a stall.
"""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

import pytest
import requests

from chalicelib.speech.audio import mp3
from tests.browser.conftest import chromium as chromium
from tests.browser.test_playing import run
from tests.support import pdf_books
from tests.support.api_uploader import Uploader
from tests.support.local_stack import DeployedStack, wait_until

pytestmark = pytest.mark.long

CHARACTERS = 100_000
TIMEOUT_S = 600  # two synthesizers on two cores take about a minute


@pytest.fixture(scope="module")
def frank(stack: DeployedStack) -> Uploader:
    return Uploader(stack, "frank")


@pytest.fixture(scope="module")
def media(frank: Uploader) -> Any:
    source = random.Random()  # noqa: S311 - prose, no secret; different each time, because cached audio is not synthesized again
    paragraphs: list[str] = []
    while sum(len(paragraph) + 2 for paragraph in paragraphs) < CHARACTERS:
        paragraphs.append(pdf_books.prose(6, source))
    content = "\n\n".join(paragraphs).encode()
    started = frank.start_upload(content, filename="long.txt", media_type="text/plain")
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
    media = frank.wait_until_inspected(started["media"]["id"])
    assert media["status"] == "ready", media
    return media


def playlist(user: Uploader, job_id: str) -> str | None:
    """Return the current playlist; None while there is no audio."""
    path = f"{user.stack.api}/v1/speech/{job_id}/playlist.m3u8"
    response = requests.get(path, headers={"Authorization": f"Bearer {user.token}"}, timeout=30)
    assert response.status_code in {200, 409}, response.text
    return response.text if response.status_code == 200 else None


def durations_ms(text: str) -> list[int]:
    return [round(1_000 * float(duration)) for duration in re.findall(r"#EXTINF:([\d.]+),", text)]


def download(user: Uploader, path: str) -> bytes:
    """Return the content to which the API redirects."""
    headers = {"Authorization": f"Bearer {user.token}"}
    redirect = requests.get(user.stack.api + path, headers=headers, allow_redirects=False, timeout=30)
    assert redirect.status_code == 302, redirect.text
    return requests.get(redirect.headers["Location"], timeout=120).content


@pytest.fixture(scope="module")
def job_id(frank: Uploader, media: Any) -> str:
    return str(frank.call("POST", f"/v1/media/{media['id']}/speech", {}, expect=202)["id"])


def test_a_long_job_has_audio_at_once_is_cancelled_half_way_and_resumed_to_its_end(
    frank: Uploader, media: Any, job_id: str
) -> None:
    path = f"/v1/speech/{job_id}"
    first = str(wait_until(lambda: playlist(frank, job_id), seconds=60, event="the first words"))
    job = frank.call("GET", path)
    assert job["status"] == "speaking"
    assert job["progress"]["done"] < job["progress"]["total"]
    assert sum(durations_ms(first)) > 5_000
    part = re.findall(r"^parts/\S+$", first, re.MULTILINE)[0]
    assert mp3.parse(download(frank, f"{path}/{part}")).duration_ms == durations_ms(first)[0]

    def is_half_way() -> bool:
        progress = frank.call("GET", path)["progress"]
        return bool(2 * progress["done"] >= progress["total"])

    wait_until(is_half_way, seconds=TIMEOUT_S, event="half of the segments")
    frank.call("POST", f"{path}/cancel")
    ended_playlist = wait_until(
        lambda: (text := playlist(frank, job_id)) and "ENDLIST" in text and text,
        seconds=60,
        event="the end of the playlist",
    )
    assert str(ended_playlist).startswith(first)
    frank.call("POST", f"{path}/retry", expect=202)
    wait_until(lambda: frank.call("GET", path)["status"] == "done", seconds=TIMEOUT_S, event="the end of the job")

    job = frank.call("GET", path)
    final_playlist = playlist(frank, job_id)
    assert final_playlist is not None
    assert job["gaps"] == []
    assert sum(durations_ms(final_playlist)) == job["duration_ms"]
    assert max(durations_ms(final_playlist)) <= 15_000

    audio = mp3.parse(download(frank, f"{path}/audio"))
    assert audio.duration_ms == job["duration_ms"] == mp3.duration_ms(audio.frame_count)

    text = frank.call("GET", f"/v1/media/{media['id']}/text")["text"]
    assert len(text) >= CHARACTERS
    marks = frank.call("GET", f"{path}/marks")
    words = marks["words"]
    assert (marks["complete"], marks["duration_ms"]) == (True, job["duration_ms"])
    spoken = [text[start:end] for _, _, start, end in words]
    assert all(re.fullmatch(r"\w|\w\S*\w", word) for word in spoken)
    assert "".join(filter(str.isalnum, "".join(spoken))) == "".join(filter(str.isalnum, text))
    assert all(a[0] <= a[1] <= b[0] and a[2] < a[3] <= b[2] for a, b in itertools.pairwise(words))
    assert words[-1][0] < words[-1][1] <= job["duration_ms"]


def test_a_browser_plays_the_playlist_of_a_long_recording_to_its_end(
    chromium: str, frank: Uploader, job_id: str
) -> None:
    wait_until(
        lambda: frank.call("GET", f"/v1/speech/{job_id}")["status"] == "done",
        seconds=TIMEOUT_S,
        event="the end of the job",
    )
    duration_ms = frank.call("GET", f"/v1/speech/{job_id}")["duration_ms"]
    near_the_end = {"position_ms": duration_ms - 8_000, "device_time": "2020-01-01T00:00:00Z"}
    frank.call("PUT", f"/v1/speech/{job_id}/position", near_the_end)
    observed = run(chromium, frank.stack.api, frank.token, job_id, "play", keepPlace=True)
    assert (observed["failed"], observed["ended"]) == (None, True)
    assert [error for error in observed["errors"] if "fatal" in error] == []
    assert abs(1_000 * observed["duration"] - duration_ms) <= 50


def test_a_browser_shows_the_duration_of_a_long_recording(chromium: str, frank: Uploader, job_id: str) -> None:
    wait_until(
        lambda: frank.call("GET", f"/v1/speech/{job_id}")["status"] == "done",
        seconds=TIMEOUT_S,
        event="the end of the job",
    )
    observed = run(chromium, frank.stack.api, frank.token, job_id, "play-finished", patienceMs=5_000)
    assert (observed["failed"], observed["started"]) == (None, True)
    assert abs(1_000 * observed["duration"] - frank.call("GET", f"/v1/speech/{job_id}")["duration_ms"]) <= 50
