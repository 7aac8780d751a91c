"""Sizes of a stage: what runs at once fits into the account, the database and the voice providers' slots."""

import pytest

from chalicelib.events.consumer import MIN_CONCURRENCY, SIZES
from chalicelib.platform import config
from chalicelib.platform.aws.queues import Queue
from chalicelib.speech.voices import providers
from infra.packaging import sizes

NEW_ACCOUNT = 10  # concurrent executions that AWS gives a new account


def test_a_larger_size_allows_more_of_everything() -> None:
    small, medium, large = (sizes.ALL[size] for size in SIZES)
    for smaller, larger in ((small, medium), (medium, large)):
        assert all(smaller.consumers[queue] <= larger.consumers[queue] for queue in Queue)
        assert smaller.api_requests_per_s < larger.api_requests_per_s
        assert smaller.database_connections < larger.database_connections
        assert smaller.concurrent_executions < larger.concurrent_executions


def test_consumers_of_a_small_stage_fit_into_a_new_account() -> None:
    small = sizes.ALL["small"].consumers
    assert set(small.values()) == {MIN_CONCURRENCY}, "the least that Lambda accepts"
    # Slots let no more calls than this be in flight, on both of its queues together.
    both_queues_of_synthesize = small[Queue.SPEECH_BULK]
    # The built-in voice speaks instead of the others. Pages of scans are recognised in what is left, and pages
    # of the web fetched, and receivers of webhooks called: a throttled message waits in its queue.
    others = (Queue.SPEECH_EXPRESS, Queue.SPEECH_BUILT_IN, Queue.RECOGNITION, Queue.IMPORTS, Queue.WEBHOOKS)
    assert sum(small.values()) - sum(small[queue] for queue in others) <= NEW_ACCOUNT
    assert both_queues_of_synthesize == MIN_CONCURRENCY


def test_no_user_alone_can_use_up_what_the_gateway_lets_through() -> None:
    for limits in sizes.ALL.values():
        assert limits.user_requests_per_s <= limits.api_requests_per_s / 2


def test_connections_are_those_of_consumers_with_a_database_and_of_the_api() -> None:
    for limits in sizes.ALL.values():
        queues = (Queue.SPEECH_EXPRESS, Queue.SPEECH_BULK, Queue.SPEECH_BUILT_IN, Queue.IMPORTS, Queue.WEBHOOKS)
        without = sum(limits.consumers[queue] for queue in queues)
        consumers = sum(limits.consumers.values()) - without
        assert limits.database_connections - consumers == pytest.approx(
            limits.api_requests_per_s * sizes.API_REQUEST_S + sizes.OTHER_CONNECTIONS
        )


def test_a_provider_gets_no_more_calls_at_once_than_there_are_workers(deployment: pytest.MonkeyPatch) -> None:
    assert providers.get("speechify").concurrency == 15
    deployment.setenv("SPEECH_WORKERS", "2")
    config.settings.cache_clear()
    assert providers.get("speechify").concurrency == 2
    assert providers.get("espeak").concurrency is None, "it has no limit of its own"
    deployment.setenv("TTS_CONCURRENCY", "speechify=1")
    config.settings.cache_clear()
    assert providers.get("speechify").concurrency == 1
