"""A long EPUB with many pictures, for measuring how fast it opens."""

from __future__ import annotations

import random
from io import BytesIO

from PIL import Image

from tests.support import media_files
from tests.support.structured_documents import xhtml

CHAPTERS = 60
PICTURE_SIZE = (320, 200)
WORDS = (
    "lamp",
    "keeper",
    "harbour",
    "evening",
    "seven",
    "slowly",
    "counts",
    "ships",
    "the",
    "and",
    "over",
    "quiet",
    "water",
)


def make_illustrated_book(characters: int, pictures: int) -> bytes:
    """Return an EPUB of this many characters, with pictures evenly between its paragraphs. All pictures differ."""
    chapters = min(CHAPTERS, max(1, pictures))
    parts: dict[str, bytes | str | None] = {"OEBPS/one.xhtml": None}
    manifest, spine = [], []
    for chapter in range(chapters):
        numbers = range(chapter, pictures, chapters)
        paragraph_characters = characters // (chapters * max(1, len(numbers)))
        body = [f"<h1>Chapter {chapter + 1}</h1>"]
        for number in numbers:
            parts[f"OEBPS/p{number}.jpg"] = _picture(number)
            manifest.append(f'<item id="p{number}" href="p{number}.jpg" media-type="image/jpeg"/>')
            body.append(f'<p>{_prose(number, paragraph_characters)}</p><p><img src="p{number}.jpg" alt=""/></p>')
        parts[f"OEBPS/c{chapter}.xhtml"] = xhtml("".join(body))
        manifest.append(f'<item id="c{chapter}" href="c{chapter}.xhtml" media-type="application/xhtml+xml"/>')
        spine.append(f'<itemref idref="c{chapter}"/>')
    parts["OEBPS/content.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<metadata><dc:title>Illustrated</dc:title><dc:language>en</dc:language></metadata>"
        f"<manifest>{''.join(manifest)}</manifest><spine>{''.join(spine)}</spine></package>"
    )
    return media_files.epub(parts)


def _prose(seed: int, characters: int) -> str:
    words = random.Random(seed)  # noqa: S311 - text, not secrets
    sentences: list[str] = []
    while sum(map(len, sentences)) + len(sentences) < characters:
        sentences.append(" ".join(words.choices(WORDS, k=11)).capitalize() + ".")
    return " ".join(sentences)


def _picture(number: int) -> bytes:
    picture = Image.new("RGB", PICTURE_SIZE, (number % 256, number // 256 * 16 % 256, 120))
    output = BytesIO()
    picture.save(output, "JPEG", quality=60)
    return output.getvalue()
