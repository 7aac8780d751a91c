"""The costs: what they count is in the templates, allowances are subtracted once, and prod is idle below five dollars."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from infra.deploy import costs, prices, usage
from infra.deploy.stage import STACKS, template
from infra.packaging import bundle
from tests.unit.infra.templates import lambdas

PROD = costs.stage_settings("prod", {})


def created(kind: str) -> list[dict[str, Any]]:
    parts = (json.loads(template(part)) for part in STACKS if part != "functions")
    return [r for part in parts for r in part["Resources"].values() if isinstance(r, dict) and r["Type"] == kind]


def billed(**settings: str) -> float:
    return costs.total(costs.idle(settings)).billed_usd


def test_prod_is_idle_below_five_dollars_with_what_is_always_free_and_the_full_sum_stands_beside_it() -> None:
    total = costs.total(costs.idle(PROD))
    assert 0 < total.billed_usd < 5 < total.usd


def test_the_costs_count_what_the_templates_create(functions: dict[str, Any]) -> None:
    events = [event for function in lambdas(functions).values() for event in function.get("Events", {}).values()]
    queues = [event for event in events if event["Type"] == "SQS"]
    conditions = [event["Properties"]["Enabled"]["Fn::If"][0] for event in queues if "Enabled" in event["Properties"]]
    # prod speaks with the built-in voice: queues of other voices, and those with work on few days, are not polled
    polled = len(queues) - len(conditions) + conditions.count("BuiltInVoiceOnDemand")
    (polling,) = (line for line in costs.idle(PROD) if line.name == "polling")
    assert polling.calculation.startswith(f"{polled} queues")
    assert len(queues) == len(created("AWS::SQS::Queue")) - 1  # nobody polls the dead letters
    assert created("AWS::SecretsManager::Secret") == []
    managed = [r for r in created("AWS::RDS::DBCluster") if r["Properties"]["ManageMasterUserPassword"]]
    assert len(managed) == usage.SECRETS
    assert len(created("AWS::CloudWatch::Dashboard")) == 1
    (acl,) = created("AWS::WAFv2::WebACL")
    assert len(acl["Properties"]["Rules"]) == usage.FIREWALL_RULES
    (schedule,) = (event for event in events if event["Type"] == "Schedule")
    assert schedule["Properties"]["Schedule"] == "rate(1 day)"


def test_every_setting_that_changes_the_costs_is_a_parameter() -> None:
    declared = {
        name: definition for part in STACKS for name, definition in json.loads(template(part))["Parameters"].items()
    }
    assert set(usage.DEPENDS_ON) <= declared.keys()
    defaults = {name: str(declared[name]["Default"]) for name in usage.DEPENDS_ON if "Default" in declared[name]}
    for kind in costs.KINDS:
        assert costs.of(kind, 1_000, {}) == costs.of(kind, 1_000, defaults)
    assert costs.idle({}) == costs.idle(defaults)


def test_a_more_expensive_choice_costs_more() -> None:
    assert billed() < billed(NatGateway="true") < billed(NatGateway="true", DatabaseProxy="true")
    assert billed(PauseAfterS="300") < billed() < billed(MinAcu="0.5") < billed(MinAcu="0.5", SecondInstance="true")
    assert billed(Firewall="true") == pytest.approx(billed() + 5 + usage.FIREWALL_RULES)


@pytest.mark.parametrize("kind", costs.KINDS)
def test_an_idle_month_uses_the_allowances_first_and_nothing_is_free_twice(kind: str) -> None:
    few, many = (costs.total(costs.of(kind, number, PROD)) for number in costs.NUMBERS)
    assert 0 <= few.billed_usd <= few.usd
    saved = many.usd - many.billed_usd
    used = [*usage.idle(PROD), *costs.KINDS[kind](costs.NUMBERS[1], PROD)]
    allowances = sum(price.always_free * price.usd for price in {use.price for use in used})
    assert few.usd - few.billed_usd <= saved <= allowances
    queue_calls = {line.name: line for line in costs.of(kind, costs.NUMBERS[0], PROD)}.get("queue calls")
    if queue_calls:
        assert queue_calls.usd == queue_calls.billed_usd, "polling has used them up"


def test_a_price_is_subtracted_only_up_to_its_allowance() -> None:
    (polling,) = (line for line in costs.idle(PROD) if line.name == "polling")
    free = prices.SQS_REQUEST.always_free * prices.SQS_REQUEST.usd
    assert polling.usd - polling.billed_usd == pytest.approx(free)


def test_the_plan_prints_the_costs_without_an_account() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    plan = subprocess.run(
        [sys.executable, "-m", "infra.deploy.deploy", "--stage", "prod", "--plan"],
        cwd=bundle.ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert plan.returncode != 0
    assert costs.report(PROD) == plan.stdout.splitlines()[: len(costs.report(PROD))]
