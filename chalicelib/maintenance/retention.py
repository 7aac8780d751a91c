"""Retention of rejected and expired uploads. Trash and exports have their own."""

from __future__ import annotations

from functools import partial

from chalicelib.maintenance import store
from chalicelib.maintenance.store import RejectedUpload
from chalicelib.platform.config import settings
from chalicelib.platform.db import lease
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.trash import trash

MAX_PER_RUN = 200  # ~10 ms each; the rest waits for the next run


def purge_rejected_uploads() -> int:
    """Delete uploads that were rejected or expired `REFUSED_DAYS` ago; return their number. Runs as the sweep's database role."""
    list_rows = partial(store.list_rejected_uploads, days=settings().refused_days, limit=MAX_PER_RUN)
    return sum(lease.for_each(list_rows, _purge))


def _purge(upload: RejectedUpload) -> bool:
    try:
        trash.purge(upload.owner_id, upload.id)
    except (NotFoundError, ConflictError):  # deleted by its owner in the meantime, or with the account
        return False
    return True
