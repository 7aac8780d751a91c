"""Pauses of a recording, as they are heard, and the money that other pauses cost: none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from chalicelib.platform import config
from chalicelib.platform.aws import storage
from chalicelib.platform.db import database
from chalicelib.speech import jobs, stored_objects, synthesize
from chalicelib.speech.audio import mp3, pcm, silences
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_jobs import quote, start_job
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import get_job, run_to_completion

DOCUMENT = """# One

## The Storm

He had three things with him that night:

- a lamp
- some oil

It rained until the morning.

* * *

Then the boat came.

# Two

Nobody was there.
"""
EXPECTED = [  # the word before, the word behind, ms
    ("One", "The", 900),
    ("Storm", "He", 900),
    ("lamp", "some", 500),
    ("oil", "It", 500),
    ("morning", "Then", 1_300),
    ("came", "Two", 1_600),
    ("Two", "Nobody", 900),
]
TOLERANCE_MS = 180  # of a segment's own silence at its start and end, which the voice leaves


def new_document(platform: Platform, user: User) -> str:
    media: dict[str, Any] = upload(platform, user, DOCUMENT.encode(), media_type="text/markdown", filename="storm.md")
    return str(media["id"])


def hear_pauses(platform: Platform, user: User, job_id: str) -> dict[tuple[str, str], int]:
    """Return the silence between each two words of a recording in ms, measured in its samples."""
    job = get_job(platform, user, job_id)
    text = platform.client.http.get(f"/v1/media/{job['media_id']}/text", headers=user.headers).json_body["text"]
    words = platform.client.http.get(f"/v1/speech/{job_id}/marks", headers=user.headers).json_body["words"]
    recording = storage.read(jobs.recording_key(user.id, UUID(job_id)))
    silent = silences.find(pcm.decode(mp3.parse(recording)))
    heard: dict[tuple[str, str], int] = {}
    for before, behind in pairwise(words):
        lengths = [end - start for start, end in silent if start < behind[0] + 80 and end > before[1] - 80]
        heard[text[before[2] : before[3]], text[behind[2] : behind[3]]] = max(lengths, default=0)
    return heard


def test_what_is_heard_around_headings_items_scenes_and_chapters(platform: Platform, alice: User) -> None:
    media_id = new_document(platform, alice)
    job_id = start_job(platform, alice, media_id)
    run_to_completion(platform, alice, job_id)
    heard = hear_pauses(platform, alice, job_id)
    for before, behind, pause_ms in EXPECTED:
        assert pause_ms - 40 <= heard[before, behind] <= pause_ms + TOLERANCE_MS, (before, behind, heard)


@pytest.fixture
def provider(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSpeechify]:
    assert cloud
    with FakeSpeechify() as server:
        monkeypatch.setenv("TTS_PROVIDERS", "speechify")
        monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
        monkeypatch.setenv("SPEECHIFY_API_KEY", speechify.API_KEY)
        monkeypatch.setenv("SPEECHIFY_API_URL", server.url)
        config.settings.cache_clear()
        synthesize._client.cache_clear()
        yield server
        synthesize._client.cache_clear()


def test_other_pauses_of_the_same_words_are_not_bought_again(
    platform: Platform, cloud: Cloud, alice: User, provider: FakeSpeechify
) -> None:
    media_id = new_document(platform, alice)
    usual = start_job(platform, alice, media_id)
    run_to_completion(platform, alice, usual)
    bought = provider.billed_characters
    assert bought > 0
    assert quote(platform, alice, media_id, pause_scale=2.0)["estimated_cost"] == 0
    job_id = start_job(platform, alice, media_id, pause_scale=2.0)
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["pause_scale"], job["billed_characters"]) == ("done", 2.0, 0)
    assert provider.billed_characters == bought
    assert job["duration_ms"] > get_job(platform, alice, usual)["duration_ms"] + 4_000
    same = start_job(platform, alice, media_id, pause_scale=2.0)
    run_to_completion(platform, alice, same)
    assert cloud.owner.execute("SELECT count(*) FROM speech_calls WHERE job_id = %s", [same]).fetchone() == (0,)
    bought_keys = {
        row[0]
        for row in cloud.owner.execute(
            "SELECT word_key FROM speech_segments WHERE job_id = %s AND word_key IS NOT NULL", [job_id]
        )
    }
    with database.transaction(alice.id) as connection:
        objects = stored_objects.list_job_keys(connection, alice.id, UUID(job_id))
        assert {f"{key}.mp3" for key in bought_keys} < set(objects)
        assert stored_objects.referenced_keys(connection, objects[1:]) == set(objects[1:])
