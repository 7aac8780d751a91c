"""HTTP client for providers: responses bounded in time and size, transport errors as ProviderErrors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from chalicelib.speech.voices.model import InvalidAudioError, ProviderError, ProviderUnavailableError

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_S = 5
MAX_RETRY_AFTER_S = 3_600.0  # longer advice is cut: retrying once an hour does no harm
MAX_RESPONSE_BYTES = 16 * 1024**2  # 1,900 slowly read characters are ~3 min: 8.6 MB as WAV, and a third more as base64


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """One connection to a provider, kept open between calls.

    `name` is the provider's name in messages.
    """

    def __init__(self, name: str, *, bearer: str | None, request_id_header: str) -> None:
        self.name = name
        self._bearer = bearer
        self._request_id_header = request_id_header
        self._session: requests.Session | None = None

    def request(self, method: str, url: str, deadline: float, **content: Any) -> HttpResponse:
        """Return the response, of any status, if it is complete before `deadline` (monotonic). Raises ProviderError."""
        import requests

        if self._session is None:
            self._session = requests.Session()
        response: requests.Response | None = None
        try:
            with self._session.request(
                method,
                url,
                auth=self._authorize,
                timeout=(CONNECT_TIMEOUT_S, max(0.1, deadline - time.monotonic())),
                allow_redirects=False,  # a redirect would carry the key elsewhere
                stream=True,
                **content,
            ) as response:
                return HttpResponse(response.status_code, response.headers, self._read(response, deadline))
        except requests.RequestException as error:
            raise self._transport_error(error, response) from None

    def request_id(self, headers: Mapping[str, str]) -> str | None:
        return headers.get(self._request_id_header)

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._bearer:
            request.headers["Authorization"] = f"Bearer {self._bearer}"
        return request  # passed as `auth` in any case, so that no .netrc is read

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        request_id = self.request_id(response.headers)
        body = bytearray()
        for chunk in response.iter_content(2_048):
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                raise InvalidAudioError(
                    f"{self.name}'s response is larger than {MAX_RESPONSE_BYTES} bytes", request_id=request_id
                )
            if time.monotonic() > deadline:
                raise ProviderUnavailableError(
                    f"{self.name}'s response came too slowly", reason="timeout", request_id=request_id
                )
        return bytes(body)

    def _transport_error(self, error: Exception, response: requests.Response | None) -> ProviderError:
        """Classify a failed request.

        It may have been billed unless no connection was made at all.
        """
        import requests
        from urllib3.exceptions import NewConnectionError

        request_id = self.request_id(response.headers) if response is not None else None
        if isinstance(error, requests.ConnectTimeout) or isinstance(
            getattr(error.args[0] if error.args else None, "reason", None), NewConnectionError
        ):
            return ProviderUnavailableError(f"{self.name} cannot be reached", reason="unreachable")
        if isinstance(error, requests.Timeout) or "timed out" in str(error):
            return ProviderUnavailableError(
                f"{self.name} did not respond in time", reason="timeout", request_id=request_id
            )
        if response is not None:
            return InvalidAudioError(f"{self.name}'s response was cut off", request_id=request_id)
        return ProviderUnavailableError(f"the connection to {self.name} broke", reason="connection_lost")


def parse_retry_after_s(value: str | None) -> float | None:
    """Parse Retry-After, a number of seconds or a date (RFC 9110, 10.2.3); None for other values."""
    if value is None:
        return None
    if value.isdecimal():
        return min(float(value), MAX_RETRY_AFTER_S)
    try:
        retry_at = parsedate_to_datetime(value)
    except ValueError:
        return None
    seconds = (retry_at.replace(tzinfo=retry_at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), MAX_RETRY_AFTER_S)
