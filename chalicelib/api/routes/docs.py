"""The description of this API: for programs, and as a page for people. Everything it needs is served from here."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from chalice.app import Blueprint
from pydantic import RootModel

from chalicelib.api.operation import JSON, Answer, operation
from chalicelib.platform.config import settings
from chalicelib.platform.errors import NotFoundError

KEPT_S = 300  # by browsers and caches; a deployment is described anew after it
VIEWER = Path(__file__).parent.parent / "openapi" / "viewer"
HTML = "text/html; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"
SCRIPTS = ("rapidoc.js", "page.js")
# Scripts from here only. The viewer writes its styles as it draws, which no list of hashes can name.
POLICY = "; ".join(
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
@operation(routes, answer=Description, public=True)
def get_openapi() -> Answer:
    """This document."""
    return _cacheable(_description(), JSON)


@routes.route("/docs", methods=["GET"])
@operation(routes, produces=HTML, public=True)
def get_docs() -> Answer:
    """This document as a page."""
    page = _cacheable((VIEWER / "page.html").read_text(), HTML)
    return Answer(page.body, 200, {**page.headers, "Content-Security-Policy": POLICY})


@routes.route("/docs/{file}", methods=["GET"])
@operation(routes, produces=JAVASCRIPT, errors=(NotFoundError,), public=True)
def get_docs_script(file: str) -> Answer:
    """The scripts of the page."""
    if file not in SCRIPTS:
        raise NotFoundError(f"The page has no file {file[:80]!r}; it has {' and '.join(SCRIPTS)}.")
    return _cacheable((VIEWER / file).read_text(), JAVASCRIPT)


@cache
def _description() -> str:
    from chalicelib.api.openapi import document

    return json.dumps(document.build(routes.current_app.routes, version=settings().version), ensure_ascii=False)


def _cacheable(text: str, media_type: str) -> Answer:
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    return Answer(text, 200, {"Content-Type": media_type, "Cache-Control": f"public, max-age={KEPT_S}", "ETag": etag})
