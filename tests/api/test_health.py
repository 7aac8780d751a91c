"""Health checks, the OpenAPI document and its viewer."""

from __future__ import annotations

import re

from tests.api.client import Api
from tests.api.contract import Contract


def test_every_service_is_healthy(anonymous: Api) -> None:
    health = anonymous.call("GET", "/health", expect=200).json()
    assert health["status"] == "healthy"
    assert health["services"].keys() >= {"database", "storage", "queues", "speech"}
    # "off" is a deployment without a virus scanner or without voices, "external" a scanner that cannot be checked from here.
    assert {service["status"] for service in health["services"].values()} <= {"healthy", "off", "external"}


def test_the_liveness_check_returns_the_version(anonymous: Api) -> None:
    assert anonymous.get("/health/live")["version"] == anonymous.get("/health")["version"]


def test_the_openapi_document_describes_the_running_version(anonymous: Api, contract: Contract) -> None:
    response = anonymous.call("GET", "/openapi.json", expect=200)
    assert response.json()["openapi"].startswith("3.1.")
    assert response.json()["info"]["version"] == anonymous.get("/health/live")["version"]
    assert response.headers["Cache-Control"].startswith("public")
    assert len(contract.operations) > 40


def test_a_long_response_is_compressed_for_clients_that_accept_gzip(anonymous: Api) -> None:
    bytes_sent = {}
    for coding in ("identity", "gzip"):
        response = anonymous.call("GET", "/openapi.json", headers={"Accept-Encoding": coding}, expect=200)
        assert response.headers.get("Content-Encoding", "identity") == coding
        bytes_sent[coding] = int(response.headers["Content-Length"])
    assert bytes_sent["gzip"] < bytes_sent["identity"] / 4


def test_the_documentation_page_loads_nothing_from_other_origins(anonymous: Api) -> None:
    page = anonymous.call("GET", "/docs", expect=200)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "//" not in page.text
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page.text)
    assert scripts
    for script in scripts:
        assert len(anonymous.call("GET", f"/{script}", expect=200).content) > 100
    anonymous.expect_problem("GET", "/docs/nothing.js", 404)
