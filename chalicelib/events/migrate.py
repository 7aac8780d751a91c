"""Database migration, invoked by each deployment with the role that owns the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chalice.app import Blueprint

from chalicelib.platform.db import roles
from chalicelib.platform.deadline import Deadline, DeadlineExceededError, limit_invocation
from chalicelib.platform.telemetry.observability import logger

events = Blueprint(__name__)
MIGRATIONS = Path(__file__).parent.parent / "migrations"
CLOSING_S = 15  # to answer before the function's time is up


@events.lambda_function(name="migrate")
@limit_invocation
def migrate(_event: dict[str, Any], context: Any) -> dict[str, str]:
    """Upgrade the database to the newest revision; return its id, or the `unfinished` step to invoke this again for.

    Raises when a migration fails.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["deadline"] = Deadline(context.get_remaining_time_in_millis() / 1_000 - CLOSING_S)
    try:
        roles.ensure_roles()
        command.upgrade(config, "head")
    except DeadlineExceededError as step:
        logger.info("migration unfinished", step=str(step))
        return {"unfinished": str(step)}
    except Exception:
        logger.exception("migration failed")
        raise
    revision = ScriptDirectory.from_config(config).get_current_head() or ""
    logger.info("database migrated", revision=revision)
    return {"revision": revision}
