"""SQL of the sweep's runs. It sees the rows of all owners."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.platform.db.database import Connection


def start(connection: Connection, *, is_woken: bool, slack_s: int, run_s: int) -> bool:
    """Start a run and return True, unless another one is running or, if woken, no wake-up is due."""
    row = connection.execute(
        """
        INSERT INTO sweep_schedule AS schedule (running_until) VALUES (now() + make_interval(secs => %(run)s))
        ON CONFLICT (is_only_row) DO UPDATE SET running_until = EXCLUDED.running_until
        WHERE (schedule.running_until IS NULL OR schedule.running_until < now())
              AND (NOT %(is_woken)s OR schedule.first_wake_at <= now() + make_interval(secs => %(slack)s))
        RETURNING true
        """,
        {"is_woken": is_woken, "slack": slack_s, "run": run_s},
    ).fetchone()
    return row is not None


def finish(connection: Connection, *, slack_s: int) -> None:
    """Finish a run, and clear the wake-up that caused it; a later one stays."""
    connection.execute(
        """UPDATE sweep_schedule
           SET running_until = NULL,
               first_wake_at = CASE WHEN last_wake_at > now() + make_interval(secs => %(slack)s) THEN last_wake_at END,
               last_wake_at = CASE WHEN last_wake_at > now() + make_interval(secs => %(slack)s) THEN last_wake_at END""",
        {"slack": slack_s},
    )


def get_due_in_s(connection: Connection, ages_s: Mapping[str, int], *, endless_cursors: str) -> float | None:
    """Return the seconds until the first unfinished work of all owners is due; None when nothing is unfinished.

    `ages_s` has the age of each kind when it is due. An upload that has not arrived is looked for again after as long, up to
    `last_look`. What is due in days (trash, exports, large uploads) waits for the next run: it must not keep the database awake.
    So do the sweep cursors whose names begin with `endless_cursors`.
    """
    row = connection.execute(
        """
        SELECT extract(epoch FROM min(due) - now()) FROM (
            SELECT min(created_at) + make_interval(secs => %(outbox)s) FROM outbox
            UNION ALL
            SELECT min(CASE WHEN created_at > now() - make_interval(secs => %(upload)s) THEN created_at ELSE now() END)
                   + make_interval(secs => %(upload)s)
            FROM media WHERE status = 'pending' AND created_at > now() - make_interval(secs => %(last_look)s)
            UNION ALL
            SELECT min(lease_until) + make_interval(secs => %(upload)s) FROM media WHERE status = 'inspecting'
            UNION ALL
            SELECT min(updated_at) + make_interval(secs => %(speech)s)
            FROM speech_jobs WHERE status IN ('queued', 'planning', 'speaking', 'finishing')
            UNION ALL
            SELECT min(greatest(updated_at + make_interval(secs => %(recognition)s), lease_until))
            FROM recognitions WHERE status IN ('queued', 'running')
            UNION ALL
            SELECT min(greatest(updated_at + make_interval(secs => %(export)s), lease_until))
            FROM exports WHERE status IN ('queued', 'running')
            UNION ALL
            SELECT min(greatest(updated_at + make_interval(secs => %(export)s), lease_until))
            FROM speech_exports WHERE status IN ('queued', 'running')
            UNION ALL
            SELECT min(in_flight_until) FROM webhook_deliveries WHERE status = 'pending'
            UNION ALL
            SELECT min(due_at) + make_interval(secs => %(erasure)s) FROM erasures WHERE status <> 'done'
            UNION ALL
            SELECT min(created_at) + make_interval(secs => %(deletion)s) FROM object_deletions
            UNION ALL
            SELECT now() FROM sweep_rounds WHERE ended_at IS NULL AND NOT starts_with(name, %(endless_cursors)s)
        ) AS unfinished (due)
        """,
        {**ages_s, "endless_cursors": endless_cursors},
    ).fetchone()
    return float(row[0]) if row and row[0] is not None else None
