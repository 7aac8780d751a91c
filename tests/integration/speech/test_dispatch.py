"""Calls to voice providers: within their limits, shared fairly, and through outages."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from chalicelib.platform import config
from chalicelib.speech.dispatch.fair_share import MAX_IN_FLIGHT_PER_JOB, OVERFLOW_SLOTS
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.speech.test_jobs import paragraphs, post, start_job, upload_text
from tests.integration.speech.test_paid_providers import provider as provider
from tests.support.clock import expire_leases, expire_waits, get_job, recheck_providers, run_to_completion


def pending_calls(cloud: Cloud) -> list[str]:
    """Receive the messages of calls that may start now."""
    return [message["Body"] for queue in ("speech_express", "speech_bulk") for message in cloud.messages(queue)]


def deliver_all(platform: Platform, queue: str, function: str) -> None:
    for message in platform.cloud.messages(queue):
        assert platform.deliver(function, [message["Body"]]) == []


def limit(monkeypatch: pytest.MonkeyPatch, concurrency: int) -> None:
    monkeypatch.setenv("TTS_CONCURRENCY", f"speechify={concurrency}")
    config.settings.cache_clear()


def test_the_first_two_segments_use_the_express_queue_and_a_jobs_limit_is_in_flight(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify
) -> None:
    assert provider.calls == []
    start_job(platform, alice, upload_text(platform, alice, paragraphs(60)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    express = [json.loads(message["Body"])["index"] for message in cloud.messages("speech_express")]
    bulk = cloud.messages("speech_bulk")
    assert express == [0, 1]
    assert len(bulk) == MAX_IN_FLIGHT_PER_JOB + OVERFLOW_SLOTS - 2
    assert {message["Attributes"]["MessageGroupId"] for message in bulk} == {str(alice.id)}


def test_jobs_take_turns_at_a_provider_that_allows_one_call_at_a_time(
    platform: Platform, alice: User, bob: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, 1)
    long = start_job(platform, alice, upload_text(platform, alice, paragraphs(30)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    short = start_job(platform, bob, upload_text(platform, bob, paragraphs(2)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    turns = []
    while bodies := pending_calls(cloud):
        (body,) = bodies  # never more than one
        turns.append(json.loads(body)["job_id"])
        assert platform.deliver("synthesize", [body]) == []
        deliver_all(platform, "speech_results", "record_segment")
    assert turns[:4] == [long, short, long, short]
    platform.run()
    assert {get_job(platform, alice, long)["status"], get_job(platform, bob, short)["status"]} == {"done"}
    assert len(provider.calls) == len(turns)


def test_no_recheck_is_scheduled_for_the_rate_while_every_slot_is_taken(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider.calls == []
    limit(monkeypatch, 3)
    start_job(platform, alice, upload_text(platform, alice, paragraphs(60)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    assert len(pending_calls(cloud)) == 3
    row = cloud.owner.execute("SELECT wake_at - now() > interval '1 minute' FROM speech_providers").fetchone()
    assert row == (True,)  # when the first lease expires


def test_all_users_share_the_slots_of_a_provider(
    platform: Platform, alice: User, bob: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider.calls == []
    limit(monkeypatch, 14)
    for user in (alice, bob):
        start_job(platform, user, upload_text(platform, user, paragraphs(60)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    assert Counter(json.loads(body)["owner_id"] for body in pending_calls(cloud)) == {str(alice.id): 13, str(bob.id): 1}


def test_the_slot_of_a_crashed_worker_is_reclaimed_and_its_late_result_does_no_harm(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, 1)
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(3)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    (first,) = pending_calls(cloud)
    expire_leases(cloud)
    recheck_providers(platform, "speechify")
    (second,) = pending_calls(cloud)
    assert json.loads(first)["index"] == json.loads(second)["index"]
    assert json.loads(first)["call_id"] != json.loads(second)["call_id"]
    for body in (second, first):  # both are alive after all
        assert platform.deliver("synthesize", [body]) == []
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["billed_characters"]) == ("done", provider.billed_characters)
    assert len(provider.calls) == job["progress"]["total"]  # the audio of the first was found


def call_answered(cloud: Cloud) -> str:
    """Return the message that a provider has answered a call, and lose the call's result."""
    answered: list[str] = [
        message["Body"] for message in cloud.messages("speech_results") if "outcome" not in message["Body"]
    ]
    return answered[-1]


def test_the_next_call_starts_when_the_provider_has_answered_and_before_the_audio_is_recorded(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider.calls == []
    limit(monkeypatch, 1)
    start_job(platform, alice, upload_text(platform, alice, paragraphs(30)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    assert platform.deliver("synthesize", pending_calls(cloud)) == []
    answered = call_answered(cloud)
    for _ in range(2):  # SQS may deliver it twice
        assert platform.deliver("record_segment", [answered]) == []
    assert [json.loads(body)["index"] for body in pending_calls(cloud)] == [1]


def test_an_answered_call_without_a_result_is_made_again_after_its_lease(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, 1)
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(3)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    assert platform.deliver("synthesize", pending_calls(cloud)) == []
    assert platform.deliver("record_segment", [call_answered(cloud)]) == []
    expire_leases(cloud)
    recheck_providers(platform, "speechify")
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert len(provider.calls) == job["progress"]["total"]  # the audio of the first was found


def test_a_message_that_arrives_too_late_is_not_paid(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify
) -> None:
    start_job(platform, alice, upload_text(platform, alice, paragraphs(2)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    late = json.loads(pending_calls(cloud)[0]) | {"ends_by": "2020-01-01T00:00:00Z"}
    assert platform.deliver("synthesize", [json.dumps(late)]) == []
    assert provider.calls == []
    assert cloud.messages("speech_results") == []


def test_a_busy_provider_is_paused_without_using_up_receives(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify
) -> None:
    provider.script(speechify.error(429, "rate_limited", retry_after="20"))
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(30)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    in_flight = pending_calls(cloud)
    assert platform.deliver("synthesize", in_flight[:1]) == []  # acknowledged: SQS redelivers nothing
    deliver_all(platform, "speech_results", "record_segment")
    assert pending_calls(cloud) == []  # a slot is free, but the provider is paused
    expire_waits(cloud)
    recheck_providers(platform, "speechify")
    assert [json.loads(body)["index"] for body in pending_calls(cloud)][:1] == [0]
    expire_leases(cloud)
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], set(job["providers"])) == ("done", {"speechify"})


def test_an_outage_fails_the_remaining_segments_over_to_one_other_voice(
    platform: Platform, alice: User, provider: FakeSpeechify
) -> None:
    provider.script(*[None] * 6, *[speechify.error(503, "service_unavailable")] * 60)
    job = run_to_completion(platform, alice, start_job(platform, alice, upload_text(platform, alice, paragraphs(24))))
    assert (job["status"], job["gaps"]) == ("done", [])
    assert job["providers"]["speechify"] == 6
    assert job["providers"]["espeak"] == job["progress"]["total"] - 6


def test_an_outage_without_a_fallback_is_probed_with_one_call_at_a_time(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    provider.script(*[speechify.error(500, "internal_error")] * 36)  # twelve calls, each tried three times inside
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(24)))
    platform.run()
    expire_waits(cloud)
    recheck_providers(platform, "speechify")
    assert len(pending_calls(cloud)) <= 1  # the probe
    expire_leases(cloud)
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["gaps"]) == ("done", [])


def test_an_account_being_erased_does_not_block_other_users_jobs(
    platform: Platform, alice: User, bob: User, cloud: Cloud, provider: FakeSpeechify, sweeping: Sweeping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert sweeping is not None
    limit(monkeypatch, 2)
    start_job(platform, alice, upload_text(platform, alice, paragraphs(30)))
    deliver_all(platform, "speech_jobs", "run_speech_job")
    job_id = start_job(platform, bob, upload_text(platform, bob, paragraphs(2)))
    erased = platform.client.http.delete(f"/v1/account?confirm={alice.id}", headers=alice.headers)
    assert erased.status_code == 202, erased.body
    expire_leases(cloud)
    assert run_to_completion(platform, bob, job_id)["status"] == "done"
    assert provider.calls


def test_the_cost_of_a_call_is_recorded_with_its_provider(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify
) -> None:
    provider.script(speechify.HALF_MP3, None, speechify.error(402, "payment_required"))
    job = run_to_completion(platform, alice, start_job(platform, alice, upload_text(platform, alice, paragraphs(6))))
    rows = cloud.owner.execute(
        "SELECT provider, sum(billed_characters)::int, sum(cost) FROM speech_segments GROUP BY 1"
    ).fetchall()
    billed = {name: (characters, cost) for name, characters, cost in rows}
    assert (
        sum(characters for characters, _ in billed.values()) == provider.billed_characters == job["billed_characters"]
    )
    assert job["cost"] == pytest.approx(provider.billed_characters * 15 / 1e6)
    calls = cloud.owner.execute("SELECT sum(billed_characters)::int FROM speech_calls").fetchone()
    assert calls == (provider.billed_characters,)
    assert post(platform, alice, f"/v1/speech/{job['id']}/retry").status_code == 409
