"""Two devices without a network, with the page's own queue in IndexedDB: what both did is there afterwards.

tests/integration/changes/test_merging.py has the same for the routes alone.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.engines import run_script
from tests.support.account_fixtures import UserWithMedia
from tests.support.local_stack import DeployedStack

pytestmark = pytest.mark.e2e

STEPS_EACH = 14  # of one interleaving, which is all that happens to one document
DOCUMENTS = 10


@pytest.mark.parametrize("interleavings", [5, pytest.param(1000, marks=pytest.mark.long)])
def test_nothing_that_two_devices_did_offline_is_lost(stack: DeployedStack, chromium: str, interleavings: int) -> None:
    user = UserWithMedia(stack, *["gulls.txt"] * DOCUMENTS)
    job: dict[str, Any] = {
        "web": stack.home.endpoints()["web"],
        "programs": [chromium],
        "user": user.user,
        "password": stack.home.password(user.user),
        "media": [media["id"] for media in user.media],
        "steps": interleavings * STEPS_EACH,
        "seed": interleavings,
    }
    observed = run_script("two_devices.mjs", job, timeout_s=3_000)
    print({name: observed[name] for name in ("requests", "lost")})  # noqa: T201 - shown with -s
    assert observed["requests"] > interleavings
    assert observed["waiting"] == [0, 0]
    assert observed["found"] == observed["expected"]
    assert {media: observed["foundPlaces"][media] for media in observed["places"]} == observed["places"]
