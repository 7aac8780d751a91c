"""Routes of the pronunciation lexicon."""

from __future__ import annotations

from uuid import UUID

from chalice.app import Blueprint

from chalicelib.api.authorizer import authorize
from chalicelib.api.etag import Precondition
from chalicelib.api.operation import RouteResponse, operation
from chalicelib.api.paging import PageQuery
from chalicelib.api.routes.media import MERGE_PATCH
from chalicelib.auth.api_keys import Scope
from chalicelib.platform.db.cursor import Page
from chalicelib.platform.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    UnavailableError,
    UnprocessableContentError,
)
from chalicelib.speech.lexicon import affected, entries, preview
from chalicelib.speech.lexicon.model import (
    AffectedText,
    LexiconEntry,
    LexiconEntryChanges,
    NewLexiconEntry,
    NewPreview,
    PreviewStatus,
    SpeechPreview,
)

routes = Blueprint(__name__)


class LexiconQuery(PageQuery):
    """`media_id`: the entries of one document only."""

    media_id: UUID | None = None


@routes.route("/v1/lexicon", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.LEXICON_WRITE,
    body=NewLexiconEntry,
    response_model=LexiconEntry,
    versioned=True,
    status=201,
    creates=True,
    errors=(NotFoundError, ConflictError),
)
def create_lexicon_entry(owner: UUID, body: NewLexiconEntry, new_id: UUID) -> RouteResponse:
    """Say how a word is pronounced, in one document or in all. Recordings that exist stay as they are.

    The next recording of a document speaks only the segments with the word again. 409 `limit_reached` at 1,000 entries, 409
    `entry_exists` for a word that has an entry in this language and for these documents.
    """
    return RouteResponse(entries.create(owner, body, entry_id=new_id), 201)


@routes.route("/v1/lexicon", methods=["GET"], authorizer=authorize)
@operation(
    routes,
    scope=Scope.SPEECH_READ,
    query=LexiconQuery,
    response_model=Page[LexiconEntry],
    errors=(UnprocessableContentError,),
)
def list_lexicon(owner: UUID, query: LexiconQuery) -> Page[LexiconEntry]:
    """List the entries of your lexicon, newest first, without those of documents in the trash."""
    return entries.list_page(owner, media_id=query.media_id, after=query.cursor, limit=query.limit)


@routes.route("/v1/lexicon/affected", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.SPEECH_READ,
    body=NewLexiconEntry,
    response_model=AffectedText,
    errors=(NotFoundError, ConflictError, TooManyRequestsError),
)
def count_affected_text(owner: UUID, body: NewLexiconEntry) -> AffectedText:
    """Return how much text an entry would change, without saving it."""
    return affected.count(owner, body)


@routes.route("/v1/lexicon/preview", methods=["POST"], authorizer=authorize, content_types=["application/json"])
@operation(
    routes,
    scope=Scope.SPEECH_WRITE,
    body=NewPreview,
    response_model=SpeechPreview,
    other_responses={202: SpeechPreview},
    errors=(ForbiddenError, UnprocessableContentError, TooManyRequestsError, UnavailableError),
)
def preview_lexicon(owner: UUID, body: NewPreview) -> RouteResponse:
    """Return a short text as a voice says it, with your lexicon and an entry that is not saved yet.

    202 while the voice is speaking: send the same request again in half a second. A paid voice counts against your budget; the
    same words are paid once.
    """
    made = preview.preview(owner, body)
    return RouteResponse(made, 200 if made.status is PreviewStatus.READY else 202)


@routes.route("/v1/lexicon/{entry_id}", methods=["GET"], authorizer=authorize)
@operation(routes, scope=Scope.SPEECH_READ, response_model=LexiconEntry, versioned=True, errors=(NotFoundError,))
def get_lexicon_entry(owner: UUID, entry_id: UUID) -> LexiconEntry:
    """Return one entry."""
    return entries.get(owner, entry_id)


@routes.route("/v1/lexicon/{entry_id}", methods=["PATCH"], authorizer=authorize, content_types=MERGE_PATCH)
@operation(
    routes,
    scope=Scope.LEXICON_WRITE,
    body=LexiconEntryChanges,
    response_model=LexiconEntry,
    versioned=True,
    errors=(NotFoundError, ConflictError, UnprocessableContentError),
)
def change_lexicon_entry(
    owner: UUID, entry_id: UUID, body: LexiconEntryChanges, precondition: Precondition
) -> LexiconEntry:
    """Change an entry. Jobs that have been requested keep the lexicon that they were requested with."""
    return entries.update(owner, entry_id, body, precondition)


@routes.route("/v1/lexicon/{entry_id}", methods=["DELETE"], authorizer=authorize)
@operation(routes, scope=Scope.LEXICON_WRITE, status=204, errors=(NotFoundError,))
def delete_lexicon_entry(owner: UUID, entry_id: UUID) -> None:
    """Delete an entry. Recordings that exist stay as they are."""
    entries.delete(owner, entry_id)
