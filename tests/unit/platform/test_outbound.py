"""Requests to addresses that users choose: only public servers are reached, in bounded time and size."""

import gzip
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.platform import outbound
from chalicelib.platform.outbound import DownloadLimits, OutboundError, WebAddressError
from chalicelib.platform.outbound.client import MAX_REDIRECTS
from chalicelib.platform.outbound.connections import Resolve
from tests.fakes.web_site import Resource, WebSite

LIMITS = DownloadLimits(max_bytes=100_000, seconds=2.0)
# One of each kind of address that is not a public server's, in notations that resolvers and libraries read.
NOT_PUBLIC = (
    *("http://127.0.0.1/", "http://127.1/", "http://0177.0.0.1/", "http://0x7f000001/", "http://2130706433/"),
    *("http://0.0.0.0/", "http://0/", "http://localhost/", "http://LOCALHOST./", "http://a.localhost/"),
    *("http://10.0.0.1/", "http://172.16.3.4/", "http://192.168.0.1/", "http://100.64.0.1/", "http://192.0.0.8/"),
    *("http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xA9FEA9FE/", "http://169.254.43518/"),
    *("http://224.0.0.1/", "http://239.255.255.250/", "http://255.255.255.255/", "http://240.0.0.1/"),
    *("http://198.18.0.1/", "http://192.0.2.1/", "http://198.51.100.1/", "http://203.0.113.1/", "http://192.88.99.1/"),
    *("http://[::1]/", "http://[::]/", "http://[fe80::1]/", "http://[fd00:ec2::254]/", "http://[fc00::1]/"),
    *("http://[ff02::1]/", "http://[::ffff:10.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[::127.0.0.1]/"),
    *("http://[2002:7f00:1::]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::1]/", "http://[2001:0:7f00:1::]/"),
    *("http://[2001:db8::1]/", "http://[fec0::1]/", "http://[100::1]/"),
    *("http://printer.local/", "http://metadata.google.internal/", "http://instance-data.ec2.internal/"),
    *("http://router.lan/", "http://nas.home.arpa/", "http://１２７.０.０.１/", "http://①②⑦.0.0.1/"),
)
NOT_WEB = (
    *(
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "data:,x",
    ),
    *("javascript:alert(1)", "http://", "http:///path", "http://exa mple.com/", "http://example.com/a\nHost: b"),
    *("http://example.com\\@10.0.0.1/", "http://[::1", "http://example.com:port/", "http://example.com:99999/"),
    "http://user@example.com/",
    "http://user:password@example.com/",  # pragma: allowlist secret
    "http://:@example.com/",  # pragma: allowlist secret
    *("http://example.com:22/", "http://example.com:6379/", "https://example.com:8443/"),
    "http://example.com/" + "a" * 2_000,
)


@pytest.mark.parametrize("url", NOT_PUBLIC)
def test_an_address_of_no_public_server_is_refused_as_it_is_written(url: str) -> None:
    with pytest.raises(WebAddressError, match="not a public server"):
        outbound.parse(url)


@pytest.mark.parametrize("url", NOT_WEB)
def test_an_address_that_is_not_one_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(WebAddressError):
        outbound.parse(url)


@pytest.mark.parametrize(
    ("url", "parsed", "host", "port"),
    [
        ("https://example.com", "https://example.com/", "example.com", 443),
        ("HTTP://Example.COM:80/a?b=c#d", "http://example.com/a?b=c", "example.com", 80),
        ("https://example.com:80/", "https://example.com:80/", "example.com", 80),
        ("https://bücher.example/straße?q=ü", "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%BC", "xn--bcher-kva.example", 443),
        ("https://example.com./x%20y", "https://example.com/x%20y", "example.com", 443),
        ("http://93.184.215.14/", "http://93.184.215.14/", "93.184.215.14", 80),
        ("http://[2606:2800:21f::1]/", "http://[2606:2800:21f::1]/", "2606:2800:21f::1", 80),
        ("https://my_blog.example.com/", "https://my_blog.example.com/", "my_blog.example.com", 443),
    ],
)  # fmt: skip
def test_a_public_address_is_parsed_as_browsers_do(url: str, parsed: str, host: str, port: int) -> None:
    address = outbound.parse(url)
    assert (address.url, address.host, address.port) == (parsed, host, port)


def test_only_loopback_is_allowed_beside_where_a_developer_allows_it() -> None:
    assert outbound.parse("http://127.0.0.1:8080/", allow_loopback=True).port == 8080
    assert outbound.parse("http://localhost:8080/x", allow_loopback=True).host == "localhost"
    for url in ("http://10.0.0.1/", "http://169.254.169.254/", "http://[fe80::1]/", "http://printer.local/"):
        with pytest.raises(WebAddressError):
            outbound.parse(url, allow_loopback=True)


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite({"/": Resource((b"Hello",), headers={"Set-Cookie": "id=1"})}) as started:
        yield started


def resolving_to(*addresses: str) -> Resolve:
    return lambda _host, _port: list(addresses)


def test_a_name_is_resolved_once_and_its_address_called_under_the_name(site: WebSite) -> None:
    calls: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        calls.append(host)
        return ["127.0.0.1"] if len(calls) == 1 else ["10.0.0.1"]

    address = outbound.WebAddress(f"http://blog.example:{site.port}/", "http", "blog.example", site.port, "/")
    found = outbound.download(address, LIMITS, allow_loopback=True, resolve=rebinding)
    assert (found.content, calls) == (b"Hello", ["blog.example"])
    ((path, headers),) = site.requests
    assert (path, headers["host"]) == ("/", f"blog.example:{site.port}")
    assert "VisionaryMedia" in headers["user-agent"]
    assert not {"cookie", "authorization", "referer"} & set(headers)


@pytest.mark.parametrize(
    "found", [("10.0.0.1",), ("93.184.215.14", "10.0.0.1"), ("fe80::1%eth0",), ("::ffff:127.0.0.1",)]
)
def test_a_name_with_an_address_that_is_not_public_is_not_called(site: WebSite, found: tuple[str, ...]) -> None:
    address = outbound.parse("http://blog.example/")
    with pytest.raises(OutboundError) as raised:
        outbound.download(address, LIMITS, resolve=resolving_to(*found))
    assert raised.value.reason == "address_not_public"
    assert not site.requests


def test_this_machine_is_not_called_unless_it_is_allowed(site: WebSite) -> None:
    address = outbound.WebAddress(site.url("/"), "http", "127.0.0.1", site.port, "/")
    with pytest.raises(OutboundError) as raised:
        outbound.download(address, LIMITS)
    assert raised.value.reason == "address_not_public"
    assert not site.requests


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (Resource(status=302, headers={"Location": "http://other.example/"}), "redirect"),
        (Resource(status=302, headers={"Location": "//localhost/"}), "redirect"),
        (Resource(status=302, headers={"Location": "http://169.254.169.254/latest"}), "redirect"),
        (Resource(status=302, headers={"Location": "file:///etc/passwd"}), "redirect"),
        (Resource(status=301, headers={"Location": "/tested"}), "redirect"),  # forever
        (Resource((b"no",), status=403), "status"),
        (Resource((b"x",) * 100, pause_s=0.1), "timeout"),  # one byte at a time, none of them late
        (Resource((b"late",), pause_s=3), "timeout"),
        (Resource((b"x" * 60_000,) * 2), "too_large"),
        (Resource((gzip.compress(b"\0" * 50_000_000),), headers={"Content-Encoding": "gzip"}), "too_large"),
        (Resource((gzip.compress(b"text")[:-6],), headers={"Content-Encoding": "gzip"}), "damaged"),
        (Resource((b"text",), headers={"Content-Encoding": "gzip"}), "damaged"),
        (Resource((b"text",), headers={"Content-Encoding": "br"}), "damaged"),
        (Resource((), headers={"Content-Length": "50"}, has_length=False), "damaged"),
    ],
)  # fmt: skip
def test_what_a_server_does_wrong_is_named_in_time(site: WebSite, resource: Resource, reason: str) -> None:
    site.resources["/tested"] = resource
    started = time.monotonic()
    with pytest.raises(OutboundError) as raised:
        outbound.download(outbound.parse(site.url("/tested"), allow_loopback=True), LIMITS, allow_loopback=True)
    assert raised.value.reason == reason
    assert "127.0.0.1" in raised.value.detail or reason == "too_large"
    assert time.monotonic() - started < LIMITS.seconds + 1
    assert len(site.requests) <= MAX_REDIRECTS + 1


def test_a_redirect_within_the_server_is_followed(site: WebSite) -> None:
    site.resources["/old"] = Resource(status=301, headers={"Location": "new?page=1#top"})
    site.resources["/new?page=1"] = Resource((gzip.compress(b"packed"),), headers={"Content-Encoding": "gzip"})
    found = outbound.download(outbound.parse(site.url("/old"), allow_loopback=True), LIMITS, allow_loopback=True)
    assert (found.content, found.target.path) == (b"packed", "/new?page=1")


def test_a_server_that_cannot_be_reached_is_named() -> None:
    with WebSite({}) as closed:
        port = closed.port
    with pytest.raises(OutboundError) as raised:
        outbound.download(outbound.parse(f"http://127.0.0.1:{port}/", allow_loopback=True), LIMITS, allow_loopback=True)
    assert raised.value.reason == "unreachable"


def test_a_name_that_does_not_exist_is_named() -> None:
    def not_found(_host: str, _port: int) -> list[str]:
        raise OSError

    with pytest.raises(OutboundError, match=r"no server nowhere\.example") as raised:
        outbound.download(outbound.parse("https://nowhere.example/"), LIMITS, resolve=not_found)
    assert raised.value.reason == "name_not_found"


def test_a_certificate_must_be_that_of_the_name(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "blog.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    names: list[str | None] = []
    context.sni_callback = lambda _connection, asked, _context: names.append(asked)
    with WebSite({"/": Resource((b"secret",))}) as site:
        site.encrypt(context)
        address = outbound.WebAddress(f"https://blog.example:{site.port}/", "https", "blog.example", site.port, "/")
        with pytest.raises(OutboundError) as raised:
            outbound.download(address, LIMITS, allow_loopback=True, resolve=resolving_to("127.0.0.1"))
    assert raised.value.reason == "insecure"
    assert names == ["blog.example"]
    assert not site.requests
