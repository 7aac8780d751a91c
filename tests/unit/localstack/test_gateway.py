"""Responses of the local gateway are those of API Gateway."""

from __future__ import annotations

import pytest

from localstack import gateway

JSON = {"Content-Type": "application/json"}


def test_headers_that_the_gateway_sets_itself_arrive_under_another_name() -> None:
    sent = {"Content-Length": "1234", "WWW-Authenticate": "Bearer", "date": "today", "ETag": '"1"', "X-Request-Id": "2"}
    assert gateway.remap(sent) == {
        "x-amzn-Remapped-Content-Length": "1234",
        "x-amzn-Remapped-WWW-Authenticate": "Bearer",
        "x-amzn-Remapped-date": "today",
        "ETag": '"1"',
        "X-Request-Id": "2",
    }


def test_headers_of_a_single_connection_are_dropped() -> None:
    assert gateway.remap({"Transfer-Encoding": "chunked", "Via": "1.1 x", "Upgrade": "h2c", **JSON}) == JSON


@pytest.mark.parametrize("accept_encoding", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.8"])
def test_a_response_is_compressed_for_clients_that_name_gzip(accept_encoding: str) -> None:
    assert gateway.is_compressed(accept_encoding, JSON, bytes(1_000), 1_000)


@pytest.mark.parametrize("accept_encoding", ["", "*", "br", "identity", "gzip;q=0", "gzip; q=0"])
def test_a_response_is_not_compressed_for_other_clients(accept_encoding: str) -> None:
    assert not gateway.is_compressed(accept_encoding, JSON, bytes(1_000), 1_000)


def test_short_and_encoded_responses_and_those_of_an_api_without_the_setting_are_sent_as_they_are() -> None:
    assert not gateway.is_compressed("gzip", JSON, bytes(999), 1_000)
    assert not gateway.is_compressed("gzip", {"content-encoding": "br"}, bytes(1_000), 1_000)
    assert not gateway.is_compressed("gzip", JSON, bytes(1_000_000), None)
