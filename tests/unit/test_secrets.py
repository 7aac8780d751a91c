"""A new secret reaches every function that reads it."""

import json
from typing import Any

from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from infra import bundle, deploy, secrets

ENTRIES = {"signing": "SigningSecretsArn", "authorize": "AuthorizeSecretsArn", "speech": "SpeechSecretsArn"}


def test_the_functions_that_are_replaced_are_those_that_read_the_entry() -> None:
    functions: dict[str, Any] = json.loads(bundle.build("local").template.read_text())["Resources"]
    for entry, parameter in ENTRIES.items():
        readers = {
            f["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("visionary-${Stage}-")
            for f in functions.values()
            if f["Type"] == "AWS::Serverless::Function"
            and parameter in json.dumps(f["Properties"]["Environment"]["Variables"].get("SECRETS_ARN", ""))
        }
        assert set(secrets.READERS[entry]) == readers, entry


def test_every_entry_is_one_of_the_stack_and_each_of_its_values_is_described() -> None:
    made = yaml_parse((deploy.INFRA / "secrets.yaml").read_text())["Resources"]
    names = {resource["Properties"]["Name"]["Fn::Sub"].rpartition("/")[2] for resource in made.values()}
    assert names == set(secrets.ENTRIES)
    assert all(resource["Properties"]["Description"] for resource in made.values())
