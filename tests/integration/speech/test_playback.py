"""Listening to a reading while it is spoken: playlist, marks and captions grow together; the place is kept for every voice."""

from __future__ import annotations

import json
import re
import struct
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from chalice.test import Client

from chalicelib.speech.audio import id3, mp3
from chalicelib.speech.playback import hls_segments, service
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User, WorkerDied, at_storage, die
from tests.integration.speech.test_speech import TEXT, get, recording, start
from tests.integration.uploads.test_uploads import upload

Json = Any


@pytest.fixture
def media(platform: Platform, alice: User) -> Json:
    return upload(platform, alice, TEXT)


def deliver(platform: Platform, cloud: Cloud, queue: str, function: str) -> None:
    for message in cloud.messages(queue):
        assert platform.deliver(function, [message["Body"]]) == []


def speak_in_any_order(platform: Platform, cloud: Cloud) -> list[str]:
    """Have everything spoken, and keep the results back: the last ones first."""
    deliver(platform, cloud, "speech_plan", "plan_speech")
    for queue in ("speech_express", "speech_bulk"):
        deliver(platform, cloud, queue, "synthesize")
    results = [message["Body"] for message in cloud.messages("speech_results")]
    return sorted(results, key=lambda body: -json.loads(body)["index"])


def playlist_of(client: Client, user: User, job_id: str) -> str:
    answer = get(client, user, f"/v1/speech/{job_id}/playlist.m3u8")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, service.PLAYLIST_TYPE)
    return str(answer.body.decode())


def part(cloud: Cloud, client: Client, user: User, job_id: str, uri: str) -> bytes:
    """What a player gets that follows the playlist."""
    answer = get(client, user, f"/v1/speech/{job_id}/{uri}")
    assert answer.status_code == 302
    key = urlsplit(answer.headers["Location"]).path.lstrip("/").removeprefix("library/")
    content: bytes = cloud.s3.get_object(Bucket="library", Key=key)["Body"].read()
    return content


def test_a_reading_can_be_heard_from_its_first_segment_and_grows_to_the_whole(
    platform: Platform, alice: User, cloud: Cloud, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    early = get(client, alice, f"/v1/speech/{job_id}/playlist.m3u8")
    assert (early.status_code, problem(early)["code"], early.headers["Retry-After"]) == (409, "not_begun", "1")
    assert get(client, alice, f"/v1/speech/{job_id}/marks").json_body["words"] == []
    assert get(client, alice, f"/v1/speech/{job_id}/captions.vtt").body == b"WEBVTT\n\n"

    results = speak_in_any_order(platform, cloud)
    seen: list[tuple[str, Json, str]] = []
    for body in results[-1:] + results[:-1]:  # the first segment, then the others from behind
        platform.deliver("record_segment", [body])
        deliver(platform, cloud, "speech_finish", "finish_speech")
        marks = get(client, alice, f"/v1/speech/{job_id}/marks").json_body
        captions = get(client, alice, f"/v1/speech/{job_id}/captions.vtt").body.decode()
        seen.append((playlist_of(client, alice, job_id), marks, captions))
    platform.run()

    assert len({playlist for playlist, _, _ in seen}) == 2  # the first segment alone, and all: the second came last
    for (playlist, marks, captions), (later, more, longer) in pairwise(seen):
        assert later.startswith(playlist)
        assert longer.startswith(captions)
        assert more["words"][: len(marks["words"])] == marks["words"] != []
        assert "ENDLIST" not in playlist
        assert not marks["complete"]
    playlist, marks, captions = seen[-1]
    job = get(client, alice, f"/v1/speech/{job_id}").json_body
    assert playlist == playlist_of(client, alice, job_id)
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    assert (marks["complete"], marks["duration_ms"]) == (True, job["duration_ms"])

    uris = re.findall(r"^parts/.*$", playlist, re.MULTILINE)
    parts = [part(cloud, client, alice, job_id, uri) for uri in uris]
    durations = [round(float(each) * 1_000) for each in re.findall(r"#EXTINF:([\d.]+),", playlist)]
    assert [mp3.parse(content).duration_ms for content in parts] == durations
    assert sum(durations) == job["duration_ms"]
    head = len(id3.timestamp_tag(0))
    clocks = [struct.unpack(">Q", content[head - 8 : head])[0] for content in parts]
    assert clocks == [90 * sum(durations[:n]) for n in range(len(parts))]
    whole = mp3.parse(recording(cloud, alice, job))
    assert b"".join(content[head:] for content in parts) == whole.frames

    stored = cloud.s3.get_object(Bucket="library", Key=f"speech/{alice.id}/{job_id}/marks.json")["Body"].read()
    assert json.loads(stored) == marks
    assert cloud.s3.get_object(Bucket="library", Key=f"speech/{alice.id}/{job_id}/captions.vtt")["Body"].read() == (
        captions.encode()
    )


def test_marks_are_told_in_pieces_and_what_is_known_is_not_sent_again(
    platform: Platform, alice: User, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    path = f"/v1/speech/{job_id}/marks"
    whole = get(client, alice, path)
    words = whole.json_body["words"]
    rest = get(client, alice, f"{path}?from_ms={words[40][0]}").json_body
    assert rest["words"] == words[40:]
    assert rest["complete"]
    beyond = get(client, alice, f"{path}?from_ms={whole.json_body['duration_ms']}").json_body
    assert (beyond["words"], beyond["complete"]) == ([], True)
    for name in ("marks", "captions.vtt", "playlist.m3u8"):
        first = get(client, alice, f"/v1/speech/{job_id}/{name}")
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = client.http.get(
            f"/v1/speech/{job_id}/{name}", headers={**alice.headers, "If-None-Match": first.headers["ETag"]}
        )
        assert (again.status_code, again.body) == (304, b"")
    assert get(client, alice, f"{path}?from_ms=-1").status_code == 422


def test_what_is_too_much_for_one_answer_comes_in_pieces_or_from_storage(
    platform: Platform, alice: User, media: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    path = f"/v1/speech/{job_id}/marks"
    words = get(client, alice, path).json_body["words"]
    captions = get(client, alice, f"/v1/speech/{job_id}/captions.vtt").body.decode()
    monkeypatch.setattr(service, "INLINE_CHARACTERS", 1_300)
    for name in ("marks", "captions.vtt"):
        led = get(client, alice, f"/v1/speech/{job_id}/{name}")
        assert led.status_code == 302
        assert f"{job_id}/{name.replace('marks', 'marks.json')}" in led.headers["Location"]
    collected, texts, answers, from_ms, complete = [], "", 0, 0, False
    while not complete:
        some = get(client, alice, f"{path}?from_ms={from_ms}").json_body
        texts += get(client, alice, f"/v1/speech/{job_id}/captions.vtt?from_ms={from_ms}").body.decode()[8:]
        collected += some["words"]
        answers += 1
        assert some["duration_ms"] > from_ms
        from_ms, complete = some["duration_ms"], some["complete"]
    assert (collected, "WEBVTT\n\n" + texts) == (words, captions)
    assert answers > 1


def test_a_capability_goes_on_to_the_parts(platform: Platform, alice: User, media: Json) -> None:
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    platform.run()
    answer = get(platform.client, alice, f"/v1/speech/{job_id}/playlist.m3u8?t=a.b-c_d")
    uris = re.findall(r"^parts/.*$", answer.body.decode(), re.MULTILINE)
    assert uris
    assert all(uri.endswith(".mp3?t=a.b-c_d") for uri in uris)


def test_a_part_that_is_not_in_the_playlist_does_not_exist(
    platform: Platform, alice: User, bob: User, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    (name, *_) = re.findall(r"^parts/(.*)$", playlist_of(client, alice, job_id), re.MULTILINE)
    assert get(client, alice, f"/v1/speech/{job_id}/parts/{name}").status_code == 302
    index, digest, number = name.removesuffix(".mp3").split("-")
    wrong = [
        f"{index}-{digest}-99.mp3",
        f"{index}-{digest}-{number}",
        f"{index}-{'0' * 12}-{number}.mp3",
        f"9999999-{digest}-0.mp3",
        f"²-{digest}-0.mp3",
        "audio.mp3",
    ]
    for other in wrong:
        assert get(client, alice, f"/v1/speech/{job_id}/parts/{other}").status_code == 404, other
    assert get(client, bob, f"/v1/speech/{job_id}/parts/{name}").status_code == 404
    for path in ("playlist.m3u8", "marks", "captions.vtt", "position"):
        assert get(client, bob, f"/v1/speech/{job_id}/{path}").status_code == 404


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_cutter_that_dies_is_replaced(
    platform: Platform, alice: User, cloud: Cloud, media: Json, moment: str
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.deliver("record_segment", speak_in_any_order(platform, cloud)[-1:])
    orders = [message["Body"] for message in cloud.messages("speech_finish")]
    assert [json.loads(order)["kind"] for order in orders] == ["cut"]
    with at_storage("PutObject", die, moment=moment), pytest.raises(WorkerDied):
        platform.deliver("finish_speech", orders)
    assert get(client, alice, f"/v1/speech/{job_id}/playlist.m3u8").status_code == 409
    assert platform.deliver("finish_speech", orders, receives=2) == []
    before = playlist_of(client, alice, job_id)
    assert platform.deliver("finish_speech", orders, receives=3) == []
    assert playlist_of(client, alice, job_id) == before


def test_cutting_that_takes_too_long_is_gone_on_with(
    platform: Platform, alice: User, cloud: Cloud, media: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    platform.deliver("record_segment", list(reversed(speak_in_any_order(platform, cloud))))
    orders = [message["Body"] for message in cloud.messages("speech_finish")]
    assert "finish" in {json.loads(order)["kind"] for order in orders}
    assert not hls_segments.build_pending(alice.id, UUID(job_id), work_s=-1)
    monkeypatch.setattr(hls_segments.build_pending, "__kwdefaults__", {"work_s": -1})
    for order in orders:
        assert platform.deliver("finish_speech", [order]) == []
    again = [message["Body"] for message in cloud.messages("speech_finish")]
    assert sorted(again) == sorted(orders)
    assert get(platform.client, alice, f"/v1/speech/{job_id}").json_body["status"] == "finishing"
    monkeypatch.undo()


def test_a_gap_is_half_a_second_of_silence_without_words(
    platform: Platform, alice: User, cloud: Cloud, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    results = [json.loads(body) for body in speak_in_any_order(platform, cloud)]
    for result in results:
        if result["index"] == 1:
            result |= {
                "outcome": "refused",
                "error": "The provider choked.",
                "frame_count": 0,
                "audio_bytes": 0,
                "duration_ms": 0,
            }
        platform.deliver("record_segment", [json.dumps(result)])
    platform.run()
    job = get(client, alice, f"/v1/speech/{job_id}").json_body
    assert (job["status"], len(job["gaps"])) == ("partial", 1)
    playlist = playlist_of(client, alice, job_id)
    uris = re.findall(r"^parts/.*$", playlist, re.MULTILINE)
    (gap,) = [uri for uri in uris if uri.startswith("parts/1-")]
    assert mp3.parse(part(cloud, client, alice, job_id, gap)).duration_ms == 504
    durations = [round(float(each) * 1_000) for each in re.findall(r"#EXTINF:([\d.]+),", playlist)]
    assert sum(durations) == job["duration_ms"]
    marks = get(client, alice, f"/v1/speech/{job_id}/marks").json_body
    assert marks["complete"]
    lost = job["gaps"][0]
    assert not [word for word in marks["words"] if lost["text_start"] <= word[2] < lost["text_end"]]


def test_a_cancelled_reading_ends_with_what_came_in_and_goes_on_after_a_retry(
    platform: Platform, alice: User, cloud: Cloud, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    results = speak_in_any_order(platform, cloud)
    platform.deliver("record_segment", results[-1:])
    client.http.post(f"/v1/speech/{job_id}/cancel", headers=alice.headers)
    platform.deliver("record_segment", results[-2:-1])  # was under way
    platform.run()
    cancelled = playlist_of(client, alice, job_id)
    assert {uri.split("-")[0] for uri in re.findall(r"^parts/.*$", cancelled, re.MULTILINE)} == {"parts/0", "parts/1"}
    assert cancelled.endswith("#EXT-X-ENDLIST\n")
    assert not get(client, alice, f"/v1/speech/{job_id}/marks").json_body["complete"]
    client.http.post(f"/v1/speech/{job_id}/retry", headers=alice.headers)
    platform.deliver("record_segment", results[:-2])
    platform.run()
    assert get(client, alice, f"/v1/speech/{job_id}").json_body["status"] == "done"
    whole = playlist_of(client, alice, job_id)
    assert whole.startswith(cancelled.removesuffix("#EXT-X-ENDLIST\n"))
    assert get(client, alice, f"/v1/speech/{job_id}/marks").json_body["complete"]


def test_nothing_is_heard_of_what_was_cancelled_before_a_word(platform: Platform, alice: User, media: Json) -> None:
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    platform.client.http.post(f"/v1/speech/{job_id}/cancel", headers=alice.headers)
    answer = get(platform.client, alice, f"/v1/speech/{job_id}/playlist.m3u8")
    assert (answer.status_code, problem(answer)["code"], "Retry-After" in answer.headers) == (409, "not_spoken", False)


# ---- the place one is at ----------------------------------------------------------------------------------------------


def put(client: Client, user: User, job_id: str, ms: int, time: str = "2020-01-01T00:00:00Z") -> Any:
    body = json.dumps({"position_ms": ms, "device_time": time}).encode()
    return client.http.put(f"/v1/speech/{job_id}/position", headers=user.headers, body=body)


def test_the_place_is_kept_to_the_millisecond_and_for_other_voices_to_the_word(
    platform: Platform, alice: User, media: Json
) -> None:
    client = platform.client
    first = start(client, alice, media["id"], voice="espeak:en-us").json_body["id"]
    other = start(client, alice, media["id"], voice="espeak:en-gb").json_body["id"]
    text = get(client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    begin = text.index("In winter")
    part_only = start(client, alice, media["id"], start=begin, end=begin + 400).json_body["id"]
    platform.run()
    fresh = get(client, alice, f"/v1/speech/{first}/position").json_body
    assert fresh == {"position_ms": 0, "text_offset": None, "device_time": None}
    words = get(client, alice, f"/v1/speech/{first}/marks").json_body["words"]
    theirs = get(client, alice, f"/v1/speech/{other}/marks").json_body["words"]
    duration_ms = get(client, alice, f"/v1/speech/{first}").json_body["duration_ms"]
    for n, ms in enumerate([0, words[3][0], words[3][0] + 7, words[150][1], duration_ms - 1]):
        kept = put(client, alice, first, ms, f"2020-01-01T00:00:{n:02}Z")
        assert kept.status_code == 200
        assert kept.json_body == get(client, alice, f"/v1/speech/{first}/position").json_body
        assert kept.json_body["position_ms"] == ms
    put(client, alice, first, words[150][0], "2020-01-01T00:01:00Z")
    assert get(client, alice, f"/v1/speech/{other}/position").json_body["position_ms"] == theirs[150][0]
    elsewhere = get(client, alice, f"/v1/speech/{part_only}/position").json_body
    assert (elsewhere["position_ms"], elsewhere["text_offset"]) == (None, words[150][2])
    put(client, alice, first, duration_ms, "2020-01-01T00:02:00Z")
    done = get(client, alice, f"/v1/speech/{other}/position").json_body
    assert done["position_ms"] == get(client, alice, f"/v1/speech/{other}").json_body["duration_ms"]


def test_of_several_devices_the_latest_counts(platform: Platform, alice: User, media: Json) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    put(client, alice, job_id, 5_000, "2020-01-01T12:00:00+02:00")
    late = put(client, alice, job_id, 9_000, "2020-01-01T09:59:59Z")
    assert late.json_body["position_ms"] == 5_000
    assert late.json_body["device_time"] == "2020-01-01T10:00:00Z"
    assert put(client, alice, job_id, 7_000, "2999-01-01T00:00:00Z").json_body["position_ms"] == 7_000
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    assert put(client, alice, job_id, 8_000, soon).json_body["position_ms"] == 8_000  # the fast clock locked nobody out


def test_a_place_that_cannot_be_is_refused(platform: Platform, alice: User, media: Json) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    refused = put(client, alice, job_id, 60_000)
    assert (refused.status_code, problem(refused)["code"]) == (422, "beyond_end")
    assert put(client, alice, job_id, 0).json_body["position_ms"] == 0
    assert put(client, alice, job_id, -1).status_code == 422
    assert put(client, alice, job_id, 1, "yesterday").status_code == 422
    assert put(client, alice, job_id, 1, "2020-01-01T00:00:00").status_code == 422  # of which time zone?


def test_places_and_parts_go_with_their_media(platform: Platform, alice: User, cloud: Cloud, media: Json) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    put(client, alice, job_id, 1_000)
    client.http.delete(f"/v1/media/{media['id']}?permanent=true", headers=alice.headers)
    for table in ("speech_cuts", "listening_positions"):
        assert cloud.owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608
    assert (f"speech/{alice.id}/{job_id}/",) in cloud.owner.execute("SELECT key FROM object_deletions").fetchall()
