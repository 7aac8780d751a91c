"""A client of the deployed API that creates speech and downloads recordings."""

from __future__ import annotations

from typing import Any

import requests

from tests.support.api_uploader import Uploader
from tests.support.local_stack import wait_until

INSPECTED = {"ready", "rejected", "expired"}
FINISHED = {"done", "partial", "failed", "cancelled"}


def upload(user: Uploader, content: bytes, filename: str, media_type: str) -> str:
    """Upload through the presigned URL; return the id of the media."""
    started = user.start_upload(content, filename=filename, media_type=media_type)
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
    return str(started["media"]["id"])


def media_status(user: Uploader, media_id: str) -> str:
    return str(user.call("GET", f"/v1/media/{media_id}")["status"])


def wait_until_inspected(user: Uploader, media_id: str, *, seconds: float = 60) -> Any:
    wait_until(
        lambda: media_status(user, media_id) in INSPECTED, seconds=seconds, event=f"the inspection of {media_id}"
    )
    return user.call("GET", f"/v1/media/{media_id}")


def start_speech(user: Uploader, media_id: str) -> str:
    return str(user.call("POST", f"/v1/media/{media_id}/speech", {}, expect=202)["id"])


def wait_until_finished(user: Uploader, job_id: str, *, seconds: float = 120) -> Any:
    def job() -> Any:
        state = user.call("GET", f"/v1/speech/{job_id}")
        return state if state["status"] in FINISHED else None

    return wait_until(job, seconds=seconds, event=f"the end of {job_id}")


def download_recording(user: Uploader, job_id: str) -> bytes:
    path = f"{user.stack.api}/v1/speech/{job_id}/audio"
    redirect = requests.get(path, headers={"Authorization": f"Bearer {user.token}"}, allow_redirects=False, timeout=30)
    assert redirect.status_code == 302
    response = requests.get(redirect.headers["Location"], timeout=60)
    assert response.headers["Content-Type"] == "audio/mpeg"
    return response.content
