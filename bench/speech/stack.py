"""Speech jobs through the API of a local stack, with each copy of a function in its process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import requests

from bench.speech.environment import use_emulator
from bench.speech.functions import TIMEOUT_S, VOICE
from bench.speech.schedule import Times
from localstack import stack
from localstack.home import Home
from localstack.postgres import Postgres
from localstack.token import token

POLL_S = 0.1


@dataclass
class _Job:
    """One user's speech job, as a client follows it."""

    session: requests.Session
    api: str
    job_id: str
    started_at: float
    first_s: float | None = None
    done_s: float | None = None

    def poll(self) -> None:
        path = f"{self.api}/v1/speech/{self.job_id}"
        if self.first_s is None:
            if self.session.get(f"{path}/playlist.m3u8", timeout=30).status_code == 200:
                self.first_s = time.monotonic() - self.started_at
            return
        status = self.session.get(path, timeout=30).json()["status"]
        assert status in {"queued", "planning", "speaking", "finishing", "done"}, status
        if status == "done":
            self.done_s = time.monotonic() - self.started_at


@dataclass
class LocalStack:
    """A running local stack, used through its API."""

    home: Home
    _users: int = field(default=0)

    def run_jobs(self, texts: Sequence[str]) -> list[Times]:
        """Run one speech job per text, each of another user, all started together.

        The first audio counts as available once the playlist is.
        """
        uploads = [self._upload(text) for text in texts]
        jobs = []
        for session, media_id in uploads:
            started_at = time.monotonic()
            created = self._request(session, "POST", f"/v1/media/{media_id}/speech", {"voice": VOICE})
            jobs.append(_Job(session, self._api, created["id"], started_at))
        deadline = time.monotonic() + TIMEOUT_S
        while unfinished := [job for job in jobs if job.done_s is None]:
            assert time.monotonic() < deadline, "the jobs do not finish"
            for job in unfinished:
                job.poll()
            time.sleep(POLL_S)
        return [Times(job.first_s or 0.0, job.done_s or 0.0) for job in jobs]

    @property
    def _api(self) -> str:
        return str(self.home.endpoints()["api"])

    def _upload(self, text: str) -> tuple[requests.Session, str]:
        """Upload a text as a new user; return the session and the media id."""
        self._users += 1
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token(self.home, f'reader-{self._users}')}"
        content = text.encode()
        request = {"filename": "book.txt", "media_type": "text/plain", "size_bytes": len(content)}
        started = self._request(session, "POST", "/v1/uploads", request)
        target = started["upload"]
        requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
        media_id = str(started["media"]["id"])
        deadline = time.monotonic() + 120
        while (status := self._request(session, "GET", f"/v1/media/{media_id}")["status"]) != "ready":
            assert status in {"pending", "inspecting"}, status
            assert time.monotonic() < deadline, "the inspection does not end"
            time.sleep(POLL_S)
        return session, media_id

    def _request(self, session: requests.Session, method: str, path: str, body: Any = None) -> Any:
        response = session.request(method, self._api + path, json=body, timeout=30)
        response.raise_for_status()
        return response.json()


@contextmanager
def local_stack(folder: Path) -> Iterator[LocalStack]:
    """Run a stack in this folder, with as many copies of its functions as in the cloud."""
    os.environ |= {"LOCAL_STACK": str(folder / "stack"), "SIZE": "large"}  # a laptop's stack is small
    home = Home.chosen()
    stack.up(home)
    try:
        use_emulator(str(home.endpoints()["s3"]), Postgres(home.postgres))
        boto3.client("s3").create_bucket(Bucket="library")  # for Celery
        yield LocalStack(home)
    finally:
        stack.down(home)
