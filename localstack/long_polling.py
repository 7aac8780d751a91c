"""Long polling as SQS does it: a receiver that waits gets a message once it is sent.

MiniStack's receivers look again only after up to 100 ms, which adds as much to each step of a chain of messages.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any


class _Waits:
    """MiniStack's `asyncio` in its module for SQS, with a sleep that ends when a message is sent."""

    iscoroutine = staticmethod(asyncio.iscoroutine)

    def __init__(self) -> None:
        self._sent = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._sent.wait(), seconds)

    def end(self) -> None:
        self._sent.set()
        self._sent = asyncio.Event()


def wake_receivers() -> None:
    """Patch MiniStack in this process. Called by the emulator before it serves."""
    from ministack.services import sqs

    handle_request, waits = sqs.handle_request, _Waits()

    async def handle_and_wake(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Any:
        response = await handle_request(method, path, headers, body, query_params)
        if ".SendMessage" in headers.get("x-amz-target", "") or b"Action=SendMessage" in body:
            waits.end()
        return response

    sqs.handle_request, sqs.asyncio = handle_and_wake, waits
