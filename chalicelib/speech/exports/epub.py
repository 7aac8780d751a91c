"""A reading as a book that reads itself: EPUB 3.3 with media overlays, a document, a sound file and a SMIL file per chapter.

Every word that is spoken is an element; its overlay lasts until the next word begins, so that rests are heard, too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC
from functools import partial
from html import escape
from itertools import pairwise
from typing import NamedTuple

from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.exports import archive
from chalicelib.speech.exports.archive import PlannedFile
from chalicelib.speech.exports.content import ExportChapter, RecordingContent, chapter_file

MEDIA_TYPE = "application/epub+zip"
ACTIVE_CLASS = "-epub-media-overlay-active"

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLOCK_END = re.compile(r"\n\s*\n|\n")
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONTAINER = (
    f'{_XML}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">\n'
    '<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles>\n'
    "</container>\n"
)
_STYLE = f"""body {{ line-height: 1.5; margin: 1em; }}
.{ACTIVE_CLASS} {{ background: #ffe08a; color: #1a1a1a; text-decoration: underline; }}
"""


class Clip(NamedTuple):
    """From when to when the word with this number is heard."""

    word: int
    begin_ms: int
    end_ms: int


def list_files(content: RecordingContent) -> Iterator[PlannedFile]:
    """The files of the book; the first one is what readers know it by."""
    yield PlannedFile("mimetype", [archive.literal_chunk(MEDIA_TYPE.encode())])
    yield PlannedFile("META-INF/container.xml", [archive.literal_chunk(_CONTAINER.encode())])
    yield PlannedFile("EPUB/package.opf", [archive.text_chunk(partial(_package, content))])
    yield PlannedFile("EPUB/nav.xhtml", [archive.text_chunk(partial(_nav, content))])
    yield PlannedFile("EPUB/style.css", [archive.literal_chunk(_STYLE.encode())])
    for chapter in content.chapters:
        yield PlannedFile(f"EPUB/{_name(chapter)}.xhtml", [archive.text_chunk(partial(_document, content, chapter))])
        if chapter.words:
            yield PlannedFile(f"EPUB/{_name(chapter)}.smil", [archive.text_chunk(partial(_overlay, chapter))])
            yield chapter_file(content, chapter, f"EPUB/{_name(chapter)}.mp3")


def clips(words: Sequence[WordTiming], duration_ms: int) -> list[Clip]:
    """Clips that follow each other without a hole; the last of several words that are heard at once stands for them."""
    begins = [0, *(word.start_ms for word in words[1:]), duration_ms]
    return [Clip(n, begin, end) for n, (begin, end) in enumerate(pairwise(begins)) if begin < end]


def _name(chapter: ExportChapter) -> str:
    return f"chapter-{chapter.number}"


def _package(content: RecordingContent) -> str:
    spoken = [chapter for chapter in content.chapters if chapter.words]
    items, spine = [], []
    for chapter in content.chapters:
        name = _name(chapter)
        overlay = f' media-overlay="{name}-overlay"' if chapter.words else ""
        items.append(f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"{overlay}/>')
        if chapter.words:
            items.append(f'<item id="{name}-overlay" href="{name}.smil" media-type="application/smil+xml"/>')
            items.append(f'<item id="{name}-sound" href="{name}.mp3" media-type="audio/mpeg"/>')
        spine.append(f'<itemref idref="{name}"/>')
    durations = "\n".join(
        f'<meta property="media:duration" refines="#{_name(chapter)}-overlay">{_clock(chapter.duration_ms)}</meta>'
        for chapter in spoken
    )
    total = _clock(sum(chapter.duration_ms for chapter in spoken))
    modified = content.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"""{_XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{content.job_id}</dc:identifier>
<dc:title>{_text(content.title) or "Untitled"}</dc:title>
<dc:language>{_language(content)}</dc:language>
<meta property="dcterms:modified">{modified}</meta>
<meta property="media:duration">{total}</meta>
{durations}
<meta property="media:active-class">{ACTIVE_CLASS}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">auditory</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">synchronizedAudioText</meta>
<meta property="schema:accessibilityHazard">none</meta>
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="style" href="style.css" media-type="text/css"/>
{_lines(items)}
</manifest>
<spine>
{_lines(spine)}
</spine>
</package>
"""


def _nav(content: RecordingContent) -> str:
    entries = "\n".join(
        f'<li><a href="{_name(chapter)}.xhtml">{_text(chapter.title) or chapter.number}</a></li>'
        for chapter in content.chapters
    )
    body = f'<nav epub:type="toc" id="toc"><ol>\n{entries}\n</ol></nav>'
    return _page(content, content.title, body)


def _document(content: RecordingContent, chapter: ExportChapter) -> str:
    """The text in paragraphs; the first one is the heading when it says what the chapter is called."""
    text = content.text_between(chapter.text_start, chapter.text_end)
    blocks: list[str] = []
    position = 0
    for end in [*(match.end() for match in _BLOCK_END.finditer(text)), len(text)]:
        block = text[position:end]
        if block.strip():
            is_heading = not blocks and block.split() == chapter.title.split()
            tag = "h1" if is_heading else "p"
            words = _words(text, chapter, position, end)
            blocks.append(f"<{tag}>{words}</{tag}>")
        position = end
    return _page(content, chapter.title, f'<section epub:type="chapter">\n{_lines(blocks) or "<p/>"}\n</section>')


def _words(text: str, chapter: ExportChapter, start: int, end: int) -> str:
    """A stretch of the chapter's text, each spoken word in an element with the word's number."""
    pieces, position, origin = [], start, chapter.text_start
    for number in _numbers(chapter, origin + start, origin + end):
        word = chapter.words[number]
        here, there = word.text_start - origin, min(word.text_end - origin, end)
        pieces += [_text(text[position:here]), f'<span id="w{number}">{_text(text[here:there])}</span>']
        position = there
    return "".join([*pieces, _text(text[position:end])]).strip()


def _numbers(chapter: ExportChapter, start: int, end: int) -> range:
    def at(place: int) -> int:
        return bisect_left(chapter.words, place, key=lambda word: word.text_start)

    return range(at(start), at(end))


def _overlay(chapter: ExportChapter) -> str:
    name = _name(chapter)
    pars = "\n".join(
        f'<par id="p{clip.word}"><text src="{name}.xhtml#w{clip.word}"/>'
        f'<audio src="{name}.mp3" clipBegin="{_clock(clip.begin_ms)}" clipEnd="{_clock(clip.end_ms)}"/></par>'
        for clip in clips(chapter.words, chapter.duration_ms)
    )
    return f'{_XML}<smil xmlns="http://www.w3.org/ns/SMIL" version="3.0">\n<body>\n{pars}\n</body>\n</smil>\n'


def _page(content: RecordingContent, title: str, body: str) -> str:
    language = _language(content)
    return f"""{_XML}<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="{language}" xml:lang="{language}">
<head><title>{_text(title) or "Untitled"}</title><link rel="stylesheet" type="text/css" href="style.css"/></head>
<body>
{body}
</body>
</html>
"""


def _language(content: RecordingContent) -> str:
    return content.language if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", content.language) else "und"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub(" ", text), quote=True)


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1_000 % 60:02}.{ms % 1_000:03}"
