"""The weighted alias in the template for the cloud, after SAM's transform; test_alarms.py replays the way back."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from infra.deploy import parameters, sam_transform
from infra.deploy.stage import INFRA
from infra.packaging import bundle, traffic_shift

BEHIND_API = ("APIHandler", "Authorize", "AuthorizePlayer")


@pytest.fixture(scope="module")
def packaged() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # SAM requires one
        yield bundle.build("prod").template.read_text()


def expand(packaged: str, *, configuration: str = "a" * 64, shift: str = "Canary10Percent10Minutes") -> dict[str, Any]:
    values = {"Stage": "prod", "ConfigurationHash": configuration, "TrafficShift": shift}
    resources: dict[str, Any] = sam_transform.expand(json.loads(packaged), values)["Resources"]
    return resources


@pytest.fixture(scope="module")
def cloud(packaged: str) -> dict[str, Any]:
    return expand(packaged)


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


def test_only_versions_behind_the_api_can_start_from_snapshots_and_by_default_none_does(packaged: str) -> None:
    template = json.loads(packaged)
    assert template["Parameters"]["SnapStart"]["Default"] == "None"
    functions = of_type(expand(packaged), "AWS::Lambda::Function")
    assert {name for name, f in functions.items() if "SnapStart" in f["Properties"]} == set(BEHIND_API)
    for name in BEHIND_API:
        assert functions[name]["Properties"]["SnapStart"] == {"ApplyOn": {"Ref": "SnapStart"}}
        assert "EphemeralStorage" not in functions[name]["Properties"], "snapshots allow 512 MB, the default"


def test_cloudformation_knows_everything_in_the_template(packaged: str, tmp_path: Path) -> None:
    template = tmp_path / "functions.json"
    template.write_text(packaged)
    lint = Path(sys.executable).with_name("cfn-lint")
    checked = subprocess.run([lint, template], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def addresses(value: Any) -> Iterator[str]:
    """Yield every address of a function in an API's definition."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"uri", "authorizerUri"}:
                yield item["Fn::Sub"]
            else:
                yield from addresses(item)
    elif isinstance(value, list):
        for item in value:
            yield from addresses(item)


def test_the_gateway_calls_the_alias_of_each_function_and_never_the_function(cloud: dict[str, Any]) -> None:
    definition = cloud["RestAPI"]["Properties"]["Body"]
    called = {re.search(r"functions/(.*)/invocations", address)[1] for address in addresses(definition)}  # type: ignore[index]
    assert called == {f"${{{name}Aliaslive}}" for name in BEHIND_API}
    assert set(of_type(cloud, "AWS::Lambda::Alias")) == {f"{name}Aliaslive" for name in BEHIND_API}
    names = {name: cloud[name]["Properties"]["FunctionName"]["Fn::Sub"] for name in BEHIND_API}
    assert names == {name: f"visionary-${{Stage}}-{short}" for name, short in traffic_shift.FUNCTIONS.items()}


def test_the_gateway_may_call_the_alias_and_not_the_function(cloud: dict[str, Any]) -> None:
    permitted = [
        permission["Properties"]["FunctionName"]
        for permission in of_type(cloud, "AWS::Lambda::Permission").values()
        if permission["Properties"]["Principal"] == "apigateway.amazonaws.com"
    ]
    assert sorted(permission["Ref"] for permission in permitted) == [f"{name}Aliaslive" for name in BEHIND_API]


def test_a_release_gets_ten_percent_then_all_and_the_alarm_of_the_monitoring_stack_sends_it_back(
    cloud: dict[str, Any],
) -> None:
    alarms = yaml_parse((INFRA / "monitoring.yaml").read_text())["Resources"]
    names = [a["Properties"]["AlarmName"] for a in alarms.values() if a["Type"] == "AWS::CloudWatch::Alarm"]
    for name in BEHIND_API:
        policy = cloud[f"{name}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        group = cloud[policy["DeploymentGroupName"]["Ref"]]["Properties"]
        assert group["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": "Canary10Percent10Minutes"}
        ((alarm,), enabled) = group["AlarmConfiguration"]["Alarms"], group["AlarmConfiguration"]["Enabled"]
        assert enabled
        assert alarm["Name"] in names
        assert group["AutoRollbackConfiguration"]["Enabled"]
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert cloud[policy["ApplicationName"]["Ref"]]["Properties"]["ComputePlatform"] == "Lambda"


def test_a_rollback_moves_all_requests_at_once(packaged: str) -> None:
    resources = expand(packaged, shift="AllAtOnce")
    for group in of_type(resources, "AWS::CodeDeploy::DeploymentGroup").values():
        assert group["Properties"]["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": "AllAtOnce"}


def test_every_change_of_a_setting_publishes_versions_and_no_other_deployment_does(packaged: str) -> None:
    def versions(**settings: str) -> set[str]:
        resources = expand(packaged, configuration=parameters.configuration_hash(settings))
        published = of_type(resources, "AWS::Lambda::Version")
        assert {version["DeletionPolicy"] for version in published.values()} == {"Delete"}
        assert {version["Properties"]["FunctionName"]["Ref"] for version in published.values()} == set(BEHIND_API)
        return set(published)

    assert versions(Version="1", TrashDays="30") == versions(TrashDays="30", Version="1")
    assert versions(Version="1", TrafficShift="AllAtOnce") == versions(Version="1"), "this alone releases nothing"
    assert versions(Version="1", TrashDays="30").isdisjoint(versions(Version="1", TrashDays="14"))


def test_functions_differ_between_versions_as_lambda_requires(packaged: str) -> None:
    """Lambda refuses to publish a version of a function that has not changed."""
    first, second = expand(packaged, configuration="a" * 64), expand(packaged, configuration="b" * 64)
    for name in BEHIND_API:
        assert first[name] != second[name]


def test_consumers_of_queues_have_no_alias_and_the_local_stack_has_none_at_all(cloud: dict[str, Any]) -> None:
    for mapping in of_type(cloud, "AWS::Lambda::EventSourceMapping").values():
        assert mapping["Properties"]["FunctionName"]["Ref"] not in BEHIND_API
    local = json.loads(bundle.build("local").template.read_text())
    assert not traffic_shift.PARAMETERS.keys() & local["Parameters"].keys()
    assert "AutoPublishAlias" not in json.dumps(local)
