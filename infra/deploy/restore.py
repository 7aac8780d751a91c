"""Restore of a stage's database to an earlier moment, as a new database beside it.

The database's own template restores it: parameters name the source and the moment, so that the new one gets the same network,
parameter groups, sign-in, scaling and logs as the first. Functions and alarms follow it by the stack's outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import boto3

from infra.deploy.stacks import DeployError

LATEST = "latest"


def parse_moment(text: str) -> datetime | None:
    """Return a moment in UTC, or None for "latest". Raises DeployError."""
    if text == LATEST:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise DeployError(f'{text!r} is not a time such as 2026-11-22T10:00:00Z, nor "{LATEST}"') from None
    if moment.tzinfo is None:
        raise DeployError(f"{text} has no time zone; in UTC it is {text}Z")
    return moment.astimezone(UTC)


def parameters(database: Mapping[str, str], moment: datetime | None, now: datetime) -> dict[str, str]:
    """Return the parameters that make the template restore `database`, the outputs of its stack.

    They stay the same if it was restored to this moment already: the rest of an interrupted restore follows.
    """
    restored_to = f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""
    if moment and database.get("RestoredTo") == restored_to:
        return {}
    return {
        "IdentifierSuffix": f"-{now:%Y%m%d-%H%M%S}",
        "RestoredFrom": database["DatabaseIdentifier"],
        "RestoredTo": restored_to,
        "DatabaseAdminSecretArn": "",  # of the database before: its password is not the restored one's, whose roles exist
    }


def check_restorable(database: Mapping[str, str], moment: datetime | None) -> None:
    """Raise DeployError unless the backups reach to this moment."""
    earliest, latest = _restorable_between(database["DatabaseIdentifier"], database["DatabaseDimension"])
    if moment and not earliest <= moment <= latest:
        raise DeployError(
            f"{database['DatabaseIdentifier']} can be restored to any second from {earliest:%Y-%m-%dT%H:%M:%SZ}"
            f" to {latest:%Y-%m-%dT%H:%M:%SZ}, not to {moment:%Y-%m-%dT%H:%M:%SZ}"
        )


def _restorable_between(identifier: str, dimension: str) -> tuple[datetime, datetime]:
    client = boto3.client("rds")
    if dimension == "DBClusterIdentifier":
        (cluster,) = client.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"]
        return cluster["EarliestRestorableTime"].astimezone(UTC), cluster["LatestRestorableTime"].astimezone(UTC)
    backups = client.describe_db_instance_automated_backups(DBInstanceIdentifier=identifier)
    window = backups["DBInstanceAutomatedBackups"][0]["RestoreWindow"]
    return window["EarliestTime"].astimezone(UTC), window["LatestTime"].astimezone(UTC)
