"""Load test: a hundred concurrent uploads to a deployment, each followed until it is ready: `make load`.

    make load                              the running local stack, as separate users, one for every hundred uploads
    make load BASE_URL=… TOKEN=…           any deployment, as one user; several tokens are separated by commas
    make load UPLOADS=100 MEGABYTES=1      how many, how large

Every document is different: a PDF with a page of text and an image that cannot be compressed. A hundred at a time are started
and uploaded; all are followed concurrently, and deleted at the end. Temporary errors (429, 5xx) are retried with the same
Idempotency-Key and counted. It exits after ten minutes and a second for each upload, and with an error if any is not ready.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.support import sample_files

REQUEST_TIMEOUT_S = 600.0
MIN_RUN_S = 600.0  # and a second for each upload
UPLOADS_PER_USER = 100  # one user may start 120 a minute
MIN_BACKOFF_S, MAX_BACKOFF_S = 1.0, 15.0
MAX_CONCURRENT = 100  # as many connections as the emulator's listener queues; more would time out before it sees them
POLL_S = 1.0  # one list of all media, so that polling adds little load
UNFINISHED = {"pending", "inspecting"}


def document(number: int, size_bytes: int) -> bytes:
    """Return a PDF of about this size."""
    side = math.isqrt(size_bytes)
    head = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d " % (
        side,
        side,
    )
    page = b"/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
    fonts = b" /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> /XObject << /P 5 0 R >> >>"
    text = (
        b"BT /F 12 Tf 72 720 Td (The lamp burned in the window, for the %dth night.) Tj ET q 99 0 0 99 72 72 cm /P Do Q"
    )
    return sample_files.pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< " + page + fonts + b" >>",
            4: sample_files.stream(text % number),
            5: sample_files.stream(random.Random(number).randbytes(side * side), head, deflate=False),  # noqa: S311
        }
    )


@dataclass
class Load:
    """One run against one API, by several users in turn, of at most `run_s` seconds."""

    api: str
    tokens: list[str]
    run_s: float
    statuses: Counter[int] = field(default_factory=Counter)
    durations_ms: dict[str, list[float]] = field(default_factory=dict)

    def request(self, token: str, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        all_headers = {"Authorization": f"Bearer {token}", **headers}
        # API Gateway times out after 29 s; the emulator, which may start a hundred functions, does not.
        response = requests.request(method, self.api + path, json=body, headers=all_headers, timeout=REQUEST_TIMEOUT_S)
        self.statuses[response.status_code] += 1
        return response

    def upload(self, number: int, content: bytes, run: str) -> tuple[str, str] | None:
        """Upload one file; return its id and its owner's token, or None if it was not accepted."""
        token = self.tokens[number % len(self.tokens)]
        name = f"load-{run}-{number}"
        declaration = {"filename": f"{name}.pdf", "media_type": "application/pdf", "size_bytes": len(content)}
        started_at = time.perf_counter()
        started = self.request(token, "POST", "/v1/uploads", declaration, **{"Idempotency-Key": name})
        wait_s = MIN_BACKOFF_S
        while (
            started.status_code == 429 or started.status_code >= 500
        ) and time.perf_counter() - started_at < self.run_s / 2:
            time.sleep(wait_s * random.uniform(0.5, 1.5))  # noqa: S311
            wait_s = min(2 * wait_s, MAX_BACKOFF_S)
            started = self.request(token, "POST", "/v1/uploads", declaration, **{"Idempotency-Key": name})
        self._record("start", started_at)
        if started.status_code != 201:
            return None
        response: dict[str, Any] = started.json()
        started_at = time.perf_counter()
        stored = requests.put(
            response["upload"]["url"], data=content, headers=response["upload"]["headers"], timeout=REQUEST_TIMEOUT_S
        )
        self._record("send", started_at)
        return (str(response["media"]["id"]), token) if stored.ok else None

    def wait(self, ids: set[str], started_at: float) -> dict[str, str]:
        """Wait until all have finished or the run's time is over; return their states."""
        states = dict.fromkeys(ids, "pending")
        while UNFINISHED & set(states.values()) and time.perf_counter() - started_at < self.run_s:
            time.sleep(POLL_S)
            for media in (media for token in self.tokens for media in self._list_media(token)):
                if media["id"] in ids:
                    if states[media["id"]] in UNFINISHED and media["status"] not in UNFINISHED:
                        self._record("ready", started_at)
                    states[media["id"]] = media["status"]
        return states

    def _list_media(self, token: str) -> list[dict[str, Any]]:
        media: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            following = f"&cursor={cursor}" if cursor else ""
            page = self.request(token, "GET", f"/v1/media?limit=100&sort=-created_at{following}").json()
            media += page["items"]
            cursor = page["next_cursor"] if len(media) < 1_000 else None
        return media

    def _record(self, step: str, started_at: float) -> None:
        self.durations_ms.setdefault(step, []).append((time.perf_counter() - started_at) * 1000)


def local_target(users: int) -> tuple[str, list[str]]:
    """Return the API's URL on the running local stack, and the tokens of so many users."""
    from bench.running_stack import running_stack
    from localstack.token import token

    home = running_stack().home
    return str(home.endpoints()["api"]), [token(home, f"load-{number}") for number in range(users)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Many concurrent uploads.")
    parser.add_argument("--uploads", type=int, default=100)
    parser.add_argument("--megabytes", type=float, default=1.0)
    options = parser.parse_args()
    api, tokens = os.environ.get("BASE_URL"), os.environ.get("TOKEN", "").split(",")
    if not (api and tokens[0]):
        api, tokens = local_target(math.ceil(options.uploads / UPLOADS_PER_USER))
    load = Load(api, tokens, MIN_RUN_S + options.uploads)
    contents = [document(number, int(options.megabytes * 1e6)) for number in range(options.uploads)]
    run, started_at = f"{time.time_ns():x}", time.perf_counter()
    with ThreadPoolExecutor(min(options.uploads, MAX_CONCURRENT)) as pool:
        uploads = list(pool.map(load.upload, range(options.uploads), contents, [run] * options.uploads))
    owners = dict(upload for upload in uploads if upload)
    states = load.wait(set(owners), started_at)
    total_s = time.perf_counter() - started_at
    for media_id, token in owners.items():
        load.request(token, "DELETE", f"/v1/media/{media_id}?permanent=true")
    report(options.uploads, sum(map(len, contents)), set(owners), states, load, total_s)
    raise SystemExit(0 if Counter(states.values())["ready"] == options.uploads else 1)


def report(uploads: int, size: int, ids: set[str], states: dict[str, str], load: Load, total_s: float) -> None:
    print(
        f"{uploads} uploads, {min(uploads, MAX_CONCURRENT)} at a time, {size / 1e6:.0f} MB, {len(load.tokens)} users: "
        f"{len(ids)} accepted, {json.dumps(Counter(states.values()))}"
    )
    for step, durations in load.durations_ms.items():
        durations_ms = sorted(durations)
        count = len(durations_ms)
        p50, p95 = durations_ms[count // 2], durations_ms[min(count - 1, int(count * 0.95))]
        print(
            f"  {step:6} p50 {p50 / 1000:6.2f} s   p95 {p95 / 1000:6.2f} s   longest {durations_ms[-1] / 1000:6.2f} s"
        )
    retried = {status: count for status, count in sorted(load.statuses.items()) if status == 429 or status >= 500}
    print(f"  {sum(load.statuses.values())} requests, retried: {retried or 'none'}; all finished after {total_s:.1f} s")


if __name__ == "__main__":
    main()
