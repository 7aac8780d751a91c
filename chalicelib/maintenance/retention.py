"""What is kept for a time only, and goes when that is over. Trash and exports see to themselves."""

from __future__ import annotations

from chalicelib.maintenance import store
from chalicelib.platform.config import settings
from chalicelib.platform.db import database
from chalicelib.platform.errors import ConflictError, NotFoundError
from chalicelib.trash import trash

MAX_PER_RUN = 200  # ~10 ms each; the rest waits for the next run


def purge_rejected_uploads() -> int:
    """Forget uploads that were rejected or never came, `REFUSED_DAYS` ago. Runs as the sweep's database role."""
    with database.transaction(None) as connection:
        refused = store.list_rejected_uploads(connection, days=settings().refused_days, limit=MAX_PER_RUN)
    forgotten = 0
    for upload in refused:
        try:
            trash.purge(upload.owner_id, upload.id)
        except (NotFoundError, ConflictError):  # its owner was faster, or is being erased
            continue
        forgotten += 1
    return forgotten
