"""At the end of the run: nothing that the description promises was left out."""

from __future__ import annotations

import os

from tests.api.client import Seen
from tests.api.contract import Contract

# What only a user does who belongs to this run alone.
LEFT_OUT = set() if os.environ.get("LEAVING_TOKEN") else {"create_export", "erase_account", "get_erasure"}


def test_every_operation_was_asked_and_succeeded(contract: Contract, seen: Seen) -> None:
    never = [
        f"{o.method} {o.path}" for o in contract.operations if o.id not in LEFT_OUT and not seen[o.id] & o.succeeds_with
    ]
    assert not never, f"no check sees these succeed: {never}"
