"""Uses of pictures in a document, with the letters around each: by them their places are found in the reading text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chalicelib.extraction.display import model
from chalicelib.illustrations.model import QUOTE_CHARACTERS
from chalicelib.illustrations.places import letters_of

MAX_DESCRIPTION_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class PictureReference:
    """Use of a picture: its name in the document, its description, and the letters before and after it.

    `read` returns the picture, or nothing if the document does not have it. It may raise FormatError.
    """

    name: str
    description: str
    before: str
    after: str
    read: Callable[[], bytes]

    @property
    def digest(self) -> str:
        return model.digest(self.name)


class PictureCollector:
    """The text of a document and the pictures in it, in reading order."""

    def __init__(self) -> None:
        self._letters: list[str] = []
        self._length = 0
        self._pictures: list[tuple[int, str, str, Callable[[], bytes]]] = []

    def add_text(self, text: str) -> None:
        letters = letters_of(text)
        self._letters.append(letters)
        self._length += len(letters)

    def add_picture(self, name: str, description: str, read: Callable[[], bytes]) -> None:
        described = " ".join(description.split())[:MAX_DESCRIPTION_CHARACTERS]
        self._pictures.append((self._length, name, described, read))

    def references(self) -> Iterator[PictureReference]:
        """Yield the pictures that were added."""
        letters = "".join(self._letters)
        for at, name, description, read in self._pictures:
            before, after = letters[max(0, at - QUOTE_CHARACTERS) : at], letters[at : at + QUOTE_CHARACTERS]
            yield PictureReference(name, description, before, after, read)
