"""Playback as players do it: playlist, marks, captions, listening position."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.api.client import Api

Json = Any
GROWING = ("playlist.m3u8", "marks", "captions.vtt")


def test_the_playlist_covers_the_whole_recording(alice: Api, anonymous: Api, recording: Json) -> None:
    token = alice.call("POST", f"/v1/speech/{recording['id']}/capability", expect=200).json()["token"]
    response = anonymous.call("GET", f"/v1/speech/{recording['id']}/playlist.m3u8?t={token}", expect=200)
    durations = [float(item) for item in re.findall(r"#EXTINF:([\d.]+),", response.text)]
    assert round(1_000 * sum(durations)) == recording["duration_ms"]
    assert response.text.endswith("#EXT-X-ENDLIST\n")
    for uri in re.findall(r"^parts/.*$", response.text, re.MULTILINE):
        redirect = anonymous.call("GET", f"/v1/speech/{recording['id']}/{uri}", expect=302)
        part = requests.get(redirect.headers["Location"], timeout=60)
        assert (part.headers["Content-Type"], part.content[:3]) == ("audio/mpeg", b"ID3")
        assert b"com.apple.streaming.transportStreamTimestamp" in part.content[:73]


@pytest.mark.parametrize("name", GROWING)
def test_an_unchanged_document_is_not_sent_again(alice: Api, recording: Json, name: str) -> None:
    path = f"/v1/speech/{recording['id']}/{name}"
    etag = alice.call("GET", path, expect=200).headers["ETag"]
    # a browser also sends the cookies of other pages of the domain
    unchanged = alice.call("GET", path, headers={"If-None-Match": etag, "Cookie": "theme=dark"}, expect=304)
    assert (unchanged.content, unchanged.headers["ETag"]) == (b"", etag)


def test_captions_contain_the_spoken_text(alice: Api, book: Json, recording: Json) -> None:
    text = alice.get(f"/v1/media/{book['id']}/text")["text"]
    captions = alice.call("GET", f"/v1/speech/{recording['id']}/captions.vtt", expect=200).text
    assert captions.startswith("WEBVTT\n\n")
    lines = [line for block in captions.strip().split("\n\n")[1:] for line in block.split("\n")[1:]]
    assert " ".join(re.sub(r"<[\d:.]+>", "", line) for line in lines) == " ".join(text.split())


def test_marks_can_start_at_any_time(alice: Api, recording: Json) -> None:
    whole = alice.get(f"/v1/speech/{recording['id']}/marks")
    later = alice.get(f"/v1/speech/{recording['id']}/marks", from_ms=whole["words"][5][0])
    assert later["words"] == whole["words"][5:]
    assert whole["complete"]


def test_the_listening_position_is_saved(alice: Api, recording: Json) -> None:
    path = f"/v1/speech/{recording['id']}/position"
    now = datetime.now(UTC).isoformat()
    saved = alice.call("PUT", path, {"position_ms": 1_234, "device_time": now}, expect=200).json()
    assert saved["position_ms"] == 1_234
    assert alice.get(path) == saved
    earlier = {"position_ms": 1, "device_time": "2020-01-01T00:00:00Z"}
    assert alice.call("PUT", path, earlier, expect=200).json() == saved
    beyond = {"position_ms": 10**9, "device_time": now}
    assert alice.expect_problem("PUT", path, 422, beyond)["code"] == "position_out_of_range"
