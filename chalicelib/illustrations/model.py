"""Illustrations of a book, and their places in its reading text."""

from dataclasses import dataclass

from chalicelib.extraction.display.model import PlacedPicture

QUOTE_CHARACTERS = 40  # letters and digits before a picture, which find its place again in another version of the text


@dataclass(frozen=True, slots=True)
class Illustration:
    """A picture of a book. `offset` is its place in the reading text, in code points; `quote` is what precedes it there.

    `file` is its name in the archive of illustrations, `description` the author's, or empty.
    """

    file: str
    offset: int
    quote: str
    description: str


@dataclass(frozen=True, slots=True)
class CollectedPicture:
    """A picture that the display form shows, by the digest of its name in the document.

    `file` is named after its content. From `at`, its `size_bytes` are in the file of all pictures.
    """

    digest: str
    file: str
    width: int
    height: int
    at: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class CollectedPictures:
    """The pictures of a document: whether exports have any, those of the display form, and their places in the text."""

    has_illustrations: bool = False
    pictures: tuple[CollectedPicture, ...] = ()
    places: tuple[PlacedPicture, ...] = ()
