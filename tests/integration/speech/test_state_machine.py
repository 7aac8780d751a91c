"""A speech job under random faults of queues, workers and providers.

It always ends, loses nothing, and pays twice only for calls in flight when a worker crashed.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

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


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_a_job_ends_under_all_faults_and_nothing_is_lost_or_paid_twice(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, sweeping: Sweeping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("TTS_CONCURRENCY", f"speechify={CONCURRENCY}")
    config.settings.cache_clear()
    media = [upload_text(platform, alice, paragraphs(9, seed)) for seed in range(40)]  # each run buys a text of its own

    class SpeechJob(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            cloud.owner.execute("TRUNCATE speech_providers, rate_limits")
            provider._faults.clear()
            self.paid_before = len([call for call in provider.calls if call.billed_characters])
            self.excused = 0
            self.pending: list[tuple[str, str]] = []
            self.job_id = start_job(platform, alice, media.pop())
            self.collect()

        def collect(self) -> None:
            for queue, function in platform.FUNCTIONS:
                self.pending += [(function, message["Body"]) for message in cloud.messages(queue)]

        def deliver(self, function: str, body: str) -> None:
            platform.deliver(function, [body])
            self.collect()

        @precondition(lambda self: self.pending)
        @rule(data=st.data())
        def a_message_arrives(self, data: st.DataObject) -> None:
            index = data.draw(st.integers(0, len(self.pending) - 1))
            self.deliver(*self.pending.pop(index))

        @precondition(lambda self: self.pending)
        @rule(data=st.data())
        def a_message_arrives_twice(self, data: st.DataObject) -> None:
            self.deliver(*data.draw(st.sampled_from(self.pending)))

        @precondition(lambda self: self.pending)
        @rule(data=st.data())
        def a_message_is_lost(self, data: st.DataObject) -> None:
            self.pending.pop(data.draw(st.integers(0, len(self.pending) - 1)))

        @precondition(lambda self: any(function == "synthesize" for function, _ in self.pending))
        @rule(moment=st.sampled_from(MOMENTS), data=st.data())
        def a_worker_crashes(self, moment: tuple[int, str], data: st.DataObject) -> None:
            bodies = [message for message in self.pending if message[0] == "synthesize"]
            with intercept_s3("PutObject", on_call(moment[0]), moment=moment[1]):
                try:
                    self.deliver(*data.draw(st.sampled_from(bodies)))
                except WorkerDiedError:
                    self.excused += 1
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
            self.excused += self.in_flight()
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
            paid = len([call for call in provider.calls if call.billed_characters]) - self.paid_before
            if job["progress"]["total"]:
                assert job["status"] == "cancelled" or job["progress"]["done"] == job["progress"]["total"]
                bad = sum(1 for call in provider.calls if call.status == 200 and call.billed_characters == 0)
                assert paid <= job["progress"]["total"] + self.excused + bad + self.discarded()
            cloud.owner.execute("DELETE FROM speech_jobs; DELETE FROM speech_calls; DELETE FROM outbox")

        def discarded(self) -> int:
            """Count the paid responses that were discarded, as the ledger has them."""
            row = cloud.owner.execute(
                "SELECT count(*) FROM speech_calls WHERE outcome <> 'spoken' AND billed_characters > 0"
            ).fetchone()
            return 2 * int(row[0]) if row else 0  # a broken response is bought again once, within the call

        def carry_on(self) -> dict[str, Any]:
            while self.pending:
                self.deliver(*self.pending.pop(0))
            expire_waits(cloud)
            self.excused += self.in_flight()
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
