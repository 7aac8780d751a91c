"""Routes that issue and revoke link tokens: tokens in the address, for clients that cannot send headers.

The API calls them capabilities.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from chalice.app import Blueprint

from chalicelib.account import link_tokens
from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.auth.api_keys import Scope
from chalicelib.auth.link_tokens import Purpose
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
@operation(routes, scope=Scope.MEDIA_WRITE, response_model=IssuedLinkToken)
def create_upload_capability(owner: UUID) -> IssuedLinkToken:
    """Issue a token for uploads with Uppy 6. Its `companionEndpoint` is the API's address followed by `path`."""
    return _issue(Purpose.UPLOADS, owner, None, "/v1/u/{token}")


@routes.route("/v1/media/{media_id}/capability", methods=["POST"], authorizer=authorize)
@operation(routes, scope=Scope.MEDIA_READ, response_model=IssuedLinkToken, errors=(NotFoundError,))
def create_media_capability(owner: UUID, media_id: UUID) -> IssuedLinkToken:
    """Issue a token to stream one media item. `path` works as `<audio src>`, any number of times until `expires_at`."""
    media.get(owner, media_id)
    return _issue(Purpose.PLAY, owner, media_id, f"/v1/media/stream/{media_id}?t={{token}}")


@routes.route("/v1/speech/{job_id}/capability", methods=["POST"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_READ, response_model=IssuedLinkToken, errors=(NotFoundError,))
def create_speech_capability(owner: UUID, job_id: UUID) -> IssuedLinkToken:
    """Issue a token to play one recording. `path` is its audio; the same `?t=` works on all playback routes of the job."""
    jobs.get(owner, job_id)
    return _issue(Purpose.PLAY, owner, job_id, f"/v1/speech/{job_id}/audio?t={{token}}")


@routes.route("/v1/account/capabilities", methods=["DELETE"], authorizer=authorize)
@operation(routes, status=204)
def revoke_capabilities(owner: UUID) -> None:
    """Revoke all capabilities that were issued until now, on all devices; those that are issued later work.

    The page does it when you sign out. Podcast addresses stay: each is revoked by itself.
    """
    link_tokens.revoke_all(owner)


def _issue(purpose: Purpose, owner: UUID, subject_id: UUID | None, path: str) -> IssuedLinkToken:
    token = link_tokens.issue(owner, purpose, subject_id)
    return IssuedLinkToken(token=token.text, path=path.format(token=token.text), expires_at=token.expires_at)
