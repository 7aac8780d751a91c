"""Messages of the account queue about the trash."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from chalicelib.platform.lazy_model import LazyModel


class EmptyTrashMessage(LazyModel):
    """Delete what was in the trash at a time; what came later stays."""

    kind: Literal["empty_trash"] = "empty_trash"
    owner_id: UUID
    requested_at: datetime
