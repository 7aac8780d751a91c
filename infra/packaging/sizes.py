"""SizeLimits of a stage by its size: copies of the functions, requests, connections to the database.

One setting, `Size`, so that the sum fits into the account's quota of Lambda and into the database. The limits of queues are
declared at their consumers (chalicelib/events).
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.events import account, built_in_voice, imports, ingest, recognition, speech, webhooks  # noqa: F401 - importing them registers their consumers
from chalicelib.events.consumer import CONSUMERS, SIZES, Size
from chalicelib.platform.aws.queues import Queue

API_REQUESTS_PER_S = {"small": 20, "medium": 100, "large": 200}  # of all users; the gateway rejects more
USER_REQUESTS_PER_S = {"small": 10, "medium": 25, "large": 50}  # of one user; the API rejects more
BURST = 2  # as many seconds' requests may arrive at once
API_REQUEST_S = 0.3  # of a copy's time, with the authorizer and a share of cold starts
WITHOUT_DATABASE = {"deliver_webhook", "fetch_import", "synthesize", "synthesize_built_in"}
OTHER_CONNECTIONS = 2  # of the sweep and of `migrate`


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """The limits of one size."""

    consumers: dict[Queue, int]
    api_requests_per_s: int
    api_burst: int
    user_requests_per_s: int
    database_connections: int
    concurrent_executions: int


def limits(size: Size) -> SizeLimits:
    """Return the limits of a size."""
    sources = [(name, source) for name, consumer in CONSUMERS.items() for source in consumer.sources]
    consumers = {source.queue: source.max_concurrency(size) for _, source in sources}
    with_database = sum(consumers[source.queue] for name, source in sources if name not in WITHOUT_DATABASE)
    rate = API_REQUESTS_PER_S[size]
    api_copies = round(rate * API_REQUEST_S)
    return SizeLimits(
        consumers=consumers,
        api_requests_per_s=rate,
        api_burst=BURST * rate,
        user_requests_per_s=USER_REQUESTS_PER_S[size],
        database_connections=with_database + api_copies + OTHER_CONNECTIONS,
        concurrent_executions=sum(consumers.values()) + api_copies,
    )


ALL: dict[Size, SizeLimits] = {size: limits(size) for size in SIZES}
