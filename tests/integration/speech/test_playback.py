"""Playback while a recording is made: playlist, marks, captions and listening position."""

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

from chalicelib.platform import config
from chalicelib.speech.audio import id3, mp3
from chalicelib.speech.playback import hls_segments, service
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, User, WorkerDiedError, die, intercept_s3
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
    """Synthesize all segments but hold the results back; return them, the last one first."""
    deliver(platform, cloud, "speech_jobs", "run_speech_job")
    for queue in ("speech_express", "speech_bulk"):
        deliver(platform, cloud, queue, "synthesize")
    results = [message["Body"] for message in cloud.messages("speech_results") if "outcome" in message["Body"]]
    return sorted(results, key=lambda body: -json.loads(body)["index"])


def playlist_of(client: Client, user: User, job_id: str) -> str:
    response = get(client, user, f"/v1/speech/{job_id}/playlist.m3u8")
    assert (response.status_code, response.headers["Content-Type"]) == (200, service.PLAYLIST_TYPE)
    return str(response.body.decode())


def part(cloud: Cloud, client: Client, user: User, job_id: str, uri: str) -> bytes:
    """Fetch a URI of the playlist as a player does."""
    response = get(client, user, f"/v1/speech/{job_id}/{uri}")
    assert response.status_code == 302
    key = urlsplit(response.headers["Location"]).path.lstrip("/").removeprefix("library/")
    content: bytes = cloud.s3.get_object(Bucket="library", Key=key)["Body"].read()
    return content


def test_a_recording_is_playable_from_its_first_segment_and_grows_until_complete(
    platform: Platform, alice: User, cloud: Cloud, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    early = get(client, alice, f"/v1/speech/{job_id}/playlist.m3u8")
    assert (early.status_code, problem(early)["code"], early.headers["Retry-After"]) == (409, "not_started", "1")
    assert get(client, alice, f"/v1/speech/{job_id}/marks").json_body["words"] == []
    assert get(client, alice, f"/v1/speech/{job_id}/captions.vtt").body == b"WEBVTT\n\n"

    results = speak_in_any_order(platform, cloud)
    snapshots: list[tuple[str, Json, str]] = []
    for body in results[-1:] + results[:-1]:  # the first segment, then the others in reverse order
        platform.deliver("record_segment", [body])
        deliver(platform, cloud, "speech_jobs", "run_speech_job")
        marks = get(client, alice, f"/v1/speech/{job_id}/marks").json_body
        captions = get(client, alice, f"/v1/speech/{job_id}/captions.vtt").body.decode()
        snapshots.append((playlist_of(client, alice, job_id), marks, captions))
    platform.run()

    assert len({playlist for playlist, _, _ in snapshots}) == 2  # the first segment alone, then all
    for (playlist, marks, captions), (later_playlist, later_marks, later_captions) in pairwise(snapshots):
        assert later_playlist.startswith(playlist)
        assert later_captions.startswith(captions)
        assert later_marks["words"][: len(marks["words"])] == marks["words"] != []
        assert "ENDLIST" not in playlist
        assert not marks["complete"]
    playlist, marks, captions = snapshots[-1]
    job = get(client, alice, f"/v1/speech/{job_id}").json_body
    assert playlist == playlist_of(client, alice, job_id)
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    assert (marks["complete"], marks["duration_ms"]) == (True, job["duration_ms"])

    uris = re.findall(r"^parts/.*$", playlist, re.MULTILINE)
    parts = [part(cloud, client, alice, job_id, uri) for uri in uris]
    durations = [round(float(seconds) * 1_000) for seconds in re.findall(r"#EXTINF:([\d.]+),", playlist)]
    assert [mp3.parse(content).duration_ms for content in parts] == durations
    assert sum(durations) == job["duration_ms"]
    head = len(id3.timestamp_tag(0))
    clocks = [struct.unpack(">Q", content[head - 8 : head])[0] for content in parts]
    assert clocks == [90 * sum(durations[:n]) for n in range(len(parts))]
    complete = mp3.parse(recording(cloud, alice, job))
    assert b"".join(content[head:] for content in parts) == complete.frames

    stored = cloud.s3.get_object(Bucket="library", Key=f"speech/{alice.id}/{job_id}/marks.json")["Body"].read()
    assert json.loads(stored) == marks
    assert cloud.s3.get_object(Bucket="library", Key=f"speech/{alice.id}/{job_id}/captions.vtt")["Body"].read() == (
        captions.encode()
    )


def test_marks_can_be_fetched_from_a_time_and_unchanged_documents_are_not_resent(
    platform: Platform, alice: User, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    path = f"/v1/speech/{job_id}/marks"
    complete = get(client, alice, path)
    words = complete.json_body["words"]
    later_words = get(client, alice, f"{path}?from_ms={words[40][0]}").json_body
    assert later_words["words"] == words[40:]
    assert later_words["complete"]
    after_end = get(client, alice, f"{path}?from_ms={complete.json_body['duration_ms']}").json_body
    assert (after_end["words"], after_end["complete"]) == ([], True)
    for name in ("marks", "captions.vtt", "playlist.m3u8"):
        first = get(client, alice, f"/v1/speech/{job_id}/{name}")
        assert first.headers["Cache-Control"] == "private, no-cache"
        unchanged = client.http.get(
            f"/v1/speech/{job_id}/{name}", headers={**alice.headers, "If-None-Match": first.headers["ETag"]}
        )
        assert (unchanged.status_code, unchanged.body) == (304, b"")
    assert get(client, alice, f"{path}?from_ms=-1").status_code == 422


def test_documents_too_large_for_one_response_come_in_pages_or_from_storage(
    platform: Platform, alice: User, media: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    path = f"/v1/speech/{job_id}/marks"
    words = get(client, alice, path).json_body["words"]
    captions = get(client, alice, f"/v1/speech/{job_id}/captions.vtt").body.decode()
    monkeypatch.setattr(service, "MAX_INLINE_CHARACTERS", 1_300)
    for name in ("marks", "captions.vtt"):
        redirect = get(client, alice, f"/v1/speech/{job_id}/{name}")
        assert redirect.status_code == 302
        assert f"{job_id}/{name.replace('marks', 'marks.json')}" in redirect.headers["Location"]
    collected, texts, page_count, from_ms, complete = [], "", 0, 0, False
    while not complete:
        page = get(client, alice, f"{path}?from_ms={from_ms}").json_body
        texts += get(client, alice, f"/v1/speech/{job_id}/captions.vtt?from_ms={from_ms}").body.decode()[8:]
        collected += page["words"]
        page_count += 1
        assert page["duration_ms"] > from_ms
        from_ms, complete = page["duration_ms"], page["complete"]
    assert (collected, "WEBVTT\n\n" + texts) == (words, captions)
    assert page_count > 1


def test_the_playlists_link_token_is_passed_on_to_the_parts(platform: Platform, alice: User, media: Json) -> None:
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    platform.run()
    response = get(platform.client, alice, f"/v1/speech/{job_id}/playlist.m3u8?t=a.b-c_d")
    uris = re.findall(r"^parts/.*$", response.body.decode(), re.MULTILINE)
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
    other_names = [
        f"{index}-{digest}-99.mp3",
        f"{index}-{digest}-{number}",
        f"{index}-{'0' * 12}-{number}.mp3",
        f"9999999-{digest}-0.mp3",
        f"²-{digest}-0.mp3",
        "audio.mp3",
    ]
    for other in other_names:
        assert get(client, alice, f"/v1/speech/{job_id}/parts/{other}").status_code == 404, other
    assert get(client, bob, f"/v1/speech/{job_id}/parts/{name}").status_code == 404
    for path in ("playlist.m3u8", "marks", "captions.vtt", "position"):
        assert get(client, bob, f"/v1/speech/{job_id}/{path}").status_code == 404


@pytest.mark.parametrize("moment", ["before-call", "after-call"])
def test_a_worker_that_dies_while_building_hls_segments_is_replaced(
    platform: Platform, alice: User, cloud: Cloud, media: Json, moment: str
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.deliver("record_segment", speak_in_any_order(platform, cloud)[-1:])
    messages = [message["Body"] for message in cloud.messages("speech_jobs")]
    assert [json.loads(message)["kind"] for message in messages] == ["cut"]
    with intercept_s3("PutObject", die, moment=moment), pytest.raises(WorkerDiedError):
        platform.deliver("run_speech_job", messages)
    assert get(client, alice, f"/v1/speech/{job_id}/playlist.m3u8").status_code == 409
    assert platform.deliver("run_speech_job", messages, receives=2) == []
    before = playlist_of(client, alice, job_id)
    assert platform.deliver("run_speech_job", messages, receives=3) == []
    assert playlist_of(client, alice, job_id) == before


def test_building_that_runs_out_of_time_is_resumed(
    platform: Platform, alice: User, cloud: Cloud, media: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    platform.deliver("record_segment", list(reversed(speak_in_any_order(platform, cloud))))
    messages = [message["Body"] for message in cloud.messages("speech_jobs")]
    assert "finish" in {json.loads(message)["kind"] for message in messages}
    assert not hls_segments.build_pending(alice.id, UUID(job_id), work_s=-1)
    monkeypatch.setattr(hls_segments.build_pending, "__kwdefaults__", {"work_s": -1})
    for message in messages:
        assert platform.deliver("run_speech_job", [message]) == []
    unchanged = [message["Body"] for message in cloud.messages("speech_jobs")]
    assert sorted(unchanged) == sorted(messages)
    assert get(platform.client, alice, f"/v1/speech/{job_id}").json_body["status"] == "finishing"
    monkeypatch.undo()


def test_a_gap_is_half_a_second_of_silence_without_words(
    platform: Platform, alice: User, cloud: Cloud, media: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
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
    durations = [round(float(seconds) * 1_000) for seconds in re.findall(r"#EXTINF:([\d.]+),", playlist)]
    assert sum(durations) == job["duration_ms"]
    marks = get(client, alice, f"/v1/speech/{job_id}/marks").json_body
    assert marks["complete"]
    gap = job["gaps"][0]
    assert not [word for word in marks["words"] if gap["text_start"] <= word[2] < gap["text_end"]]


def test_a_cancelled_recording_ends_with_the_results_that_arrived_and_resumes_after_a_retry(
    platform: Platform, alice: User, cloud: Cloud, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    results = speak_in_any_order(platform, cloud)
    platform.deliver("record_segment", results[-1:])
    client.http.post(f"/v1/speech/{job_id}/cancel", headers=alice.headers)
    platform.deliver("record_segment", results[-2:-1])  # was in flight
    platform.run()
    cancelled = playlist_of(client, alice, job_id)
    assert {uri.split("-")[0] for uri in re.findall(r"^parts/.*$", cancelled, re.MULTILINE)} == {"parts/0", "parts/1"}
    assert cancelled.endswith("#EXT-X-ENDLIST\n")
    assert not get(client, alice, f"/v1/speech/{job_id}/marks").json_body["complete"]
    client.http.post(f"/v1/speech/{job_id}/retry", headers=alice.headers)
    platform.deliver("record_segment", results[:-2])
    platform.run()
    assert get(client, alice, f"/v1/speech/{job_id}").json_body["status"] == "done"
    complete = playlist_of(client, alice, job_id)
    assert complete.startswith(cancelled.removesuffix("#EXT-X-ENDLIST\n"))
    assert get(client, alice, f"/v1/speech/{job_id}/marks").json_body["complete"]


def test_a_job_cancelled_before_its_first_word_has_no_playlist(platform: Platform, alice: User, media: Json) -> None:
    job_id = start(platform.client, alice, media["id"]).json_body["id"]
    platform.client.http.post(f"/v1/speech/{job_id}/cancel", headers=alice.headers)
    response = get(platform.client, alice, f"/v1/speech/{job_id}/playlist.m3u8")
    assert (response.status_code, problem(response)["code"], "Retry-After" in response.headers) == (
        409,
        "no_audio",
        False,
    )


# ---- listening position -----------------------------------------------------------------------------------------------


def put(client: Client, user: User, job_id: str, ms: int, time: str = "2020-01-01T00:00:00Z") -> Any:
    body = json.dumps({"position_ms": ms, "device_time": time}).encode()
    return client.http.put(f"/v1/speech/{job_id}/position", headers=user.headers, body=body)


def test_the_position_is_exact_to_the_millisecond_and_for_other_voices_to_the_word(
    platform: Platform, alice: User, media: Json
) -> None:
    client = platform.client
    first = start(client, alice, media["id"], voice="espeak:en-us").json_body["id"]
    other = start(client, alice, media["id"], voice="espeak:en-gb").json_body["id"]
    text = get(client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    section_start = text.index("In winter")
    section = start(client, alice, media["id"], start=section_start, end=section_start + 400).json_body["id"]
    platform.run()
    fresh = get(client, alice, f"/v1/speech/{first}/position").json_body
    assert fresh == {"position_ms": 0, "text_offset": None, "device_time": None, "detached": False}
    words = get(client, alice, f"/v1/speech/{first}/marks").json_body["words"]
    other_words = get(client, alice, f"/v1/speech/{other}/marks").json_body["words"]
    duration_ms = get(client, alice, f"/v1/speech/{first}").json_body["duration_ms"]
    for n, ms in enumerate([0, words[3][0], words[3][0] + 7, words[150][1], duration_ms - 1]):
        stored = put(client, alice, first, ms, f"2020-01-01T00:00:{n:02}Z")
        assert stored.status_code == 200
        assert stored.json_body == get(client, alice, f"/v1/speech/{first}/position").json_body
        assert stored.json_body["position_ms"] == ms
    put(client, alice, first, words[150][0], "2020-01-01T00:01:00Z")
    assert get(client, alice, f"/v1/speech/{other}/position").json_body["position_ms"] == other_words[150][0]
    in_section = get(client, alice, f"/v1/speech/{section}/position").json_body
    assert (in_section["position_ms"], in_section["text_offset"]) == (None, words[150][2])
    put(client, alice, first, duration_ms, "2020-01-01T00:02:00Z")
    done = get(client, alice, f"/v1/speech/{other}/position").json_body
    assert done["position_ms"] == get(client, alice, f"/v1/speech/{other}").json_body["duration_ms"]


def test_of_several_devices_the_latest_position_counts(platform: Platform, alice: User, media: Json) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    put(client, alice, job_id, 5_000, "2020-01-01T12:00:00+02:00")
    outdated = put(client, alice, job_id, 9_000, "2020-01-01T09:59:59Z")
    assert outdated.json_body["position_ms"] == 5_000
    assert outdated.json_body["device_time"] == "2020-01-01T10:00:00Z"
    assert put(client, alice, job_id, 7_000, "2999-01-01T00:00:00Z").json_body["position_ms"] == 7_000
    # a device with a fast clock does not lock the others out
    ahead = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    assert put(client, alice, job_id, 8_000, ahead).json_body["position_ms"] == 8_000


def test_an_impossible_position_is_rejected(platform: Platform, alice: User, media: Json) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    rejected = put(client, alice, job_id, 60_000)
    assert (rejected.status_code, problem(rejected)["code"]) == (422, "position_out_of_range")
    assert put(client, alice, job_id, 0).json_body["position_ms"] == 0
    assert put(client, alice, job_id, -1).status_code == 422
    assert put(client, alice, job_id, 1, "yesterday").status_code == 422
    assert put(client, alice, job_id, 1, "2020-01-01T00:00:00").status_code == 422  # no time zone


def test_positions_and_parts_are_deleted_with_their_media(
    platform: Platform, alice: User, cloud: Cloud, media: Json
) -> None:
    client = platform.client
    job_id = start(client, alice, media["id"]).json_body["id"]
    platform.run()
    put(client, alice, job_id, 1_000)
    client.http.delete(f"/v1/media/{media['id']}?permanent=true", headers=alice.headers)
    for table in ("speech_cuts", "listening_positions"):
        assert cloud.owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608
    assert (f"speech/{alice.id}/{job_id}/",) in cloud.owner.execute("SELECT key FROM object_deletions").fetchall()
