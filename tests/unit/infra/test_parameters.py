"""The parameters of a deployment: their sources, the values that derive from others, and missing ones."""

import json
from typing import Any

import pytest
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

from infra.deploy import parameters
from infra.deploy.stacks import DeployError
from infra.deploy.stage import INFRA, STACKS, STAGES, Stage


def test_every_parameter_is_an_output_of_an_earlier_stack_or_has_a_default(functions: dict[str, Any]) -> None:
    computed = {
        "Stage", "CorsOrigins", "Version", "CodeKey", "AudioChecksLayerKey", "AudioExportLayerKey", "DocumentsLayerKey",
        "MigrationsLayerKey", "RecognitionLayerKey", "VoiceLayerKey",
        "ApiOriginDomain", "ApiOriginPath", "ApiOriginPort", "PagePolicy", "PublicApiUrl", "OriginHeader",
        "SecretsPath", "BucketSuffix",
    }  # fmt: skip
    stages = json.loads((INFRA / "stages.json").read_text())
    available, declared = computed, set[str]()
    for part in STACKS:
        template = functions if part == "functions" else yaml_parse((INFRA / f"{part}.yaml").read_text())
        parameters = template["Parameters"]
        for stage in STAGES:
            assert not {n for n, p in parameters.items() if "Default" not in p} - available - set(stages[stage]), (
                part,
                stage,
            )
        available, declared = available | set(template.get("Outputs", {})), declared | set(parameters)
    for stage in STAGES:
        assert set(stages[stage]) <= declared, "a setting of no template"


def test_a_parameter_that_replaces_a_stack_is_an_output_of_it() -> None:
    for part, names in parameters.REPLACES_STACK.items():
        outputs = set(yaml_parse((INFRA / f"{part}.yaml").read_text())["Outputs"])
        assert names & outputs, f"{part} has none of the outputs {names}"


@pytest.mark.parametrize(
    ("stage", "environment", "message"),
    [
        ("local", {"AWS_DEFAULT_REGION": "us-east-1"}, "set AWS_ENDPOINT_URL"),
        (
            "local",
            {"AWS_ENDPOINT_URL": "https://s3.example.org", "AWS_DEFAULT_REGION": "us-east-1"},
            "for the emulator",
        ),
        ("prod", {"AWS_ENDPOINT_URL": "http://localhost:4566", "AWS_DEFAULT_REGION": "us-east-1"}, "unset it"),
        ("prod", {}, "AWS_DEFAULT_REGION"),
    ],
)
def test_a_deployment_to_the_wrong_endpoint_is_rejected(stage: str, environment: dict[str, str], message: str) -> None:
    with pytest.raises(DeployError, match=message):
        parameters.check_target(stage, environment)


def test_a_cloud_deployment_names_every_missing_setting(
    functions: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    environment = {"AWS_DEFAULT_REGION": "us-east-1", "DATABASE_URL": "postgresql://visionary_app@db/visionary"}
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    prod = Stage("prod", environment, print)
    with pytest.raises(DeployError) as rejected:
        prod.parameters("functions", functions["Parameters"])
    for variable in (
        "SWEEP_DATABASE_URL",
        "MIGRATION_DATABASE_URL",
        "SUBNET_IDS",
        "SECURITY_GROUP_IDS",
        "CORS_ORIGINS",
    ):
        assert variable in str(rejected.value)
    assert " DATABASE_URL" not in str(rejected.value)


@pytest.mark.parametrize(
    ("parameter", "variable"),
    [("SubnetIds", "SUBNET_IDS"), ("S3PublicEndpointUrl", "S3_PUBLIC_ENDPOINT_URL"), ("Stage", "STAGE")],
)
def test_a_parameter_has_the_environment_variable_of_its_name(parameter: str, variable: str) -> None:
    assert parameters.environment_name(parameter) == variable


@pytest.mark.parametrize(
    ("environment", "edge", "origins", "api"),
    [
        ({}, {}, parameters.PLACEHOLDER_ORIGIN, ""),
        ({}, {"SiteUrl": "https://d1.cloudfront.net"}, "https://d1.cloudfront.net", "https://d1.cloudfront.net/api"),
        ({"DOMAIN_NAME": "m.example"}, {"SiteUrl": "https://d1"}, "https://m.example", "https://m.example/api"),
        (
            {"DOMAIN_NAME": "m.example", "CORS_ORIGINS": "https://m.example, https://other.example"},
            {},
            "https://m.example,https://other.example",
            "https://m.example/api",
        ),
        (
            {"DOMAIN_NAME": "m.example", "CORS_ORIGINS": "http://localhost:5173/,,https://M.example"},
            {},
            "https://m.example,http://localhost:5173",
            "https://m.example/api",
        ),
        ({"PUBLIC_API_URL": "https://api.example"}, {"SiteUrl": "https://d1"}, "https://d1", "https://api.example"),
    ],
)
def test_allowed_origins_and_the_public_url_derive_from_the_pages_address(
    environment: dict[str, str], edge: dict[str, str], origins: str, api: str
) -> None:
    assert parameters.addresses(environment, edge) == {"CorsOrigins": origins, "PublicApiUrl": api}


def test_a_pattern_among_the_origins_ends_a_deployment_with_its_name() -> None:
    with pytest.raises(DeployError, match=r"CORS_ORIGINS: 'https://\*\.example\.com' is a pattern"):
        parameters.addresses({"CORS_ORIGINS": "https://*.example.com"}, {})


@pytest.mark.parametrize(
    ("existing", "suffix"),
    [
        (None, "-eu-central-1"),
        ("visionary-prod-incoming-123456789012", ""),
        ("visionary-prod-incoming-123456789012-us-east-1", "-us-east-1"),
    ],
)
def test_existing_buckets_keep_their_names_and_new_ones_end_with_the_region(existing: str | None, suffix: str) -> None:
    assert parameters.bucket_suffix(existing, "eu-central-1") == suffix


@pytest.mark.parametrize(
    ("environment", "tested"),
    [
        ({}, "https://d1.cloudfront.net/api"),
        ({"DOMAIN_NAME": "m.example", "HOSTED_ZONE_ID": "Z1"}, "https://m.example/api"),
        (
            {"DOMAIN_NAME": "m.example", "CERTIFICATE_ARN": "arn:aws:acm:us-east-1:1:c/1"},
            "https://d1.cloudfront.net/api",
        ),
    ],
)
def test_a_deployment_is_tested_at_a_name_that_exists_already(environment: dict[str, str], tested: str) -> None:
    site = f"https://{environment.get('DOMAIN_NAME', 'd1.cloudfront.net')}"
    outputs = {"SiteUrl": site, "DistributionDomain": "d1.cloudfront.net"}
    assert parameters.api_url(environment, outputs) == tested
