"""Checks of configured addresses: an operator's slip must not send a key or a text to a stranger."""

import re

import pytest

from chalicelib.platform import addresses

PUBLIC = ["https://api.speechify.ai", "https://api.speechify.ai/v1", "https://[2001:4860:4860::8888]:8443/v1"]
THIS_MACHINE = ["http://localhost:8880/v1", "http://127.0.0.1:8880", "http://[::1]:8880"]
PRIVATE_NETWORK = [
    "http://kokoro:8880/v1",
    "http://10.0.3.7:8880/v1",
    "http://192.168.1.20:8880",
    "http://[fd12:3456::7]:8880",
    "http://speech.internal/v1",
    "http://speech.home.arpa/v1",
]


@pytest.mark.parametrize("url", [*PUBLIC, *THIS_MACHINE])
def test_only_the_last_slash_of_an_address_is_dropped(url: str) -> None:
    assert addresses.check(url + "/") == addresses.check(url) == url


@pytest.mark.parametrize("url", PRIVATE_NETWORK)
def test_plain_http_is_accepted_in_a_private_network_only_where_it_is_allowed(url: str) -> None:
    assert addresses.check(url, allow_private_network=True) == url
    with pytest.raises(ValueError, match="https"):
        addresses.check(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://api.sonauto.ai/v1", "songs"),
        ("https://SONAUTO.ai", "songs"),
        ("https://api.sonauto.ai.", "songs"),
        ("https://api.speechify.ai@api.sonauto.ai/v1", "without a user name"),
        ("https://user:secret@api.speechify.ai", "without a user name"),  # pragma: allowlist secret
        ("https://api.speechify.ai?key=1", "without query"),
        ("https://api.speechify.ai#v1", "without query"),
        ("http://api.speechify.ai", "https"),
        ("http://8.8.8.8", "https"),
        ("http://134744072", "https"),
        ("ftp://api.speechify.ai", "https"),
        ("file:///etc/passwd", "https"),
        ("api.speechify.ai", "https"),
        ("https://host:port", "not a valid address"),
        ("https://[::1", "not a valid address"),
        ("", "https"),
        ("http://169.254.169.254/latest", "credentials"),
        ("https://169.254.169.254", "credentials"),
        ("http://2852039166", "credentials"),
        ("http://0xA9FEA9FE", "credentials"),
        ("http://[::ffff:169.254.169.254]", "credentials"),
        ("http://[fd00:ec2::254]", "credentials"),
        ("http://[fe80::1]", "credentials"),
        ("http://metadata.google.internal", "credentials"),
        ("http://0.0.0.0:8880", "credentials"),
    ],
)
def test_an_address_that_would_leak_a_key_or_a_text_is_rejected(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        addresses.check(url, allow_private_network=True)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://app.example", "https://app.example"),
        ("https://app.example/", "https://app.example"),
        ("HTTPS://App.Example", "https://app.example"),
        ("http://localhost:5173/", "http://localhost:5173"),
        ("https://app.example:443", "https://app.example"),
        ("http://app.example:443", "http://app.example:443"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("*", "*"),
    ],
)
def test_an_origin_is_written_as_browsers_send_it(text: str, origin: str) -> None:
    assert addresses.parse_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "https://*.example.com", "*.example.com", "app.example", "localhost:3000", "null", "https://", "https://app.example/page",
        "https://app.example?x", "https://app.example#x", "https://user@app.example", "ftp://app.example", "http://a:99999", "http://[::1",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_rejected_by_name(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        addresses.parse_origin(text)
