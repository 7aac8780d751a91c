"""The pronunciation lexicon: its entries, and the recordings that are made with them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from chalicelib.platform import config
from chalicelib.speech.lexicon import model
from tests.fakes import scripted
from tests.fakes.speechify import FakeSpeechify
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_jobs import paragraphs, post, quote, start_job, upload_text
from tests.integration.speech.test_paid_providers import provider as provider
from tests.support.clock import get_job, run_to_completion

NAME = "Cholmondeley"


@pytest.fixture
def media_id(platform: Platform, alice: User) -> str:
    text = paragraphs(7)
    text[4] = f"Then {NAME} sails by. {text[4]}"
    return upload_text(platform, alice, text)


def add_entry(platform: Platform, user: User, written: str, **values: Any) -> dict[str, Any]:
    response = post(platform, user, "/v1/lexicon", {"written": written, "language": "en", **values})
    assert response.status_code == 201, response.body
    entry: dict[str, Any] = response.json_body
    return entry


def record(platform: Platform, user: User, media_id: str) -> dict[str, Any]:
    job: dict[str, Any] = run_to_completion(platform, user, start_job(platform, user, media_id))
    assert job["status"] == "done"
    return job


def segments(cloud: Cloud, job_id: str) -> dict[int, tuple[str, str]]:
    """Return each segment's audio key, and the ETag of its audio."""
    rows = cloud.owner.execute("SELECT index, audio_key FROM speech_segments WHERE job_id = %s", [job_id]).fetchall()
    return {index: (key, cloud.s3.head_object(Bucket="library", Key=f"{key}.mp3")["ETag"]) for index, key in rows}


def send(platform: Platform, user: User, method: str, path: str, body: object = None) -> Any:
    request = getattr(platform.client.http, method)
    return request(path, headers=user.headers, body=json.dumps(body).encode() if body is not None else b"")


def test_only_segments_with_the_word_are_spoken_again(platform: Platform, alice: User, media_id: str) -> None:
    before = segments(platform.cloud, record(platform, alice, media_id)["id"])
    add_entry(platform, alice, NAME, spoken="Chumley")
    expected = quote(platform, alice, media_id)
    job = record(platform, alice, media_id)
    after = segments(platform.cloud, job["id"])
    changed = {index for index in after if after[index] != before[index]}
    assert len(before) == len(after) > 3
    assert len(changed) == 1
    assert job["characters"] - job["cached_characters"] == expected["characters"] - expected["cached_characters"] > 0
    text = platform.client.http.get(f"/v1/media/{media_id}/text", headers=alice.headers).json_body["text"]
    words = platform.client.http.get(f"/v1/speech/{job['id']}/marks", headers=alice.headers).json_body["words"]
    assert [text[start:end] for _, _, start, end in words].count(NAME) == 1


def test_a_running_job_keeps_the_lexicon_with_which_it_was_requested(
    platform: Platform, alice: User, media_id: str
) -> None:
    entry = add_entry(platform, alice, NAME, spoken="Chumley")
    before = segments(platform.cloud, record(platform, alice, media_id)["id"])
    started = start_job(platform, alice, media_id)
    assert send(platform, alice, "patch", f"/v1/lexicon/{entry['id']}", {"spoken": "Marjory"}).status_code == 200
    add_entry(platform, alice, "keeper", spoken="warden")
    run_to_completion(platform, alice, started)
    assert segments(platform.cloud, started) == before
    job = get_job(platform, alice, started)
    assert job["cached_characters"] == job["characters"]
    assert quote(platform, alice, media_id)["cached_characters"] < job["characters"]


def test_an_entry_of_a_document_counts_before_those_for_all_documents(platform: Platform, alice: User) -> None:
    one, other = (
        upload_text(platform, alice, [f"{NAME} sails by, the {number} time."]) for number in ("first", "last")
    )
    add_entry(platform, alice, NAME, spoken="Chumley the first of all")
    add_entry(platform, alice, NAME, spoken="Chum", media_id=one)
    lengths = [quote(platform, alice, media)["characters"] for media in (one, other)]
    assert lengths == [len("Chum sails by, the first time."), len("Chumley the first of all sails by, the last time.")]


def test_entries_of_a_document_are_trashed_restored_and_purged_with_it(platform: Platform, alice: User) -> None:
    media_id = upload_text(platform, alice, ["A ship sails by."])
    entry = add_entry(platform, alice, "ship", spoken="boat", media_id=media_id)

    def listed() -> list[str]:
        response = platform.client.http.get(f"/v1/lexicon?media_id={media_id}", headers=alice.headers)
        return [item["id"] for item in response.json_body["items"]]

    assert listed() == [entry["id"]]
    platform.client.http.delete(f"/v1/media/{media_id}", headers=alice.headers)
    assert listed() == []
    assert send(platform, alice, "patch", f"/v1/lexicon/{entry['id']}", {"spoken": "x"}).status_code == 404
    post(platform, alice, f"/v1/media/{media_id}/restore")
    assert listed() == [entry["id"]]
    platform.client.http.delete(f"/v1/media/{media_id}?permanent=true", headers=alice.headers)
    rows = platform.cloud.owner.execute("SELECT count(*) FROM lexicon_entries WHERE media_id = %s", [media_id])
    assert rows.fetchone() == (0,)


def test_an_entry_tells_what_it_changes_before_it_is_saved(
    platform: Platform, alice: User, bob: User, media_id: str
) -> None:
    body = {"written": NAME.lower(), "spoken": "Chumley", "language": "en"}
    draft = post(platform, alice, "/v1/lexicon/affected", body).json_body
    assert (draft["documents"], draft["is_complete"]) == (1, True)
    before = quote(platform, alice, media_id)
    record(platform, alice, media_id)
    add_entry(platform, alice, NAME, spoken="Chumley")
    after = quote(platform, alice, media_id)
    changed = after["characters"] - after["cached_characters"]
    assert draft["characters"] == changed + before["characters"] - after["characters"] > 0
    elsewhere: list[dict[str, Any]] = [
        {**body, "language": "de"},
        {**body, "case_sensitive": True},
        {**body, "written": "Cholmonde"},
    ]
    for other in elsewhere:
        assert post(platform, alice, "/v1/lexicon/affected", other).json_body["documents"] == 0
    assert post(platform, bob, "/v1/lexicon/affected", body).json_body["documents"] == 0
    assert post(platform, bob, "/v1/lexicon/affected", {**body, "media_id": media_id}).status_code == 404


def hear(platform: Platform, user: User, **request: Any) -> Any:
    """Request a preview, let the workers run, and request it again."""
    first = post(platform, user, "/v1/lexicon/preview", request)
    assert (first.status_code, first.json_body["status"]) == (202, "pending"), first.body
    assert post(platform, user, "/v1/lexicon/preview", request).status_code == 202
    platform.run()
    return post(platform, user, "/v1/lexicon/preview", request)


def test_a_preview_is_heard_with_an_entry_that_is_not_saved(platform: Platform, alice: User) -> None:
    add_entry(platform, alice, "sails", spoken="floats")
    draft = {"written": NAME, "spoken": "Chumley", "language": "en"}
    heard = hear(platform, alice, text=f"{NAME} sails.", entry=draft)
    assert (heard.status_code, heard.json_body["spoken"]) == (200, "Chumley floats.")
    assert heard.json_body["duration_ms"] > 200
    audio = requests.get(heard.json_body["url"], timeout=10)
    assert (audio.status_code, audio.headers["Content-Type"]) == (200, "audio/mpeg")
    calls = platform.cloud.owner.execute("SELECT count(*), min(outcome) FROM speech_calls").fetchone()
    assert calls == (1, "spoken")


def test_a_preview_by_a_paid_voice_counts_against_the_budget(
    platform: Platform, alice: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECH_CHARACTERS_PER_DAY", "30")
    config.settings.cache_clear()
    assert hear(platform, alice, text="The keeper sleeps.").status_code == 200
    assert provider.billed_characters == len("The keeper sleeps.")
    usage = platform.client.http.get("/v1/account", headers=alice.headers).json_body["usage"]
    assert usage["bought_characters_today"] == len("The keeper sleeps.")
    beyond = post(platform, alice, "/v1/lexicon/preview", {"text": "The keeper sleeps a lot."})
    assert problem(beyond)["code"] == "budget_exceeded"


def test_a_voice_that_fails_is_named_and_can_be_tried_again(
    platform: Platform, alice: User, provider: FakeSpeechify
) -> None:
    provider.script(scripted.error(402, "payment_required"))
    failed = hear(platform, alice, text="The keeper sleeps.")
    assert (failed.status_code, "speechify:" in problem(failed)["detail"]) == (503, True)
    platform.cloud.owner.execute("UPDATE speech_calls SET ended_at = ended_at - interval '1 minute'")
    assert hear(platform, alice, text="The keeper sleeps.").status_code == 200


def test_an_entry_is_changed_listed_and_deleted(platform: Platform, alice: User) -> None:
    first, second = add_entry(platform, alice, "AWS", spoken="a w s"), add_entry(platform, alice, "Nguyen", ipa="/wɪn/")
    changed = send(platform, alice, "patch", f"/v1/lexicon/{second['id']}", {"spoken": "win", "case_sensitive": True})
    assert (changed.json_body["spoken"], changed.json_body["ipa"]) == ("win", "wɪn")
    removed = send(platform, alice, "patch", f"/v1/lexicon/{second['id']}", {"ipa": None})
    assert (removed.json_body["spoken"], removed.json_body["ipa"]) == ("win", None)
    nothing = send(platform, alice, "patch", f"/v1/lexicon/{second['id']}", {"spoken": None})
    assert problem(nothing)["code"] == "invalid"
    page = platform.client.http.get("/v1/lexicon?limit=1", headers=alice.headers).json_body
    rest = platform.client.http.get(f"/v1/lexicon?cursor={page['next_cursor']}", headers=alice.headers).json_body
    assert [item["id"] for item in (*page["items"], *rest["items"])] == [second["id"], first["id"]]
    assert platform.client.http.delete(f"/v1/lexicon/{first['id']}", headers=alice.headers).status_code == 204
    assert platform.client.http.delete(f"/v1/lexicon/{first['id']}", headers=alice.headers).status_code == 404
    events = platform.client.http.get("/v1/account/audit", headers=alice.headers).json_body["items"]
    assert [(event["action"], event["subject_id"]) for event in events] == [
        ("lexicon.deleted", first["id"]),
        ("lexicon.changed", second["id"]),
        ("lexicon.changed", second["id"]),
        ("lexicon.created", second["id"]),
        ("lexicon.created", first["id"]),
    ]


def test_a_word_has_one_entry_in_a_language_and_for_the_same_documents(platform: Platform, alice: User) -> None:
    add_entry(platform, alice, "lead", spoken="led")
    again = post(platform, alice, "/v1/lexicon", {"written": "lead", "spoken": "leed", "language": "en"})
    assert problem(again)["code"] == "entry_exists"
    other = add_entry(platform, alice, "lead", spoken="leed", language="en-GB")
    taken = send(platform, alice, "patch", f"/v1/lexicon/{other['id']}", {"language": "en"})
    assert problem(taken)["code"] == "entry_exists"


def test_the_limit_is_told_by_the_account_and_by_the_error(platform: Platform, alice: User) -> None:
    account = platform.client.http.get("/v1/account", headers=alice.headers).json_body
    assert account["limits"]["lexicon_entries"] == model.MAX_ENTRIES == 1_000
    add_entry(platform, alice, "word", spoken="x")
    platform.cloud.owner.execute(
        """INSERT INTO lexicon_entries (id, owner_id, language, written, spoken, whole_word, case_sensitive)
           SELECT gen_random_uuid(), owner_id, 'en', 'word ' || number, 'x', true, false
           FROM lexicon_entries, generate_series(1, 999) AS number"""
    )
    beyond = post(platform, alice, "/v1/lexicon", {"written": "one more", "spoken": "x", "language": "en"})
    assert problem(beyond)["code"] == "limit_reached"


def test_a_letter_that_no_voice_knows_and_a_document_of_others_are_named(platform: Platform, alice: User) -> None:
    unknown = post(platform, alice, "/v1/lexicon", {"written": "x", "ipa": "tʃ3", "language": "en"})
    assert "'3'" in problem(unknown)["detail"]
    nobodys = "0192a0b0-7c1e-7d6a-9a51-3b1f0c2d4e5f"
    missing = post(
        platform, alice, "/v1/lexicon", {"written": "x", "spoken": "y", "language": "en", "media_id": nobodys}
    )
    assert nobodys in problem(missing)["detail"]
