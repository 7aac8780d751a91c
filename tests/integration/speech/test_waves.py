"""Providers without limits: a job's segments go to the queue in waves, and dispatch takes no part while all is well."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.platform import config
from chalicelib.speech.dispatch.enqueue import MAX_EXPRESS_PER_OWNER
from chalicelib.speech.dispatch.waves import SEGMENTS_PER_WORKER, WORKERS
from chalicelib.speech.lifecycle import reconcile
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.speech.test_jobs import paragraphs, post, start_job, upload_text
from tests.integration.speech.test_paid_providers import provider as provider
from tests.support.clock import expire_leases, expire_waits, get_job, recheck_providers, run_to_completion

WAVE_SEGMENTS = SEGMENTS_PER_WORKER * WORKERS
REFILL_AT = WAVE_SEGMENTS // 2


@pytest.fixture
def fleet(provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSpeechify]:
    """A provider that takes any number of calls, as a fleet of one's own does; espeak is its fallback."""
    monkeypatch.setenv("TTS_CONCURRENCY", "speechify=unlimited")
    monkeypatch.setenv("TTS_PER_SECOND", "speechify=unlimited")
    config.settings.cache_clear()
    yield provider
    config.settings.cache_clear()


def receive_calls(cloud: Cloud) -> list[dict[str, Any]]:
    return [message for queue in ("speech_express", "speech_bulk") for message in cloud.messages(queue)]


def deliver(platform: Platform, queue: str, function: str) -> None:
    for message in platform.cloud.messages(queue):
        assert platform.deliver(function, [message["Body"]]) == []


def speak(platform: Platform, calls: list[dict[str, Any]]) -> None:
    """Make these calls, and record their results."""
    for call in calls:
        assert platform.deliver("synthesize", [call["Body"]]) == []
    deliver(platform, "speech_results", "record_segment")


def start_long_job(platform: Platform, user: User, seed: int = 7) -> str:
    job_id = start_job(platform, user, upload_text(platform, user, paragraphs(130, seed)))
    deliver(platform, "speech_jobs", "run_speech_job")
    return job_id


def test_segments_are_sent_in_waves_each_while_the_one_before_is_spoken(
    platform: Platform, alice: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    job_id = start_long_job(platform, alice)
    first = receive_calls(cloud)
    assert [json.loads(call["Body"])["index"] for call in first] == list(range(WAVE_SEGMENTS))
    assert {call["Attributes"]["MessageGroupId"] for call in first} == {str(alice.id)}
    speak(platform, first[: WAVE_SEGMENTS - REFILL_AT - 1])
    assert receive_calls(cloud) == []
    speak(platform, first[WAVE_SEGMENTS - REFILL_AT - 1 : WAVE_SEGMENTS - REFILL_AT])
    second = receive_calls(cloud)
    total = get_job(platform, alice, job_id)["progress"]["total"]
    assert len(second) == min(WAVE_SEGMENTS - REFILL_AT, total - WAVE_SEGMENTS)
    speak(platform, first[WAVE_SEGMENTS - REFILL_AT :] + second)
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["providers"]) == ("done", {"speechify": total})
    assert len(fleet.calls) == total  # each segment once


def test_dispatch_takes_no_part_in_a_recording_without_failures(
    platform: Platform, alice: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(60)))
    assert run_to_completion(platform, alice, job_id, providers=())["status"] == "done"
    assert fleet.calls
    assert cloud.owner.execute("SELECT name FROM speech_providers").fetchall() == []  # its row was never locked


def test_a_cancelled_job_stops_within_one_wave(
    platform: Platform, alice: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    job_id = start_long_job(platform, alice)
    calls = receive_calls(cloud)
    speak(platform, calls[:5])
    assert post(platform, alice, f"/v1/speech/{job_id}/cancel").status_code == 200
    speak(platform, calls[5:])
    assert receive_calls(cloud) == []
    assert len(fleet.calls) == WAVE_SEGMENTS
    assert post(platform, alice, f"/v1/speech/{job_id}/retry").status_code == 202
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], len(fleet.calls)) == ("done", job["progress"]["total"])


def test_a_wave_that_waited_long_in_the_queue_is_spoken_once(
    platform: Platform, alice: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(20)))
    deliver(platform, "speech_jobs", "run_speech_job")
    late = receive_calls(cloud)
    recheck_providers(platform, "speechify")  # nothing is lost yet
    assert receive_calls(cloud) == []
    expire_leases(cloud)
    recheck_providers(platform, "speechify")
    again = receive_calls(cloud)
    assert len(again) == len(late)
    speak(platform, late + again)
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], len(fleet.calls)) == ("done", job["progress"]["total"] == len(late) and len(late))


def test_the_sweep_sends_a_lost_wave_again(
    platform: Platform, alice: User, cloud: Cloud, fleet: FakeSpeechify, sweeping: Sweeping
) -> None:
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(20)))
    deliver(platform, "speech_jobs", "run_speech_job")
    assert receive_calls(cloud) != []  # lost
    with sweeping():
        reconcile.reconcile()
    assert receive_calls(cloud) == []  # they may still be in the queue
    expire_leases(cloud)
    with sweeping():
        reconcile.reconcile()
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], len(fleet.calls)) == ("done", job["progress"]["total"])


def test_a_failed_segment_is_sent_again_when_its_wave_has_room(
    platform: Platform, alice: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    fleet.script(*[speechify.error(503, "service_unavailable")] * 3)  # one call, tried three times inside
    job_id = start_long_job(platform, alice)
    calls = receive_calls(cloud)
    speak(platform, calls[:1])
    assert receive_calls(cloud) == []  # most of the wave is in flight
    speak(platform, calls[1:])
    again = receive_calls(cloud)
    assert json.loads(again[0]["Body"])["index"] == 0
    speak(platform, again)
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["gaps"], job["providers"]) == ("done", [], {"speechify": job["progress"]["total"]})


def test_an_outage_fails_the_rest_over_and_a_probe_ends_it(
    platform: Platform, alice: User, bob: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    fleet.script(*[speechify.error(503, "service_unavailable")] * 600)
    job = run_to_completion(platform, alice, start_job(platform, alice, upload_text(platform, alice, paragraphs(10))))
    assert (job["status"], job["gaps"]) == ("done", [])
    assert job["providers"]["espeak"] == job["progress"]["total"]
    fleet._faults.clear()
    expire_waits(cloud)
    other = start_job(platform, bob, upload_text(platform, bob, paragraphs(20, 8)))
    deliver(platform, "speech_jobs", "run_speech_job")
    (probe,) = receive_calls(cloud)
    assert json.loads(probe["Body"])["probe"]
    speak(platform, [probe])
    job = run_to_completion(platform, bob, other)
    assert (job["status"], job["providers"]) == ("done", {"speechify": job["progress"]["total"]})


@pytest.mark.long
def test_without_a_fallback_waves_go_on_after_the_outage(
    platform: Platform, alice: User, fleet: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    fleet.script(*[speechify.error(500, "internal_error")] * 18)
    job_id = start_long_job(platform, alice)
    platform.run()
    assert get_job(platform, alice, job_id)["status"] == "speaking"
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["gaps"]) == ("done", [])


def test_a_busy_fleet_gets_nothing_until_it_asked_for_more(
    platform: Platform, alice: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    fleet.script(speechify.error(429, "rate_limited", retry_after="20"))
    job_id = start_long_job(platform, alice)
    calls = receive_calls(cloud)
    speak(platform, calls)
    assert receive_calls(cloud) == []
    expire_waits(cloud)
    recheck_providers(platform, "speechify")
    assert receive_calls(cloud) != []
    expire_leases(cloud)
    recheck_providers(platform, "speechify")
    assert run_to_completion(platform, alice, job_id)["status"] == "done"


def test_an_owner_with_many_jobs_holds_few_places_in_the_express_queue(
    platform: Platform, alice: User, bob: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    for seed in range(4):
        start_job(platform, alice, upload_text(platform, alice, paragraphs(20, seed)))
    start_job(platform, bob, upload_text(platform, bob, paragraphs(20, 9)))
    deliver(platform, "speech_jobs", "run_speech_job")
    express = Counter(message["Attributes"]["MessageGroupId"] for message in cloud.messages("speech_express"))
    assert express == {str(alice.id): MAX_EXPRESS_PER_OWNER, str(bob.id): MAX_EXPRESS_PER_OWNER}
    assert fleet.calls == []


def test_an_account_being_erased_gets_no_more_waves(
    platform: Platform, alice: User, cloud: Cloud, fleet: FakeSpeechify
) -> None:
    start_job(platform, alice, upload_text(platform, alice, paragraphs(60)))
    (plan,) = [message["Body"] for message in cloud.messages("speech_jobs")]
    assert platform.deliver("run_speech_job", [plan]) == []
    first = receive_calls(cloud)
    erased = platform.client.http.delete(f"/v1/account?confirm={alice.id}", headers=alice.headers)
    assert erased.status_code == 202, erased.body
    speak(platform, first)
    assert platform.deliver("run_speech_job", [plan]) == []
    assert receive_calls(cloud) == []
    assert len(fleet.calls) == len(first)
