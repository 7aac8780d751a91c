"""Kinds of blocks and spans that a listener skips: they are in the text, but neither spoken nor paid for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.conftest import Platform, User
from tests.integration.speech.test_jobs import post, quote, start_job
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import get_job, run_to_completion

BEFORE, TABLE, AFTER = "The keeper counts the waves.", "Ships: 12", "Then the ship passes the rock."
DOCUMENT = f"<p>{BEFORE}</p><table><tr><td>Ships</td><td>12</td></tr></table><p>{AFTER}</p>"


@pytest.fixture
def media_id(platform: Platform, alice: User) -> str:
    body = f"<!doctype html><title>Waves</title><body>{DOCUMENT}</body>".encode()
    media: dict[str, Any] = upload(platform, alice, body, media_type="text/html", filename="waves.html")
    assert media["status"] == "ready", media
    return str(media["id"])


def get_spoken(platform: Platform, user: User, job_id: str) -> list[str]:
    """Return the words that a finished recording speaks."""
    job = get_job(platform, user, job_id)
    text = platform.client.http.get(f"/v1/media/{job['media_id']}/text", headers=user.headers).json_body["text"]
    marks = platform.client.http.get(f"/v1/speech/{job_id}/marks", headers=user.headers).json_body
    return [text[word[2] : word[3]] for word in marks["words"]]


def test_a_skipped_table_is_in_the_text_and_not_in_the_recording(
    platform: Platform, alice: User, media_id: str
) -> None:
    text = platform.client.http.get(f"/v1/media/{media_id}/text", headers=alice.headers).json_body
    assert TABLE in text["text"]
    assert quote(platform, alice, media_id, skip=["table"])["characters"] == len(BEFORE) + len(AFTER)
    job_id = start_job(platform, alice, media_id, skip=["table", "code", "table"])
    run_to_completion(platform, alice, job_id)
    job = get_job(platform, alice, job_id)
    assert (job["status"], job["skip"]) == ("done", ["code", "table"])
    spoken = get_spoken(platform, alice, job_id)
    assert spoken == [word.strip(".") for word in f"{BEFORE} {AFTER}".split()]


def test_skipped_citations_and_addresses_are_neither_sent_nor_paid_for(platform: Platform, alice: User) -> None:
    """Another job with the same kinds costs nothing, and one without them shares the audio of the other paragraphs."""
    cited = "The lamp was lit early [12] (see https://light.example/log) that day (Miller et al., 2019). " + " ".join(
        [BEFORE] * 3
    )
    rest = " ".join([AFTER] * 8)
    body = f"<!doctype html><title>W</title><body><p>{cited}</p><p>https://rocks.example/a</p><p>{rest}</p></body>"
    media_id = upload(platform, alice, body.encode(), media_type="text/html", filename="cited.html")["id"]
    skip = ["citation", "url"]
    quoted = quote(platform, alice, media_id, skip=skip)
    spoken = "The lamp was lit early (see) that day. " + " ".join([BEFORE] * 3)
    assert quoted["characters"] == len(spoken) + len("\n\n") + len(rest)
    assert set(quoted["skippable"]) == {"citation", "url"}
    job_id = start_job(platform, alice, media_id, skip=skip)
    run_to_completion(platform, alice, job_id)
    job = get_job(platform, alice, job_id)
    assert (job["status"], job["skip"], job["characters"]) == ("done", skip, quoted["characters"])
    words = get_spoken(platform, alice, job_id)
    assert " ".join(words[:9]) == "The lamp was lit early see that day The"
    again = quote(platform, alice, media_id, skip=skip)
    assert again["cached_characters"] == again["characters"]
    everything = quote(platform, alice, media_id, skip=[])
    assert len(rest) == everything["cached_characters"] < everything["characters"]


def test_a_listener_who_skips_nothing_hears_everything(platform: Platform, alice: User, media_id: str) -> None:
    everything = quote(platform, alice, media_id, skip=[])["characters"]
    assert everything >= len(BEFORE) + len(TABLE) + len(AFTER)
    job_id = start_job(platform, alice, media_id, skip=[])
    run_to_completion(platform, alice, job_id)
    assert {"Ships", "12"} <= set(get_spoken(platform, alice, job_id))
    marks = platform.client.http.get(f"/v1/speech/{job_id}/marks", headers=alice.headers).json_body
    (table,) = marks["skippable"]
    text = platform.client.http.get(f"/v1/media/{media_id}/text", headers=alice.headers).json_body["text"]
    assert (table["kind"], text[table["text_start"] : table["text_end"]]) == ("table", TABLE)
    jumped = [word for word in marks["words"] if table["start_ms"] <= word[0] < table["end_ms"]]
    assert [text[word[2] : word[3]] for word in jumped] == ["Ships", "12"]


def test_an_unknown_kind_is_named_with_the_kinds_that_there_are(platform: Platform, alice: User, media_id: str) -> None:
    response = post(platform, alice, f"/v1/media/{media_id}/speech/quote", {"skip": ["adverts"]})
    assert response.status_code == 422
    assert "adverts" in response.json_body["detail"]
    assert "'footnote'" in response.json_body["detail"]


def test_a_document_of_skipped_blocks_alone_is_refused_by_the_job(
    platform: Platform, alice: User, media_id: str
) -> None:
    job_id = start_job(platform, alice, media_id, skip=["paragraph", "table"])
    run_to_completion(platform, alice, job_id)
    job = get_job(platform, alice, job_id)
    assert job["status"] == "failed"
    assert "nothing to read aloud" in job["error"]
    assert "paragraph, table" in job["error"]


def test_what_is_skipped_unless_the_listener_says_otherwise(platform: Platform, alice: User, media_id: str) -> None:
    job = get_job(platform, alice, start_job(platform, alice, media_id))
    assert job["skip"] == ["citation", "code", "footnote", "note_mark", "toc"]
