"""The same through the API of a local stack: deployed functions, each copy a process, on the emulator that runs everything."""

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

from bench.speech_environment import use_emulator
from bench.speech_functions import PATIENCE_S, VOICE
from bench.speech_schedule import SLOTS, Times
from localstack import stack
from localstack.home import Home
from localstack.postgres import Postgres
from localstack.token import token

COPIES = {"speech-express": 5, "speech-bulk": SLOTS, "speech-results": 5}  # a laptop's stack has 2 of each
POLL_S = 0.1


@dataclass
class _Wish:
    """One user's reading, as a client follows it."""

    session: requests.Session
    api: str
    job_id: str
    began: float
    first_s: float | None = None
    done_s: float | None = None

    def look(self) -> None:
        path = f"{self.api}/v1/speech/{self.job_id}"
        if self.first_s is None:
            if self.session.get(f"{path}/playlist.m3u8", timeout=30).status_code == 200:
                self.first_s = time.monotonic() - self.began
            return
        job = self.session.get(path, timeout=30).json()
        assert job["status"] in {"queued", "planning", "speaking", "finishing", "done"}, job
        if job["status"] == "done":
            self.done_s = time.monotonic() - self.began


@dataclass
class LocalStack:
    """A running local stack, as its users know it."""

    home: Home
    _users: int = field(default=0)

    def read(self, texts: Sequence[str]) -> list[Times]:
        """Have each of these texts read to a user of its own, all wished for at the same moment. First audio can be played."""
        ready = [self._upload(text) for text in texts]
        wishes = []
        for session, media_id in ready:
            began = time.monotonic()
            job = self._ask(session, "POST", f"/v1/media/{media_id}/speech", {"voice": VOICE})
            wishes.append(_Wish(session, self._api, job["id"], began))
        deadline = time.monotonic() + PATIENCE_S
        while open_wishes := [wish for wish in wishes if wish.done_s is None]:
            assert time.monotonic() < deadline, "the readings do not end"
            for wish in open_wishes:
                wish.look()
            time.sleep(POLL_S)
        return [Times(wish.first_s or 0.0, wish.done_s or 0.0) for wish in wishes]

    @property
    def _api(self) -> str:
        return str(self.home.endpoints()["api"])

    def _upload(self, text: str) -> tuple[requests.Session, str]:
        """A new user with this text in the library."""
        self._users += 1
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token(self.home, f'reader-{self._users}')}"
        content = text.encode()
        wanted = {"filename": "book.txt", "media_type": "text/plain", "size_bytes": len(content)}
        started = self._ask(session, "POST", "/v1/uploads", wanted)
        target = started["upload"]
        requests.put(target["url"], data=content, headers=target["headers"], timeout=60).raise_for_status()
        media_id = str(started["media"]["id"])
        deadline = time.monotonic() + 120
        while (status := self._ask(session, "GET", f"/v1/media/{media_id}")["status"]) != "ready":
            assert status in {"pending", "inspecting"}, status
            assert time.monotonic() < deadline, "the inspection does not end"
            time.sleep(POLL_S)
        return session, media_id

    def _ask(self, session: requests.Session, method: str, path: str, body: Any = None) -> Any:
        answer = session.request(method, self._api + path, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def local_stack(folder: Path) -> Iterator[LocalStack]:
    """A stack of its own below this folder, with as many copies of its functions as in the cloud."""
    os.environ["LOCAL_STACK"] = str(folder / "stack")
    home = Home.chosen()
    stack.up(home)
    try:
        use_emulator(str(home.endpoints()["s3"]), Postgres(home.postgres))
        boto3.client("s3").create_bucket(Bucket="library")  # for those it is compared with
        functions = boto3.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            queue = mapping["EventSourceArn"].rsplit(":", 1)[-1].removeprefix("visionary-local-")
            if queue in COPIES:
                functions.update_event_source_mapping(
                    UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": COPIES[queue]}
                )
        yield LocalStack(home)
    finally:
        stack.down(home)
