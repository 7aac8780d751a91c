"""The OpenAPI document passes the linters that clients use: Spectral and Redocly, with their recommended rules."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from app import app
from chalicelib.api.openapi import document
from localstack.home import ROOT
from tests.support import node_packages

CLIENTS = ROOT / "tests" / "clients"
SERVER = "https://library.example/api"


@pytest.fixture(scope="module")
def packages() -> None:
    try:
        node_packages.install(CLIENTS)
    except node_packages.MissingError as error:
        pytest.skip(str(error))


def lint(described: dict[str, Any]) -> list[dict[str, str]]:
    """Return the findings of lint.mjs, which states the exceptions with their reasons."""
    completed = subprocess.run(
        ["node", str(CLIENTS / "lint.mjs")],
        input=json.dumps(described),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    findings: list[dict[str, str]] = json.loads(completed.stdout)
    return findings


@pytest.mark.usefixtures("deployment", "packages")
def test_the_linters_find_nothing() -> None:
    assert lint(document.build(app.routes, version="1.2.3", server=SERVER)) == []


@pytest.mark.usefixtures("packages")
def test_both_linters_find_a_fault() -> None:
    """The document has no server, an operation without a description, and one without a response."""
    operation = {"operationId": "x", "tags": ["a b"], "responses": {}}
    described = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x/": {"get": operation}},
    }
    found = {(finding["linter"], finding["rule"]) for finding in lint(described)}
    assert {("spectral", "oas3-api-servers"), ("redocly", "no-empty-servers")} <= found, found
