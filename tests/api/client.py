"""A client of the API, as anybody would write it, that holds every answer against the description."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.api.contract import Contract

TIMEOUT_S = 60
PATIENCE_S = 180  # for whatever happens behind the API; ten suites at once on a small machine take their time
MOST_RETRIES = 30
SECURITY_HEADERS = (
    "Strict-Transport-Security",
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "X-Request-Id",
)
Json = Any
Seen = dict[str, set[int]]  # statuses by operation


@dataclass
class Created:
    """What has to be gone in the end."""

    media: list[str] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)
    speech: list[str] = field(default_factory=list)


@dataclass
class Api:
    """The API as one user, or as nobody."""

    base: str
    token: str | None
    contract: Contract
    run: str
    seen: Seen = field(default_factory=lambda: defaultdict(set))
    created: Created = field(default_factory=Created)
    session: requests.Session = field(default_factory=requests.Session)

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        expect: int | Collection[int] | None = None,
        patient: bool = True,
        **more: Any,
    ) -> requests.Response:
        """One request; a 429 is waited out as it says. Fails when the answer is not as expected, or not as described."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= more.pop("headers", {})
        for _ in range(MOST_RETRIES):
            answer = self.session.request(
                method, self.base + path, json=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, **more
            )
            if answer.status_code != 429 or not patient or (wait_s := int(answer.headers["Retry-After"])) > PATIENCE_S:
                break
            time.sleep(wait_s)
        self._hold_against_description(method, path.partition("?")[0], answer)
        wanted = {expect} if isinstance(expect, int) else expect
        assert wanted is None or answer.status_code in wanted, (
            f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        )
        return answer

    def get(self, path: str, **query: str | int) -> Json:
        """The JSON that a path answers."""
        return self.call("GET", path, params=query, expect=200).json()

    def refused(self, method: str, path: str, status: int, body: Json = None, **more: Any) -> Json:
        """The problem document of a request that must be refused."""
        answer = self.call(method, path, body, expect=status, **more)
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem.keys() == {"type", "title", "status", "code", "detail", "message", "errors", "request_id"}
        assert problem["type"] == f"urn:visionary:problem:{problem['code']}"
        assert problem["status"] == answer.status_code
        assert problem["message"] == problem["detail"] != ""
        assert problem["request_id"] == answer.headers["X-Request-Id"] != ""
        return problem

    def until(self, path: str, done: Callable[[Json], bool]) -> Json:
        """What a path answers once it is as wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = self.get(path)
            if done(answer):
                return answer
            assert time.monotonic() < deadline, f"{path} stayed {json.dumps(answer)[:500]}"
            time.sleep(0.25)

    # ---- what is created, and removed again ----

    def begin(
        self, content: bytes, *, filename: str = "book.txt", media_type: str = "text/plain", **more: Json
    ) -> Json:
        """Announce an upload of this content."""
        announced = {"filename": f"{self.run} {filename}", "media_type": media_type, "size_bytes": len(content), **more}
        started = self.call("POST", "/v1/uploads", announced, expect=201).json()
        self.created.media.append(started["media"]["id"])
        return started

    def upload(self, content: bytes, **more: Json) -> Json:
        """The media of this content, inspected."""
        started = self.begin(content, **more)
        put(started["upload"], content)
        return self.settled(started["media"]["id"])

    def settled(self, media_id: str) -> Json:
        """A media, once it was inspected."""
        return self.until(f"/v1/media/{media_id}", lambda media: media["status"] not in {"pending", "inspecting"})

    def collect(self, name: str, **more: Json) -> Json:
        """A new collection."""
        collection = self.call("POST", "/v1/collections", {"name": f"{self.run} {name}", **more}, expect=201).json()
        self.created.collections.append(collection["id"])
        return collection

    def read_aloud(self, media_id: str) -> Json:
        """A reading of a media, finished."""
        job = self.call("POST", f"/v1/media/{media_id}/speech", {}, expect=202).json()
        self.created.speech.append(job["id"])
        job = self.until(
            f"/v1/speech/{job['id']}", lambda job: job["status"] in {"done", "partial", "failed", "cancelled"}
        )
        assert job["status"] == "done", job
        return job

    def clean_up(self) -> list[str]:
        """Remove what was created; answers what could not be removed."""
        paths = [f"/v1/collections/{each}" for each in self.created.collections]
        if self.contract.find("DELETE", "/v1/speech/x"):
            paths += [f"/v1/speech/{each}" for each in self.created.speech]
        paths += [f"/v1/media/{each}?permanent=true" for each in self.created.media]
        return [path for path in paths if self._remove(path) not in {202, 204, 404}]

    def _remove(self, path: str) -> int:
        """An upload that waits for its bytes is given up first, and one that is being inspected is waited for."""
        deadline = time.monotonic() + PATIENCE_S
        while (status := self.call("DELETE", path).status_code) == 409 and time.monotonic() < deadline:
            given_up = self.call("DELETE", path.partition("?")[0].replace("/v1/media/", "/v1/uploads/"))
            if given_up.status_code == 409:
                time.sleep(0.5)
        return status

    def _hold_against_description(self, method: str, path: str, answer: requests.Response) -> None:
        missing = [name for name in SECURITY_HEADERS if not answer.headers.get(name)]
        assert not missing, f"{method} {path} lacks {missing}"
        operation = self.contract.find(method, path)
        if operation is None:
            return
        self.seen[operation.id].add(answer.status_code)
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        body = answer.json() if media_type.endswith("json") and answer.content else None
        breaches = list(self.contract.breaches(operation, answer.status_code, media_type, body))
        assert not breaches, f"{method} {path} is not as described: {'; '.join(breaches)}"


def put(upload: Json, content: bytes, **changed: str) -> requests.Response:
    """Send the bytes of an upload of one PUT."""
    answer = requests.put(upload["url"], data=content, headers={**upload["headers"], **changed}, timeout=TIMEOUT_S)
    assert changed or answer.status_code == 200, answer.text
    return answer


def post_form(url: str, fields: dict[str, str], content: bytes) -> requests.Response:
    """Send the bytes as an HTML form does: the fields, and last the file."""
    return requests.post(url, data=fields, files={"file": ("file", content)}, timeout=TIMEOUT_S)
