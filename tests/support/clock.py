"""Simulated time for speech jobs: expired waits and leases, and jobs that run to completion."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.conftest import Cloud, Platform, User

FINISHED = {"done", "partial", "failed", "cancelled"}


def expire_waits(cloud: Cloud) -> None:
    """Expire all waits: of rate limits, of segments before a retry, of open breakers."""
    cloud.owner.execute(
        """UPDATE speech_providers SET paused_until = now(), wake_at = NULL,
                                       open_until = CASE WHEN open_until IS NOT NULL THEN now() END;
           UPDATE speech_segments SET ready_at = now()"""
    )


def expire_leases(cloud: Cloud) -> None:
    """Expire the leases of all calls in flight, those of waves included."""
    cloud.owner.execute(
        """UPDATE speech_calls SET lease_until = now() WHERE outcome IS NULL;
           UPDATE speech_pending_jobs SET ready_at = now();
           UPDATE speech_providers SET probe_until = NULL"""
    )


def expire_pending_audio(cloud: Cloud) -> None:
    """Backdate audio in progress, as if its worker had died."""
    for entry in cloud.s3.list_objects_v2(Bucket="library", Prefix="speech/").get("Contents", ()):
        if not entry["Key"].endswith(".json"):
            continue
        pending = json.loads(cloud.s3.get_object(Bucket="library", Key=entry["Key"])["Body"].read())
        if "begun_at" in pending:
            body = json.dumps({**pending, "begun_at": "2020-01-01T00:00:00Z"})
            cloud.s3.put_object(Bucket="library", Key=entry["Key"], Body=body.encode())


def recheck_providers(platform: Platform, *providers: str) -> None:
    """Deliver the delayed messages that recheck providers now."""
    for provider in providers:
        assert platform.deliver("record_segment", [json.dumps({"wake": provider})]) == []


def get_job(platform: Platform, user: User, job_id: str) -> dict[str, Any]:
    response = platform.client.http.get(f"/v1/speech/{job_id}", headers=user.headers)
    assert response.status_code == 200
    job: dict[str, Any] = response.json_body
    return job


def run_to_completion(
    platform: Platform, user: User, job_id: str, *, providers: tuple[str, ...] = ("speechify", "espeak")
) -> Any:
    """Deliver every message and expire every wait until the job has finished; return it."""
    for _ in range(30):
        platform.run()
        job = get_job(platform, user, job_id)
        if job["status"] in FINISHED:
            return job
        expire_waits(platform.cloud)
        recheck_providers(platform, *providers)
    raise AssertionError(f"the job does not finish: {job}")
