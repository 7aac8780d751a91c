"""Messages of the account queue about failed sign-ins: the function that sees them has no database."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.platform.aws import queues
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.lazy_model import LazyModel


class FailedSignInMessage(LazyModel):
    """A token was rejected."""

    kind: Literal["failed_sign_in"] = "failed_sign_in"
    reason: Annotated[str, Field(max_length=100)]
    address: str | None
    agent: str | None
    request_id: str | None


def send(failed: FailedSignInMessage) -> None:
    """Send a failed sign-in to the account queue. Raises UnavailableError."""
    queues.send(Queue.ACCOUNT, failed.model_dump_json(), group="sign-ins")
