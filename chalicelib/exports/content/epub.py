"""EPUB 3.3 with media overlays: a document, an audio file and a SMIL file per chapter.

Every spoken word is an element; its overlay lasts until the next word starts, so that pauses are played, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from chalicelib.exports.archive import PlannedFile, literal_chunk, text_chunk
from chalicelib.exports.content import epub_text
from chalicelib.exports.content.epub_inline import to_xml
from chalicelib.exports.content.epub_skippable import list_terms
from chalicelib.exports.content.recording import Recording, RecordingChapter, chapter_file, report_file
from chalicelib.exports.content.writing_direction import is_right_to_left
from chalicelib.speech.audio.marks import WordTiming

MEDIA_TYPE = "application/epub+zip"
ACTIVE_CLASS = "-epub-media-overlay-active"

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONTAINER = (
    f'{_XML}<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">\n'
    '<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles>\n'
    "</container>\n"
)
_SUMMARY = (
    "The whole text can be read with a screen reader and displayed in any size and colour; it has headings and a table of "
    "contents, and every spoken word is highlighted while it is heard."
)
_SUMMARY_OF_PICTURES = " Some pictures have no description."
_SUMMARY_LANGUAGE = ' xml:lang="en"'
_STYLE = f"""body {{ line-height: 1.5; margin: 1em; }}
ul {{ list-style: none; padding-inline-start: 1em; }}
pre {{ white-space: pre-wrap; }}
.verse {{ padding-inline-start: 2em; }}
.caption, .figure, aside {{ font-size: 0.9em; }}
.formula {{ margin-inline-start: 2em; }}
.reference {{ padding-inline-start: 1.5em; text-indent: -1.5em; }}
table {{ border-collapse: collapse; }}
caption, th, td {{ padding: 0.2em 0.6em; text-align: start; vertical-align: top; }}
th, td {{ border: 1px solid; }}
td .label {{ font-size: 0.75em; }}
.scene-break, figure {{ text-align: center; }}
img {{ max-width: 100%; }}
.{ACTIVE_CLASS} {{ background: #ffe08a; color: #1a1a1a; text-decoration: underline; }}
"""


class Clip(NamedTuple):
    """The time at which the word with this number is heard."""

    word: int
    start_ms: int
    end_ms: int


def list_files(recording: Recording) -> Iterator[PlannedFile]:
    """Yield the files of the book. The first one identifies the format."""
    yield PlannedFile("mimetype", [literal_chunk(MEDIA_TYPE.encode())])
    yield PlannedFile("META-INF/container.xml", [literal_chunk(_CONTAINER.encode())])
    yield report_file(recording, "META-INF/")  # where EPUB 3.3 has what is no part of the publication
    yield PlannedFile("EPUB/package.opf", [text_chunk(partial(_package, recording))])
    yield PlannedFile("EPUB/nav.xhtml", [text_chunk(partial(_nav, recording))])
    yield PlannedFile("EPUB/style.css", [literal_chunk(_STYLE.encode())])
    if recording.album.cover:
        yield PlannedFile("EPUB/cover.jpg", [literal_chunk(recording.album.cover)])
    for file, content in _pictures(recording).items():
        yield PlannedFile(f"EPUB/{epub_text.picture_path(file)}", [literal_chunk(content)])
    for chapter in recording.chapters:
        yield PlannedFile(f"EPUB/{_name(chapter)}.xhtml", [text_chunk(partial(_document, recording, chapter))])
        if chapter.words:
            yield PlannedFile(f"EPUB/{_name(chapter)}.smil", [text_chunk(partial(_overlay, recording, chapter))])
            yield chapter_file(recording, chapter, f"EPUB/{_name(chapter)}.mp3")


def clips(words: Sequence[WordTiming], duration_ms: int) -> list[Clip]:
    """Return clips without gaps between them. Of several words at one time, the last has the clip."""
    times = [0, *(word.start_ms for word in words[1:]), duration_ms]
    return [Clip(number, start, end) for number, (start, end) in enumerate(pairwise(times)) if start < end]


def _name(chapter: RecordingChapter) -> str:
    return f"chapter-{chapter.number}"


def _package(recording: Recording) -> str:
    spoken = [chapter for chapter in recording.chapters if chapter.words]
    items, spine = [], []
    if recording.album.cover:
        items.append('<item id="cover" href="cover.jpg" media-type="image/jpeg" properties="cover-image"/>')
    for number, file in enumerate(_pictures(recording), 1):
        items.append(f'<item id="picture-{number}" href="{epub_text.picture_path(file)}" media-type="image/jpeg"/>')
    for chapter in recording.chapters:
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
    modified = recording.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    language = _language(recording)
    return f"""{_XML}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="{language}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{recording.job_id}</dc:identifier>
<dc:title>{to_xml(recording.title) or "Untitled"}</dc:title>
<dc:language>{language}</dc:language>
{_lines(_work(recording))}
<meta property="dcterms:modified">{modified}</meta>
<meta property="media:duration">{total}</meta>
{durations}
<meta property="media:active-class">{ACTIVE_CLASS}</meta>
{_lines(_accessibility(recording))}
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="style" href="style.css" media-type="text/css"/>
{_lines(items)}
</manifest>
<spine{' page-progression-direction="rtl"' if is_right_to_left(language) else ""}>
{_lines(spine)}
</spine>
</package>
"""


def _pictures(recording: Recording) -> dict[str, bytes]:
    """Return the pictures that the text has, by file name."""
    pictures = recording.illustrations.pictures or {}
    return {place.file: pictures[place.file] for place in recording.illustrations.places if place.file in pictures}


def _work(recording: Recording) -> list[str]:
    """Render what is known of the document: its authors, publisher, date, series and cover."""
    album = recording.album
    lines = []
    for number, name in enumerate(filter(None, map(to_xml, album.artists)), 1):
        lines.append(f'<dc:creator id="creator-{number}">{name}</dc:creator>')
        lines.append(f'<meta refines="#creator-{number}" property="role" scheme="marc:relators">aut</meta>')
    if album.publisher:
        lines.append(f"<dc:publisher>{to_xml(album.publisher)}</dc:publisher>")
    if recording.published:
        lines.append(f"<dc:date>{to_xml(recording.published)}</dc:date>")
    if album.series:
        lines.append(f'<meta property="belongs-to-collection" id="series">{to_xml(album.series)}</meta>')
        lines.append('<meta refines="#series" property="collection-type">series</meta>')
        if album.series_index is not None:
            lines.append(f'<meta refines="#series" property="group-position">{album.series_index:g}</meta>')
    if album.cover:
        lines.append('<meta name="cover" content="cover"/>')  # for programs of EPUB 2
    return lines


def _accessibility(recording: Recording) -> list[str]:
    """Render what readers with disabilities can expect (EPUB Accessibility 1.1). No party certified it, so none is named."""
    places = [place for place in recording.illustrations.places if place.file in _pictures(recording)]
    is_described = all(place.description for place in places)
    properties = {
        "accessMode": ["textual", "auditory", *(["visual"] if places else [])],
        "accessModeSufficient": ["textual"] if is_described else ["textual,visual"],
        "accessibilityFeature": [
            "tableOfContents",
            "readingOrder",
            "structuralNavigation",
            "displayTransformability",
            "synchronizedAudioText",
            *(["alternativeText"] if places and is_described else []),
        ],
        "accessibilityHazard": ["none"],
        "accessibilitySummary": [_SUMMARY + (_SUMMARY_OF_PICTURES if places and not is_described else "")],
    }
    return [
        f'<meta property="schema:{name}"{_SUMMARY_LANGUAGE if name == "accessibilitySummary" else ""}>{value}</meta>'
        for name, values in properties.items()
        for value in values
    ]


def _nav(recording: Recording) -> str:
    entries = "\n".join(
        f'<li><a href="{_name(chapter)}.xhtml">{to_xml(chapter.title) or chapter.number}</a></li>'
        for chapter in recording.chapters
    )
    body = f'<nav epub:type="toc" role="doc-toc" id="toc"><ol>\n{entries}\n</ol></nav>'
    return _page(recording, recording.title, body)


def _document(recording: Recording, chapter: RecordingChapter) -> str:
    body = epub_text.render(recording, chapter)
    label = to_xml(chapter.title) or str(chapter.number)
    section = f'<section epub:type="chapter" role="doc-chapter" aria-label="{label}">\n{body or "<p/>"}\n</section>'
    return _page(recording, chapter.title, section)


def _overlay(recording: Recording, chapter: RecordingChapter) -> str:
    name, terms = _name(chapter), list_terms(recording, chapter)
    pars = "\n".join(
        f'<par id="p{clip.word}"{_type(terms.get(clip.word))}><text src="{name}.xhtml#w{clip.word}"/>'
        f'<audio src="{name}.mp3" clipBegin="{_clock(clip.start_ms)}" clipEnd="{_clock(clip.end_ms)}"/></par>'
        for clip in clips(chapter.words, chapter.duration_ms)
    )
    namespaces = 'xmlns="http://www.w3.org/ns/SMIL" xmlns:epub="http://www.idpf.org/2007/ops"'
    return f'{_XML}<smil {namespaces} version="3.0">\n<body>\n{pars}\n</body>\n</smil>\n'


def _type(terms: str | None) -> str:
    return f' epub:type="{terms}"' if terms else ""


def _page(recording: Recording, title: str, body: str) -> str:
    language = _language(recording)
    direction = ' dir="rtl"' if is_right_to_left(language) else ""
    attributes = f'lang="{language}" xml:lang="{language}"{direction}'
    return f"""{_XML}<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" {attributes}>
<head><title>{to_xml(title) or "Untitled"}</title><link rel="stylesheet" type="text/css" href="style.css"/></head>
<body>
{body}
</body>
</html>
"""


def _language(recording: Recording) -> str:
    return recording.language if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", recording.language) else "und"


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000}:{ms // 60_000 % 60:02}:{ms // 1_000 % 60:02}.{ms % 1_000:03}"
