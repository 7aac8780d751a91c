"""Time limits of calls: the worst case of each dependency of each deployed function is below the function's own limit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.auth import jwks
from chalicelib.inspection.antivirus import clamd
from chalicelib.platform import deadline
from chalicelib.platform.aws import functions as aws_functions
from chalicelib.platform.aws.call_limits import CallLimits
from chalicelib.platform.config import Settings
from chalicelib.platform.db.database import WaitLimits
from chalicelib.speech import synthesize
from chalicelib.speech.voices.adapters import http_client, polly, retry
from tests.unit.infra.templates import lambdas

ROOT = Path(__file__).parent.parent.parent.parent
# A client that only signs, and one with limits of its own, which the test below knows.
OTHER_CLIENTS = {"rds", "polly"}


def worst_cases(name: str, variables: dict[str, Any], timeout_s: float) -> Iterator[tuple[str, float]]:
    """Yield the dependencies of a function, by its variables, with the longest that one call of each takes."""
    yield "AWS", CallLimits.of(timeout_s).total_s
    if "DATABASE_URL" in variables:
        yield "Postgres", WaitLimits.of(timeout_s).total_s
    if "AUTH_JWKS_URL" in variables:
        yield "key server", jwks.TIMEOUT_S
    if "CLAMD_ADDRESS" in variables:
        is_scan = name == "Ingest"
        scan_s = Settings.model_fields["clamd_timeout_s"].default + clamd.CONNECT_TIMEOUT_S
        yield "clamd", scan_s if is_scan else clamd.PING_TIMEOUT_S
    if "SPEECHIFY_API_KEY" in variables:
        yield "voice provider", synthesize.MAX_WAIT_S + retry.TOTAL_TIMEOUT_S
        yield "Polly", synthesize.MAX_WAIT_S + polly.RETRY_POLICY.total_timeout_s + polly.RETRY_POLICY.late_read_s
        assert http_client.CONNECT_TIMEOUT_S < retry.TOTAL_TIMEOUT_S
    if name == "RunAccountJob":
        yield "sweep", CallLimits.of(timeout_s).connect_s + timeout_s * aws_functions.READ_SHARE


def test_one_call_of_any_dependency_ends_before_the_function_does(functions: dict[str, Any]) -> None:
    too_long = [
        f"{name}: {dependency} {worst_s:.1f} of {timeout_s} s"
        for name, function in lambdas(functions).items()
        for timeout_s in [function["Timeout"]]
        for dependency, worst_s in worst_cases(name, function["Environment"]["Variables"], timeout_s)
        if worst_s > timeout_s - min(deadline.CLOSING_S, timeout_s * deadline.MAX_CLOSING_SHARE)
    ]
    assert not too_long


def test_every_function_knows_its_own_time_limit_and_limits_the_resolver(functions: dict[str, Any]) -> None:
    for name, function in lambdas(functions).items():
        variables = function["Environment"]["Variables"]
        assert variables["FUNCTION_TIMEOUT_S"] == str(function["Timeout"]), name
        assert variables["RES_OPTIONS"] == "timeout:1 attempts:2", name


@pytest.mark.parametrize("timeout_s", [10, 15, 29, 90, 300, 900])
def test_a_hanging_call_leaves_time_for_a_second_attempt(timeout_s: float) -> None:
    limits = CallLimits.of(timeout_s)
    assert limits.total_s >= 2 * (limits.connect_s + limits.read_s)
    assert limits.total_s <= timeout_s / 2


def test_the_clients_of_botocore_have_these_limits() -> None:
    config: Any = CallLimits.of(30).config(signature_version="s3v4")
    assert (config.connect_timeout, config.read_timeout) == (2.0, 4.0)
    assert config.retries == {"mode": "standard", "total_max_attempts": 3}


def test_every_client_of_aws_has_limits() -> None:
    unlimited = []
    for source in sorted((ROOT / "chalicelib").rglob("*.py")):
        tree = ast.parse(source.read_text())
        limited = {
            id(argument)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "install"
            for argument in node.args
        }
        unlimited += [
            f"{source.relative_to(ROOT)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and ast.unparse(node.func) == "boto3.client"
            and id(node) not in limited
            and ast.literal_eval(node.args[0]) not in OTHER_CLIENTS
        ]
    assert not unlimited, "pass the client through CallLimits.install"
