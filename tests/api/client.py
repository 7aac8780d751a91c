"""A plain client of the API that compares every response with the OpenAPI document."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.api.contract import Contract

TIMEOUT_S = 60
WAIT_TIMEOUT_S = 180  # for work behind the API; ten suites at once on a small machine are slow
BUSY = {429, 503}  # with Retry-After: a limit of the API, or of a new account's functions, which run ten at a time
MIN_ANNOUNCED_WAIT_S = 2
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
    """Resources to delete at the end."""

    media: list[str] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)
    speech: list[str] = field(default_factory=list)


def print_wait(wait_s: float, reason: str) -> None:
    sys.stderr.write(f"waits {wait_s:.0f} s: {reason}\n")


@dataclass
class Api:
    """The API as one user, or without a user. `announce` says how long a call waits, and why."""

    base: str
    token: str | None
    contract: Contract
    run: str
    seen: Seen = field(default_factory=lambda: defaultdict(set))
    created: Created = field(default_factory=Created)
    announce: Callable[[float, str], None] = print_wait
    session: requests.Session = field(default_factory=requests.Session)

    def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        expect: int | Collection[int] | None = None,
        retries: bool = True,
        **more: Any,
    ) -> requests.Response:
        """Send a request; while the API is busy, wait and retry. Fails on an unexpected or undocumented response."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= more.pop("headers", {})
        deadline = time.monotonic() + WAIT_TIMEOUT_S
        while True:
            response = self.session.request(
                method, self.base + path, json=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, **more
            )
            wait_s = int(response.headers.get("Retry-After", 0)) if response.status_code in BUSY else 0
            if not retries or not wait_s or time.monotonic() + wait_s > deadline:
                break
            if wait_s >= MIN_ANNOUNCED_WAIT_S:
                self.announce(wait_s, f"{method} {path.partition('?')[0]}: {response.status_code} {_detail(response)}")
            time.sleep(wait_s)
        self._compare_with_document(method, path.partition("?")[0], response)
        expected = {expect} if isinstance(expect, int) else expect
        assert expected is None or response.status_code in expected, (
            f"{method} {path}: {response.status_code} {response.text[:500]}"
        )
        return response

    def get(self, path: str, **query: str | int) -> Json:
        """Return the JSON of a path."""
        return self.call("GET", path, params=query, expect=200).json()

    def head_of_bytes(self, path: str) -> requests.Response:
        """Return storage's response to HEAD, to which the API redirects."""
        redirect = self.call("HEAD", path, expect=302)
        head = requests.head(redirect.headers["Location"], timeout=TIMEOUT_S)
        assert head.status_code == 200, redirect.headers["Location"].partition("?")[0]
        return head

    def expect_problem(self, method: str, path: str, status: int, body: Json = None, **more: Any) -> Json:
        """Send a request that must fail; return its problem document."""
        response = self.call(method, path, body, expect=status, **more)
        assert response.headers["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem.keys() == {"type", "title", "status", "code", "detail", "message", "errors", "request_id"}
        assert problem["type"] == f"urn:visionary:problem:{problem['code']}"
        assert problem["status"] == response.status_code
        assert problem["message"] == problem["detail"] != ""
        assert problem["request_id"] == response.headers["X-Request-Id"] != ""
        return problem

    def wait_for(self, path: str, done: Callable[[Json], bool]) -> Json:
        """Poll a path until `done`; return its JSON."""
        deadline = time.monotonic() + WAIT_TIMEOUT_S
        while True:
            response = self.get(path)
            if done(response):
                return response
            assert time.monotonic() < deadline, f"{path} stayed {json.dumps(response)[:500]}"
            time.sleep(0.25)

    # ---- resources that the run creates and deletes ----

    def start_upload(
        self, content: bytes, *, filename: str = "book.txt", media_type: str = "text/plain", **more: Json
    ) -> Json:
        """Start an upload of this content."""
        upload = {"filename": f"{self.run} {filename}", "media_type": media_type, "size_bytes": len(content), **more}
        started = self.call("POST", "/v1/uploads", upload, expect=201).json()
        self.created.media.append(started["media"]["id"])
        return started

    def upload(self, content: bytes, **more: Json) -> Json:
        """Upload this content; return its media once it is inspected."""
        started = self.start_upload(content, **more)
        put(started["upload"], content)
        return self.wait_until_inspected(started["media"]["id"])

    def wait_until_inspected(self, media_id: str) -> Json:
        """Return a media once it is inspected."""
        return self.wait_for(f"/v1/media/{media_id}", lambda media: media["status"] not in {"pending", "inspecting"})

    def create_collection(self, name: str, **more: Json) -> Json:
        """Create a collection."""
        collection = self.call("POST", "/v1/collections", {"name": f"{self.run} {name}", **more}, expect=201).json()
        self.created.collections.append(collection["id"])
        return collection

    def create_recording(self, media_id: str) -> Json:
        """Create a recording of a media; return the finished job."""
        job = self.call("POST", f"/v1/media/{media_id}/speech", {}, expect=202).json()
        self.created.speech.append(job["id"])
        job = self.wait_for(
            f"/v1/speech/{job['id']}", lambda job: job["status"] in {"done", "partial", "failed", "cancelled"}
        )
        assert job["status"] == "done", job
        return job

    def clean_up(self) -> list[str]:
        """Delete what was created; return the paths that could not be deleted."""
        paths = [f"/v1/collections/{item}" for item in self.created.collections]
        if self.contract.find("DELETE", "/v1/speech/x"):
            paths += [f"/v1/speech/{item}" for item in self.created.speech]
        paths += [f"/v1/media/{item}?permanent=true" for item in self.created.media]
        return [path for path in paths if self._remove(path) not in {202, 204, 404}]

    def _remove(self, path: str) -> int:
        """Delete a resource: abort a pending upload first, wait for one that is being inspected."""
        deadline = time.monotonic() + WAIT_TIMEOUT_S
        while (status := self.call("DELETE", path).status_code) == 409 and time.monotonic() < deadline:
            aborted = self.call("DELETE", path.partition("?")[0].replace("/v1/media/", "/v1/uploads/"))
            if aborted.status_code == 409:
                time.sleep(0.5)
        return status

    def _compare_with_document(self, method: str, path: str, response: requests.Response) -> None:
        missing = [name for name in SECURITY_HEADERS if not response.headers.get(name)]
        assert not missing, f"{method} {path} has no {missing}"
        operation = self.contract.find(method, path)
        if operation is None:
            return
        self.seen[operation.id].add(response.status_code)
        media_type = response.headers.get("Content-Type", "").partition(";")[0]
        body = response.json() if media_type.endswith("json") and response.content else None
        differences = list(self.contract.differences(operation, response.status_code, media_type, body))
        assert not differences, f"{method} {path} differs from the OpenAPI document: {'; '.join(differences)}"


def _detail(response: requests.Response) -> str:
    """Return a problem's sentence; the gateway's own refusals may have none."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.text[:100]


def fetch_document(base: str) -> Contract:
    """Return the deployment's OpenAPI document. It waits for a busy API, as many runs that start at once make it."""
    deadline = time.monotonic() + WAIT_TIMEOUT_S
    while (response := requests.get(f"{base}/openapi.json", timeout=TIMEOUT_S)).status_code in BUSY:
        if time.monotonic() > deadline:
            break
        time.sleep(int(response.headers.get("Retry-After", 1)))
    response.raise_for_status()
    return Contract(response.json())


def put(upload: Json, content: bytes, **changed: str) -> requests.Response:
    """Send the bytes of an upload with one PUT."""
    response = requests.put(upload["url"], data=content, headers={**upload["headers"], **changed}, timeout=TIMEOUT_S)
    assert changed or response.status_code == 200, response.text
    return response


def post_form(url: str, fields: dict[str, str], content: bytes) -> requests.Response:
    """Send the bytes as an HTML form: the fields, then the file."""
    return requests.post(url, data=fields, files={"file": ("file", content)}, timeout=TIMEOUT_S)
