"""What waking the sweep rests on in the functions' template: who may run it, and which waits are longer than others."""

from typing import Any

from chalicelib.maintenance import sweep_runs
from chalicelib.platform.aws.functions import READ_SHARE
from chalicelib.platform.db import sweep_schedule
from tests.unit.infra.templates import lambdas
from tests.unit.infra.test_templates import statements


def test_only_the_account_queues_function_may_run_another_and_only_the_sweep(functions: dict[str, Any]) -> None:
    name = lambdas(functions)["Sweep"]["FunctionName"]["Fn::Sub"]
    arn = f"arn:${{AWS::Partition}}:lambda:${{AWS::Region}}:${{AWS::AccountId}}:function:{name}"
    for function in lambdas(functions):
        grants = [s["Resource"] for s in statements(functions, function) if s["Action"] == "lambda:InvokeFunction"]
        assert grants == ([{"Fn::Sub": arn}] if function == "RunAccountJob" else []), function


def test_a_failed_daily_run_of_the_sweep_is_not_repeated_beside_the_next_one(functions: dict[str, Any]) -> None:
    """EventBridge invokes asynchronously: Lambda would try twice more, a minute and two later."""
    assert lambdas(functions)["Sweep"]["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


def test_a_wake_up_can_wait_for_the_whole_run_of_the_sweep(functions: dict[str, Any]) -> None:
    sweep, account = lambdas(functions)["Sweep"]["Timeout"], lambdas(functions)["RunAccountJob"]["Timeout"]
    assert sweep < READ_SHARE * account
    assert sweep < sweep_runs.RUN_S


def test_every_function_that_arms_the_sweep_ends_before_it_is_woken(functions: dict[str, Any]) -> None:
    for function in ("APIHandler", "Ingest"):
        assert lambdas(functions)[function]["Timeout"] <= sweep_schedule.MAX_WORK_S
