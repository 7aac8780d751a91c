"""The deployed stack with a scanner that holds one user's files: another user's text does not wait for them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import pytest
import requests

from tests.fakes.clamd import HoldingClamd
from tests.support.api_uploader import Uploader, override_settings
from tests.support.local_stack import DeployedStack, wait_until

SLOW = b"This file keeps the scanner busy.\n"
TEXT = b"Just a small text to be read aloud.\n"
MAX_RATIO = 3
LEAST_S = 0.5  # below it, the difference is how often this test asks


def send(user: Uploader, content: bytes) -> str:
    started = user.start_upload(content)
    target = started["upload"]
    requests.put(target["url"], data=content, headers=target["headers"], timeout=30).raise_for_status()
    return str(started["media"]["id"])


def send_slowly(user: Uploader, content: bytes) -> str:
    time.sleep(0.3)  # the API limits how often one user asks
    return send(user, content)


def seconds_until_ready(user: Uploader) -> float:
    started_at = time.monotonic()
    assert user.wait_until_inspected(send(user, TEXT))["status"] == "ready"
    return time.monotonic() - started_at


def statuses(user: Uploader, media_ids: list[str]) -> list[str]:
    time.sleep(1)  # the API limits how often one user asks
    listed = {media["id"]: media["status"] for media in user.call("GET", "/v1/media?limit=100")["items"]}
    return [listed[media_id] for media_id in media_ids]


@pytest.mark.long  # tests/integration/speech/test_fairness.py and test_turns.py have it without a stack
@pytest.mark.parametrize("count", [6, 60])
def test_a_text_is_ready_in_time_behind_many_slow_files_of_another_user(stack: DeployedStack, count: int) -> None:
    alice, carol = Uploader(stack, "alice"), Uploader(stack, "carol")
    dead_before = stack.message_count("dead")
    with (
        HoldingClamd(SLOW) as clamd,
        override_settings(stack, "ingest", AV_ENGINE="clamd", CLAMD_ADDRESS=clamd.address),
    ):
        with ThreadPoolExecutor(2) as pool:  # both workers start: one user has a turn at one of them
            for _ in range(2):
                list(pool.map(seconds_until_ready, (alice, carol)))
        alone_s = median(seconds_until_ready(alice) for _ in range(3))
        with ThreadPoolExecutor(2) as pool:
            slow = list(pool.map(lambda number: send_slowly(carol, SLOW + b"%d" % number), range(count)))
        wait_until(lambda: clamd.held, event="a slow scan")
        behind_s = seconds_until_ready(alice)
        print(f"\nalone {alone_s:.2f} s, behind {count} slow files {behind_s:.2f} s")  # noqa: T201 - shown with -s
        assert statuses(carol, slow) != ["ready"] * count
        clamd.release()
        # Longer than the queue's visibility time: a scan that took too long on a busy machine is repeated.
        wait_until(lambda: statuses(carol, slow) == ["ready"] * count, seconds=180, event="the end of all inspections")
    assert clamd.most_held == 1, "one of two workers"
    assert behind_s <= MAX_RATIO * max(alone_s, LEAST_S)
    assert stack.message_count("dead") == dead_before
