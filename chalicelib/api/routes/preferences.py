"""Routes for a listener's preferences."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.etag import Precondition
from chalicelib.api.operation import operation
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.errors import ConflictError
from chalicelib.speech.preferences import preferences
from chalicelib.speech.preferences.model import ListenerPreferences

routes = Blueprint(__name__)


@routes.route("/v1/account/preferences", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.ACCOUNT_READ, response_model=ListenerPreferences, versioned=True)
def get_preferences(owner: UUID) -> ListenerPreferences:
    """Return what your new recordings skip, in which voices they are, and how long their pauses are."""
    return preferences.get(owner)


@routes.route("/v1/account/preferences", methods=["PUT"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.SPEECH_WRITE,
    body=ListenerPreferences,
    response_model=ListenerPreferences,
    versioned=True,
    errors=(ConflictError,),
)
def put_preferences(owner: UUID, body: ListenerPreferences, precondition: Precondition) -> ListenerPreferences:
    """Replace all preferences. Recordings that exist, or have been requested, stay as they are."""
    return preferences.replace(owner, body, precondition)
