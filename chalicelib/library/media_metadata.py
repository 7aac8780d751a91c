"""The metadata of a media: what its file says, with its owner's corrections, and the title that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field

from chalicelib.library.fields import LanguageTag, Title, check_date
from chalicelib.metadata.model import MAX_CREATORS
from chalicelib.platform.lazy_model import LazyModel

NAME_SEPARATOR = " · "


class MediaMetadata(LazyModel):
    """Metadata of a file: what it says of itself, until you correct it.

    `language` is BCP 47; that of the text is the media's `language`. `published` is a year, a month or a day, `series_index` the
    position in the series.
    """

    model_config = ConfigDict(frozen=True)

    title: str | None
    creators: list[str]
    language: str | None
    publisher: str | None
    published: str | None
    series: str | None
    series_index: float | None


class MetadataChanges(LazyModel):
    """Corrections of a file's metadata: fields left out do not change, null removes a value.

    `published` is a year, a month or a day: "1922", "1922-05", "1922-05-31".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Title | None = None
    creators: Annotated[list[Title], Field(max_length=MAX_CREATORS)] | None = None
    language: LanguageTag | None = None
    publisher: Title | None = None
    published: Annotated[str, Field(max_length=10), AfterValidator(check_date)] | None = None
    series: Title | None = None
    series_index: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None

    def to_row(self) -> dict[str, object]:
        """Return the fields that were sent, as they are stored."""
        values = self.model_dump(exclude_unset=True)
        return {**values, **({"creators": values["creators"] or []} if "creators" in values else {})}


@dataclass(frozen=True, slots=True)
class NamedMedia:
    """The columns from which a media's names follow. `file_metadata` is None if it was never read.

    Keys of `own_metadata` replace those of the file; None removes a value. `has_own_title`: the owner set the title.
    """

    title: str
    filename: str
    file_metadata: Mapping[str, Any] | None = None
    own_metadata: Mapping[str, Any] | None = None
    has_own_title: bool = False

    @property
    def _metadata(self) -> dict[str, Any]:
        return {**(self.file_metadata or {}), **(self.own_metadata or {})}

    @property
    def creators(self) -> list[str]:
        return list(self._metadata.get("creators") or ())

    @property
    def series(self) -> str | None:
        return self._metadata.get("series")

    @property
    def names(self) -> list[str]:
        """Creators and series: what users search for besides titles."""
        return [*self.creators, *filter(None, (self.series,))]

    @property
    def heading(self) -> str:
        """Title, creators and series in one line, which the search index contains."""
        return NAME_SEPARATOR.join([self.title, *self.names])

    @property
    def automatic_title(self) -> str:
        """The title that the metadata has, otherwise that of the filename."""
        return self._metadata.get("title") or title_from_filename(self.filename)

    @property
    def follows_metadata(self) -> bool:
        """True unless the owner set the title. The release before does not mark titles that owners set."""
        return not self.has_own_title and self.title in {self.automatic_title, title_from_filename(self.filename)}

    def with_file_metadata(self, file_metadata: Mapping[str, Any]) -> NamedMedia:
        return self._retitled(replace(self, file_metadata=file_metadata))

    def with_own_metadata(self, changes: Mapping[str, Any] | None) -> NamedMedia:
        """Correct some of the metadata; None returns to what the file says."""
        own = {**(self.own_metadata or {}), **changes} if changes is not None else {}
        return self._retitled(replace(self, own_metadata=own))

    def with_own_title(self, title: str) -> NamedMedia:
        return replace(self, title=title, has_own_title=True)

    def _retitled(self, changed: NamedMedia) -> NamedMedia:
        return replace(changed, title=changed.automatic_title) if self.follows_metadata else changed


def title_from_filename(filename: str) -> str:
    """Return the name without its extension, with spaces for underscores."""
    return PurePath(filename).stem.replace("_", " ").strip() or filename
