"""Secrets in Parameter Store: created once, never overwritten by a release, and read by the functions that need them."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.platform.config import Settings
from chalicelib.platform.errors import ConfigurationError
from infra.deploy import parameters, secrets
from infra.deploy.stage import Stage
from infra.packaging import bundle

ENVIRONMENT = {"AWS_DEFAULT_REGION": "us-east-1"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


def deploy(**environment: str) -> dict[str, str]:
    """Create the secrets that a deployment creates; return all that are stored."""
    for secret in Stage("prod", ENVIRONMENT | environment, print).load_secrets():
        secrets.create("prod", secret, environment.get("SECRETS_KMS_KEY_ARN", ""))
    return secrets.load("prod")


def settings(*names: str) -> Settings:
    stored = ",".join(f"{secrets.path('prod')}/{name}" for name in names)
    required = {"STAGE": "prod", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l"}
    return Settings.from_environment(required | {"SECRET_PARAMETERS": stored})


def test_the_restarted_functions_are_those_that_read_the_secret() -> None:
    functions: dict[str, Any] = json.loads(bundle.build("local").template.read_text())["Resources"]
    for name, restarted in secrets.READERS.items():
        readers = {
            f["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("visionary-${Stage}-")
            for f in functions.values()
            if f["Type"] == "AWS::Serverless::Function"
            and f"/{name}" in json.dumps(f["Properties"]["Environment"]["Variables"].get("SECRET_PARAMETERS", ""))
        }
        assert set(restarted) == readers, name


@pytest.mark.usefixtures("aws")
def test_the_first_deployment_creates_secrets_and_later_ones_keep_them() -> None:
    first = deploy(SPEECHIFY_API_KEY="sk-first")
    assert first.keys() == {*secrets.GENERATED, "SPEECHIFY_API_KEY"}
    assert all(len(first[name]) >= 64 for name in secrets.GENERATED)
    assert deploy(SPEECHIFY_API_KEY="sk-second", SIGNING_SECRET="another " * 8) == first


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("owner", ["stack", "operator"])
def test_secrets_of_an_earlier_release_are_copied_from_secrets_manager_once(owner: str) -> None:
    former = {"SIGNING_SECRET": "signed " * 8, "ORIGIN_SECRET": "forwarded " * 5, "SPEECHIFY_API_KEY": "sk-old"}
    entries = {"Signing": "SIGNING_SECRET", "Speech": "SPEECHIFY_API_KEY", "Origin": "ORIGIN_SECRET"}
    client = boto3.client("secretsmanager")
    arns = {
        f"{entry}SecretsArn": client.create_secret(Name=entry, SecretString=json.dumps({name: former[name]}))["ARN"]
        for entry, name in entries.items()
    }
    environment: dict[str, str] = {}
    if owner == "stack":
        outputs = {name: {"Value": arn} for name, arn in arns.items()}
        template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
        boto3.client("cloudformation").create_stack(
            StackName="visionary-prod-secrets", TemplateBody=json.dumps(template)
        )
    else:
        environment = {parameters.environment_name(name): arn for name, arn in arns.items()}
    assert deploy(**environment) == former
    for arn in arns.values():
        client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    assert deploy(**environment) == former, "the entries are read only until they are copied"


@pytest.mark.usefixtures("aws")
def test_a_new_value_replaces_one_secret_and_keeps_its_key_and_the_previous_version() -> None:
    deploy(SPEECHIFY_API_KEY="old", SECRETS_KMS_KEY_ARN=KEY)
    before = secrets.load("prod")
    secrets.replace("prod", "SPEECHIFY_API_KEY", "new", "")
    assert secrets.load("prod") == before | {"SPEECHIFY_API_KEY": "new"}
    client: Any = boto3.client("ssm")
    parameter = f"{secrets.path('prod')}/SPEECHIFY_API_KEY"
    assert client.get_parameter(Name=f"{parameter}:1", WithDecryption=True)["Parameter"]["Value"] == "old"
    (described,) = client.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [parameter]}])["Parameters"]
    assert (described["Type"], described["KeyId"]) == ("SecureString", KEY)


@pytest.mark.usefixtures("aws")
def test_the_previous_origin_secret_stays_valid_and_no_older_one() -> None:
    deploy(ORIGIN_SECRET="first " * 8)
    for new in ("second" * 7, "third" * 8):
        secrets.replace("prod", "ORIGIN_SECRET", new, "")
    stored = secrets.load("prod")
    assert stored["ORIGIN_SECRET"] == f"{'third' * 8},{'second' * 7}"
    assert parameters.origin_header(stored) == "third" * 8
    assert len(settings("ORIGIN_SECRET").origin_secret) == 2


@pytest.mark.usefixtures("aws")
def test_a_function_reads_its_secrets_and_tolerates_only_those_that_an_operator_may_omit() -> None:
    deploy(SECRET_KEY="k" * 32)
    read = settings("SIGNING_SECRET", "SECRET_KEY", "SPEECHIFY_API_KEY")
    assert read.require("signing_secret") == secrets.load("prod")["SIGNING_SECRET"]
    assert read.require("secret_key") == "k" * 32
    assert read.speechify_api_key is None
    boto3.client("ssm").delete_parameter(Name=f"{secrets.path('prod')}/ORIGIN_SECRET")
    with pytest.raises(ConfigurationError, match="/visionary/prod/ORIGIN_SECRET is not in Parameter Store"):
        settings("SIGNING_SECRET", "ORIGIN_SECRET")


def test_no_secret_of_the_environment_is_passed_by_value_in_the_cloud(functions: dict[str, Any]) -> None:
    given = {name: f"{name} of the operator's shell" for name in secrets.READERS}
    location = parameters.secrets_location("prod", given)
    declared = {name: p for name, p in functions["Parameters"].items() if name in location}
    assert set(declared) == set(location), "a secret is no parameter of the functions' stack"
    assert parameters.values("functions", declared, outputs=location, environment=given, settings={}) == location
    assert [value for value in location.values() if value] == ["/visionary/prod"]


@pytest.mark.usefixtures("aws")
def test_a_stage_that_is_deleted_with_its_data_leaves_no_secret() -> None:
    deploy()
    client = boto3.client("secretsmanager")
    client.create_secret(Name="visionary/prod/signing", SecretString="{}")
    secrets.delete("prod")
    assert secrets.load("prod") == {}
    assert client.list_secrets()["SecretList"] == []
