"""Runs of the sweep: one at a time, and another one soon while anything is unfinished."""

from __future__ import annotations

import math

from chalicelib.account.erasure import reconcile as erasures
from chalicelib.exports import reconcile as exports
from chalicelib.maintenance import object_deletions, sweep_run_store
from chalicelib.platform.aws.queues import MAX_DELAY_S
from chalicelib.platform.db import database, outbox, sweep_schedule
from chalicelib.recognition import reconcile as recognitions
from chalicelib.speech.lifecycle import reconcile as speech
from chalicelib.uploads import reconcile as uploads

RUN_S = 250  # the sweep's time limit and a little more
SLACK_S = 30  # a message may arrive this much before the time in the row, because it is sent first
LAST_LOOK_S = 4_800  # an upload by one PUT expires after the 900 s of its URL and a grace of an hour
ENDLESS_CURSORS = "changed: "  # of changed_owners: they wait for changes, and say themselves when a run left some
# How old unfinished work is when it is due.
AGES_S = {
    "outbox": outbox.OVERDUE_AFTER_S,
    "upload": uploads.STALLED_AFTER_S,
    "last_look": LAST_LOOK_S,
    "speech": speech.STALLED_AFTER_S,
    "recognition": recognitions.STALLED_AFTER_S,
    "export": exports.STALLED_AFTER_S,
    "erasure": erasures.OVERDUE_AFTER_S,
    "deletion": object_deletions.DELAY_S,
}


def start(*, is_woken: bool) -> bool:
    """Start a run and return True, unless one is running, or it was woken by a duplicate message."""
    with database.transaction(None) as connection:
        return sweep_run_store.start(connection, is_woken=is_woken, slack_s=SLACK_S, run_s=RUN_S)


def finish(*, is_behind: bool) -> None:
    """Finish a run, and arm the next one if anything is unfinished, or if this run `is_behind`.

    Raises UnavailableError when the message cannot be sent: the run counts as crashed, and the message that woke it returns.
    """
    with database.transaction(None) as connection:
        wake_in_s = sweep_schedule.get_wake_in_s(connection)
        unfinished_in_s = sweep_run_store.get_due_in_s(connection, AGES_S, endless_cursors=ENDLESS_CURSORS)
    due_in_s = 0.0 if is_behind else unfinished_in_s
    is_armed = wake_in_s is not None and wake_in_s > SLACK_S
    if due_in_s is not None and not is_armed:
        after_s = min(MAX_DELAY_S, max(sweep_schedule.PAUSE_S, math.ceil(due_in_s)))
        sweep_schedule.wake(after_s=after_s, unless_after_s=SLACK_S)
    with database.transaction(None) as connection:
        sweep_run_store.finish(connection, slack_s=SLACK_S)
