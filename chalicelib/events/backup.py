"""Backup and restore, invoked by an operator with the role that owns the tables: the database has no way in from outside."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, Self

from chalice.app import Blueprint
from pydantic import BaseModel, Field, model_validator

from chalicelib.platform.deadline import Deadline, limit_invocation
from chalicelib.platform.telemetry.observability import logger

if TYPE_CHECKING:
    from chalicelib.maintenance.backup.backup import ConsistencyReport

events = Blueprint(__name__)
MAX_LISTED_KEYS = 20
CLOSING_S = 15  # to answer before the function's time is up


class BackupRequest(BaseModel):
    """Save or restore a backup by its name, or check that rows and objects match."""

    command: Literal["save", "restore", "check"]
    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")  # the first part of its keys

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.command != "check" and self.name is None:
            raise ValueError(f"{self.command} requires the name of a backup")
        return self


@events.lambda_function(name="backup")
@limit_invocation
def on_request(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do what fits into the function's time. Invoke it again while the answer says that it is not finished."""
    # Not at the top: every function loads this module, and only this one needs these and psycopg at once.
    from chalicelib.maintenance.backup import backup
    from chalicelib.maintenance.backup.tables import RestoreError

    request = BackupRequest.model_validate(event)
    deadline = Deadline(context.get_remaining_time_in_millis() / 1_000 - CLOSING_S)
    try:
        match request:
            case BackupRequest(command="save", name=str(name)):
                answer = asdict(backup.save(name, deadline))
            case BackupRequest(command="restore", name=str(name)):
                answer = asdict(backup.restore(name, deadline))
            case _:
                answer = _summary(backup.check())
    except RestoreError as error:
        answer = {"rejected": str(error)}
    logger.info("backup run", command=request.command, backup=request.name, answer=answer)
    return answer


def _summary(report: ConsistencyReport) -> dict[str, Any]:
    """Return the report with a few of its keys: an answer is limited to 6 MB."""
    return {
        "rows": report.rows,
        "missing": len(report.missing),
        "changed": len(report.changed),
        "without_row": report.without_row,
        "keys": [*report.missing, *report.changed][:MAX_LISTED_KEYS],
    }
