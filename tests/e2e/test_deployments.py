"""A deployment's life on the emulator, with every stack it knows: twice, an update, releases that fail, and the end.

The network and the database are missing: the emulator has no egress-only gateway, no IPv6 block, no flow log, and makes
databases with Docker only. tests/unit/infra/test_cloud_stacks.py and cfn-lint look at those.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from alembic.script import ScriptDirectory

from chalicelib.api.origin_verification import HEADER
from chalicelib.platform import config
from chalicelib.platform.telemetry import observability
from chalicelib.platform.telemetry.observability import DIMENSIONS, Metric
from localstack.environment import deployment_environment
from localstack.home import ROOT
from tests.support.local_stack import ACCOUNT, LIBRARY, DeployedStack, aws_error_code, wait_until

MADE = ("storage", "identity", "functions", "edge", "monitoring")
SENTINEL = "media/somebody/something/original"
ORIGIN_SECRET = "what only the distribution says " * 2


@dataclass
class Deployed:
    """The stack, and the project's command that changes it."""

    stack: DeployedStack
    variables: dict[str, str] = field(default_factory=lambda: {"ORIGIN_SECRET": ORIGIN_SECRET})

    def deploy(self, *arguments: str, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
        # On this machine the page is a matter of the stack's own tests.
        environment = deployment_environment(self.stack.home) | {"PYTHONDONTWRITEBYTECODE": "1"} | self.variables
        return subprocess.run(
            [sys.executable, "-m", "infra.deploy.deploy", "--stage", "local", *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def kill_at(self, step: str) -> None:
        """Begin a deployment and kill it as soon as a step is over."""
        environment = deployment_environment(self.stack.home) | {"PYTHONDONTWRITEBYTECODE": "1"} | self.variables
        command = [sys.executable, "-m", "infra.deploy.deploy", "--stage", "local"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as begun:
            assert begun.stdout is not None
            assert any(line.startswith(f"  {step} ") for line in begun.stdout), f"there was no step {step}"
            begun.kill()

    def steps(self, *arguments: str) -> dict[str, str]:
        """What became of each step of a deployment that succeeds."""
        done = self.deploy(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = [line[2:].rsplit(maxsplit=2)[0] for line in done.stdout.splitlines() if line.endswith(" s")]
        return {line[:10].strip(): line[10:].strip() for line in lines}

    def version(self) -> str:
        answer = requests.get(f"{self.stack.api}/health", headers={HEADER: ORIGIN_SECRET}, timeout=30)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["version"])


@pytest.fixture(scope="module")
def deployed(disposable_stack: DeployedStack) -> Deployed:
    made = Deployed(disposable_stack)
    first = made.steps("--all")
    assert {part: first[part] for part in ("edge", "monitoring")} == {"edge": "created", "monitoring": "created"}
    disposable_stack.aws("s3").put_object(Bucket=LIBRARY, Key=SENTINEL, Body=b"what people put here")
    return made


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of what a release is made of, to be broken."""
    copy = tmp_path / "project"
    copy.mkdir()
    for folder in ("chalicelib", "infra", ".chalice", "requirements"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "deploy*ments"))
    for file in ("app.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / file, copy)
    return copy


def test_the_same_again_changes_nothing(deployed: Deployed) -> None:
    again = deployed.steps("--all")
    assert {part: again[part] for part in MADE} == dict.fromkeys(MADE, "unchanged")
    planned = deployed.deploy("--all", "--plan")
    assert planned.stdout.count("unchanged") == len(MADE), planned.stdout


def test_a_changed_setting_is_planned_and_then_updated_in_place(deployed: Deployed) -> None:
    before = deployed.stack.aws("apigateway").get_rest_apis()["items"]
    deployed.variables["TRASH_DAYS"] = "14"
    planned = deployed.deploy("--all", "--plan")
    assert "APIHandler (AWS::Lambda::Function)" in planned.stdout
    assert "storage: unchanged" in planned.stdout
    variables = deployed.stack.aws("lambda").get_function_configuration(FunctionName="visionary-local-api")
    assert variables["Environment"]["Variables"]["TRASH_DAYS"] == "30", "a plan changed something"
    done = deployed.steps("--all")
    assert done["functions"] == "updated"
    assert done["storage"] == done["edge"] == "unchanged"
    variables = deployed.stack.aws("lambda").get_function_configuration(FunctionName="visionary-local-api")
    assert variables["Environment"]["Variables"]["TRASH_DAYS"] == "14"
    assert [api["id"] for api in deployed.stack.aws("apigateway").get_rest_apis()["items"]] == [a["id"] for a in before]


def test_page_and_api_share_the_distributions_name(deployed: Deployed) -> None:
    (distribution,) = deployed.stack.aws("cloudfront").list_distributions()["DistributionList"]["Items"]
    label = distribution["DomainName"].partition(".")[0]
    bucket = f"visionary-local-web-{ACCOUNT}"
    deployed.stack.aws("s3").put_object(Bucket=bucket, Key="seen.txt", Body=b"by the distribution")
    host = {"Host": f"{label}.cloudfront.localhost:{deployed.stack.url.rpartition(':')[2]}"}
    page = requests.get(f"{deployed.stack.url}/seen.txt", headers=host, timeout=30)
    assert (page.status_code, page.content) == (200, b"by the distribution")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    alive = requests.get(f"{deployed.stack.url}/api/health/live", headers=host, timeout=30)
    assert alive.json()["status"] == "healthy"
    refused = requests.get(f"{deployed.stack.url}/api/v1/media", headers=host, timeout=30)
    assert refused.status_code == 401


def test_nobody_comes_in_past_the_distribution(deployed: Deployed) -> None:
    (distribution,) = deployed.stack.aws("cloudfront").list_distributions()["DistributionList"]["Items"]
    label = distribution["DomainName"].partition(".")[0]
    host = {"Host": f"{label}.cloudfront.localhost:{deployed.stack.url.rpartition(':')[2]}"}
    token = {"Authorization": f"Bearer {deployed.stack.token('somebody')}"}
    for said in ({}, {HEADER: "a guess"}):
        by_it = requests.get(f"{deployed.stack.url}/api/v1/media", headers=host | token | said, timeout=30)
        assert by_it.status_code == 200, by_it.text
        past_it = deployed.stack.call("GET", "/v1/media", user="somebody else", headers=said)
        assert past_it.status_code == 401, past_it.text
        # an answer of the authorizer that the gateway still knows opens nothing, either
        for path in ("/v1/media", "/health", "/health/live"):
            past_it = deployed.stack.call("GET", path, user="somebody", headers=said)
            assert past_it.status_code in {401, 403}, f"{path}: {past_it.text}"
        assert deployed.stack.call("GET", "/health", headers=said).json()["code"] == "misdirected_request"


# ---- alarms ------------------------------------------------------------------------------------------------------------------


def published(line: str) -> Iterator[dict[str, Any]]:
    """What CloudWatch makes of a line in its embedded metric format."""
    told = json.loads(line)
    for directive in told["_aws"]["CloudWatchMetrics"]:
        for labels in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield {
                    "MetricName": metric["Name"],
                    "Dimensions": [{"Name": label, "Value": told[label]} for label in labels],
                    "Value": told[metric["Name"]][0],
                    "Unit": metric["Unit"],
                }


def test_what_the_code_publishes_raises_the_alarms(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"STAGE": "local", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Visionary")
    config.settings.cache_clear()
    bad = {Metric.SCAN_MS: 89_000, Metric.TIME_TO_FIRST_AUDIO_MS: 60_000, Metric.COST_USD: 500.0, Metric.FAILOVERS: 100}
    values = {"code": "malware", "provider": "polly", "queue": "ingest"}
    for metric in Metric:
        of = values.get(DIMENSIONS.get(metric, ""))
        observability.record_metrics({metric: bad.get(metric, 1)}, dimension_value=of)
    config.settings.cache_clear()
    cloudwatch = deployed.stack.aws("cloudwatch")
    now = datetime.now(UTC)
    for line in capsys.readouterr().out.splitlines():
        for datum in published(line):
            for periods_ago in range(3):
                at = now - timedelta(seconds=periods_ago * 900)
                cloudwatch.put_metric_data(Namespace="Visionary", MetricData=[datum | {"Timestamp": at}])

    def silent() -> set[str]:
        alarms = cloudwatch.describe_alarms(AlarmNamePrefix="visionary-local-")["MetricAlarms"]
        ours = [alarm for alarm in alarms if alarm["Namespace"] == "Visionary"]
        assert len(ours) >= 8
        return {alarm["AlarmName"] for alarm in ours if alarm["StateValue"] != "ALARM"}

    wait_until(lambda: not silent(), seconds=30, event=f"an alarm of {silent()}")


@pytest.mark.parametrize(
    ("alarm", "metric", "dimensions", "value"),
    [
        ("dead-letter-ingest", ("AWS/SQS", "ApproximateNumberOfMessagesVisible"), {"QueueName": "ingest-dead"}, 1),
        ("waits-speech-bulk", ("AWS/SQS", "ApproximateAgeOfOldestMessage"), {"QueueName": "speech-bulk"}, 4000),
        ("errors-api", ("AWS/Lambda", "Errors"), {"FunctionName": "api"}, 5),
        ("throttles-ingest", ("AWS/Lambda", "Throttles"), {"FunctionName": "ingest"}, 50),
    ],
)
def test_what_aws_publishes_raises_the_alarms(
    deployed: Deployed, alarm: str, metric: tuple[str, str], dimensions: dict[str, str], value: float
) -> None:
    cloudwatch, now = deployed.stack.aws("cloudwatch"), datetime.now(UTC)
    for minutes_ago in range(11):
        datum = {
            "MetricName": metric[1],
            "Dimensions": [{"Name": name, "Value": f"visionary-local-{of}"} for name, of in dimensions.items()],
            "Value": value,
            "Timestamp": now - timedelta(minutes=minutes_ago),
        }
        cloudwatch.put_metric_data(Namespace=metric[0], MetricData=[datum])

    def state() -> str:
        (found,) = cloudwatch.describe_alarms(AlarmNames=[f"visionary-local-{alarm}"])["MetricAlarms"]
        return str(found["StateValue"])

    wait_until(lambda: state() == "ALARM", seconds=30, event=f"the alarm {alarm}")


# ---- releases that fail ------------------------------------------------------------------------------------------------------


def test_a_release_that_fails_its_smoke_test_goes_back_by_itself(deployed: Deployed, broken: Path) -> None:
    before = deployed.version()
    health = broken / "chalicelib/api/routes/health.py"
    health.write_text(health.read_text().replace('"storage": storage.check,', '"storage": lambda: 1 / 0,'))
    assert "1 / 0" in health.read_text()
    deployed.variables["SMOKE_PATIENCE_S"] = "3"
    done = deployed.deploy("--all", project=broken)
    del deployed.variables["SMOKE_PATIENCE_S"]
    assert done.returncode != 0
    assert f"{before} serves again" in done.stderr
    assert deployed.version() == before
    assert deployed.steps("--all")["functions"] == "unchanged", "what serves is not the last good release"


def test_a_migration_that_fails_stops_a_release_before_anything_that_serves_has_changed(
    deployed: Deployed, broken: Path
) -> None:
    versions = broken / "chalicelib/migrations/versions"
    newest = ScriptDirectory(ROOT / "chalicelib" / "migrations").get_current_head()
    (versions / "20990101000001_wrong.py").write_text(
        f'revision, down_revision = "20990101000001", "{newest}"\n'
        "from alembic import op\n\n\ndef upgrade():\n    op.execute('CREATE TABLE half (); SELECT 1 / 0')\n"
    )
    functions = deployed.stack.aws("lambda")
    before = {f["FunctionName"]: f["CodeSha256"] for f in functions.list_functions()["Functions"]}
    done = deployed.deploy("--all", project=broken)
    assert done.returncode != 0
    assert "A migration failed and was rolled back" in done.stderr
    assert "division by zero" in done.stderr
    assert {f["FunctionName"]: f["CodeSha256"] for f in functions.list_functions()["Functions"]} == before
    assert deployed.version()


# ---- the end -----------------------------------------------------------------------------------------------------------------


def test_a_destroyed_stage_keeps_what_people_put_into_it_and_comes_back(deployed: Deployed) -> None:
    done = deployed.deploy("--destroy")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "visionary-local-functions: removed" in done.stdout
    assert deployed.stack.aws("lambda").list_functions()["Functions"] == []
    kept = deployed.stack.aws("s3").get_object(Bucket=LIBRARY, Key=SENTINEL)["Body"].read()
    assert kept == b"what people put here"
    deployed.kill_at("storage")
    deployed.kill_at("bundle")  # while the functions are made, or just before
    back = deployed.steps()
    assert back["functions"] in {"created", "updated", "unchanged"}, "what CloudFormation had begun it has ended"
    assert deployed.version()


def test_data_are_removed_only_by_name_and_then_nothing_is_left(deployed: Deployed) -> None:
    s3 = deployed.stack.aws("s3")
    refused = deployed.deploy("--destroy", "--with-data", "yes")
    assert refused.returncode != 0
    assert "--with-data visionary-local" in refused.stderr
    assert aws_error_code(lambda: s3.head_object(Bucket=LIBRARY, Key=SENTINEL)) == ""
    done = deployed.deploy("--destroy", "--with-data", "visionary-local")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("visionary-local")] == []
    stacks = deployed.stack.aws("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == []
    assert not os.environ.get("AWS_ENDPOINT_URL"), "this test reaches the emulator by its own settings only"
