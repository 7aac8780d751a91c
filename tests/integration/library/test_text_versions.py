"""Text versions: a text is made again, and what was made of the one before goes on."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from chalicelib.extraction.model import ExtractedText
from chalicelib.library import text_versions
from chalicelib.library.model import VersionReason
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError, NotFoundError
from tests.fakes.speechify import FakeSpeechify
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.library.test_text_blocks import get_text
from tests.integration.speech.test_jobs import post, run_calls
from tests.integration.speech.test_paid_providers import provider as provider
from tests.integration.speech.test_playback import put
from tests.integration.speech.test_speech import PARAGRAPHS, get, start
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import run_to_completion
from tests.support.extracted_texts import plain_text
from tests.support.media_rows import insert_media, request

FORMER = "\n\n".join([*PARAGRAPHS, "Of the old text only this is gone: marigolds, tulips, crocuses, dahlias, lilies."])
CURRENT = "\n\n".join(["A Foreword", "Nothing of the sea is in these few words.", *PARAGRAPHS]).replace(
    "Nobody", "No one"
)


@pytest.fixture
def media_id(platform: Platform, alice: User) -> str:
    return str(upload(platform, alice, FORMER.encode())["id"])


def save_new(user: User, media_id: str, text: ExtractedText | str, reason: str = "upgrade") -> int:
    extracted = plain_text(text) if isinstance(text, str) else text
    with database.transaction(user.id) as connection:
        return text_versions.save_new(connection, user.id, UUID(media_id), extracted, VersionReason(reason))


def speak(platform: Platform, user: User, media_id: str, **body: Any) -> Any:
    started = start(platform.client, user, media_id, **body)
    assert started.status_code == 202, started.body
    return run_to_completion(platform, user, started.json_body["id"])


def count(cloud: Cloud, table: str) -> int:
    (number,) = cloud.owner.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)  # noqa: S608
    return int(number)


def test_the_new_text_is_read_searched_and_spoken(platform: Platform, alice: User, media_id: str) -> None:
    assert save_new(alice, media_id, CURRENT) == 2
    text = get_text(platform, alice, media_id)
    assert (text["text"], text["version"]) == (CURRENT, 2)
    assert [block["start"] for block in text["blocks"]][:2] == [0, 12]
    media = request(platform.client, alice, "GET", f"/v1/media/{media_id}").json_body
    assert (media["text_version"], media["word_count"]) == (2, len(CURRENT.split()))
    assert request(platform.client, alice, "GET", "/v1/search?q=foreword").json_body["items"]
    assert not request(platform.client, alice, "GET", "/v1/search?q=marigolds").json_body["items"]
    job = speak(platform, alice, media_id)
    assert (job["text_version"], job["status"]) == (2, "done")


def test_a_recording_keeps_the_text_that_it_was_made_of(platform: Platform, alice: User, media_id: str) -> None:
    job = speak(platform, alice, media_id)
    path = f"/v1/speech/{job['id']}"
    before = [get(platform.client, alice, f"{path}/{name}").body for name in ("marks", "captions.vtt", "playlist.m3u8")]
    save_new(alice, media_id, CURRENT)
    after = [get(platform.client, alice, f"{path}/{name}").body for name in ("marks", "captions.vtt", "playlist.m3u8")]
    assert after[:2] == before[:2]
    assert get(platform.client, alice, path).json_body["text_version"] == 1
    former = get_text(platform, alice, media_id, "?version=1")
    assert (former["text"], former["version"]) == (FORMER, 1)
    assert [block["start"] for block in former["blocks"]][:2] == [0, len(PARAGRAPHS[0]) + 2]
    assert get_text(platform, alice, media_id, "?version=1&start=100&end=130")["text"] == PARAGRAPHS[1] + "\n\n"
    assert get_text(platform, alice, media_id, "?version=2")["text"] == CURRENT
    missing = request(platform.client, alice, "GET", f"/v1/media/{media_id}/text?version=3")
    assert (missing.status_code, "no version 3" in problem(missing)["detail"]) == (404, True)
    hit = request(platform.client, alice, "GET", "/v1/search?q=rhythm").json_body["items"][0]
    assert (CURRENT[hit["text_start"] : hit["text_end"]], hit["speech"]) == ("rhythm", None)


def test_an_export_has_the_text_of_its_recording(platform: Platform, alice: User, cloud: Cloud, media_id: str) -> None:
    job = speak(platform, alice, media_id)
    save_new(alice, media_id, CURRENT)
    export = post(platform, alice, f"/v1/speech/{job['id']}/exports", {"format": "epub"}).json_body
    platform.run()
    (key,) = [
        entry["Key"]
        for entry in cloud.s3.list_objects_v2(Bucket="library").get("Contents", ())
        if export["id"] in entry["Key"]
    ]
    content = cloud.s3.get_object(Bucket="library", Key=key)["Body"].read()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        page = "".join(book.read(name).decode() for name in book.namelist() if name.endswith("html"))
    assert "marigolds" in page
    assert "Foreword" not in page


def test_a_job_that_is_under_way_finishes_with_its_own_text(
    platform: Platform, alice: User, media_id: str, provider: FakeSpeechify
) -> None:
    started = start(platform.client, alice, media_id).json_body
    run_calls(platform, limit=1)
    save_new(alice, media_id, CURRENT)
    job = run_to_completion(platform, alice, started["id"])
    assert (job["status"], job["text_version"], job["characters"]) == ("done", 1, started["characters"])
    spoken = " ".join(call.body["input"] for call in provider.calls)
    assert "marigolds" in spoken
    assert "Foreword" not in spoken


def test_a_job_that_waits_for_its_plan_is_planned_with_its_own_text(
    platform: Platform, alice: User, media_id: str
) -> None:
    started = start(platform.client, alice, media_id).json_body
    save_new(alice, media_id, "Only one sentence is left of it.")
    job = run_to_completion(platform, alice, started["id"])
    assert (job["status"], job["characters"]) == ("done", started["characters"])


def test_a_cancelled_job_is_retried_with_its_own_text(platform: Platform, alice: User, media_id: str) -> None:
    job_id = start(platform.client, alice, media_id).json_body["id"]
    post(platform, alice, f"/v1/speech/{job_id}/cancel")
    save_new(alice, media_id, CURRENT)
    assert post(platform, alice, f"/v1/speech/{job_id}/retry").status_code == 202
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["text_version"]) == ("done", 1)


def test_a_text_is_kept_as_long_as_a_recording_of_it_exists(
    platform: Platform, alice: User, cloud: Cloud, media_id: str
) -> None:
    jobs = [speak(platform, alice, media_id, start=0, end=end)["id"] for end in (100, 200)]
    save_new(alice, media_id, CURRENT)
    save_new(alice, media_id, FORMER)
    assert (count(cloud, "text_versions"), count(cloud, "former_passages")) == (2, 1)
    for job_id, left in zip(jobs, (2, 1), strict=True):
        assert platform.client.http.delete(f"/v1/speech/{job_id}", headers=alice.headers).status_code == 204
        assert count(cloud, "text_versions") == left
    assert count(cloud, "former_passages") == 0
    assert get_text(platform, alice, media_id)["version"] == 3


def test_the_same_characters_are_no_new_version(platform: Platform, alice: User, cloud: Cloud, media_id: str) -> None:
    job = speak(platform, alice, media_id)
    cloud.owner.execute("UPDATE media_passages SET blocks = NULL, spans = NULL, left_out = NULL")
    assert save_new(alice, media_id, plain_text(FORMER, language="en-GB")) == 1
    text = get_text(platform, alice, media_id)
    assert (text["version"], len(text["blocks"])) == (1, 5)
    media = request(platform.client, alice, "GET", f"/v1/media/{media_id}").json_body
    assert media["language"] == "en-GB"
    assert get(platform.client, alice, f"/v1/speech/{job['id']}").json_body["text_version"] == 1
    assert request(platform.client, alice, "GET", "/v1/search?q=marigolds").json_body["items"][0]["speech"]


def test_a_text_of_an_earlier_release_is_kept_for_its_recordings(
    platform: Platform, alice: User, cloud: Cloud, media_id: str
) -> None:
    job = speak(platform, alice, media_id)
    cloud.owner.execute("DELETE FROM text_versions; UPDATE media SET text_extractor = NULL, chapters = '[]'")
    assert save_new(alice, media_id, CURRENT) == 2
    assert get_text(platform, alice, media_id, f"?version={job['text_version']}")["text"] == FORMER


def test_warnings_about_the_text_are_those_of_the_new_one(platform: Platform, alice: User, cloud: Cloud) -> None:
    notes = '[{"code": "no_text_layer", "detail": "…"}, {"code": "remote_resources", "detail": "…"}]'
    media_id = insert_media(cloud, alice, notes=notes)
    assert save_new(alice, media_id, ExtractedText("A rock.", (), (), "und", 2, "too_long"), "recognition") == 1
    media = request(platform.client, alice, "GET", f"/v1/media/{media_id}").json_body
    assert [note["code"] for note in media["notes"]] == ["remote_resources", "too_long"]
    assert (media["text_status"], media["text_version"], media["language"]) == ("ready", 1, None)


def test_only_ready_media_get_a_text(cloud: Cloud, alice: User, bob: User, media_id: str) -> None:
    rejected = insert_media(cloud, alice, status="rejected")
    with pytest.raises(ConflictError, match="is rejected"):
        save_new(alice, rejected, CURRENT)
    with pytest.raises(NotFoundError):
        save_new(bob, media_id, CURRENT)


# ---- positions ---------------------------------------------------------------------------------------------------------


def position(platform: Platform, user: User, job_id: str) -> dict[str, Any]:
    body: dict[str, Any] = get(platform.client, user, f"/v1/speech/{job_id}/position").json_body
    return body


def test_a_position_moves_to_the_same_words_of_the_new_text(platform: Platform, alice: User, media_id: str) -> None:
    job_id = speak(platform, alice, media_id)["id"]
    words = get(platform.client, alice, f"/v1/speech/{job_id}/marks").json_body["words"]
    word = next(word for word in words if FORMER[word[2] : word[3]] == "rhythm")
    put(platform.client, alice, job_id, word[0])
    save_new(alice, media_id, CURRENT)
    moved = position(platform, alice, job_id)
    assert CURRENT[moved["text_offset"] :].startswith("rhythm")
    assert (moved["position_ms"], moved["detached"]) == (word[0], False)
    new_job = speak(platform, alice, media_id)["id"]
    new_words = get(platform.client, alice, f"/v1/speech/{new_job}/marks").json_body["words"]
    at_word = next(word for word in new_words if CURRENT[word[2] : word[3]] == "rhythm")
    assert position(platform, alice, new_job)["position_ms"] == at_word[0]


def test_a_position_in_an_earlier_recording_is_the_same_place_of_the_current_text(
    platform: Platform, alice: User, media_id: str
) -> None:
    job_id = speak(platform, alice, media_id)["id"]
    save_new(alice, media_id, CURRENT)
    words = get(platform.client, alice, f"/v1/speech/{job_id}/marks").json_body["words"]
    word = next(word for word in words if FORMER[word[2] : word[3]] == "winter")
    stored = put(platform.client, alice, job_id, word[0] + 5).json_body
    assert CURRENT[stored["text_offset"] :].startswith("winter")
    assert (stored["position_ms"], stored["detached"]) == (word[0] + 5, False)


def test_a_position_whose_words_are_gone_is_detached_and_comes_back_with_them(
    platform: Platform, alice: User, media_id: str
) -> None:
    job_id = speak(platform, alice, media_id)["id"]
    words = get(platform.client, alice, f"/v1/speech/{job_id}/marks").json_body["words"]
    word = next(word for word in words if FORMER[word[2] : word[3]].startswith("tulips"))
    put(platform.client, alice, job_id, word[0])
    short = PARAGRAPHS[0]
    save_new(alice, media_id, short)
    detached = position(platform, alice, job_id)
    assert (detached["detached"], detached["position_ms"]) == (True, word[0])
    assert 0 <= detached["text_offset"] <= len(short)
    save_new(alice, media_id, "A foreword. " + FORMER)
    found = position(platform, alice, job_id)
    assert (found["detached"], found["text_offset"]) == (False, word[2] + len("A foreword. "))


def test_a_text_is_not_replaced_between_the_plan_of_a_job_and_its_row(
    platform: Platform, alice: User, cloud: Cloud, media_id: str
) -> None:
    """A request for speech holds the media until its job is written, which then keeps the text."""
    other = psycopg.connect(cloud.owner.info.dsn, password=cloud.owner.info.password)
    with other, ThreadPoolExecutor() as pool:
        with other.transaction():
            other.execute("SELECT FROM media WHERE id = %s FOR UPDATE", [media_id])  # as `save_new`
            started = pool.submit(start, platform.client, alice, media_id)
            with pytest.raises(TimeoutError):
                started.result(timeout=0.5)
        assert started.result(timeout=30).status_code == 202
