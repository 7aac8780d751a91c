"""A user who has something read aloud, as a client of the deployed API."""

from __future__ import annotations

from typing import Any

import requests

from tests.support.api_uploader import Uploader
from tests.support.local_stack import until

SETTLED = {"ready", "rejected", "expired"}
ENDED = {"done", "partial", "failed", "cancelled"}


def send(user: Uploader, content: bytes, filename: str, media_type: str) -> str:
    """Upload through the presigned URL; answers the id of the media."""
    started = user.begin(content, filename=filename, media_type=media_type)
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
    return str(started["media"]["id"])


def status(user: Uploader, media_id: str) -> str:
    return str(user.call("GET", f"/v1/media/{media_id}")["status"])


def inspected(user: Uploader, media_id: str, *, seconds: float = 60) -> Any:
    until(lambda: status(user, media_id) in SETTLED, seconds=seconds, what=f"the verdict on {media_id}")
    return user.call("GET", f"/v1/media/{media_id}")


def read_aloud(user: Uploader, media_id: str) -> str:
    return str(user.call("POST", f"/v1/media/{media_id}/speech", {}, expect=202)["id"])


def ended(user: Uploader, job_id: str, *, seconds: float = 120) -> Any:
    def job() -> Any:
        state = user.call("GET", f"/v1/speech/{job_id}")
        return state if state["status"] in ENDED else None

    return until(job, seconds=seconds, what=f"the end of {job_id}")


def recording(user: Uploader, job_id: str) -> bytes:
    path = f"{user.stack.api}/v1/speech/{job_id}/audio"
    pointed = requests.get(path, headers={"Authorization": f"Bearer {user.token}"}, allow_redirects=False, timeout=30)
    assert pointed.status_code == 302
    answer = requests.get(pointed.headers["Location"], timeout=60)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    return answer.content
