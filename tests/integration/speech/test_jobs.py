"""The cost of speech jobs, and cancelling, retrying and deleting them."""

from __future__ import annotations

import json
import random
from typing import Any
from uuid import UUID

import pytest

from chalicelib.platform import config
from chalicelib.speech.lifecycle.quote import CHARACTERS_PER_S
from chalicelib.speech.voices import providers
from tests.fakes import scripted, speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.speech.test_paid_providers import provider as provider
from tests.integration.speech.test_speech import recording, start
from tests.integration.uploads.test_uploads import upload
from tests.support.clock import expire_leases, get_job, recheck_providers, run_to_completion

SLOTS = providers.PROVIDER_DEFAULTS[0].concurrency or 0  # of Speechify
WORDS = """the keeper counts the waves and writes the hour of every ship that passes the rock before the
    morning comes""".split()  # noqa: SIM905 - easier to read than a list


def paragraphs(count: int, seed: int = 3) -> list[str]:
    dice = random.Random(seed)  # noqa: S311 - the same text every time
    return [" ".join(dice.choices(WORDS, k=80)).capitalize() + "." for _ in range(count)]


def upload_text(platform: Platform, user: User, text: list[str]) -> str:
    media: dict[str, Any] = upload(platform, user, "\n\n".join(text).encode())
    assert media["status"] == "ready"
    return str(media["id"])


def post(platform: Platform, user: User, path: str, body: dict[str, Any] | None = None) -> Any:
    return platform.client.http.post(path, headers=user.headers, body=json.dumps(body or {}).encode())


def quote(platform: Platform, user: User, media_id: str, **request: Any) -> dict[str, Any]:
    response = post(platform, user, f"/v1/media/{media_id}/speech/quote", request)
    assert response.status_code == 200, response.body
    body: dict[str, Any] = response.json_body
    return body


def start_job(platform: Platform, user: User, media_id: str, **request: Any) -> str:
    response = start(platform.client, user, media_id, **request)
    assert response.status_code == 202, response.body
    return str(response.json_body["id"])


def run_calls(platform: Platform, *, limit: int = 1_000) -> int:
    """Deliver messages and their results, up to `limit` calls; return the number of calls."""
    called = 0
    other_queues = [queue for queue in platform.FUNCTIONS if queue[0] not in {"speech_express", "speech_bulk"}]
    moved = True
    while moved and called < limit:
        moved = False
        for queue in ("speech_express", "speech_bulk"):
            pending = platform.cloud.messages(queue)
            for number, message in enumerate(pending):
                if called == limit:
                    send(platform, queue, [unsent["Body"] for unsent in pending[number:]])
                    return called
                moved = True
                called += 1
                assert platform.deliver("synthesize", [message["Body"]]) == []
        for queue, function in other_queues:
            for message in platform.cloud.messages(queue):
                moved = True
                assert platform.deliver(function, [message["Body"]]) == []
    return called


def send(platform: Platform, queue: str, bodies: list[str]) -> None:
    for body in bodies:
        platform.cloud.sqs.send_message(
            QueueUrl=platform.cloud.sqs.get_queue_url(QueueName=f"visionary-test-{queue.replace('_', '-')}")[
                "QueueUrl"
            ],
            MessageBody=body,
        )


# ---- quotes and budgets ------------------------------------------------------------------------------------------------


def test_a_quote_is_what_the_job_then_costs(platform: Platform, alice: User, provider: FakeSpeechify) -> None:
    media_id = upload_text(platform, alice, paragraphs(12))
    before = quote(platform, alice, media_id)
    assert provider.calls == []
    job = run_to_completion(platform, alice, start_job(platform, alice, media_id))
    assert job["progress"]["total"] == before["segments"]
    assert job["characters"] == job["billed_characters"] == provider.billed_characters == before["characters"]
    assert before["cached_characters"] == job["cached_characters"] == 0
    assert job["cost"] == pytest.approx(before["estimated_cost"]) == pytest.approx(before["characters"] * 15 / 1e6)
    assert job["estimated_cost"] == before["estimated_cost"]
    assert (job["currency"], before["currency"]) == ("USD", "USD")
    times_faster = scripted.CHARACTERS_PER_SECOND / CHARACTERS_PER_S  # than people speak
    assert before["estimated_audio_ms"] == pytest.approx(job["duration_ms"] * times_faster, rel=0.05)
    after = quote(platform, alice, media_id)
    assert (after["cached_characters"], after["estimated_cost"]) == (after["characters"], 0)
    assert after["estimated_audio_ms"] == job["duration_ms"]


def test_an_edited_document_buys_only_the_changed_segments(
    platform: Platform, alice: User, provider: FakeSpeechify
) -> None:
    text = paragraphs(60)
    run_to_completion(platform, alice, start_job(platform, alice, upload_text(platform, alice, text)))
    bought = provider.billed_characters
    edited = upload_text(platform, alice, [*text[:30], "A sentence that was not there before.", *text[30:]])
    expected = quote(platform, alice, edited)
    assert 0 < expected["characters"] - expected["cached_characters"] < 0.25 * expected["characters"]
    job = run_to_completion(platform, alice, start_job(platform, alice, edited))
    assert (job["status"], job["cached_characters"]) == ("done", expected["cached_characters"])
    assert provider.billed_characters - bought == job["billed_characters"]
    assert job["billed_characters"] == expected["characters"] - expected["cached_characters"]


@pytest.mark.usefixtures("provider")
def test_bought_audio_is_not_shared_between_owners(platform: Platform, alice: User, bob: User) -> None:
    text = paragraphs(3)
    run_to_completion(platform, alice, start_job(platform, alice, upload_text(platform, alice, text)))
    assert quote(platform, bob, upload_text(platform, bob, text))["cached_characters"] == 0


@pytest.mark.parametrize(("setting", "period"), [("DAY", "day"), ("MONTH", "month")])
def test_a_budget_is_checked_before_anything_is_paid(
    platform: Platform, alice: User, bob: User, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch,
    setting: str, period: str,
) -> None:  # fmt: skip
    media_id = upload_text(platform, alice, paragraphs(6))
    characters = quote(platform, alice, media_id)["characters"]
    monkeypatch.setenv(f"SPEECH_CHARACTERS_PER_{setting}", str(characters + 100))
    config.settings.cache_clear()
    first = start_job(platform, alice, media_id)  # reserved, though nothing is billed yet
    rejected = start(platform.client, alice, upload_text(platform, alice, paragraphs(6, seed=4)))
    assert (rejected.status_code, problem(rejected)["code"]) == (403, "budget_exceeded")
    assert f"only 100 of your {characters + 100:,} per {period} are left" in problem(rejected)["detail"]
    assert "renews at 20" in problem(rejected)["detail"]
    run_to_completion(platform, alice, first)
    assert start(platform.client, alice, media_id).status_code == 202  # cached: it buys nothing
    assert start(platform.client, alice, upload_text(platform, alice, paragraphs(6, seed=5))).status_code == 403
    platform.client.http.delete(f"/v1/speech/{first}", headers=alice.headers)
    assert start(platform.client, alice, upload_text(platform, alice, paragraphs(6, seed=6))).status_code == 403
    assert start(platform.client, bob, upload_text(platform, bob, paragraphs(6))).status_code == 202
    assert provider.billed_characters == characters


@pytest.mark.usefixtures("provider")
def test_the_number_of_unfinished_jobs_is_limited(
    platform: Platform, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECH_JOBS_AT_ONCE", "2")
    config.settings.cache_clear()
    media_id = upload_text(platform, alice, paragraphs(2))
    one, _two = start_job(platform, alice, media_id), start_job(platform, alice, media_id)
    rejected = start(platform.client, alice, media_id)
    assert (rejected.status_code, problem(rejected)["code"]) == (409, "too_many_jobs")
    assert post(platform, alice, f"/v1/speech/{one}/cancel").status_code == 200
    start_job(platform, alice, media_id)


# ---- cancel, retry, delete ---------------------------------------------------------------------------------------------


def test_a_cancelled_job_pays_for_calls_in_flight_and_retry_resumes_it(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify
) -> None:
    media_id = upload_text(platform, alice, paragraphs(60))
    job_id = start_job(platform, alice, media_id)
    run_calls(platform, limit=20)
    platform.client.http.post(f"/v1/speech/{job_id}/cancel", headers=alice.headers)
    paid = len(provider.calls)
    run_calls(platform)
    assert len(provider.calls) <= paid + SLOTS
    cancelled = get_job(platform, alice, job_id)
    assert cancelled["status"] == "cancelled"
    assert cancelled["progress"]["done"] == len(provider.calls) < cancelled["progress"]["total"]  # what came in is kept
    assert cancelled["billed_characters"] == provider.billed_characters

    assert post(platform, alice, f"/v1/speech/{job_id}/retry").status_code == 202
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert len(provider.calls) == job["progress"]["total"]
    assert job["billed_characters"] == provider.billed_characters
    assert len(recording(cloud, alice, job)) > 1_000


def test_a_job_cancelled_before_planning_is_planned_by_a_retry(
    platform: Platform, alice: User, provider: FakeSpeechify
) -> None:
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(3)))
    post(platform, alice, f"/v1/speech/{job_id}/cancel")
    platform.run()
    assert get_job(platform, alice, job_id)["status"] == "cancelled"
    assert provider.calls == []
    post(platform, alice, f"/v1/speech/{job_id}/retry")
    assert run_to_completion(platform, alice, job_id)["status"] == "done"


def test_a_retry_buys_only_the_gaps_and_rebuilds_the_recording(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    provider.script(None, speechify.error(403, "content_policy_violation"))
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(6)))
    partial = run_to_completion(platform, alice, job_id)
    assert (partial["status"], len(partial["gaps"])) == ("partial", 1)
    before, calls = recording(cloud, alice, partial), len(provider.calls)
    post(platform, alice, f"/v1/speech/{job_id}/retry")
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], job["gaps"]) == ("done", [])
    assert len(provider.calls) == calls + 1
    assert job["duration_ms"] > partial["duration_ms"]
    assert len(recording(cloud, alice, job)) > len(before)


@pytest.mark.usefixtures("provider")
def test_deleting_a_job_deletes_the_audio_that_no_other_job_needs(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping
) -> None:
    from chalicelib.maintenance import object_deletions

    text = paragraphs(6)
    remaining_job = run_to_completion(platform, alice, start_job(platform, alice, upload_text(platform, alice, text)))
    deleted = run_to_completion(
        platform, alice, start_job(platform, alice, upload_text(platform, alice, [*text, *paragraphs(6, seed=9)]))
    )
    prefix = f"speech/{alice.id}/"

    def objects() -> set[str]:
        return {entry["Key"] for entry in cloud.s3.list_objects_v2(Bucket="library", Prefix=prefix)["Contents"]}

    rows = cloud.owner.execute("SELECT job_id::text, audio_key FROM speech_segments").fetchall()
    needed = {key for job_id, key in rows if job_id == remaining_job["id"]}
    assert platform.client.http.delete(f"/v1/speech/{deleted['id']}", headers=alice.headers).status_code == 204
    assert platform.client.http.get(f"/v1/speech/{deleted['id']}", headers=alice.headers).status_code == 404
    cloud.owner.execute("UPDATE object_deletions SET created_at = now() - interval '1 hour'")
    with sweeping():
        object_deletions.process(limit=1_000)
    remaining = objects()
    assert not [key for key in remaining if deleted["id"] in key]
    assert {key.rpartition(".")[0] for key in remaining if "/segments/" in key} == needed
    assert [key for key in remaining if remaining_job["id"] in key]


def test_a_job_deleted_in_the_middle_buys_no_more_and_still_counts(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify
) -> None:
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(60)))
    run_calls(platform, limit=3)
    assert platform.client.http.delete(f"/v1/speech/{job_id}", headers=alice.headers).status_code == 204
    run_calls(platform)
    assert len(provider.calls) <= 3 + SLOTS
    spent = cloud.owner.execute("SELECT sum(billed_characters)::int FROM speech_calls").fetchone()
    assert spent == (provider.billed_characters,)
    usage = platform.client.http.get("/v1/account", headers=alice.headers).json_body["usage"]
    assert usage["bought_characters_today"] == provider.billed_characters


@pytest.mark.usefixtures("provider")
def test_users_cannot_cancel_retry_or_delete_another_users_job(platform: Platform, alice: User, bob: User) -> None:
    media_id = upload_text(platform, alice, paragraphs(2))
    job_id = start_job(platform, alice, media_id)
    for verb in ("cancel", "retry"):
        assert post(platform, bob, f"/v1/speech/{job_id}/{verb}").status_code == 404
    assert platform.client.http.delete(f"/v1/speech/{job_id}", headers=bob.headers).status_code == 404
    assert post(platform, bob, f"/v1/media/{media_id}/speech/quote").status_code == 404
    assert run_to_completion(platform, alice, job_id)["status"] == "done"


def test_audio_that_is_missing_at_the_end_is_synthesized_again(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify
) -> None:
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(6)))
    finish_bodies = []
    for _ in range(20):
        for queue, function in platform.FUNCTIONS:
            bodies = [message["Body"] for message in cloud.messages(queue)]
            finish_bodies += [body for body in bodies if json.loads(body).get("kind") == "finish"]
            held_back = {"finish", "cut"}
            assert platform.deliver(function, [b for b in bodies if json.loads(b).get("kind") not in held_back]) == []
    (key,) = cloud.owner.execute("SELECT audio_key FROM speech_segments WHERE index = 2").fetchone() or ("",)
    cloud.s3.delete_object(Bucket="library", Key=f"{key}.mp3")
    calls = len(provider.calls)
    send(platform, "speech_jobs", finish_bodies)
    assert run_to_completion(platform, alice, job_id)["status"] == "done"
    assert len(provider.calls) == calls + 1


# ---- every job ends ----------------------------------------------------------------------------------------------------


def test_a_job_that_is_stalled_for_half_an_hour_ends_with_the_audio_it_has(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, sweeping: Sweeping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from chalicelib.speech.lifecycle import reconcile

    monkeypatch.setenv("TTS_FALLBACK_ENABLED", "false")
    config.settings.cache_clear()
    provider.script(None, None, *[speechify.error(500, "internal_error")] * 200)
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(60)))
    platform.run()
    recheck_providers(platform, "speechify")
    platform.run()
    job = get_job(platform, alice, job_id)
    assert job["status"] == "speaking"  # the breaker is open, and there is no other provider
    health = platform.client.http.get("/health").json_body
    assert list(health["services"]["speech"]["broken"]) == ["speechify"]

    def sweep_after(minutes: int) -> None:
        cloud.owner.execute(
            "UPDATE speech_jobs SET updated_at = now() - %s * interval '1 minute', moved_at = now() - %s * interval '1 minute'",
            [minutes, minutes],
        )
        expire_leases(cloud)
        with sweeping():
            reconcile.reconcile()
        platform.run()

    sweep_after(20)
    assert get_job(platform, alice, job_id)["status"] == "speaking"
    sweep_after(40)
    job = get_job(platform, alice, job_id)
    assert job["status"] == "partial"
    assert len(job["gaps"]) == job["progress"]["total"] - job["providers"]["speechify"]


@pytest.mark.usefixtures("provider")
@pytest.mark.parametrize("state", ["queued", "finishing"])
def test_a_job_that_cannot_be_planned_or_finished_fails(
    platform: Platform, alice: User, cloud: Cloud, sweeping: Sweeping, state: str
) -> None:
    from chalicelib.speech.lifecycle import reconcile

    job_id = UUID(start_job(platform, alice, upload_text(platform, alice, paragraphs(2))))
    cloud.owner.execute(
        "UPDATE speech_jobs SET status = %s, attempts = 8, updated_at = now() - interval '1 hour'", [state]
    )
    with sweeping():
        assert reconcile.reconcile() == 1
    job = get_job(platform, alice, str(job_id))
    assert job["status"] == "failed"
    assert job["error"]
