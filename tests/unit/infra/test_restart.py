"""Restarts: functions behind the API get a new version, because the alias would keep the old one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.deploy.restart import restart
from infra.packaging import traffic_shift

STACK = "visionary-prod-functions"
ASSUME = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def create_stack(*parameters: str) -> None:
    """Create a stack with the functions `api` and `sweep`, and string parameters."""
    role: dict[str, Any] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": ASSUME}}
    functions = {
        name.capitalize(): {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": f"visionary-prod-{name}",
                "Description": "as deployed",
                "Code": {"ZipFile": "pass"},
                "Handler": "index.handle",
                "Runtime": "python3.13",
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Environment": {"Variables": {parameter: {"Ref": parameter} for parameter in parameters}},
            },
        }
        for name in ("api", "sweep")
    }
    template = {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": functions | {"Role": role},
    }
    boto3.client("cloudformation").create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": f"{name} as deployed"} for name in parameters],
        Capabilities=["CAPABILITY_IAM"],
    )


def description(function: str) -> str:
    client = boto3.client("lambda")
    return client.get_function_configuration(FunctionName=f"visionary-prod-{function}")["Description"]


def parameters() -> dict[str, str]:
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}


def test_functions_behind_the_alias_get_a_new_version_and_all_requests_at_once() -> None:
    create_stack("TrashDays", *traffic_shift.PARAMETERS)
    assert restart("prod", ("api", "sweep")) == ["visionary-prod-api", "visionary-prod-sweep"]
    after = parameters()
    assert after["ConfigurationHash"] != "ConfigurationHash as deployed", "the versions follow from it"
    assert after["TrafficShift"] == "AllAtOnce"
    assert after["TrashDays"] == "TrashDays as deployed"
    assert description("api") == "as deployed", "the alias would not show a change of the function itself"
    assert description("sweep").startswith("restarted: ")


def test_without_an_alias_every_function_is_restarted_itself() -> None:
    create_stack("TrashDays")
    restart("prod", ("api", "sweep"))
    assert description("api").startswith("restarted: ")
    assert parameters() == {"TrashDays": "TrashDays as deployed"}


def test_only_what_is_named_is_restarted_and_nothing_before_the_first_deployment() -> None:
    assert restart("prod", ("api",)) == []
    create_stack("TrashDays", *traffic_shift.PARAMETERS)
    before = parameters()
    restart("prod", ("sweep",))
    assert parameters() == before
