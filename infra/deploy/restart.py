"""Restarts of functions: new copies replace all running ones, which end with the request or message that they have.

python -m infra.deploy.restart --stage prod api sweep
"""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING

import boto3

from infra.deploy.stacks import CAPABILITIES
from infra.packaging import traffic_shift

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

WAIT = {"Delay": 5, "MaxAttempts": 180}  # 15 minutes: a version with SnapStart takes some of them


def restart(stage: str, functions: Collection[str]) -> list[str]:
    """Restart functions of a stage; return their names: none before the first deployment.

    Requests reach the functions behind the API in a published version. They get a new one by an update of their stack, all
    requests at once: CloudFormation has to know the version to which it shifts an alias.
    """
    declared = _parameters(f"visionary-{stage}-functions")
    if declared is None:
        return []
    published = set(functions) & set(traffic_shift.FUNCTIONS.values()) if "ConfigurationHash" in declared else set()
    if published:
        _update(f"visionary-{stage}-functions", declared, ConfigurationHash=uuid.uuid4().hex, TrafficShift="AllAtOnce")
    client = boto3.client("lambda")
    for function in set(functions) - published:
        client.update_function_configuration(
            FunctionName=f"visionary-{stage}-{function}", Description=f"restarted: {uuid.uuid4()}"
        )
    return [f"visionary-{stage}-{function}" for function in functions]


def _parameters(stack: str) -> set[str] | None:
    """Return the names of a stack's parameters, or None if there is no such stack."""
    client = boto3.client("cloudformation")
    try:
        (described,) = client.describe_stacks(StackName=stack)["Stacks"]
    except client.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return {parameter["ParameterKey"] for parameter in described.get("Parameters", [])}


def _update(stack: str, declared: set[str], **changes: str) -> None:
    """Update some parameters of a stack and nothing else; wait until it is done."""
    client = boto3.client("cloudformation")
    kept: list[ParameterTypeDef] = [{"ParameterKey": n, "UsePreviousValue": True} for n in declared - changes.keys()]
    changed: list[ParameterTypeDef] = [{"ParameterKey": n, "ParameterValue": v} for n, v in changes.items()]
    client.update_stack(
        StackName=stack,
        UsePreviousTemplate=True,
        Parameters=kept + changed,
        Capabilities=CAPABILITIES,  # type: ignore[arg-type]
    )
    client.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig=WAIT)  # type: ignore[arg-type]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Replace all running copies of functions.")
    parser.add_argument("--stage", choices=["local", "dev", "prod"], required=True)
    parser.add_argument("functions", nargs="+", metavar="function", help="such as api")
    options = parser.parse_args(arguments)
    print("\n".join(restart(options.stage, options.functions)) or "Nothing is deployed")


if __name__ == "__main__":
    main()
