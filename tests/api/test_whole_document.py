"""At the end of the run: every operation of the OpenAPI document was called."""

from __future__ import annotations

import os

import pytest

from tests.api.client import Seen
from tests.api.contract import Contract

# Operations that need a user of this run alone.
LEFT_OUT = (
    set()
    if os.environ.get("LEAVING_TOKEN")
    else {"create_export", "delete_trash", "erase_account", "get_erasure", "revoke_capabilities"}
)
METHOD_NOT_ALLOWED = {405}  # what an operation does that has no success: a protocol may require that it exists


@pytest.mark.usefixtures("speech")
def test_every_operation_was_called_and_succeeded(contract: Contract, seen: Seen) -> None:
    never = [
        f"{o.method} {o.path}"
        for o in contract.operations
        if o.id not in LEFT_OUT and not seen[o.id] & (o.succeeds_with or METHOD_NOT_ALLOWED)
    ]
    assert not never, f"no check saw these succeed: {never}"
