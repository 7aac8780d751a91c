"""Routes that issue link tokens: tokens in the address, for clients that cannot send headers.

The API calls them capabilities.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chalice.app import Blueprint

from chalicelib import audit
from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.audit import Action
from chalicelib.auth import link_tokens
from chalicelib.auth.link_tokens import VALID_S, Purpose
from chalicelib.library import media
from chalicelib.platform.errors import NotFoundError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech import jobs

routes = Blueprint(__name__)


class IssuedLinkToken(LazyModel):
    """`path` is relative to the API's address and contains the token."""

    token: str
    path: str
    expires_at: datetime


@routes.route("/v1/uploads/capability", methods=["POST"], authorizer=authorize)
@operation(routes, response_model=IssuedLinkToken)
def create_upload_capability(owner: UUID) -> IssuedLinkToken:
    """Issue a token for uploads with Uppy 6. Its `companionEndpoint` is the API's address followed by `path`."""
    return _issue(Purpose.UPLOADS, owner, "", "/v1/u/{token}")


@routes.route("/v1/media/{media_id}/capability", methods=["POST"], authorizer=authorize)
@operation(routes, response_model=IssuedLinkToken, errors=(NotFoundError,))
def create_media_capability(owner: UUID, media_id: UUID) -> IssuedLinkToken:
    """Issue a token to stream one media item. `path` works as `<audio src>`, any number of times until `expires_at`."""
    media.get(owner, media_id)
    return _issue(Purpose.PLAY, owner, str(media_id), f"/v1/media/stream/{media_id}?t={{token}}")


@routes.route("/v1/speech/{job_id}/capability", methods=["POST"], authorizer=authorize)
@operation(routes, response_model=IssuedLinkToken, errors=(NotFoundError,))
def create_speech_capability(owner: UUID, job_id: UUID) -> IssuedLinkToken:
    """Issue a token to play one recording. `path` is its audio; the same `?t=` works on all playback routes of the job."""
    jobs.get(owner, job_id)
    return _issue(Purpose.PLAY, owner, str(job_id), f"/v1/speech/{job_id}/audio?t={{token}}")


def _issue(purpose: Purpose, owner: UUID, subject: str, path: str) -> IssuedLinkToken:
    audit.record_in_own_transaction(
        owner, Action.TOKEN_ISSUED, UUID(subject) if subject else None, purpose=purpose, valid_s=VALID_S[purpose]
    )
    token = link_tokens.issue(purpose, owner, subject)
    expires_at = datetime.now(UTC) + timedelta(seconds=VALID_S[purpose])
    return IssuedLinkToken(token=token, path=path.format(token=token), expires_at=expires_at)
