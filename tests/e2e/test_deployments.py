"""Deployments to the emulator, with every stack that it supports: repeated, updated, failed, and destroyed.

The network and the database are missing: the emulator has no egress-only gateway, IPv6 range or flow log, and creates databases
with Docker only. tests/unit/infra/test_cloud_stacks.py and cfn-lint check those. Twenty deployments take minutes:
`make test-deployments`.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from alembic.script import ScriptDirectory

from chalicelib.api.origin_verification import HEADER
from infra.deploy import secrets
from infra.deploy.stage import template
from localstack.emulator import REGION
from localstack.home import ROOT
from tests.support.deployer import Deployer, copy_project
from tests.support.local_stack import ACCOUNT, LIBRARY, DeployedStack, aws_error_code, wait_until

pytestmark = pytest.mark.long

DEPLOYED_STACKS = ("storage", "identity", "functions", "edge", "monitoring")
DENIED = {"AccessDenied", "AccessDeniedException"}
SENTINEL = "media/a-user/an-item/original"
ORIGIN_SECRET = "only the distribution sends this " * 2


@pytest.fixture(scope="module")
def deployed(disposable_stack: DeployedStack) -> Deployer:
    deployer = Deployer(disposable_stack, {"ORIGIN_SECRET": ORIGIN_SECRET, "ACCESS_LOGS": "true"})
    # Without SIGNING_SECRET, secrets are in Parameter Store, as in the cloud; an earlier release had them in Secrets Manager.
    entry = json.dumps({"SIGNING_SECRET": disposable_stack.home.signing_secret()})
    former = disposable_stack.aws("secretsmanager").create_secret(Name="visionary/local/signing", SecretString=entry)
    deployer.variables |= {"SIGNING_SECRET": "", "SIGNING_SECRETS_ARN": former["ARN"]}
    first = deployer.steps("--all")
    assert first["secrets"] == "2 created"
    assert {part: first[part] for part in ("edge", "monitoring")} == {"edge": "created", "monitoring": "created"}
    disposable_stack.aws("s3").put_object(Bucket=LIBRARY, Key=SENTINEL, Body=b"a user's document")
    return deployer


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return a copy of the project, for a test to break."""
    return copy_project(tmp_path / "project")


def test_a_repeated_deployment_changes_nothing(deployed: Deployer) -> None:
    outcomes = deployed.steps("--all")
    assert {part: outcomes[part] for part in DEPLOYED_STACKS} == dict.fromkeys(DEPLOYED_STACKS, "unchanged")
    planned = deployed.deploy("--all", "--plan")
    assert planned.stdout.count("unchanged") == len(DEPLOYED_STACKS), planned.stdout


def test_a_changed_setting_is_planned_and_then_updated_in_place(deployed: Deployer) -> None:
    before = deployed.stack.aws("apigateway").get_rest_apis()["items"]
    deployed.variables["TRASH_DAYS"] = "14"
    planned = deployed.deploy("--all", "--plan")
    assert "APIHandler (AWS::Lambda::Function)" in planned.stdout
    assert "storage: unchanged" in planned.stdout
    variables = deployed.stack.aws("lambda").get_function_configuration(FunctionName="visionary-local-api")
    assert variables["Environment"]["Variables"]["TRASH_DAYS"] == "30", "a plan changed something"
    outcomes = deployed.steps("--all")
    assert outcomes["functions"] == "updated"
    assert outcomes["storage"] == outcomes["edge"] == "unchanged"
    variables = deployed.stack.aws("lambda").get_function_configuration(FunctionName="visionary-local-api")
    assert variables["Environment"]["Variables"]["TRASH_DAYS"] == "14"
    assert [api["id"] for api in deployed.stack.aws("apigateway").get_rest_apis()["items"]] == [a["id"] for a in before]


def test_secrets_are_copied_from_an_earlier_release_once_and_read_by_the_functions(deployed: Deployer) -> None:
    stack, path = deployed.stack, secrets.path("local")
    stored = stack.aws("ssm").get_parameters(Names=[f"{path}/{name}" for name in secrets.READERS], WithDecryption=True)
    values = {parameter["Name"].rpartition("/")[2]: parameter["Value"] for parameter in stored["Parameters"]}
    assert values == {"SIGNING_SECRET": stack.home.signing_secret(), "ORIGIN_SECRET": ORIGIN_SECRET}
    variables = stack.aws("lambda").get_function_configuration(FunctionName="visionary-local-api")["Environment"]
    assert variables["Variables"]["SIGNING_SECRET"] == variables["Variables"]["ORIGIN_SECRET"] == ""
    assert deployed.version()
    own, other = f"{path}/ORIGIN_SECRET", f"{path}/SIGNING_SECRET"
    authorizer = stack.aws("ssm", stack.role_credentials("authorize"))
    assert authorizer.get_parameters(Names=[own], WithDecryption=True)["Parameters"]
    assert aws_error_code(lambda: authorizer.get_parameters(Names=[other], WithDecryption=True)) in DENIED


def test_a_deployment_without_a_voices_key_is_refused_before_anything_changes(deployed: Deployer) -> None:
    before = deployed.version()
    for arguments in (("--all",), ("--all", "--plan")):
        deployed.variables["TTS_PROVIDERS"] = "speechify,espeak"
        refused = deployed.deploy(*arguments)
        del deployed.variables["TTS_PROVIDERS"]
        assert refused.returncode != 0
        assert "python -m infra.deploy.secrets --stage local SPEECHIFY_API_KEY" in refused.stderr
        assert "secrets  " not in refused.stdout, "a step was begun"
    assert deployed.version() == before


def test_access_logs_can_be_disabled_and_enabled_again(deployed: Deployer) -> None:
    logs = deployed.stack.aws("logs")
    (destination,) = logs.describe_delivery_destinations()["deliveryDestinations"]
    bucket = f"visionary-local-logs-{ACCOUNT}-{REGION}"
    assert destination["deliveryDestinationConfiguration"]["destinationResourceArn"].endswith(f":::{bucket}")
    # The emulator finds no change where only a condition differs, hence the price class.
    for enabled, deliveries, price_class in (("false", 0, "PriceClass_200"), ("true", 1, "PriceClass_100")):
        deployed.variables |= {"ACCESS_LOGS": enabled, "PRICE_CLASS": price_class}
        assert deployed.steps("--all")["edge"] == "updated"
        assert len(logs.describe_deliveries()["deliveries"]) == deliveries


def test_page_and_api_share_the_distributions_domain(deployed: Deployer) -> None:
    (distribution,) = deployed.stack.aws("cloudfront").list_distributions()["DistributionList"]["Items"]
    label = distribution["DomainName"].partition(".")[0]
    bucket = f"visionary-local-web-{ACCOUNT}-{REGION}"
    deployed.stack.aws("s3").put_object(Bucket=bucket, Key="seen.txt", Body=b"by the distribution")
    host = {"Host": f"{label}.cloudfront.localhost:{deployed.stack.url.rpartition(':')[2]}"}
    page = requests.get(f"{deployed.stack.url}/seen.txt", headers=host, timeout=30)
    assert (page.status_code, page.content) == (200, b"by the distribution")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    alive = requests.get(f"{deployed.stack.url}/api/health/live", headers=host, timeout=30)
    assert alive.json()["status"] == "healthy"
    rejected = requests.get(f"{deployed.stack.url}/api/v1/media", headers=host, timeout=30)
    assert rejected.status_code == 401


def test_requests_that_bypass_the_distribution_are_rejected(deployed: Deployer) -> None:
    (distribution,) = deployed.stack.aws("cloudfront").list_distributions()["DistributionList"]["Items"]
    label = distribution["DomainName"].partition(".")[0]
    host = {"Host": f"{label}.cloudfront.localhost:{deployed.stack.url.rpartition(':')[2]}"}
    token = {"Authorization": f"Bearer {deployed.stack.token('any-user')}"}
    for header in ({}, {HEADER: "a guess"}):
        via_cloudfront = requests.get(f"{deployed.stack.url}/api/v1/media", headers=host | token | header, timeout=30)
        assert via_cloudfront.status_code == 200, via_cloudfront.text
        direct = deployed.stack.call("GET", "/v1/media", user="another-user", headers=header)
        assert direct.status_code == 401, direct.text
        # a response of the authorizer that the gateway has cached does not help, either
        for path in ("/v1/media", "/health", "/health/live"):
            direct = deployed.stack.call("GET", path, user="any-user", headers=header)
            assert direct.status_code in {401, 403}, f"{path}: {direct.text}"
        assert deployed.stack.call("GET", "/health", headers=header).json()["code"] == "misdirected_request"


# ---- alarms ------------------------------------------------------------------------------------------------------------------


def test_server_errors_raise_the_alarm_that_sends_a_release_back(deployed: Deployer) -> None:
    """Only alarms without metric math are deployed here; tests/unit/infra/test_alarms.py replays all of them."""
    cloudwatch, now = deployed.stack.aws("cloudwatch"), datetime.now(UTC)
    for minutes_ago in range(6):
        datum = {
            "MetricName": "5XXError",
            "Dimensions": [{"Name": "ApiName", "Value": "visionary-local"}, {"Name": "Stage", "Value": "api"}],
            "Value": 1,
            "Timestamp": now - timedelta(minutes=minutes_ago),
        }
        cloudwatch.put_metric_data(Namespace="AWS/ApiGateway", MetricData=[datum])

    def state() -> str:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=["visionary-local-api-failing"])["MetricAlarms"]
        return str(alarm["StateValue"])

    wait_until(lambda: state() == "ALARM", seconds=30, event="the alarm")


# ---- releases that fail ------------------------------------------------------------------------------------------------------


def test_a_release_that_fails_its_smoke_test_is_rolled_back(deployed: Deployer, broken: Path) -> None:
    before = deployed.version()
    health = broken / "chalicelib/api/routes/health.py"
    health.write_text(health.read_text().replace('"storage": storage.check,', '"storage": lambda: 1 / 0,'))
    assert "1 / 0" in health.read_text()
    deployed.variables["SMOKE_PATIENCE_S"] = "3"
    completed = deployed.deploy("--all", project=broken)
    del deployed.variables["SMOKE_PATIENCE_S"]
    assert completed.returncode != 0
    assert f"{before} is restored" in completed.stderr
    assert deployed.version() == before
    assert deployed.steps("--all")["functions"] == "unchanged", "the last good release is not deployed"


def test_a_failed_migration_stops_a_release_before_the_functions_change(deployed: Deployer, broken: Path) -> None:
    versions = broken / "chalicelib/migrations/versions"
    newest = ScriptDirectory(ROOT / "chalicelib" / "migrations").get_current_head()
    (versions / "20990101000001_wrong.py").write_text(
        f'revision, down_revision = "20990101000001", "{newest}"\n'
        "from alembic import op\n\n\ndef upgrade():\n    op.execute('CREATE TABLE half (); SELECT 1 / 0')\n"
    )
    functions = deployed.stack.aws("lambda")
    before = {f["FunctionName"]: f["CodeSha256"] for f in functions.list_functions()["Functions"]}
    completed = deployed.deploy("--all", project=broken)
    assert completed.returncode != 0
    assert "A migration failed and was rolled back" in completed.stderr
    assert "division by zero" in completed.stderr
    assert {f["FunctionName"]: f["CodeSha256"] for f in functions.list_functions()["Functions"]} == before
    assert deployed.version()


# ---- the end -----------------------------------------------------------------------------------------------------------------


def test_a_destroyed_stage_keeps_its_data_and_can_be_deployed_again(deployed: Deployer) -> None:
    completed = deployed.deploy("--destroy")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert "visionary-local-functions: deleted" in completed.stdout
    assert deployed.stack.aws("lambda").list_functions()["Functions"] == []
    stored = deployed.stack.aws("s3").get_object(Bucket=LIBRARY, Key=SENTINEL)["Body"].read()
    assert stored == b"a user's document"
    deployed.kill_at("storage")
    deployed.kill_at("bundle")  # while the functions are created, or just before
    outcomes = deployed.steps("--all")
    assert outcomes["edge"] == "created"
    assert outcomes["secrets"] == "unchanged"
    assert outcomes["functions"] in {"created", "updated", "unchanged"}, "CloudFormation finishes what it has started"
    assert deployed.version()


def test_data_is_deleted_only_by_name_and_then_nothing_is_left(deployed: Deployer) -> None:
    s3 = deployed.stack.aws("s3")
    rejected = deployed.deploy("--destroy", "--with-data", "yes")
    assert rejected.returncode != 0
    assert "--with-data visionary-local" in rejected.stderr
    assert aws_error_code(lambda: s3.head_object(Bucket=LIBRARY, Key=SENTINEL)) == ""
    completed = deployed.deploy("--destroy", "--with-data", "visionary-local")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("visionary-local")] == []
    stacks = deployed.stack.aws("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == []
    assert deployed.stack.aws("ssm").describe_parameters()["Parameters"] == []
    assert deployed.stack.aws("secretsmanager").list_secrets()["SecretList"] == []
    assert not os.environ.get("AWS_ENDPOINT_URL"), "this test must reach the emulator by its own settings only"


def test_a_stage_of_an_earlier_release_keeps_the_names_of_its_buckets(deployed: Deployer) -> None:
    del deployed.variables["SIGNING_SECRETS_ARN"]  # deleted with the data
    values = {"Stage": "local", "CorsOrigins": "http://localhost", "RequireTls": "false", "BucketSuffix": ""}
    deployed.stack.aws("cloudformation").create_stack(
        StackName="visionary-local-storage",
        TemplateBody=template("storage"),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
    )
    s3 = deployed.stack.aws("s3")
    wait_until(lambda: len(deployed.stack.aws("sqs").list_queues().get("QueueUrls", [])) > 0, event="the stack")
    s3.put_object(Bucket=f"visionary-local-library-{ACCOUNT}", Key=SENTINEL, Body=b"of 0.1")
    assert deployed.steps()["storage"] == "updated"
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if bucket["Name"].startswith("visionary-local")}
    assert f"visionary-local-library-{ACCOUNT}" in names
    assert LIBRARY not in names
    api = deployed.stack.aws("lambda").get_function_configuration(FunctionName="visionary-local-api")
    assert api["Environment"]["Variables"]["LIBRARY_BUCKET"] == f"visionary-local-library-{ACCOUNT}"
    completed = deployed.deploy("--destroy", "--with-data", "visionary-local")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    left = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if bucket["Name"].startswith("visionary-local")]
    assert left == []
