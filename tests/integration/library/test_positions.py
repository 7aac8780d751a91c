"""The position of a media's reader: read, listened to, on several devices; and what was opened last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from chalice.test import HTTPResponse

from chalicelib.library import text_versions
from chalicelib.library.model import VersionReason
from chalicelib.platform.db import database
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_playback import put as put_heard
from tests.integration.speech.test_speech import PARAGRAPHS, get, start
from tests.integration.uploads.test_uploads import upload
from tests.support.extracted_texts import plain_text
from tests.support.media_rows import insert_media, list_all, minutes_later, request

TEXT = "\n\n".join(PARAGRAPHS)


@pytest.fixture
def media_id(platform: Platform, alice: User) -> str:
    return str(upload(platform, alice, TEXT.encode())["id"])


def put(platform: Platform, user: User, media_id: str, **body: Any) -> HTTPResponse:
    body = {"device_time": datetime.now(UTC).isoformat(), **body}
    return request(platform.client, user, "PUT", f"/v1/media/{media_id}/position", body)


def get_media(platform: Platform, user: User, media_id: str) -> Any:
    return get(platform.client, user, f"/v1/media/{media_id}").json_body


def test_a_place_is_kept_without_listening(platform: Platform, alice: User, media_id: str) -> None:
    assert get_media(platform, alice, media_id)["position"] is None
    stored = put(platform, alice, media_id, text_offset=100)
    assert stored.status_code == 200, stored.body
    assert stored.json_body["text_offset"] == 100
    assert stored.json_body["fraction"] == pytest.approx(100 / len(TEXT))
    assert get_media(platform, alice, media_id)["position"] == stored.json_body


def test_reading_and_listening_have_one_place(platform: Platform, alice: User, media_id: str) -> None:
    job_id = start(platform.client, alice, media_id).json_body["id"]
    platform.run()
    words = get(platform.client, alice, f"/v1/speech/{job_id}/marks").json_body["words"]
    put(platform, alice, media_id, text_offset=words[20][2])
    heard = get(platform.client, alice, f"/v1/speech/{job_id}/position").json_body
    assert (heard["position_ms"], heard["text_offset"]) == (words[20][0], words[20][2])
    put_heard(platform.client, alice, job_id, words[40][0], datetime.now(UTC).isoformat())
    assert get_media(platform, alice, media_id)["position"]["text_offset"] == words[40][2]


def test_a_page_is_where_its_text_starts_and_a_text_has_a_page(platform: Platform, alice: User, cloud: Cloud) -> None:
    media_id = insert_media(cloud, alice, page_count=30, text_length=3_000, word_count=500)
    cloud.owner.execute(
        """INSERT INTO media_passages (media_id, owner_id, number, page, text_start, text_end, body)
           SELECT %s, %s, n, n, 100 * (n - 1), 100 * n, repeat('x', 100) FROM generate_series(1, 29) AS n""",
        [media_id, alice.id],
    )
    page = put(platform, alice, media_id, page=15, zoom=1.5).json_body
    assert (page["page"], page["text_offset"], page["zoom"]) == (15, 1_400, 1.5)
    assert page["fraction"] == pytest.approx(14 / 30)
    offset = put(platform, alice, media_id, text_offset=250).json_body
    assert (offset["page"], offset["text_offset"], offset["zoom"]) == (3, 250, 1.5)  # the zoom of the pages stays
    assert put(platform, alice, media_id, page=30).json_body["fraction"] == 1
    assert problem(put(platform, alice, media_id, page=31))["code"] == "position_out_of_range"


def test_audio_has_a_time(platform: Platform, alice: User, cloud: Cloud) -> None:
    media_id = insert_media(cloud, alice, media_type="audio/mpeg", duration_ms=60_000)
    stored = put(platform, alice, media_id, time_ms=45_000).json_body
    assert (stored["time_ms"], stored["fraction"]) == (45_000, 0.75)


def test_what_is_no_place_is_rejected(platform: Platform, alice: User, cloud: Cloud, media_id: str) -> None:
    for body in ({}, {"text_offset": -1}, {"page": 0}, {"text_offset": 1, "zoom": 0}, {"text_offset": 1, "line": 2}):
        assert put(platform, alice, media_id, **body).status_code == 422, body
    assert put(platform, alice, media_id, text_offset=1, device_time="2026-01-01T00:00:00").status_code == 422
    beyond = put(platform, alice, media_id, text_offset=len(TEXT) + 1)
    assert (beyond.status_code, problem(beyond)["code"]) == (422, "position_out_of_range")
    trashed = insert_media(cloud, alice, status="trashed", text_length=10)
    assert problem(put(platform, alice, trashed, text_offset=1))["code"] == "not_ready"


def test_the_latest_place_wins_whatever_the_devices_clocks_say(platform: Platform, alice: User, media_id: str) -> None:
    now = datetime.now(UTC)
    slow, fast = timedelta(days=-400), timedelta(hours=5)

    def put_by_clock(offset: int, error: timedelta, *, seconds_ago: float) -> int:
        clock = now + error
        body = put(
            platform,
            alice,
            media_id,
            text_offset=offset,
            device_time=(clock - timedelta(seconds=seconds_ago)).isoformat(),
            sent_at=clock.isoformat(),
        ).json_body
        return int(body["text_offset"])

    assert put_by_clock(10, fast, seconds_ago=600) == 10
    assert put_by_clock(20, slow, seconds_ago=300) == 20  # later, although its clock is more than a year behind
    assert put_by_clock(30, fast, seconds_ago=480) == 20  # an outdated place that was sent late
    assert put_by_clock(40, slow, seconds_ago=0) == 40


def test_a_place_moves_with_its_words_to_a_new_text(platform: Platform, alice: User, media_id: str) -> None:
    offset = TEXT.index("winter")
    put(platform, alice, media_id, text_offset=offset)
    longer = "A foreword, which the former text did not have.\n\n" + TEXT
    with database.transaction(alice.id) as connection:
        text_versions.save_new(connection, alice.id, UUID(media_id), plain_text(longer), VersionReason.UPGRADE)
    position = get_media(platform, alice, media_id)["position"]
    assert longer[position["text_offset"] :].startswith("winter")
    assert position["fraction"] == pytest.approx(position["text_offset"] / len(longer))
    assert position["detached"] is False


def test_only_the_owner_has_a_place_in_a_media(platform: Platform, alice: User, bob: User, media_id: str) -> None:
    put(platform, alice, media_id, text_offset=100)
    assert put(platform, bob, media_id, text_offset=5).status_code == 404
    bobs = str(upload(platform, bob, TEXT.encode())["id"])
    assert get_media(platform, bob, bobs)["position"] is None
    assert list_all(platform.client, bob, "/v1/media?in_progress=true") == []
    assert get_media(platform, alice, media_id)["position"]["text_offset"] == 100


# ---- lists -------------------------------------------------------------------------------------------------------------


def test_only_opening_a_media_counts_as_opening(platform: Platform, alice: User, cloud: Cloud, media_id: str) -> None:
    client = platform.client
    for path in ("", "/url?disposition=attachment", "/url?variant=thumbnail"):
        get(client, alice, f"/v1/media/{media_id}{path}")
    get(client, alice, "/v1/media")
    assert get_media(platform, alice, media_id)["opened_at"] is None
    for path in ("/text", "/text?start=0", "/url", "/url?variant=view"):
        cloud.owner.execute("UPDATE media SET opened_at = now() - interval '1 hour'")
        before = get_media(platform, alice, media_id)
        get(client, alice, f"/v1/media/{media_id}{path}")
        after = get_media(platform, alice, media_id)
        assert after["opened_at"] > before["opened_at"], path
        assert after["updated_at"] == before["updated_at"], path


def test_the_last_opened_media_come_first_and_unopened_ones_behind(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    opened = [insert_media(cloud, alice, opened_at=minutes_later(number // 2)) for number in range(4)]
    unopened = [insert_media(cloud, alice) for _ in range(3)]
    for limit in (1, 2, 100):
        ids = list_all(platform.client, alice, "/v1/media?sort=-opened_at", limit=limit)
        assert ids == [
            *sorted(opened[2:], reverse=True),
            *sorted(opened[:2], reverse=True),
            *sorted(unopened, reverse=True),
        ], limit


def test_a_media_is_in_progress_between_its_beginning_and_its_end(
    platform: Platform, alice: User, cloud: Cloud
) -> None:
    media = {
        offset: insert_media(cloud, alice, text_length=1_000, opened_at=minutes_later(offset))
        for offset in (0, 1, 500, 979, 980, 1_000)
    }
    for offset, media_id in media.items():
        put(platform, alice, media_id, text_offset=offset)
    of_former_release = insert_media(cloud, alice, text_length=1_000)
    put(platform, alice, of_former_release, text_offset=500)
    cloud.owner.execute("UPDATE listening_positions SET fraction = NULL WHERE media_id = %s", [of_former_release])
    insert_media(cloud, alice)
    in_progress = list_all(platform.client, alice, "/v1/media?in_progress=true&sort=-opened_at")
    assert in_progress == [media[979], media[500], media[1], of_former_release]
    others = list_all(platform.client, alice, "/v1/media?in_progress=false")
    assert {media[0], media[980], media[1_000]} < set(others)
    assert not set(others) & set(in_progress)
    assert get_media(platform, alice, of_former_release)["position"]["fraction"] == 0.5
