"""Queue consumers: each handler states its queues and limits for the deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, get_args

from chalice.app import Blueprint

from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.deadline import limit_invocation

Size = Literal["small", "medium", "large"]
SIZES: tuple[Size, ...] = get_args(Size)
MIN_CONCURRENCY = 2  # that Lambda accepts for a queue
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


class Polling(StrEnum):
    """Time of the polling of a queue by Lambda.

    The values are the conditions of infra/functions.yaml under which a deployment turns it off.
    """

    ALWAYS = ""
    ON_DEMAND = "PolledOnDemand"  # only while our code says so, except on laptops
    FOR_OTHER_VOICES = "OnlyBuiltInVoice"  # not where the built-in voice is the only one
    FOR_BUILT_IN_VOICE = "BuiltInVoiceOnDemand"  # on demand where it only takes over for others


@dataclass(frozen=True, slots=True)
class Source:
    """A queue, and how its messages reach the function.

    `medium` and `large` limit the copies of the function that run at once in a stage of that size. A small one has the least that
    Lambda accepts: it is for new accounts, with 10 copies of all functions together, and for laptops. `polling` says when Lambda
    polls the queue, which costs money: always, or not while a condition of infra/functions.yaml is true.
    """

    queue: Queue
    medium: int
    large: int
    batch_size: int = 1
    polling: Polling = Polling.ALWAYS

    def max_concurrency(self, size: Size) -> int:
        return {"small": MIN_CONCURRENCY, "medium": self.medium, "large": self.large}[size]


@dataclass(frozen=True, slots=True)
class Consumer:
    """A function that consumes queues. Their visibility time-outs (infra/storage.yaml) must exceed `timeout_s`."""

    sources: tuple[Source, ...]
    timeout_s: int
    memory_mb: int


CONSUMERS: dict[str, Consumer] = {}  # by the function's name


def consume(
    events: Blueprint, name: str, *sources: Source, timeout_s: int, memory_mb: int
) -> Callable[[Handler], Handler]:
    """Register a function as the consumer of queues. Chalice's own decorator knows one queue and no concurrency per size."""
    CONSUMERS[name] = Consumer(sources, timeout_s, memory_mb)

    def decorate(handler: Handler) -> Handler:
        decorated: Handler = events.lambda_function(name=name)(limit_invocation(handler))
        return decorated

    return decorate
