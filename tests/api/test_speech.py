"""Having a document read aloud, hearing it, and finding the moment of a word."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.api.client import Api

Json = Any
MP3_FRAME = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def test_a_document_becomes_a_recording(alice: Api, book: Json, reading: Json) -> None:
    assert reading["media_id"] == book["id"]
    assert reading["progress"]["done"] == reading["progress"]["total"] > 0
    assert reading["gaps"] == []
    assert 3_000 < reading["duration_ms"] < 60_000
    assert reading["id"] in [job["id"] for job in alice.get("/v1/speech", limit=100)["items"]]


def test_the_recording_can_be_played_from_anywhere(alice: Api, reading: Json) -> None:
    path = f"/v1/speech/{reading['id']}/audio"
    led = alice.call("GET", path, expect=302)
    whole = requests.get(led.headers["Location"], timeout=60)
    assert whole.headers["Content-Type"] == "audio/mpeg"
    assert whole.content.startswith(MP3_FRAME)
    assert alice.call("HEAD", path, expect=200).headers["Content-Length"] == str(len(whole.content))
    part = requests.get(led.headers["Location"], headers={"Range": "bytes=1000-1999"}, timeout=60)
    assert (part.status_code, part.content) == (206, whole.content[1000:2000])


def test_players_that_send_no_header_get_in_by_a_capability(alice: Api, nobody: Api, reading: Json) -> None:
    given = alice.call("POST", f"/v1/speech/{reading['id']}/capability", expect=200).json()
    assert int(nobody.call("HEAD", given["path"], expect=200).headers["Content-Length"]) > 1_000
    assert nobody.call("GET", given["path"], expect=302).headers["Location"].startswith("http")
    assert nobody.call("GET", f"/v1/speech/{uuid4()}/audio?t={given['token']}").status_code == 401
    assert nobody.call("GET", f"/v1/speech/{reading['id']}?t={given['token']}").status_code == 401


def test_every_word_has_its_time_and_its_place(alice: Api, book: Json, reading: Json, word: str) -> None:
    text = alice.get(f"/v1/media/{book['id']}/text")["text"]
    marks = alice.get(f"/v1/speech/{reading['id']}/marks")
    spoken = [text[start:end].strip(".,") for _, _, start, end in marks["words"]]
    assert [spoken[0], spoken[-1]] == ["The", "sleep"]
    assert word in " ".join(spoken)
    starts = [mark[0] for mark in marks["words"]]
    assert starts == sorted(starts)
    assert marks["words"][-1][1] <= marks["duration_ms"] == reading["duration_ms"]


def test_a_word_is_found_where_it_stands_and_where_it_is_heard(
    alice: Api, book: Json, reading: Json, word: str
) -> None:
    (hit,) = alice.get("/v1/search", q=word)["items"]
    assert hit["media_id"] == book["id"]
    text = alice.get(f"/v1/media/{book['id']}/text")["text"]
    assert text[hit["text_start"] : hit["text_end"]] == word
    assert "<mark>" in hit["snippet"]
    assert hit["speech"]["job_id"] == reading["id"]
    assert 0 < hit["speech"]["start_ms"] < reading["duration_ms"]
    phrase = alice.get("/v1/search", q=f'"knows the word {word}"')["items"]
    assert [found["media_id"] for found in phrase] == [book["id"]]
    assert alice.get("/v1/search", q=f"{word} elephant")["items"] == []
    assert alice.get("/v1/search", q=f"{word} -harbour")["items"] == []


@pytest.mark.parametrize("wish", [{"voice": "nobody:at-all"}, {"speed": 2}, {"start": -1}, {"end": "all"}])
def test_a_wish_that_cannot_be_met_is_refused(alice: Api, book: Json, wish: Json) -> None:
    """Few of them count: ten a minute is what all runs of one user have together."""
    alice.refused("POST", f"/v1/media/{book['id']}/speech", 422, wish)


def test_what_it_costs_is_said_before(alice: Api, book: Json, reading: Json) -> None:
    quote = alice.call("POST", f"/v1/media/{book['id']}/speech/quote", {}, expect=200).json()
    assert quote["voice"] == reading["voice"]
    assert quote["segments"] == reading["progress"]["total"]
    assert quote["characters"] == quote["cached_characters"] == reading["characters"]  # it was read already
    assert quote["estimated_cost"] == 0
    assert quote["estimated_audio_ms"] == reading["duration_ms"]
    part = alice.call("POST", f"/v1/media/{book['id']}/speech/quote", {"start": 4, "end": 30}, expect=200).json()
    assert 0 < part["characters"] <= 26
    alice.refused("POST", f"/v1/media/{book['id']}/speech/quote", 422, {"end": 10_000_000})


def test_a_reading_is_cancelled_taken_up_again_and_removed(alice: Api, story: bytes) -> None:
    long = b"\n\n".join(
        b"Part %d. %s" % (number, story) for number in range(60)
    )  # ~11,000 characters: a provider may be paid for them
    media = alice.upload(long, filename="long.txt")
    job = alice.call("POST", f"/v1/media/{media['id']}/speech", {}, expect=202).json()
    path = f"/v1/speech/{job['id']}"
    alice.created.speech.append(job["id"])
    assert alice.call("POST", f"{path}/cancel", expect=200).json()["status"] == "cancelled"
    assert alice.call("POST", f"{path}/cancel", expect=200).json()["status"] == "cancelled"
    assert alice.refused("GET", f"{path}/audio", 409)["code"] == "not_finished"
    again = alice.call("POST", f"{path}/retry", expect=202).json()  # perhaps all was spoken while it was cancelled
    assert again["status"] in {"queued", "planning", "speaking", "finishing"}
    done = alice.until(path, lambda now: now["status"] in {"done", "partial", "failed"})
    assert (done["status"], done["gaps"]) == ("done", [])
    assert alice.refused("POST", f"{path}/retry", 409)["code"] == "already_complete"
    assert alice.refused("POST", f"{path}/cancel", 409)["code"] == "already_finished"
    alice.call("DELETE", path, expect=204)
    alice.refused("GET", path, 404)
    assert job["id"] not in [each["id"] for each in alice.get("/v1/speech", limit=100)["items"]]
