"""The server and the resource that an address of the web names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from chalicelib.platform.outbound.errors import WebAddressError
from chalicelib.platform.outbound.public_addresses import is_allowed, parse_literal

MAX_CHARACTERS = 2_000  # browsers and servers accept as many; longer ones carry data
MAX_SHOWN_CHARACTERS = 80
PORTS = {"http": 80, "https": 443}
_LOCAL_NAMES = re.compile(r"(?:.*\.)?(?:localhost|local|internal|lan|home\.arpa)")
_NOT_PRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\\]")
_KEPT = "%/:?#[]@!$&'()*+,;=~"  # reserved characters, and those that are escaped already


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A parsed address. `host` is in ASCII, without a dot at its end; `path` has the query."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True for a server of this machine."""
        address = parse_literal(self.host)
        return self.host == "localhost" or (address is not None and address.is_loopback)

    def join(self, reference: str, *, allow_loopback: bool = False) -> WebAddress:
        """Return the target of a reference that a resource contains. Raises WebAddressError."""
        try:
            url = urljoin(self.url, reference.strip())
        except ValueError:
            raise _invalid_error(reference) from None
        return parse(url, allow_loopback=allow_loopback)


def parse(url: str, *, allow_loopback: bool = False) -> WebAddress:
    """Parse an address that a user sent. Raises WebAddressError unless it may name a resource of a public server."""
    if len(url) > MAX_CHARACTERS:
        raise WebAddressError(f"The address has {len(url):,} characters; the limit is {MAX_CHARACTERS:,}.")
    try:
        parts = urlsplit(url)
        port, name = parts.port, (parts.hostname or "").rstrip(".")
    except ValueError:
        raise _invalid_error(url) from None
    if _NOT_PRINTABLE.search(url) or parts.scheme not in PORTS or not name:
        raise _invalid_error(url)
    if parts.username is not None or parts.password is not None:
        raise WebAddressError(
            f"The address of {name[:MAX_SHOWN_CHARACTERS]} contains a user name or a password. Leave them out."
        )
    host = _ascii_host(name)
    address = parse_literal(host)
    is_local_name = address is None and _LOCAL_NAMES.fullmatch(host) is not None
    is_loopback = host == "localhost" or (address is not None and address.is_loopback)
    if not (allow_loopback and is_loopback):
        if is_local_name or (address is not None and not is_allowed(address)):
            raise WebAddressError(
                f"{host[:MAX_SHOWN_CHARACTERS]} is not a public server. Use an address of the public web."
            )
        if port not in (None, *PORTS.values()):
            raise WebAddressError(f"Port {port} is not one of web pages. Use an address without a port.")
    path = quote(urlunsplit(("", "", parts.path or "/", parts.query, "")), safe=_KEPT)
    target = WebAddress(
        "", parts.scheme, str(address) if address is not None else host, port or PORTS[parts.scheme], path
    )
    return WebAddress(f"{target.scheme}://{target.host_header}{path}", target.scheme, target.host, target.port, path)


def _ascii_host(name: str) -> str:
    if parse_literal(name) is not None:
        return name
    import idna  # its tables take 10 ms

    try:
        return idna.encode(name, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        if re.fullmatch(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?", name):  # as some names of hosts have it
            return name
        raise _invalid_error(name) from None


def _invalid_error(url: str) -> WebAddressError:
    return WebAddressError(
        f"{url[:MAX_SHOWN_CHARACTERS]!r} is not an address of the web, such as https://example.com/article."
    )
