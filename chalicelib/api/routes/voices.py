"""Route for the list of voices."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.operation import operation
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import UnprocessableContentError
from chalicelib.speech import voice_list
from chalicelib.speech.voice_list import ListedVoice, VoiceFilter

routes = Blueprint(__name__)


@routes.route("/v1/voices", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.SPEECH_READ,
    query=VoiceFilter,
    response_model=Page[ListedVoice],
    errors=(UnprocessableContentError,),
)
def list_voices(owner: UUID, query: VoiceFilter) -> Page[ListedVoice]:  # noqa: ARG001 - the same for every user
    """List the voices of all configured providers, preferred ones first."""
    return voice_list.list_page(query)
