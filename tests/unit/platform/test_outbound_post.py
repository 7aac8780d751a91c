"""Posts to servers that users name: what real servers answer, and what is never called."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from chalicelib.platform import outbound
from chalicelib.platform.outbound import Answer, OutboundError, PostLimits, Reason
from tests.fakes.webhook_receiver import Reply, WebhookReceiver

LIMITS = PostLimits(seconds=1.0, answer_bytes=100)


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as started:
        yield started


def post(receiver: WebhookReceiver, url: str = "", *, allow_loopback: bool = True) -> Answer:
    target = outbound.parse(url or receiver.url("/hook?a=1"), allow_loopback=True)
    return outbound.post(target, b"{}", {"X-Own": "1"}, LIMITS, allow_loopback=allow_loopback)


def test_a_body_arrives_with_its_headers_and_the_beginning_of_the_answer_is_read(receiver: WebhookReceiver) -> None:
    receiver.replies = [Reply(500, b"x" * 10_000_000)]
    assert post(receiver) == Answer(500, b"x" * 100)
    (message,) = receiver.received
    assert (message.path, message.body, message.headers["x-own"]) == ("/hook?a=1", b"{}", "1")
    assert message.headers["host"] == f"127.0.0.1:{receiver.port}"


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: WebhookReceiver) -> None:
    receiver.replies = [Reply(307, headers={"Location": receiver.url("/other")})]
    assert post(receiver).status == 307
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("reply", "reason"), [(Reply(pause_s=1.5), Reason.TIMEOUT), (Reply(breaks_off=True), Reason.DAMAGED)]
)
def test_a_server_without_an_answer_costs_no_more_than_the_limit(
    receiver: WebhookReceiver, reply: Reply, reason: Reason
) -> None:
    receiver.replies = [reply]
    started = time.monotonic()
    with pytest.raises(OutboundError) as raised:
        post(receiver)
    assert raised.value.reason is reason
    assert time.monotonic() - started < 1.4


def test_a_closed_port_is_unreachable() -> None:
    with WebhookReceiver() as stopped:
        pass
    with pytest.raises(OutboundError) as raised:
        post(stopped)
    assert raised.value.reason is Reason.UNREACHABLE


def test_loopback_is_not_called_unless_it_is_allowed_when_it_is_called(receiver: WebhookReceiver) -> None:
    with pytest.raises(OutboundError) as raised:
        post(receiver, allow_loopback=False)
    assert raised.value.reason is Reason.ADDRESS_NOT_PUBLIC
    assert not receiver.received


@pytest.mark.parametrize("resolved", [["10.0.0.1"], ["93.184.216.34", "169.254.169.254"], ["fd00::1"], []])
def test_a_name_with_an_address_that_is_not_public_is_not_called(resolved: list[str]) -> None:
    target = outbound.parse("https://hooks.example.com/")
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return resolved

    with pytest.raises(OutboundError) as raised:
        outbound.post(target, b"{}", {}, LIMITS, resolve=resolve)
    assert raised.value.reason is Reason.ADDRESS_NOT_PUBLIC
    assert asked == [("hooks.example.com", 443)], "once"
