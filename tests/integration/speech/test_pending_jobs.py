"""Whose turn it is: found by index however many jobs wait, and complete whatever writes segments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.platform import config
from chalicelib.platform.db import database
from chalicelib.speech.dispatch.dispatch import dispatch
from chalicelib.speech.dispatch.fair_share import RESERVED_SLOTS
from tests.fakes.speechify import FakeSpeechify
from tests.integration.conftest import Cloud, Platform, Sweeping, User
from tests.integration.speech.test_jobs import paragraphs, post, start_job, upload_text
from tests.integration.speech.test_paid_providers import provider as provider
from tests.support.clock import run_to_completion
from tests.support.speech_rows import end_oldest_call, insert_speaking_jobs

JOBS = 3_000
SLOTS = 15
LARGE_TABLES = ("speech_jobs", "speech_segments", "speech_pending_jobs", "speech_pending_owners")
ARGUMENTS = {
    "next_pending_jobs": {"of_provider": "'speechify'", "busy": "ARRAY[]::uuid[]", "free": "1", "per_owner": "16",
                          "per_job": "13"},
    "ready_jobs": {"of_provider": "'speechify'", "at_most": "20"},
    "next_ready_at": {"of_provider": "'speechify'"},
}  # fmt: skip
TYPES = {"of_provider": "text", "busy": "uuid[]"}


def plan_nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from plan_nodes(child)


def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_CONCURRENCY", f"speechify={SLOTS}")
    monkeypatch.setenv("TTS_PER_SECOND", "speechify=1000")
    config.settings.cache_clear()


def turns(cloud: Cloud) -> set[tuple[str, str]]:
    rows = cloud.owner.execute(
        """SELECT job.job_id::text, job.provider FROM speech_pending_jobs AS job
           JOIN speech_pending_owners USING (owner_id, provider)"""
    )
    return set(rows.fetchall())


@pytest.mark.parametrize("function", ARGUMENTS)
@pytest.mark.parametrize("one_owner", [False, True])
def test_whose_turn_it_is_is_found_by_index_with_few_rows(cloud: Cloud, function: str, *, one_owner: bool) -> None:
    insert_speaking_jobs(cloud.owner, JOBS, segments=2, one_owner=one_owner)
    row = cloud.owner.execute("SELECT prosrc FROM pg_proc WHERE proname = %s", [function]).fetchone()
    assert row is not None
    body, arguments = row[0], ARGUMENTS[function]
    for number, name in enumerate(arguments, 1):
        body = re.sub(rf"\b{name}\b", f"${number}", body)
    types = ", ".join(TYPES.get(name, "integer") for name in arguments)
    with cloud.owner.transaction(force_rollback=True):
        cloud.owner.execute("SET LOCAL plan_cache_mode = force_generic_plan")  # as in a function: values are unknown
        cloud.owner.execute("SET LOCAL ROLE visionary_dispatch")  # with its row-level security
        cloud.owner.execute(f"PREPARE turn ({types}) AS {body}")
        explained = cloud.owner.execute(
            f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE turn ({', '.join(arguments.values())})"
        ).fetchone()
        cloud.owner.execute("DEALLOCATE turn")
    assert explained is not None
    nodes = list(plan_nodes(explained[0][0]["Plan"]))
    assert [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"] == []
    rows = sum((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in nodes)
    assert 0 < rows < 250


@pytest.mark.parametrize("one_owner", [False, True])
def test_a_pass_reads_few_rows_of_thousands_of_jobs(
    cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch, *, one_owner: bool
) -> None:
    assert provider.calls == []
    limit(monkeypatch)
    insert_speaking_jobs(cloud.owner, JOBS, segments=2, one_owner=one_owner)
    dispatch("speechify")
    with database.transaction(None) as session:
        pass
    end_oldest_call(cloud.owner)
    before = rows_read(cloud, session)
    dispatch("speechify")
    after = rows_read(cloud, session)
    started = cloud.owner.execute("SELECT count(*) FROM speech_calls WHERE outcome IS NULL").fetchone()
    assert started == (SLOTS - RESERVED_SLOTS if one_owner else SLOTS,)
    for table in LARGE_TABLES:
        assert after[table][0] == before[table][0], f"{table} was scanned"
    assert sum(rows for _, rows in after.values()) - sum(rows for _, rows in before.values()) < 300


def rows_read(cloud: Cloud, session: Any) -> dict[str, tuple[int, int]]:
    """Return sequential scans and rows read so far, by table."""
    session.execute("SELECT pg_stat_force_next_flush()")
    session.execute("SELECT 1")
    cloud.owner.execute("SELECT pg_stat_clear_snapshot()")
    rows = cloud.owner.execute(
        "SELECT relname, seq_scan, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
    )
    return {table: (scans, read) for table, scans, read in rows}


def test_a_job_has_a_turn_while_something_of_it_is_planned(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider.calls == []
    limit(monkeypatch)
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(60)))
    for message in cloud.messages("speech_jobs"):
        platform.deliver("run_speech_job", [message["Body"]])
    assert turns(cloud) == {(job_id, "speechify")}
    post(platform, alice, f"/v1/speech/{job_id}/cancel")
    assert turns(cloud) == set()
    post(platform, alice, f"/v1/speech/{job_id}/retry")
    assert turns(cloud) == {(job_id, "speechify")}
    assert run_to_completion(platform, alice, job_id)["status"] == "done"
    assert turns(cloud) == set()
    assert cloud.owner.execute("SELECT 1 FROM speech_pending_owners").fetchall() == []


def test_a_deleted_job_has_no_turn(platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify) -> None:
    assert provider.calls == []
    media_id = upload_text(platform, alice, paragraphs(60))
    start_job(platform, alice, media_id)
    for message in cloud.messages("speech_jobs"):
        platform.deliver("run_speech_job", [message["Body"]])
    assert turns(cloud)
    with database.transaction(alice.id) as connection:
        connection.execute("DELETE FROM media WHERE id = %s", [media_id])
    assert turns(cloud) == set()
    assert cloud.owner.execute("SELECT 1 FROM speech_pending_owners").fetchall() == []


def test_segments_planned_by_the_release_before_get_their_turn(
    cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes segments only, and knows nothing of turns."""
    assert provider.calls == []
    limit(monkeypatch)
    insert_speaking_jobs(cloud.owner, 3)
    dispatch("speechify")
    owners = cloud.owner.execute("SELECT owner_id, count(*) FROM speech_calls GROUP BY 1").fetchall()
    assert sorted(count for _, count in owners) == [5, 5, 5]
    rows = cloud.owner.execute("SELECT owner_id FROM app.pending_jobs('speechify', 13)").fetchall()
    assert len(rows) == 3  # its own dispatch still works


def test_an_outdated_turn_gives_way_to_the_next_job(
    platform: Platform, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider.calls == []
    limit(monkeypatch)
    insert_speaking_jobs(cloud.owner, 40, segments=1)
    cloud.owner.execute(
        """INSERT INTO speech_pending_owners SELECT 'speechify', md5(n::text)::uuid FROM generate_series(1, 20) AS n;
           INSERT INTO speech_pending_jobs SELECT 'speechify', md5(n::text)::uuid, md5(n::text)::uuid, '2020-01-01'
           FROM generate_series(1, 20) AS n"""
    )
    dispatch("speechify")
    for _ in range(20):
        for message in cloud.messages("speech_results"):
            assert platform.deliver("record_segment", [message["Body"]]) == []
    calls = cloud.owner.execute("SELECT count(*) FROM speech_calls WHERE outcome IS NULL").fetchone()
    assert calls == (SLOTS,)


def test_ten_results_of_a_batch_cause_one_dispatch(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch)
    start_job(platform, alice, upload_text(platform, alice, paragraphs(60)))
    for message in cloud.messages("speech_jobs"):
        platform.deliver("run_speech_job", [message["Body"]])
    calls = [message["Body"] for name in ("speech_express", "speech_bulk") for message in cloud.messages(name)]
    for body in calls[:10]:
        assert platform.deliver("synthesize", [body]) == []
    results = [message["Body"] for message in cloud.messages("speech_results") if "outcome" in message["Body"]]
    assert len(results) == 10
    version = "SELECT xmin::text::bigint FROM speech_providers"
    before = cloud.owner.execute(version).fetchone()
    with database.transaction(None) as session:
        pass
    updates = "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'speech_providers'"
    rows_read(cloud, session)
    updated = cloud.owner.execute(updates).fetchone()
    assert platform.deliver("record_segment", results) == []
    rows_read(cloud, session)
    assert cloud.owner.execute(version).fetchone() != before
    assert updated is not None
    assert cloud.owner.execute(updates).fetchone() == (updated[0] + 1,)
    done = cloud.owner.execute("SELECT count(*) FROM speech_segments WHERE status = 'done'").fetchone()
    assert done == (10,)
    in_flight = cloud.owner.execute("SELECT count(*) FROM speech_calls WHERE outcome IS NULL").fetchone()
    assert in_flight == (len(calls),)  # every slot is taken again
    assert len(provider.calls) == 10


def test_results_come_back_when_their_dispatch_fails(
    platform: Platform, alice: User, cloud: Cloud, provider: FakeSpeechify, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch)
    job_id = start_job(platform, alice, upload_text(platform, alice, paragraphs(2)))
    for message in cloud.messages("speech_jobs"):
        platform.deliver("run_speech_job", [message["Body"]])
    calls = [message["Body"] for name in ("speech_express", "speech_bulk") for message in cloud.messages(name)]
    for body in calls:
        assert platform.deliver("synthesize", [body]) == []
    results = [message["Body"] for message in cloud.messages("speech_results") if "outcome" in message["Body"]]
    cloud.owner.execute("ALTER TABLE speech_providers RENAME TO speech_providers_away")
    try:
        assert platform.deliver("record_segment", results) == results
    finally:
        cloud.owner.execute("ALTER TABLE speech_providers_away RENAME TO speech_providers")
    assert platform.deliver("record_segment", results) == []
    job = run_to_completion(platform, alice, job_id)
    assert (job["status"], len(provider.calls)) == ("done", job["progress"]["total"])
    assert json.loads(results[0])["job_id"] == job_id


def test_the_turns_of_an_account_being_erased_do_not_stop_the_others(
    cloud: Cloud, provider: FakeSpeechify, sweeping: Sweeping, monkeypatch: pytest.MonkeyPatch, platform: Platform
) -> None:
    assert provider.calls == []
    assert sweeping is not None
    limit(monkeypatch)
    insert_speaking_jobs(cloud.owner, SLOTS + 5, segments=1)
    row = cloud.owner.execute(
        "SELECT array_agg(owner_id) FROM (SELECT owner_id FROM speech_jobs LIMIT 10) AS job"
    ).fetchone()
    assert row is not None
    for owner_id in row[0]:
        user = User(owner_id)
        response = platform.client.http.delete(f"/v1/account?confirm={owner_id}", headers=user.headers)
        assert response.status_code == 202
    dispatch("speechify")
    for message in cloud.messages("speech_results"):
        assert platform.deliver("record_segment", [message["Body"]]) == []
    calls = cloud.owner.execute("SELECT count(*) FROM speech_calls WHERE outcome IS NULL").fetchone()
    assert calls == (SLOTS + 5 - 10,)
