"""The tools of the MCP server. Each calls the service that the route for the same purpose calls."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from uuid6 import uuid7

from chalicelib.auth.api_keys import Scope
from chalicelib.library import excerpts, media
from chalicelib.library.fields import QueryText
from chalicelib.library.model import MediaFilter, MediaSort, Status
from chalicelib.platform.db.cursor import MAX_CURSOR_CHARACTERS
from chalicelib.platform.errors import ForbiddenError
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.search.find import find_pages
from chalicelib.speech import jobs
from chalicelib.speech.lifecycle.quote import quote
from chalicelib.speech.lifecycle.start import start
from chalicelib.speech.model import JobStatus, NewSpeech

MAX_ITEMS = 25  # of a list: a language model reads all of it
MAX_TEXT_CHARACTERS = 20_000  # of one read_text: ~5,000 tokens
DEFAULT_TEXT_CHARACTERS = 8_000
FREE_COST = (
    0.01  # in the currency of the voices; voices of the deployment itself cost some cents per million characters
)

Cursor = Annotated[str, Field(max_length=MAX_CURSOR_CHARACTERS, description="next_cursor of the page before.")]
Items = Annotated[int, Field(ge=1, le=MAX_ITEMS)]


class Arguments(LazyModel):
    """Arguments of a tool. Unknown ones are rejected, so that the caller learns of a typing error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SearchArguments(Arguments):
    query: Annotated[QueryText, Field(min_length=1, description="Words that the passages contain, in any form.")]
    limit: Items = 10
    cursor: Cursor | None = None


class FoundPassage(LazyModel):
    media_id: UUID
    title: str
    creators: list[str]
    page: int | None
    snippet: str
    text_start: int | None
    text_end: int | None


class FoundPassages(LazyModel):
    items: list[FoundPassage]
    next_cursor: str | None


def _search(owner_id: UUID, arguments: SearchArguments) -> FoundPassages:
    page = find_pages(owner_id, arguments.query, after=arguments.cursor, limit=arguments.limit)
    items = [
        FoundPassage(
            media_id=hit.media_id,
            title=hit.title,
            creators=hit.creators,
            page=hit.page,
            snippet=html.unescape(hit.snippet.replace("<mark>", "").replace("</mark>", "")),
            text_start=hit.text_start,
            text_end=hit.text_end,
        )
        for hit in page.items
    ]
    return FoundPassages(items=items, next_cursor=page.next_cursor)


class ListArguments(Arguments):
    limit: Items = MAX_ITEMS
    cursor: Cursor | None = None


class ListedDocument(LazyModel):
    media_id: UUID
    title: str
    creators: list[str]
    media_type: str
    language: str | None
    page_count: int | None
    word_count: int | None
    created_at: datetime


class ListedDocuments(LazyModel):
    items: list[ListedDocument]
    next_cursor: str | None


def _list_documents(owner_id: UUID, arguments: ListArguments) -> ListedDocuments:
    page = media.list_page(
        owner_id,
        MediaFilter(status=Status.READY),
        sort=MediaSort.NEWEST,
        after=arguments.cursor,
        limit=arguments.limit,
    )
    items = [
        ListedDocument(
            media_id=item.id,
            title=item.title,
            creators=list(item.metadata.creators),
            media_type=item.media_type,
            language=item.language,
            page_count=item.page_count,
            word_count=item.word_count,
            created_at=item.created_at,
        )
        for item in page.items
    ]
    return ListedDocuments(items=items, next_cursor=page.next_cursor)


class ReadArguments(Arguments):
    media_id: UUID
    start: Annotated[
        int, Field(ge=0, le=10_000_000, description="The first character; next_start of the part before.")
    ] = 0
    length: Annotated[int, Field(ge=1, le=MAX_TEXT_CHARACTERS, description="The most characters to return.")] = (
        DEFAULT_TEXT_CHARACTERS
    )


class TextPart(LazyModel):
    text: str
    start: int
    end: int
    length: Annotated[int, Field(description="Of the whole text, in characters.")]
    next_start: Annotated[int | None, Field(description="Where the next part starts; null at the end of the text.")]


def _read_text(owner_id: UUID, arguments: ReadArguments) -> TextPart:
    part = excerpts.get(owner_id, arguments.media_id, arguments.start, characters=arguments.length)
    return TextPart(
        text=part.text,
        start=part.start,
        end=part.end,
        length=part.length,
        next_start=part.end if part.end < part.length else None,
    )


class SpeakArguments(Arguments):
    media_id: UUID
    voice: Annotated[str, Field(min_length=1, max_length=100, description="The user's choice if left out.")] | None = (
        None
    )
    max_cost: Annotated[
        float,
        Field(
            ge=0,
            le=1_000,
            description="The most that the user agreed to spend. A cent needs no question.",
        ),
    ] = FREE_COST


class StartedRecording(LazyModel):
    job_id: UUID
    status: JobStatus
    voice: str
    characters: int
    estimated_cost: float
    max_cost: float
    currency: str
    estimated_audio_ms: int


def _speak(owner_id: UUID, arguments: SpeakArguments) -> StartedRecording:
    request = NewSpeech(voice=arguments.voice)
    quoted = quote(owner_id, arguments.media_id, request)
    if quoted.max_cost > arguments.max_cost:
        raise ForbiddenError(
            f"Nothing was started. {quoted.characters:,} characters by {quoted.voice} cost about {quoted.estimated_cost:.4f} "
            f"{quoted.currency}, at most {quoted.max_cost:.4f}. Ask the user; if they agree, call again with this as max_cost.",
            code="cost_not_allowed",
        )
    job = start(owner_id, arguments.media_id, request, job_id=UUID(str(uuid7())))
    return StartedRecording(
        job_id=job.id,
        status=job.status,
        voice=job.voice,
        characters=job.characters,
        estimated_cost=job.estimated_cost,
        max_cost=quoted.max_cost,
        currency=job.currency,
        estimated_audio_ms=quoted.estimated_audio_ms,
    )


class StatusArguments(Arguments):
    job_id: UUID


class RecordingStatus(LazyModel):
    status: JobStatus
    is_finished: bool
    segments_done: int
    segments_total: int
    duration_ms: int | None
    cost: float
    currency: str
    error: str | None
    audio_url: Annotated[
        str | None, Field(description="The MP3, for 15 minutes; null until the recording is finished.")
    ]


def _speech_status(owner_id: UUID, arguments: StatusArguments) -> RecordingStatus:
    job = jobs.get(owner_id, arguments.job_id)
    has_audio = job.status in {JobStatus.DONE, JobStatus.PARTIAL}
    return RecordingStatus(
        status=job.status,
        is_finished=job.finished_at is not None,
        segments_done=job.progress.done,
        segments_total=job.progress.total,
        duration_ms=job.duration_ms,
        cost=job.cost,
        currency=job.currency,
        error=job.error,
        audio_url=jobs.sign_audio_url(owner_id, job.id) if has_audio else None,
    )


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as clients list it, and the function that runs it."""

    name: str
    title: str
    description: str
    scope: Scope
    arguments: type[Arguments]
    result: type[BaseModel]
    call: Callable[[UUID, Any], BaseModel]

    def describe(self) -> dict[str, Any]:
        is_read_only = self.scope in {Scope.MEDIA_READ, Scope.SPEECH_READ}
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.arguments.model_json_schema(),
            "outputSchema": self.result.model_json_schema(mode="serialization"),
            "annotations": {
                "title": self.title,
                "readOnlyHint": is_read_only,
                "destructiveHint": False,
                "idempotentHint": is_read_only,
                "openWorldHint": False,
            },
        }


TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool(
            "search",
            "Search the library",
            "Find passages in the user's documents, best first. text_start is where read_text can begin.",
            Scope.MEDIA_READ,
            SearchArguments,
            FoundPassages,
            _search,
        ),
        Tool(
            "list_documents",
            "List documents",
            "List what is in the library, newest first.",
            Scope.MEDIA_READ,
            ListArguments,
            ListedDocuments,
            _list_documents,
        ),
        Tool(
            "read_text",
            "Read a document's text",
            "Return a part of a document's text. Long texts come in parts: continue at next_start.",
            Scope.MEDIA_READ,
            ReadArguments,
            TextPart,
            _read_text,
        ),
        Tool(
            "speak",
            "Read a document aloud",
            "Start a recording of a document. One that costs more than max_cost is not started: the answer names its cost.",
            Scope.SPEECH_WRITE,
            SpeakArguments,
            StartedRecording,
            _speak,
        ),
        Tool(
            "speech_status",
            "State of a recording",
            "Return how far a recording is, and its audio once it is finished.",
            Scope.SPEECH_READ,
            StatusArguments,
            RecordingStatus,
            _speech_status,
        ),
    )
}
