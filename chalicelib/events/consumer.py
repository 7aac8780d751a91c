"""Queue consumers: each handler states its queues and limits for the deployment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalice.app import Blueprint

from chalicelib.platform.aws.queues import Queue

Stage = Literal["local", "dev", "prod"]
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """A queue, and how its messages reach the function.

    `max_concurrency` limits the copies of the function that run at once, by stage; 2 is the minimum that Lambda accepts. The sum
    over all functions with a database limits the connections to Postgres. On a laptop all copies share its processors.
    """

    queue: Queue
    max_concurrency: Mapping[Stage, int]
    batch_size: int = 1


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
    """Register a function as the consumer of queues. Chalice's own decorator knows one queue and no concurrency per stage."""
    CONSUMERS[name] = Consumer(sources, timeout_s, memory_mb)
    decorator: Callable[[Handler], Handler] = events.lambda_function(name=name)
    return decorator
