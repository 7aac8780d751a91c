"""The corpus: which generators there are, and the files that they make from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

from tests.support.corpus import books, documents, pdfs, pictures, recordings, texts
from tests.support.corpus.specimen import Specimen

FILES_PER_FORMAT = 41  # in tests; the bench makes as many as it is told

GENERATORS: Mapping[str, Callable[[random.Random], Specimen]] = {
    "PDF": pdfs.pdf,
    "DOCX": documents.docx,
    "EPUB": books.epub,
    "HTML": texts.html,
    "Markdown": texts.markdown,
    "plain text": texts.plain,
    "PNG": pictures.png,
    "JPEG": pictures.jpeg,
    "GIF": pictures.gif,
    "WebP": pictures.webp,
    "HEIC": pictures.heic,
    "AVIF": pictures.avif,
    "MP3": recordings.mp3,
    "M4A": recordings.m4a,
    "AAC": recordings.aac,
    "OGG": recordings.ogg,
    "FLAC": recordings.flac,
    "WAV": recordings.wav,
    "MP4": recordings.mp4,
    "WebM": recordings.webm,
    "CBZ": books.cbz,
    "FB2": books.fb2,
    "ODT": documents.odt,
    "RTF": documents.rtf,
    "MOBI": books.mobi,
}


def generate(name: str, count: int, seed: int = 1) -> Iterator[Specimen]:
    """Yield files of one format; the same seed makes the same ones."""
    for number in range(count):
        yield GENERATORS[name](random.Random(f"{name} {seed} {number}"))  # noqa: S311  repeatable, not secret
