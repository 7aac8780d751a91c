"""The API's documentation: the OpenAPI document, and a viewer without external files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from chalice.app import Blueprint
from pydantic import RootModel

from chalicelib.api import etag
from chalicelib.api.operation import JSON, RouteResponse, operation
from chalicelib.platform.config import settings
from chalicelib.platform.errors import NotFoundError

MAX_AGE_S = 300  # how long browsers and caches keep the document after a deployment
VIEWER = Path(__file__).parent.parent / "openapi" / "viewer"
HTML = "text/html; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"
SCRIPTS = ("rapidoc.js", "page.js")
# Scripts from this origin only. The viewer generates its styles at run time, so hashes cannot list them.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'unsafe-inline'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

routes = Blueprint(__name__)


class Description(RootModel[dict[str, Any]]):
    """An OpenAPI 3.1 document."""


@routes.route("/openapi.json", methods=["GET"])
@operation(routes, response_model=Description, public=True)
def get_openapi() -> RouteResponse:
    """Return this document."""
    return _cacheable(_description(), JSON)


@routes.route("/docs", methods=["GET"])
@operation(routes, produces=HTML, public=True)
def get_docs() -> RouteResponse:
    """Return a page that shows this document."""
    page = _cacheable((VIEWER / "page.html").read_text(), HTML)
    return RouteResponse(page.body, 200, {**page.headers, "Content-Security-Policy": CONTENT_SECURITY_POLICY})


@routes.route("/docs/{file}", methods=["GET"])
@operation(routes, produces=JAVASCRIPT, errors=(NotFoundError,), public=True)
def get_docs_script(file: str) -> RouteResponse:
    """Return a script of that page."""
    if file not in SCRIPTS:
        raise NotFoundError(f"There is no file {file[:80]!r} here. There are {' and '.join(SCRIPTS)}.")
    return _cacheable((VIEWER / file).read_text(), JAVASCRIPT)


@cache
def _description() -> str:
    from chalicelib.api.openapi import document

    server = settings().public_api_url or "."
    described = document.build(routes.current_app.routes, version=settings().version, server=server)
    return json.dumps(described, ensure_ascii=False)


def _cacheable(text: str, media_type: str) -> RouteResponse:
    headers = {"Content-Type": media_type, "Cache-Control": f"public, max-age={MAX_AGE_S}", "ETag": etag.weak(text)}
    return RouteResponse(text, 200, headers)
