"""A speech job under random faults of queues, workers and providers.

It always ends, loses nothing, and pays for one more whole response at most for each worker that crashed.

What is drawn never depends on the state of the job, because that depends on the time, too: a rule without a message to deliver
does nothing. Hypothesis would otherwise report inconsistent data in one of some runs.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from chalicelib.platform import config
from chalicelib.platform.db import outbox
from chalicelib.speech.lifecycle import reconcile
from tests.fakes import speechify
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDiedError, intercept_s3, on_call
from tests.integration.speech.test_jobs import paragraphs, post, start_job, upload_text
from tests.integration.speech.test_paid_providers import provider as provider
from tests.support.clock import FINISHED, expire_leases, expire_pending_audio, expire_waits, get_job, recheck_providers

CONCURRENCY = 3
FAULTS = [
    speechify.error(429, "rate_limited", retry_after="1"),
    speechify.error(402, "payment_required"),
    speechify.error(503, "service_unavailable"),
    speechify.error(403, "content_policy_violation"),
    speechify.HALF_MP3,
    speechify.HANG_UP,
]
MOMENTS = [(number, moment) for number in (1, 2, 3) for moment in ("before-call", "after-call")]  # of a call's writes
CHOICES = st.integers(0, 99)  # of a pending message, counted from the oldest and around


def delete_audio(cloud: Cloud) -> None:
    """Delete all audio, so that a run buys all of its own."""
    for entry in cloud.s3.list_objects_v2(Bucket="library", Prefix="speech/").get("Contents", ()):
        cloud.s3.delete_object(Bucket="library", Key=entry["Key"])


def test_a_job_ends_under_all_faults_and_nothing_is_lost_or_paid_twice(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, sweeping: Sweeping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("TTS_CONCURRENCY", f"speechify={CONCURRENCY}")
    config.settings.cache_clear()
    media_id = upload_text(platform, alice, paragraphs(9, 1))

    class SpeechJob(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            cloud.owner.execute("TRUNCATE speech_providers, rate_limits")
            provider._faults.clear()
            provider.calls.clear()
            self.crashes = 0
            self.pending: list[tuple[str, str]] = []
            delete_audio(cloud)
            self.job_id = start_job(platform, alice, media_id)
            self.collect()

        def collect(self) -> None:
            for queue, function in platform.FUNCTIONS:
                self.pending += [(function, message["Body"]) for message in cloud.messages(queue)]

        def deliver(self, function: str, body: str) -> None:
            platform.deliver(function, [body])
            self.collect()

        @rule(choice=CHOICES)
        def a_message_arrives(self, choice: int) -> None:
            if self.pending:
                self.deliver(*self.pending.pop(choice % len(self.pending)))

        @rule(choice=CHOICES)
        def a_message_arrives_twice(self, choice: int) -> None:
            if self.pending:
                self.deliver(*self.pending[choice % len(self.pending)])

        @rule(choice=CHOICES)
        def a_message_is_lost(self, choice: int) -> None:
            if self.pending:
                self.pending.pop(choice % len(self.pending))

        @rule(moment=st.sampled_from(MOMENTS), choice=CHOICES)
        def a_worker_crashes(self, moment: tuple[int, str], choice: int) -> None:
            messages = [message for message in self.pending if message[0] == "synthesize"]
            if not messages:
                return
            with intercept_s3("PutObject", on_call(moment[0]), moment=moment[1]):
                try:
                    self.deliver(*messages[choice % len(messages)])
                except WorkerDiedError:
                    self.crashes += 1
            expire_pending_audio(cloud)
            self.collect()

        @rule(fault=st.sampled_from(FAULTS), times=st.integers(1, 8))
        def the_provider_has_a_bad_moment(self, fault: speechify.Fault, times: int) -> None:
            provider.script(*[fault] * times)

        @rule()
        def the_user_cancels(self) -> None:
            post(platform, alice, f"/v1/speech/{self.job_id}/cancel")
            self.collect()

        @rule()
        def the_user_retries(self) -> None:
            cloud.owner.execute("TRUNCATE rate_limits")
            post(platform, alice, f"/v1/speech/{self.job_id}/retry")
            self.collect()

        @rule()
        def time_passes(self) -> None:
            expire_waits(cloud)
            recheck_providers(platform, "speechify", "espeak")
            self.collect()

        @rule()
        def leases_expire(self) -> None:
            expire_leases(cloud)
            recheck_providers(platform, "speechify", "espeak")
            self.collect()

        def in_flight(self) -> int:
            row = cloud.owner.execute(
                "SELECT count(*) FROM speech_calls WHERE outcome IS NULL AND provider = 'speechify' AND lease_until > now()"
            ).fetchone()
            return int(row[0]) if row else 0

        @invariant()
        def the_provider_never_has_more_calls_than_it_allows(self) -> None:
            assert self.in_flight() <= CONCURRENCY

        @invariant()
        def every_planned_segment_has_a_turn(self) -> None:
            rows = cloud.owner.execute(
                """SELECT job_id, provider FROM speech_segments AS segment JOIN speech_jobs AS job ON job.id = job_id
                   WHERE job.status = 'speaking' AND segment.status = 'planned'
                   EXCEPT SELECT job_id, provider
                   FROM speech_pending_jobs JOIN speech_pending_owners USING (owner_id, provider)"""
            ).fetchall()
            assert rows == []

        @invariant()
        def finished_segments_have_audio_or_a_reason(self) -> None:
            rows = cloud.owner.execute(
                """SELECT 1 FROM speech_segments WHERE (status = 'done' AND (audio_key IS NULL OR frame_count IS NULL))
                   OR (status = 'failed' AND error IS NULL) OR (status = 'queued') <> (call_id IS NOT NULL)"""
            ).fetchall()
            assert rows == []

        def teardown(self) -> None:
            provider._faults.clear()
            for _ in range(12):
                job = self.carry_on()
                if job["status"] in FINISHED:
                    break
            assert job["status"] in FINISHED, job
            whole = [
                call for call in provider.calls if call.billed_characters and call.fault != speechify.HALF_MP3.name
            ]
            if job["progress"]["total"]:
                assert job["status"] == "cancelled" or job["progress"]["done"] == job["progress"]["total"]
                assert len(whole) <= job["progress"]["total"] + self.crashes
            cloud.owner.execute("DELETE FROM speech_jobs; DELETE FROM speech_calls; DELETE FROM outbox")

        def carry_on(self) -> dict[str, Any]:
            while self.pending:
                self.deliver(*self.pending.pop(0))
            expire_waits(cloud)
            expire_leases(cloud)
            cloud.owner.execute(
                "UPDATE speech_jobs SET updated_at = now() - interval '10 minutes', lease_until = NULL;"
                " UPDATE outbox SET created_at = now() - interval '10 minutes'"
            )
            with sweeping():
                outbox.send_overdue()
                reconcile.reconcile()
            self.collect()
            return get_job(platform, alice, self.job_id)

    run_state_machine_as_test(
        SpeechJob,
        settings=settings(
            max_examples=8,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
