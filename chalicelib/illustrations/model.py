"""Illustrations of a book, and their places in its reading text."""

from dataclasses import dataclass

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
