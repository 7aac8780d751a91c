"""Time, for readings: waits that are over, leases that ran out, and a job that is carried to its end."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.conftest import Cloud, Platform, User

ENDED = {"done", "partial", "failed", "cancelled"}


def let_waits_end(cloud: Cloud) -> None:
    """What a provider asked for, what a segment rests, how long a breaker stays open: all of it is over."""
    cloud.owner.execute(
        """UPDATE speech_providers SET paused_until = now(), wake_at = NULL,
                                       open_until = CASE WHEN open_until IS NOT NULL THEN now() END;
           UPDATE speech_segments SET ready_at = now()"""
    )


def let_leases_end(cloud: Cloud) -> None:
    """Calls under way were never heard of again."""
    cloud.owner.execute(
        "UPDATE speech_calls SET lease_until = now() WHERE outcome IS NULL; UPDATE speech_providers SET probe_until = NULL"
    )


def let_the_dead_be_noticed(cloud: Cloud) -> None:
    """Whoever has begun to speak words and is not done with them began longer ago than a function may run."""
    for entry in cloud.s3.list_objects_v2(Bucket="library", Prefix="speech/").get("Contents", ()):
        if not entry["Key"].endswith(".json"):
            continue
        said = json.loads(cloud.s3.get_object(Bucket="library", Key=entry["Key"])["Body"].read())
        if "begun_at" in said:
            body = json.dumps({**said, "begun_at": "2020-01-01T00:00:00Z"})
            cloud.s3.put_object(Bucket="library", Key=entry["Key"], Body=body.encode())


def wake(platform: Platform, *providers: str) -> None:
    """What the functions sent to themselves, to come later, comes now."""
    for provider in providers:
        assert platform.deliver("record_segment", [json.dumps({"wake": provider})]) == []


def job_of(platform: Platform, user: User, job_id: str) -> dict[str, Any]:
    answer = platform.client.http.get(f"/v1/speech/{job_id}", headers=user.headers)
    assert answer.status_code == 200
    job: dict[str, Any] = answer.json_body
    return job


def carry_on(
    platform: Platform, user: User, job_id: str, *, providers: tuple[str, ...] = ("speechify", "espeak")
) -> Any:
    """The job once it has ended: every message is delivered, and no wait is waited for."""
    for _ in range(30):
        platform.run()
        job = job_of(platform, user, job_id)
        if job["status"] in ENDED:
            return job
        let_waits_end(platform.cloud)
        wake(platform, *providers)
    raise AssertionError(f"the job does not end: {job}")
