"""Secrets: a new value reaches every function that reads it."""

import json
from typing import Any

import boto3
import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse
from moto import mock_aws

from chalicelib.platform.config import Settings
from infra.deploy import parameters, secrets
from infra.deploy.stage import INFRA
from infra.packaging import bundle

ENTRIES = {
    "signing": "SigningSecretsArn",
    "authorize": "AuthorizeSecretsArn",
    "speech": "SpeechSecretsArn",
    "edge": "OriginSecretsArn",
}


def test_the_restarted_functions_are_those_that_read_the_entry() -> None:
    functions: dict[str, Any] = json.loads(bundle.build("local").template.read_text())["Resources"]
    for entry, parameter in ENTRIES.items():
        readers = {
            f["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("visionary-${Stage}-")
            for f in functions.values()
            if f["Type"] == "AWS::Serverless::Function"
            and parameter in json.dumps(f["Properties"]["Environment"]["Variables"].get("SECRETS_ARN", ""))
        }
        assert set(secrets.FUNCTIONS_BY_SECRET[entry]) == readers, entry


def test_the_entries_are_those_of_the_stack_and_described() -> None:
    declared = yaml_parse((INFRA / "secrets.yaml").read_text())["Resources"]
    names = {resource["Properties"]["Name"]["Fn::Sub"].rpartition("/")[2] for resource in declared.values()}
    assert names == set(secrets.ENTRIES)
    assert all(resource["Properties"]["Description"] for resource in declared.values())


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("secretsmanager")
        for entry, value in {"edge": {"ORIGIN_SECRET": "first" * 8}, "speech": {"SPEECHIFY_API_KEY": "old"}}.items():
            client.create_secret(Name=f"visionary/prod/{entry}", SecretString=json.dumps(value))
        yield client


def value(client: Any, entry: str, **version: str) -> dict[str, str]:
    read: dict[str, str] = json.loads(
        client.get_secret_value(SecretId=f"visionary/prod/{entry}", **version)["SecretString"]
    )
    return read


def test_a_new_value_keeps_the_others_and_the_previous_version(stored: Any) -> None:
    secrets.put("prod", "speech", "OPENAI_TTS_API_KEY", "another")
    secrets.put("prod", "speech", "SPEECHIFY_API_KEY", "new")
    assert value(stored, "speech") == {"SPEECHIFY_API_KEY": "new", "OPENAI_TTS_API_KEY": "another"}
    assert value(stored, "speech", VersionStage="AWSPREVIOUS")["SPEECHIFY_API_KEY"] == "old"


def test_the_previous_origin_secret_stays_valid_and_no_older_one(stored: Any) -> None:
    for new in ("second" * 7, "third" * 8):
        secrets.put("prod", "edge", "ORIGIN_SECRET", new)
    stored_secrets = value(stored, "edge")["ORIGIN_SECRET"]
    assert stored_secrets == f"{'third' * 8},{'second' * 7}"
    arn = {"OriginSecretsArn": "visionary/prod/edge"}
    assert parameters.origin_header({}, arn) == "third" * 8
    both = Settings.model_validate(
        {"stage": "prod", "incoming_bucket": "i", "library_bucket": "l", "origin_secret": stored_secrets}
    )
    assert len(both.origin_secret) == 2
