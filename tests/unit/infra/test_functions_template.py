"""The decisions of the template's generator, on a template with a few properties."""

import json
from typing import Any

import pytest

from chalicelib.api import middleware
from chalicelib.api.problem import Problem
from chalicelib.platform import errors
from infra.deploy.stage import INFRA
from infra.packaging import functions_template
from infra.packaging.functions_template import SECRETS


def complete(**functions: dict[str, Any]) -> dict[str, Any]:
    """Complete a template of functions with these environment variables; return its resources."""
    template: dict[str, Any] = {"Resources": {"RestAPI": {"Type": "AWS::Serverless::Api", "Properties": {}}}}
    for name, variables in functions.items():
        properties = {"Environment": {"Variables": variables}, "Timeout": 10}
        template["Resources"][name] = {"Type": "AWS::Serverless::Function", "Properties": properties}
    functions_template.complete(template, INFRA / "gateway_responses.yaml")
    resources: dict[str, Any] = template["Resources"] | {"Mappings": template["Mappings"]}
    return resources


def actions(role: dict[str, Any]) -> list[str]:
    (policy,) = role["Properties"]["Policies"]
    return [json.dumps(statement) for statement in policy["PolicyDocument"]["Statement"]]


def test_a_function_gets_a_name_a_log_group_and_a_role_of_its_own() -> None:
    resources = complete(RunSpeechJob={}, Sweep={})
    function = resources["RunSpeechJob"]["Properties"]
    assert function["FunctionName"] == {"Fn::Sub": "visionary-${Stage}-run-speech-job"}
    assert function["Role"] == {"Fn::GetAtt": ["RunSpeechJobRole", "Arn"]}
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": "RunSpeechJobLogs"}}
    group = resources["RunSpeechJobLogs"]["Properties"]
    assert group["LogGroupName"] == {"Fn::Sub": "/aws/lambda/visionary-${Stage}-run-speech-job"}
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert "RunSpeechJobLogs" not in "".join(actions(resources["SweepRole"]))


def test_policies_become_statements_of_the_role() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::library/*"}
    template: dict[str, Any] = {"Resources": {"RestAPI": {"Properties": {}}}}
    properties = {"Environment": {"Variables": {}}, "Timeout": 10, "Policies": [statement]}
    template["Resources"]["Sweep"] = {"Type": "AWS::Serverless::Function", "Properties": properties}
    functions_template.complete(template, INFRA / "gateway_responses.yaml")
    assert "Policies" not in properties
    assert json.dumps(statement) in actions(template["Resources"]["SweepRole"])


def test_only_a_function_with_a_database_gets_the_network_and_the_right_to_connect() -> None:
    resources = complete(Sweep={"DATABASE_URL": {"Ref": "SweepDatabaseUrl"}}, Authorize={})
    assert "VpcConfig" in resources["Sweep"]["Properties"]
    assert any("dbuser" in action and "visionary_sweep" in action for action in actions(resources["SweepRole"]))
    assert "VpcConfig" not in resources["Authorize"]["Properties"]
    assert not any("rds-db" in action or "ec2:" in action for action in actions(resources["AuthorizeRole"]))


@pytest.mark.parametrize(
    "names", [[], ["SECRET_KEY"], ["SIGNING_SECRET", "ORIGIN_SECRET"], ["SPEECHIFY_API_KEY", "OPENAI_TTS_API_KEY"]]
)
def test_a_function_can_read_exactly_the_secrets_of_its_variables(names: list[str]) -> None:
    resources = complete(Authorize=dict.fromkeys(["AUTH_ISSUER", *names], ""))
    granted = [json.loads(action) for action in actions(resources["AuthorizeRole"]) if "ssm:" in action]
    arn = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SecretsPath}/"
    assert [grant["Fn::If"][0] for grant in granted] == ["SecretsStored"] * bool(names)
    read = {resource["Fn::Sub"].removeprefix(arn) for grant in granted for resource in grant["Fn::If"][1]["Resource"]}
    assert read == set(names)
    listed = resources["Authorize"]["Properties"]["Environment"]["Variables"].get("SECRET_PARAMETERS")
    expected = {"Fn::Sub": ",".join(f"${{SecretsPath}}/{name}" for name in sorted(names, key=SECRETS.index))}
    assert listed == ({"Fn::If": ["SecretsStored", expected, {"Ref": "AWS::NoValue"}]} if names else None)


def test_only_a_function_with_secrets_can_decrypt_with_the_operators_key_and_only_through_parameter_store() -> None:
    resources = complete(Authorize={"SECRET_KEY": ""}, Sweep={})
    (decrypt,) = [json.loads(action) for action in actions(resources["AuthorizeRole"]) if "kms:" in action]
    condition, grant, _ = decrypt["Fn::If"]
    assert condition == "SecretsHaveOwnKey"
    assert (grant["Action"], grant["Resource"]) == ("kms:Decrypt", {"Ref": "SecretsKmsKeyArn"})
    assert grant["Condition"]["StringEquals"]["kms:ViaService"]["Fn::Sub"].startswith("ssm.")
    assert not any("kms:" in action for action in actions(resources["SweepRole"]))


def test_a_function_can_send_exactly_to_the_queues_of_its_variables() -> None:
    resources = complete(Sweep={"SPEECH_JOBS_QUEUE_URL": ""})
    (send,) = [action for action in actions(resources["SweepRole"]) if "SendMessage" in action]
    assert json.loads(send)["Resource"] == [{"Ref": "SpeechJobsQueueArn"}]


def test_a_consumer_gets_its_queues_limits_and_partial_batches() -> None:
    resources = complete(Synthesize={})
    function = resources["Synthesize"]["Properties"]
    assert set(function["Events"]) == {"Express", "Bulk"}, "logical names of deployed mappings"
    for event in function["Events"].values():
        assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    (consume,) = [action for action in actions(resources["SynthesizeRole"]) if "ReceiveMessage" in action]
    assert json.loads(consume)["Resource"] == [{"Ref": "SpeechExpressQueueArn"}, {"Ref": "SpeechBulkQueueArn"}]
    for source in function["Events"].values():
        (by_size,) = source["Properties"]["ScalingConfig"].values()
        assert by_size["Fn::FindInMap"][:2] == ["Sizes", {"Ref": "Size"}]
        for limits in resources["Mappings"]["Sizes"].values():
            assert 2 <= limits[by_size["Fn::FindInMap"][2]] <= 1000, "the range that Lambda accepts"


def test_responses_of_the_gateway_are_problem_documents_of_the_api() -> None:
    responses = complete()["RestAPI"]["Properties"]["GatewayResponses"]
    family = {error.status: error for error in errors.AppError.__subclasses__()} | {500: errors.AppError}
    for response in responses.values():
        body = json.loads(response["ResponseTemplates"]["application/json"])
        assert set(body) == set(Problem.model_fields)
        assert body["status"] == response["StatusCode"]
        if body["status"] != 504:  # only the gateway sends it
            assert (body["code"], body["title"]) == (family[body["status"]].code, family[body["status"]].title)
        headers = response["ResponseParameters"]["Headers"]
        assert headers["Content-Type"] == "'application/problem+json'"
        assert {"Access-Control-Allow-Origin", *middleware.SECURITY_HEADERS} < set(headers)
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == 404
    for kind in (
        "THROTTLED",
        "INTEGRATION_FAILURE",
        "AUTHORIZER_FAILURE",
        "AUTHORIZER_CONFIGURATION_ERROR",
    ):  # also throttled functions
        assert responses[kind]["StatusCode"] in {429, 503}
        assert responses[kind]["ResponseParameters"]["Headers"]["Retry-After"] == "'1'"
    assert responses["UNAUTHORIZED"]["ResponseParameters"]["Headers"]["WWW-Authenticate"] == "'Bearer'"
