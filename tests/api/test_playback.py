"""Playing a reading as players do, with its captions and marks, and keeping the place."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.api.client import Api

Json = Any
GROWING = ("playlist.m3u8", "marks", "captions.vtt")


def test_the_playlist_leads_to_all_of_the_recording(alice: Api, nobody: Api, reading: Json) -> None:
    token = alice.call("POST", f"/v1/speech/{reading['id']}/capability", expect=200).json()["token"]
    answer = nobody.call("GET", f"/v1/speech/{reading['id']}/playlist.m3u8?t={token}", expect=200)
    durations = [float(each) for each in re.findall(r"#EXTINF:([\d.]+),", answer.text)]
    assert round(1_000 * sum(durations)) == reading["duration_ms"]
    assert answer.text.endswith("#EXT-X-ENDLIST\n")
    for uri in re.findall(r"^parts/.*$", answer.text, re.MULTILINE):
        led = nobody.call("GET", f"/v1/speech/{reading['id']}/{uri}", expect=302)
        part = requests.get(led.headers["Location"], timeout=60)
        assert (part.headers["Content-Type"], part.content[:3]) == ("audio/mpeg", b"ID3")
        assert b"com.apple.streaming.transportStreamTimestamp" in part.content[:73]


@pytest.mark.parametrize("name", GROWING)
def test_what_has_not_grown_is_not_sent_again(alice: Api, reading: Json, name: str) -> None:
    path = f"/v1/speech/{reading['id']}/{name}"
    etag = alice.call("GET", path, expect=200).headers["ETag"]
    assert alice.call("GET", path, headers={"If-None-Match": etag}).status_code == 304


def test_captions_say_what_is_said(alice: Api, book: Json, reading: Json) -> None:
    text = alice.get(f"/v1/media/{book['id']}/text")["text"]
    captions = alice.call("GET", f"/v1/speech/{reading['id']}/captions.vtt", expect=200).text
    assert captions.startswith("WEBVTT\n\n")
    lines = [block.split("\n")[1] for block in captions.strip().split("\n\n")[1:]]
    assert " ".join(re.sub(r"<[\d:.]+>", "", line) for line in lines) == " ".join(text.split())


def test_marks_go_on_from_anywhere(alice: Api, reading: Json) -> None:
    whole = alice.get(f"/v1/speech/{reading['id']}/marks")
    later = alice.get(f"/v1/speech/{reading['id']}/marks", from_ms=whole["words"][5][0])
    assert later["words"] == whole["words"][5:]
    assert whole["complete"]


def test_the_place_is_kept(alice: Api, reading: Json) -> None:
    path = f"/v1/speech/{reading['id']}/position"
    now = datetime.now(UTC).isoformat()
    kept = alice.call("PUT", path, {"position_ms": 1_234, "device_time": now}, expect=200).json()
    assert kept["position_ms"] == 1_234
    assert alice.get(path) == kept
    earlier = {"position_ms": 1, "device_time": "2020-01-01T00:00:00Z"}
    assert alice.call("PUT", path, earlier, expect=200).json() == kept
    beyond = {"position_ms": 10**9, "device_time": now}
    assert alice.refused("PUT", path, 422, beyond)["code"] == "position_out_of_range"
