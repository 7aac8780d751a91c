"""Destroy a stage. Its data is kept unless the operator confirms by name that it is to be deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.deploy import secrets
from infra.deploy.stacks import DeployError
from infra.deploy.stage import Stage

# Both in the order in which the stacks can be deleted.
STATELESS = ("monitoring", "edge", "functions")
STATEFUL = ("identity", "storage", "secrets", "database", "network")  # the secrets stack is of releases before 0.2.0
BUCKETS = ("incoming", "library", "backups", "anchors", "web", "artifacts", "logs")
LOCKED = "-anchors-"  # in the name of a bucket with a retention lock, which the operator's permissions must bypass


def destroy_stage(stage: Stage, *, with_data: str | None) -> None:
    """Destroy a stage; keep its data unless `with_data` confirms the deletion by name. Raises DeployError."""
    if with_data is not None:
        confirm(stage.name, with_data)
    identity, database = stage.load_outputs("identity"), stage.load_outputs("database")
    _delete_stacks(stage, STATELESS)
    if with_data is None:
        return
    disable_deletion_protection(database.get("DatabaseIdentifier"), database.get("DatabaseDimension"))
    delete_buckets(bucket_names(stage), stage.report)
    secrets.delete(stage.name)
    delete_user_pool(identity.get("UserPoolId"))
    _delete_stacks(stage, STATEFUL)


def _delete_stacks(stage: Stage, parts: Iterable[str]) -> None:
    for part in parts:
        name = stage.stack_name(part)
        stage.report(f"{name}: {stage.stacks(part).delete(name)}")


def confirm(stage: str, typed_name: str | None) -> None:
    """Raise DeployError unless the operator typed the name of what will be deleted."""
    if typed_name != f"visionary-{stage}":
        raise DeployError(
            f"This deletes every document, recording, account and backup of {stage}; only a final snapshot of the database is"
            f" kept. To continue, add: --with-data visionary-{stage}"
        )


def bucket_names(stage: Stage) -> list[str]:
    """Return the names of the stage's buckets in this region; another region may have a stage of the same name."""
    account, region = boto3.client("sts").get_caller_identity()["Account"], boto3.session.Session().region_name
    ends = {name: {f"{account}{stage.load_bucket_suffix()}"} for name in BUCKETS}
    ends["logs"].add(f"{account}-{region}")  # in every stage; before 0.2.0, logs were in us-east-1
    return [f"visionary-{stage.name}-{name}-{end}" for name in BUCKETS for end in sorted(ends[name])]


def delete_buckets(names: Iterable[str], report: Callable[[str], None]) -> None:
    """Empty buckets, old versions included, and delete them: their stacks retain them."""
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    for bucket in names:
        try:
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                versions = [{"Key": e["Key"], "VersionId": e["VersionId"]} for e in entries]
                if versions:
                    bypass: Any = {"BypassGovernanceRetention": True} if LOCKED in bucket else {}
                    s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True}, **bypass)  # type: ignore[typeddict-item]
            s3.delete_bucket(Bucket=bucket)
            report(f"{bucket}: deleted")
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchBucket", "404"}:
                raise


def disable_deletion_protection(database: str | None, dimension: str | None) -> None:
    """Allow the database's stack to delete it. A final snapshot is kept; the operator deletes it by hand."""
    client = boto3.client("rds")
    if database and dimension == "DBClusterIdentifier":
        client.modify_db_cluster(DBClusterIdentifier=database, DeletionProtection=False, ApplyImmediately=True)
    elif database:
        client.modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=False, ApplyImmediately=True)


def delete_user_pool(user_pool: str | None) -> None:
    """Delete the user pool, which its stack retains."""
    if user_pool is None:
        return
    client = boto3.client("cognito-idp")
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        client.update_user_pool(UserPoolId=user_pool, DeletionProtection="INACTIVE")
        client.delete_user_pool(UserPoolId=user_pool)
