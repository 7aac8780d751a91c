"""Cells of the fault matrix: a function, a dependency that it uses, and a fault of that; and what must hold in each."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults.deployment import Deployment, Message
from tests.faults.function import Function, Outcome
from tests.support.tcp_proxy import Fault

CLOSE_S = 0.3  # of its limit that a function at least leaves unused


def cells(
    function: str, dependencies: Sequence[str], *, quick: Sequence[tuple[str, Fault]] = ()
) -> pytest.MarkDecorator:
    """Parametrize a test with every fault of these dependencies. The `quick` ones belong to every run of the tests."""
    parameters = [
        pytest.param(
            (function, dependency, fault),
            id=f"{function}-{dependency}-{fault}",
            marks=[] if (dependency, fault) in quick else [pytest.mark.long],
        )
        for dependency in dependencies
        for fault in Fault
    ]
    return pytest.mark.parametrize("cell", parameters, indirect=True)


@dataclass
class Cell:
    deployment: Deployment
    function: str
    dependency: str
    fault: Fault
    observed: str = ""
    _outcomes: list[Outcome] = field(default_factory=list)

    @property
    def limit_s(self) -> float:
        return self.tested.timeout_s

    @property
    def tested(self) -> Function:
        return self.deployment.functions[self.function.partition(":")[0]]

    @contextmanager
    def broken(self) -> Iterator[None]:
        with self.deployment.proxies[self.dependency].broken(self.fault):
            yield

    def observe(self, text: str, outcome: Outcome) -> None:
        """Note what happened; the function must have ended by itself, within its limit."""
        self.observed = f"{text} {outcome.seconds:.1f} s"
        assert not outcome.is_killed, f"{self.function} was killed after {outcome.seconds:.1f} s"
        assert outcome.seconds < self.limit_s - CLOSE_S / 2, f"{self.function} took {outcome.seconds:.1f} s"

    def deliver(self, message: Message) -> bool:
        """Deliver a message while the dependency is broken; return whether it was handled. A failed one is returned."""
        with self.broken():
            outcome = self.deployment.deliver(message, limit_s=self.limit_s)
        failed = (outcome.result or {}).get("batchItemFailures")
        self.observe("handled" if failed == [] else "returned", outcome)
        assert outcome.error is None, outcome.error
        assert failed in ([], [{"itemIdentifier": message.id}])
        return bool(failed == [])

    def redeliver(self, message: Message) -> None:
        """Deliver a message again, once the dependency works: one delivery is enough."""
        outcome = self.deployment.deliver(message, receives=2)
        assert outcome.result == {"batchItemFailures": []}, outcome

    def recovered(self, seconds: float) -> None:
        self.observed += f", +{seconds:.1f} s"


def problem(outcome: Outcome) -> dict[str, Any]:
    """Return the problem document of a response that asks to try again."""
    response = outcome.result
    assert response is not None, outcome
    headers = {name.lower(): value for name, value in response["headers"].items()} | {
        name.lower(): values[0] for name, values in (response.get("multiValueHeaders") or {}).items()
    }
    assert response["statusCode"] in {503, 504}, response
    assert headers["content-type"] == "application/problem+json"
    assert int(headers["retry-after"]) > 0
    document: dict[str, Any] = json.loads(response["body"])
    assert document["status"] == response["statusCode"]
    assert "Traceback" not in response["body"]
    return document


def wait_until(is_true: Any, *, within_s: float = 10) -> None:
    started = time.monotonic()
    while not is_true():
        assert time.monotonic() - started < within_s
        time.sleep(0.05)
