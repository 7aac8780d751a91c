"""Is it up, and does it say what it is?"""

from __future__ import annotations

import re

from tests.api.client import Api
from tests.api.contract import Contract


def test_every_service_is_healthy(nobody: Api) -> None:
    health = nobody.call("GET", "/health", expect=200).json()
    assert health["status"] == "healthy"
    assert health["services"].keys() >= {"database", "storage", "queues", "speech"}
    # A deployment without a virus scanner says so, or that it is one which cannot be asked; that is no illness.
    assert {service["status"] for service in health["services"].values()} <= {"healthy", "off", "external"}


def test_it_lives(nobody: Api) -> None:
    assert nobody.get("/health/live")["version"] == nobody.get("/health")["version"]


def test_the_description_is_openapi_of_the_version_that_runs(nobody: Api, contract: Contract) -> None:
    answer = nobody.call("GET", "/openapi.json", expect=200)
    assert answer.json()["openapi"].startswith("3.1.")
    assert answer.json()["info"]["version"] == nobody.get("/health/live")["version"]
    assert answer.headers["Cache-Control"].startswith("public")
    assert len(contract.operations) > 40


def test_the_page_for_people_needs_nothing_from_elsewhere(nobody: Api) -> None:
    page = nobody.call("GET", "/docs", expect=200)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "//" not in page.text
    scripts = re.findall(r'<script[^>]* src="([^"]+)"', page.text)
    assert scripts
    for script in scripts:
        assert len(nobody.call("GET", f"/{script}", expect=200).content) > 100
    nobody.refused("GET", "/docs/nothing.js", 404)
