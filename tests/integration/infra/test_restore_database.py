"""A restored database replaces the one in use with everything around it, rehearsed on the emulator.

The emulator creates databases in name only: what can be rehearsed is the stack, its parameters and its outputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.deploy import restore
from infra.deploy.stacks import DeployError, Stacks, Template
from infra.deploy.stage import template
from localstack import emulator
from localstack.emulator import Emulator

STACK = "visionary-dev-database"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


@dataclass
class DatabaseStack:
    """The database stack of a stage, deployed into the emulator."""

    stacks: Stacks
    base: dict[str, str]

    def deploy(self, changed: dict[str, str]) -> str:
        """Deploy with these parameters and those that the stack has kept, as a deployment does."""
        body = json.loads(template("database"))
        del body["Outputs"]["DatabaseAdminSecretArn"]  # the emulator creates no master user's secret
        kept = {name: value for name, value in self.outputs().items() if name in body["Parameters"]}
        declared = {name: value for name, value in changed.items() if name in body["Parameters"]}
        return self.stacks.apply(STACK, Template(json.dumps(body)), self.base | kept | declared)

    def outputs(self) -> dict[str, str]:
        return self.stacks.outputs(STACK)


@pytest.fixture(params=["aurora", "postgres"])
def stack(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseStack]:
    aws = Emulator(tmp_path / "aws", emulator.listen(range(46_200, 46_260)))
    aws.start()
    for name, value in emulator.CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", emulator.REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{aws.port}")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it keeps the credentials of whoever used it first
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"] for n in (0, 1)]
    group = ec2.create_security_group(GroupName="database", Description="database", VpcId=vpc)["GroupId"]
    base = {
        "Stage": "dev",
        "SubnetIds": ",".join(subnets),
        "DatabaseSecurityGroupId": group,
        "DatabaseEngine": request.param,
    }
    deployed = DatabaseStack(Stacks(boto3.client("cloudformation"), report=print, poll_s=0.05), base)
    deployed.deploy({})
    yield deployed
    aws.stop()


def describe(outputs: dict[str, str], identifier: str) -> dict[str, Any]:
    """Return what surrounds a database: its network, sign-in, backups and protection."""
    rds = boto3.client("rds")
    if outputs["DatabaseDimension"] == "DBClusterIdentifier":
        (found,) = rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"]
        names = ("DBSubnetGroup", "VpcSecurityGroups", "IAMDatabaseAuthenticationEnabled", "DeletionProtection")
        return {name: found[name] for name in (*names, "BackupRetentionPeriod", "Engine")}
    (instance,) = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    names = ("VpcSecurityGroups", "IAMDatabaseAuthenticationEnabled", "DeletionProtection", "DBInstanceClass")
    group = instance["DBSubnetGroup"]["DBSubnetGroupName"]
    return {"group": group} | {name: instance[name] for name in names}


def test_a_restored_database_has_the_surroundings_of_the_first_and_takes_its_place(stack: DatabaseStack) -> None:
    before = stack.outputs()
    assert stack.deploy(restore.parameters(before, None, NOW)) == "updated"
    after = stack.outputs()
    assert after["DatabaseIdentifier"] == "visionary-dev-20261122-103000"
    assert after["RestoredFrom"] == "visionary-dev"
    assert describe(after, "visionary-dev-20261122-103000") == describe(before, "visionary-dev")  # and that one is kept
    for address in ("DatabaseUrl", "SweepDatabaseUrl", "MigrationDatabaseUrl"):  # functions follow by these
        assert after["DatabaseHost"] in after[address]
        assert after[address] != before[address]
    assert after["DatabaseResourceId"] != before["DatabaseResourceId"]  # the right to sign in names it


def test_a_later_deployment_keeps_the_restored_database(stack: DatabaseStack) -> None:
    stack.deploy(restore.parameters(stack.outputs(), None, NOW))
    restored = stack.outputs()
    assert stack.deploy({}) == "unchanged"
    assert stack.deploy({"BackupDays": "7"}) == "updated"
    assert stack.outputs() == restored


def test_a_moment_outside_the_backups_is_refused_with_the_moments_that_are_inside(stack: DatabaseStack) -> None:
    if stack.base["DatabaseEngine"] == "postgres":
        pytest.skip("the emulator has no automated backups of instances")
    with pytest.raises(DeployError, match=r"any second from 20\d\d-.*Z to 20\d\d-.*Z, not to 2020-01-01T00:00:00Z"):
        restore.check_restorable(stack.outputs(), datetime(2020, 1, 1, tzinfo=UTC))
