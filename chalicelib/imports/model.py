"""Models of imports: the request of the API, and messages between the API, the fetcher and the inspection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.library.fields import Title
from chalicelib.platform.lazy_model import LazyModel

PER_HOUR = 60  # of one owner: more than one person reads; a crawler needs more
MAX_BYTES = (
    20 * 1024 * 1024
)  # of a page with its pictures, or of another file; the inspection accepts pages of this size
MAX_TEXT_CHARACTERS = 200_000  # about as many as fit into the body of a request; a longer text is uploaded as a file


def _has_content(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("empty_text", "The text is empty. Send one that has words.")
    return text


class NewImport(LazyModel):
    """Either `url`, the address of a page or a file, or `text` with an optional `title`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(min_length=1, max_length=2_000)] | None = None
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT_CHARACTERS), AfterValidator(_has_content)] | None = (
        None
    )
    title: Title | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.url is None) == (self.text is None):
            raise PydanticCustomError("not_one_source", "Send either a url or a text.")
        if self.title is not None and self.text is None:
            raise PydanticCustomError(
                "title_of_page", "A title is for a text. A page has its own; it can be changed later."
            )
        return self


class FetchMessage(LazyModel):
    """API → fetch_import: a page is to be fetched."""

    owner_id: UUID
    media_id: UUID
    url: str


class ImportFailedMessage(LazyModel):
    """fetch_import → ingest: nothing could be fetched. `code` is that of the rejection."""

    kind: Literal["import_failed"] = "import_failed"
    owner_id: UUID
    media_id: UUID
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file as it goes to the inspection."""

    filename: str
    media_type: str
    content: bytes


class ImportFailedError(Exception):
    """Nothing can be imported from an address. `detail` says why, for the owner."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.code, self.detail = f"import_failed:{reason}", detail
