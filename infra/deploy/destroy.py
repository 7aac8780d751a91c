"""Take a stage away. What people put into it stays, unless the operator says otherwise by name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.deploy.stacks import DeployError, Stacks

BUCKETS = ("incoming", "library", "web", "artifacts", "logs")
SECRETS = ("signing", "authorize", "speech", "edge")


def stage(
    name: str,
    passing: Iterable[tuple[str, Stacks]],
    lasting: Iterable[tuple[str, Stacks]],
    known: Mapping[str, str],
    *,
    with_data: str | None,
    report: Callable[[str], None],
) -> None:
    """Take a stage away; `lasting` stacks and what users put into them only when the name was typed. Raises DeployError."""
    if with_data is not None:
        confirm(name, with_data)
    remove_stacks(passing, report)
    if with_data is None:
        return
    unprotect(known.get("DatabaseIdentifier"), known.get("DatabaseDimension"))
    remove_buckets(name, boto3.client("sts").get_caller_identity()["Account"], report)
    remove_secrets(name)
    remove_users(known.get("UserPoolId"))
    remove_stacks(lasting, report)


def remove_stacks(stacks: Iterable[tuple[str, Stacks]], report: Callable[[str], None]) -> None:
    """Delete these stacks, in this order. Raises DeployError with what keeps one."""
    for name, where in stacks:
        report(f"{name}: {where.remove(name)}")


def confirm(stage: str, said: str | None) -> None:
    """Raise DeployError unless the operator typed what is lost."""
    if said != f"visionary-{stage}":
        raise DeployError(
            f"This deletes every document, recording and account of {stage}; a last snapshot of the database is all that"
            f" stays. To go on, add: --with-data visionary-{stage}"
        )


def remove_buckets(stage: str, account: str, report: Callable[[str], None]) -> None:
    """Empty the stage's buckets, old versions included, and remove them: their stacks keep them."""
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    for name in BUCKETS:
        bucket = f"visionary-{stage}-{name}-{account}"
        try:
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                versions = [{"Key": e["Key"], "VersionId": e["VersionId"]} for e in entries]
                if versions:
                    s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})  # type: ignore[typeddict-item]
            s3.delete_bucket(Bucket=bucket)
            report(f"{bucket}: removed")
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchBucket", "404"}:
                raise


def remove_secrets(stage: str) -> None:
    """Remove the stage's secrets at once: a new stage of the same name wants to make its own."""
    client = boto3.client("secretsmanager")
    for name in SECRETS:
        with contextlib.suppress(client.exceptions.ResourceNotFoundException):
            client.delete_secret(SecretId=f"visionary/{stage}/{name}", ForceDeleteWithoutRecovery=True)


def unprotect(database: str | None, dimension: str | None) -> None:
    """Let the database's stack delete it; a last snapshot stays, which is yours to delete."""
    client = boto3.client("rds")
    if database and dimension == "DBClusterIdentifier":
        client.modify_db_cluster(DBClusterIdentifier=database, DeletionProtection=False, ApplyImmediately=True)
    elif database:
        client.modify_db_instance(DBInstanceIdentifier=database, DeletionProtection=False, ApplyImmediately=True)


def remove_users(user_pool: str | None) -> None:
    """Remove the user pool, which its stack keeps."""
    if user_pool is None:
        return
    client = boto3.client("cognito-idp")
    with contextlib.suppress(client.exceptions.ResourceNotFoundException):
        client.update_user_pool(UserPoolId=user_pool, DeletionProtection="INACTIVE")
        client.delete_user_pool(UserPoolId=user_pool)
