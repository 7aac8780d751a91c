"""Tokens that stand in an address, for clients that can send no header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalice.app import Blueprint
from pydantic import BaseModel

from chalicelib import audit
from chalicelib.api.authorizer import MAY_PLAY, authorize
from chalicelib.api.operation import operation
from chalicelib.audit import Action
from chalicelib.auth import link_tokens
from chalicelib.library import media
from chalicelib.platform.errors import NotFoundError
from chalicelib.speech import jobs

MAY_UPLOAD = "uploads"  # the purpose: reserve room and send files as its owner, nothing else
UPLOAD_VALID_S = 3_600  # a page that is open longer asks again; addresses reach logs, so not a day
PLAY_VALID_S = 6 * 3_600  # longer than one listens at a stretch; it opens one thing and only to be read

routes = Blueprint(__name__)


class GivenCapability(BaseModel):
    """`path` is where the token works, to be put behind this API's address."""

    token: str
    path: str
    expires_at: datetime


@routes.route("/v1/uploads/capability", methods=["POST"], authorizer=authorize)
@operation(routes, answer=GivenCapability)
def create_upload_capability(owner: UUID) -> GivenCapability:
    """To upload with Uppy 6: this API's address and `path` make its `companionEndpoint`."""
    return _give(MAY_UPLOAD, owner, "", UPLOAD_VALID_S, "/v1/u/{token}")


@routes.route("/v1/media/{media_id}/capability", methods=["POST"], authorizer=authorize)
@operation(routes, answer=GivenCapability, errors=(NotFoundError,))
def create_media_capability(owner: UUID, media_id: UUID) -> GivenCapability:
    """To stream one media: `path` is what `<audio src>` takes. It leads to fresh bytes until `expires_at`, as often as wanted."""
    media.get(owner, media_id)
    return _give(MAY_PLAY, owner, str(media_id), PLAY_VALID_S, f"/v1/media/stream/{media_id}?t={{token}}")


@routes.route("/v1/speech/{job_id}/capability", methods=["POST"], authorizer=authorize)
@operation(routes, answer=GivenCapability, errors=(NotFoundError,))
def create_speech_capability(owner: UUID, job_id: UUID) -> GivenCapability:
    """To play one reading: `path` is its recording; the same `?t=` works on every route of the reading that names it."""
    jobs.get(owner, job_id)
    return _give(MAY_PLAY, owner, str(job_id), PLAY_VALID_S, f"/v1/speech/{job_id}/audio?t={{token}}")


def _give(purpose: str, owner: UUID, subject: str, valid_s: int, path: str) -> GivenCapability:
    audit.record_in_own_transaction(
        owner, Action.TOKEN_ISSUED, UUID(subject) if subject else None, purpose=purpose, valid_s=valid_s
    )
    token = link_tokens.issue(purpose, owner, subject, valid_s)
    expires_at = datetime.now(UTC) + timedelta(seconds=valid_s)
    return GivenCapability(token=token, path=path.format(token=token), expires_at=expires_at)
