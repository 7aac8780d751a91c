"""Speech jobs: recording, quote, speech marks, search, cancel and retry."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.api.client import Api

Json = Any
MP3_FRAME = (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


def test_a_document_becomes_a_recording(alice: Api, book: Json, recording: Json) -> None:
    assert recording["media_id"] == book["id"]
    assert recording["progress"]["done"] == recording["progress"]["total"] > 0
    assert recording["gaps"] == []
    assert 3_000 < recording["duration_ms"] < 60_000
    assert recording["id"] in [job["id"] for job in alice.get("/v1/speech", limit=100)["items"]]


def test_the_recordings_of_a_document_are_listed(alice: Api, book: Json, recording: Json) -> None:
    jobs = alice.get(f"/v1/media/{book['id']}/speech", limit=100)["items"]
    assert recording["id"] in [job["id"] for job in jobs]
    assert {job["media_id"] for job in jobs} == {book["id"]}
    assert (recording["start"], recording["end"]) != (0, 0)


def test_the_recording_supports_range_requests(alice: Api, recording: Json) -> None:
    path = f"/v1/speech/{recording['id']}/audio"
    redirect = alice.call("GET", path, expect=302)
    whole = requests.get(redirect.headers["Location"], timeout=60)
    assert whole.headers["Content-Type"] == "audio/mpeg"
    assert whole.content.startswith(MP3_FRAME)
    head = alice.head_of_bytes(path).headers
    assert (head["Content-Length"], head["Content-Type"]) == (str(len(whole.content)), "audio/mpeg")
    part = requests.get(redirect.headers["Location"], headers={"Range": "bytes=1000-1999"}, timeout=60)
    assert (part.status_code, part.content) == (206, whole.content[1000:2000])


def test_a_link_token_authorizes_players(alice: Api, anonymous: Api, recording: Json) -> None:
    issued = alice.call("POST", f"/v1/speech/{recording['id']}/capability", expect=200).json()
    assert int(anonymous.head_of_bytes(issued["path"]).headers["Content-Length"]) > 1_000
    assert anonymous.call("GET", issued["path"], expect=302).headers["Location"].startswith("http")
    assert anonymous.call("GET", f"/v1/speech/{uuid4()}/audio?t={issued['token']}").status_code == 401
    assert anonymous.call("GET", f"/v1/speech/{recording['id']}?t={issued['token']}").status_code == 401


def test_every_word_has_a_time_and_an_offset(alice: Api, book: Json, recording: Json, word: str) -> None:
    text = alice.get(f"/v1/media/{book['id']}/text")["text"]
    marks = alice.get(f"/v1/speech/{recording['id']}/marks")
    words = [text[start:end].strip(".,") for _, _, start, end in marks["words"]]
    assert [words[0], words[-1]] == ["The", "sleep"]
    assert word in " ".join(words)
    starts = [mark[0] for mark in marks["words"]]
    assert starts == sorted(starts)
    assert marks["words"][-1][1] <= marks["duration_ms"] == recording["duration_ms"]


def test_search_returns_the_offset_and_the_time_of_a_word(alice: Api, book: Json, recording: Json, word: str) -> None:
    (hit,) = alice.get("/v1/search", q=word)["items"]
    assert hit["media_id"] == book["id"]
    text = alice.get(f"/v1/media/{book['id']}/text")["text"]
    assert text[hit["text_start"] : hit["text_end"]] == word
    assert "<mark>" in hit["snippet"]
    assert hit["speech"]["job_id"] == recording["id"]
    assert 0 < hit["speech"]["start_ms"] < recording["duration_ms"]
    phrase = alice.get("/v1/search", q=f'"knows the word {word}"')["items"]
    assert [hit["media_id"] for hit in phrase] == [book["id"]]
    assert alice.get("/v1/search", q=f"{word} elephant")["items"] == []
    assert alice.get("/v1/search", q=f"{word} -harbour")["items"] == []


@pytest.mark.parametrize("body", [{"voice": "unknown:voice"}, {"speed": 2}, {"start": -1}, {"end": "all"}])
def test_an_invalid_request_is_rejected(alice: Api, book: Json, body: Json) -> None:
    """Only a few cases: all runs of a user share a limit."""
    alice.expect_problem("POST", f"/v1/media/{book['id']}/speech", 422, body)


def test_a_quote_says_what_a_recording_would_cost(alice: Api, book: Json, recording: Json) -> None:
    quote = alice.call("POST", f"/v1/media/{book['id']}/speech/quote", {}, expect=200).json()
    assert quote["voice"] == recording["voice"]
    assert quote["segments"] == recording["progress"]["total"]
    assert quote["characters"] == quote["cached_characters"] == recording["characters"]  # it is cached
    assert quote["estimated_cost"] == 0
    assert quote["estimated_audio_ms"] == recording["duration_ms"]
    part = alice.call("POST", f"/v1/media/{book['id']}/speech/quote", {"start": 4, "end": 30}, expect=200).json()
    assert 0 < part["characters"] <= 26
    alice.expect_problem("POST", f"/v1/media/{book['id']}/speech/quote", 422, {"end": 10_000_000})


@pytest.mark.usefixtures("speech")
def test_a_job_is_cancelled_resumed_and_deleted(alice: Api, story: bytes) -> None:
    long = b"\n\n".join(
        b"Part %d. %s" % (number, story) for number in range(60)
    )  # ~11,000 characters, for which a provider may charge
    media = alice.upload(long, filename="long.txt")
    job = alice.call("POST", f"/v1/media/{media['id']}/speech", {}, expect=202).json()
    path = f"/v1/speech/{job['id']}"
    alice.created.speech.append(job["id"])
    assert alice.call("POST", f"{path}/cancel", expect=200).json()["status"] == "cancelled"
    assert alice.call("POST", f"{path}/cancel", expect=200).json()["status"] == "cancelled"
    assert alice.expect_problem("GET", f"{path}/audio", 409)["code"] == "not_finished"
    resumed = alice.call(
        "POST", f"{path}/retry", expect=202
    ).json()  # perhaps all audio existed before it was cancelled
    assert resumed["status"] in {"queued", "planning", "speaking", "finishing"}
    done = alice.wait_for(path, lambda state: state["status"] in {"done", "partial", "failed"})
    assert (done["status"], done["gaps"]) == ("done", [])
    assert alice.expect_problem("POST", f"{path}/retry", 409)["code"] == "already_complete"
    assert alice.expect_problem("POST", f"{path}/cancel", 409)["code"] == "already_finished"
    alice.call("DELETE", path, expect=204)
    alice.expect_problem("GET", path, 404)
    assert job["id"] not in [item["id"] for item in alice.get("/v1/speech", limit=100)["items"]]
