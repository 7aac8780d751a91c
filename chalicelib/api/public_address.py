"""The address of this API in documents that clients keep: feeds, catalogues."""

from __future__ import annotations

from chalice.app import Request

from chalicelib.platform.config import settings


def api_url(request: Request) -> str:
    """Return this API's address for clients: PUBLIC_API_URL, else that of this request."""
    if settings().public_api_url:
        return str(settings().public_api_url).rstrip("/")
    scheme = request.headers.get("x-forwarded-proto") or "http"
    path = str(request.context.get("path") or "")
    return f"{scheme}://{request.headers.get('host', '')}{path[: path.index('/v1/')] if '/v1/' in path else ''}"
