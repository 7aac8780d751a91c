"""Result of text recognition: words with their positions. Plain values, because they cross a process boundary as JSON."""

import zlib
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from pydantic import TypeAdapter

# Numbers a, b, c, d, e, f as PDF writes them: (x, y) becomes (ax + cy + e, bx + dy + f).
Matrix: TypeAlias = tuple[float, float, float, float, float, float]

COMPRESSION_LEVEL = 6  # a dense page takes 12 KB instead of 60
MAX_DECODED_BYTES = 8 * 1024 * 1024  # of one page; the words of the densest newspaper page take 1 MB


@dataclass(frozen=True, slots=True)
class RecognizedWord:
    """Word from `left` to `right`, in points. `confidence` is from 0 to 100."""

    text: str
    left: float
    right: float
    confidence: float


@dataclass(frozen=True, slots=True)
class RecognizedLine:
    """Line of words, upright and level, in points. `baseline` grows upwards; `font_size` is estimated from the small letters.

    The footnote mark in front of the line, and those behind its words, are not in the words.
    """

    words: tuple[RecognizedWord, ...]
    baseline: float
    font_size: float
    leading_mark: str = ""
    footnote_marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RecognizedPage:
    """Lines of a page in reading order, as if the page had been scanned upright and level; `height` is that of the page then.

    `to_page` turns their positions into those of the PDF page. `confidence` is the mean of the characters, None without any.
    `language` is a key of the trained data. `cpu_s` is the processor time that the page took.
    """

    lines: tuple[RecognizedLine, ...]
    height: float
    to_page: Matrix
    language: str
    confidence: float | None
    cpu_s: float = 0.0

    @property
    def text(self) -> str:
        """The lines as they are, for the detection of the language."""
        return "\n".join(" ".join(word.text for word in line.words) for line in self.lines)


@cache
def _adapter() -> TypeAdapter[RecognizedPage]:
    return TypeAdapter(RecognizedPage)


def encode(page: RecognizedPage) -> bytes:
    """Return the page as compressed JSON."""
    return zlib.compress(_adapter().dump_json(page), COMPRESSION_LEVEL)


def decode(content: bytes) -> RecognizedPage:
    """Return a page from what `encode` returned."""
    decompressor = zlib.decompressobj()
    return _adapter().validate_json(decompressor.decompress(content, MAX_DECODED_BYTES))


def compose(first: Matrix, second: Matrix) -> Matrix:
    """Return the matrix that applies `first`, then `second`."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = second
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)
