"""Scopes of API keys: each route has decided, and the OpenAPI document says how."""

from __future__ import annotations

from typing import Any

import pytest

from app import app
from chalicelib.api.openapi import document
from chalicelib.api.openapi.route import routes_of
from chalicelib.auth.api_keys import Scope
from chalicelib.platform import config

# Routes that a signed-in owner may call, and no key.
OWNER_ONLY = {
    ("POST", "/v1/api-keys"),
    ("GET", "/v1/api-keys"),
    ("GET", "/v1/api-keys/{key_id}"),
    ("DELETE", "/v1/api-keys/{key_id}"),
    ("POST", "/v1/account/export"),
    ("GET", "/v1/account/export"),
    ("GET", "/v1/account/export/{export_id}"),
    ("DELETE", "/v1/account"),
    ("DELETE", "/v1/account/capabilities"),
}
WRITES = {Scope.MEDIA_WRITE, Scope.SPEECH_WRITE, Scope.LEXICON_WRITE, Scope.WEBHOOKS_WRITE}
# They change nothing that is kept, issue a link token for reading, or have tools of which each needs a scope of its own.
HARMLESS_POSTS = {
    "/v1/media/{media_id}/capability",
    "/v1/speech/{job_id}/capability",
    "/v1/media/{media_id}/speech/quote",
    "/v1/lexicon/affected",
    "/v1/mcp",
}


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l"}.items():
        monkeypatch.setenv(name, value)
    config.settings.cache_clear()


def test_each_route_has_a_scope_or_is_for_its_owner_only() -> None:
    routes = [route for route in routes_of(app.routes) if route.entry.authorizer is not None]
    without = {(route.method, route.path) for route in routes if route.operation.scope is None}
    assert without == OWNER_ONLY
    assert len(routes) > 80


def test_a_route_without_authorizer_takes_no_key_unless_it_proves_it() -> None:
    for route in routes_of(app.routes):
        if route.entry.authorizer is None:
            assert (route.operation.scope is not None) == route.operation.basic, route.path


def test_what_changes_something_needs_a_scope_to_write() -> None:
    for route in routes_of(app.routes):
        scope = route.operation.scope
        if scope is not None and route.method not in {"GET", "HEAD"} and route.path not in HARMLESS_POSTS:
            assert scope in WRITES, (route.method, route.path)


def test_the_document_says_which_scope_each_operation_needs() -> None:
    described = document.build(app.routes, version="1")
    schemes: dict[str, Any] = described["components"]["securitySchemes"]
    assert (schemes["apiKey"]["type"], schemes["apiKey"]["scheme"]) == ("http", "bearer")
    for route in routes_of(app.routes):
        security = described["paths"][route.path][route.method.lower()]["security"]
        by_key = [requirement["apiKey"] for requirement in security if "apiKey" in requirement]
        assert by_key == ([[route.operation.scope.value]] if route.operation.scope else []), route.path
