"""A hundred uploads at once against a deployment: are all of them accepted, and do all of them end? `make load`.

    make load                              the running local stack, as a user of its own
    make load BASE_URL=… TOKEN=…           any deployment
    make load UPLOADS=100 MEGABYTES=1      how many, how large

Every document is another one: a PDF with a page of text and a picture that nothing can make smaller. Each is begun, sent to
storage and waited for, all at the same moment; then everything is removed again. What is refused for now (429, 5xx) is asked
again under the same Idempotency-Key, as clients do, and counted. It ends by itself, after ten minutes at the latest, and with an
error when one upload was lost.
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

PATIENCE_S = 600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 15.0
LOOK_EVERY_S = 1.0  # one list for all, so that watching is no load
OPEN = {"pending", "inspecting"}


def document(number: int, size_bytes: int) -> bytes:
    """A PDF of about this size."""
    side = math.isqrt(size_bytes)
    head = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d " % (
        side,
        side,
    )
    page = b"/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
    fonts = b" /Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> /XObject << /P 5 0 R >> >>"
    said = (
        b"BT /F 12 Tf 72 720 Td (The lamp burned in the window, for the %dth night.) Tj ET q 99 0 0 99 72 72 cm /P Do Q"
    )
    return sample_files.pdf(
        {
            1: b"<< /Type /Catalog /Pages 2 0 R >>",
            2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            3: b"<< " + page + fonts + b" >>",
            4: sample_files.stream(said % number),
            5: sample_files.stream(random.Random(number).randbytes(side * side), head, deflate=False),  # noqa: S311
        }
    )


@dataclass
class Load:
    """One run against one API, as one user."""

    api: str
    token: str
    asked: Counter[int] = field(default_factory=Counter)
    took_ms: dict[str, list[float]] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        told = {"Authorization": f"Bearer {self.token}", **headers}
        # A gateway gives up after 29 s; a laptop that starts a hundred functions at once does not.
        answer = requests.request(method, self.api + path, json=body, headers=told, timeout=PATIENCE_S)
        self.asked[answer.status_code] += 1
        return answer

    def upload(self, number: int, content: bytes, run: str) -> str | None:
        """Begin one and send it; its id, or None when it was not accepted."""
        name = f"load-{run}-{number}"
        wanted = {"filename": f"{name}.pdf", "media_type": "application/pdf", "size_bytes": len(content)}
        began = time.perf_counter()
        started = self.ask("POST", "/v1/uploads", wanted, **{"Idempotency-Key": name})
        wait_s = FIRST_WAIT_S
        while (
            started.status_code == 429 or started.status_code >= 500
        ) and time.perf_counter() - began < PATIENCE_S / 2:
            time.sleep(wait_s * random.uniform(0.5, 1.5))  # noqa: S311
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            started = self.ask("POST", "/v1/uploads", wanted, **{"Idempotency-Key": name})
        self._note("begin", began)
        if started.status_code != 201:
            return None
        answer: dict[str, Any] = started.json()
        began = time.perf_counter()
        sent = requests.put(
            answer["upload"]["url"], data=content, headers=answer["upload"]["headers"], timeout=PATIENCE_S
        )
        self._note("send", began)
        return str(answer["media"]["id"]) if sent.ok else None

    def wait(self, ids: set[str], began: float) -> dict[str, str]:
        """The state in which each ended, or the one in which patience ended."""
        states = dict.fromkeys(ids, "pending")
        while OPEN & set(states.values()) and time.perf_counter() - began < PATIENCE_S:
            time.sleep(LOOK_EVERY_S)
            for media in self._all():
                if media["id"] in ids:
                    if states[media["id"]] in OPEN and media["status"] not in OPEN:
                        self._note("ready", began)
                    states[media["id"]] = media["status"]
        return states

    def _all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.ask(
                "GET", f"/v1/media?limit=100&sort=-created_at{f'&cursor={cursor}' if cursor else ''}"
            ).json()
            found += page["items"]
            cursor = page["next_cursor"] if len(found) < 1_000 else None
        return found

    def _note(self, what: str, began: float) -> None:
        self.took_ms.setdefault(what, []).append((time.perf_counter() - began) * 1000)


def local() -> tuple[str, str]:
    """The running local stack, and a token for a user of this bench's own."""
    from localstack.home import Home
    from localstack.token import token

    home = Home.chosen()
    return str(home.endpoints()["api"]), token(home, "load")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description="Many uploads at once.")
    parser.add_argument("--uploads", type=int, default=100)
    parser.add_argument("--megabytes", type=float, default=1.0)
    options = parser.parse_args()
    given = os.environ.get("BASE_URL"), os.environ.get("TOKEN")
    load = Load(*(given if given[0] and given[1] else local()))  # type: ignore[arg-type]
    contents = [document(number, int(options.megabytes * 1e6)) for number in range(options.uploads)]
    run, began = f"{time.time_ns():x}", time.perf_counter()
    with ThreadPoolExecutor(options.uploads) as together:
        sent = list(together.map(load.upload, range(options.uploads), contents, [run] * options.uploads))
    ids = {media_id for media_id in sent if media_id}
    states = load.wait(ids, began)
    whole_s = time.perf_counter() - began
    for media_id in ids:
        load.ask("DELETE", f"/v1/media/{media_id}?permanent=true")
    report(options.uploads, sum(map(len, contents)), ids, states, load, whole_s)
    raise SystemExit(0 if Counter(states.values())["ready"] == options.uploads else 1)


def report(wanted: int, size: int, ids: set[str], states: dict[str, str], load: Load, whole_s: float) -> None:
    print(f"{wanted} uploads at once, {size / 1e6:.0f} MB: {len(ids)} accepted, {json.dumps(Counter(states.values()))}")
    for what, took in load.took_ms.items():
        took = sorted(took)
        p50, p95 = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.95))]
        print(f"  {what:6} p50 {p50 / 1000:6.2f} s   p95 {p95 / 1000:6.2f} s   longest {took[-1] / 1000:6.2f} s")
    again = {status: count for status, count in sorted(load.asked.items()) if status == 429 or status >= 500}
    print(
        f"  {sum(load.asked.values())} requests, of them asked again: {again or 'none'}; all ended after {whole_s:.1f} s"
    )


if __name__ == "__main__":
    main()
