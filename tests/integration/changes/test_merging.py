"""Two devices without a network, with clocks that differ: what both did is there afterwards, on both.

Each device keeps its changes in order, as the page's outbox does (web/src/offline/outbox.ts), and sends them through the routes
when it is connected. Any response may be lost, and then the change is sent again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.integration.conftest import Platform, User
from tests.integration.speech.test_jobs import upload_text

STEPS = 14
LENGTH = 200


@dataclass
class Device:
    """A device that is `clock_error` ahead of the true time. `queue` has the changes that it has not sent yet."""

    platform: Platform
    owner: User
    media_id: str
    clock_error: timedelta
    queue: list[tuple[str, str, dict[str, Any] | None]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    cursor: str = ""
    changes: set[tuple[str, str]] = field(default_factory=set)

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        content = json.dumps(body).encode() if body is not None else b""
        return getattr(self.platform.client.http, method)(path, headers=self.owner.headers, body=content)

    def create(self, identifier: str, start: int) -> None:
        body = {"id": identifier, "kind": "bookmark", "start": start}
        self.queue.append(("post", f"/v1/media/{self.media_id}/annotations", body))
        self.known.add(identifier)

    def note(self, identifier: str, text: str) -> None:
        self.queue.append(("patch", f"/v1/annotations/{identifier}", {"note": text}))

    def delete(self, identifier: str) -> None:
        self.queue.append(("delete", f"/v1/annotations/{identifier}", None))
        self.known.discard(identifier)

    def clock(self) -> str:
        return (datetime.now(UTC) + self.clock_error).isoformat()

    def read_to(self, offset: int, time: datetime) -> None:
        path = f"/v1/media/{self.media_id}/position"
        self.queue = [change for change in self.queue if change[1] != path]
        self.queue.append(("put", path, {"text_offset": offset, "device_time": (time + self.clock_error).isoformat()}))

    def send(self, source: random.Random) -> None:
        """Send everything; a lost response makes the change be sent twice."""
        while self.queue:
            method, path, body = self.queue[0]
            if body is not None and "device_time" in body:
                body = body | {"sent_at": self.clock()}
            response = self.request(method, path, body)
            assert response.status_code < 300 or response.status_code == 404, response.body
            if source.random() > 0.2:
                self.queue.pop(0)

    def receive(self) -> None:
        while True:
            page = self.request("get", f"/v1/changes?limit=5&cursor={self.cursor}").json_body
            self.changes |= {(item["kind"], item["id"]) for item in page["items"]}
            self.cursor = page["next_cursor"]
            if not page["has_more"]:
                return


def run(platform: Platform, owner: User, media_id: str, seed: int) -> None:
    source = random.Random(seed)  # noqa: S311
    errors = (timedelta(0), timedelta(days=source.randint(-400, 400), seconds=source.randint(0, 86_400)))
    devices = [Device(platform, owner, media_id, error) for error in errors]
    for device in devices:
        device.cursor = device.request("get", "/v1/changes").json_body["next_cursor"]
    start = datetime.now(UTC) - timedelta(hours=1)  # a minute between two steps: a request takes less
    expected: dict[str, set[str | None]] = {}
    place = 0
    for number in range(STEPS):
        device = source.choice(devices)
        action = source.choice(["create", "create", "note", "delete", "read", "send"])
        if action == "create":
            identifier = str(UUID(int=source.getrandbits(128), version=4))
            device.create(identifier, source.randrange(LENGTH))
            expected[identifier] = {None}
        elif action == "note" and device.known:
            identifier = source.choice(sorted(device.known))
            device.note(identifier, text := f"note {number}")
            expected[identifier].add(text)
        elif action == "delete" and device.known:
            identifier = source.choice(sorted(device.known))
            device.delete(identifier)
            del expected[identifier]
        elif action == "read":
            place = source.randrange(LENGTH)
            device.read_to(place, start + timedelta(minutes=number))
        elif action == "send":
            device.send(source)
    for device in source.sample(devices, 2):
        device.send(source)
    listed = devices[0].request("get", f"/v1/media/{media_id}/annotations?limit=100").json_body["items"]
    assert {item["id"] for item in listed} == expected.keys(), seed
    assert all(item["note"] in expected[item["id"]] for item in listed), seed
    for item in listed:  # the last note of the only device that knows it
        assert item["note"] == max(expected[item["id"]], key=lambda text: int(text.split()[1]) if text else -1), seed
    for device in devices:
        device.receive()
        assert {("annotation", identifier) for identifier in expected} <= device.changes, seed
    media = devices[0].request("get", f"/v1/media/{media_id}").json_body
    was_read = ("position", media_id) in devices[0].changes
    assert not was_read or media["position"]["text_offset"] == place, seed
    for identifier in expected:
        devices[0].request("delete", f"/v1/annotations/{identifier}")


@pytest.fixture
def media_ids(platform: Platform, alice: User) -> Iterator[str]:
    """Return documents, each without a place yet."""
    return (upload_text(platform, alice, [f"Number {n}. " + "A ship sails by. " * 20]) for n in range(10_000))


@pytest.mark.parametrize("runs", [12, pytest.param(1000, marks=pytest.mark.long)])
def test_nothing_that_two_devices_did_is_lost(
    platform: Platform, alice: User, media_ids: Iterator[str], runs: int
) -> None:
    for seed in range(runs):
        run(platform, alice, next(media_ids), seed)
