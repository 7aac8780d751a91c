"""Marks that plain text has instead of type: note marks in brackets, descriptions of pictures, underscores for italics."""

import re

from chalicelib.extraction.model import BlockKind

# "dog.[1]", "dog[12]", "agree.12 The": directly behind a word or its punctuation.
_BRACKETED_MARK = re.compile(r"(?<=[^\W\d_.,;:!?”’\"»)])([.,;:!?”’\"»)]{0,3})\[(\d{1,3}|[A-Z*†])\]")
_BARE_MARK = re.compile(r"(?<=[a-zß-ÿ]{3}[.!?])\d{1,3}(?= [^\W\d_a-z]|$)")
_STAR_MARK = re.compile(r"(?<=[^\W\d_]{2})[*†‡](?=[.,;:!?]?(?:\s|$))")
_EMPHASIS = re.compile(r"(?<!\w)_([^\s_][^_]{0,200})_(?!\w)")
_NOTE = re.compile(r"\[(\d{1,3}|[A-Z*†])\]:?\s+(?=\S)")
_NOTE_START = re.compile(r"^[ \t]{0,20}\[(\d{1,3}|[A-Z*†])\]:?[ \t]", re.MULTILINE)
_PICTURE = re.compile(r"\[(?:illustration|image|figure|picture|abbildung|bild)(?::([^\]]*))?\]", re.IGNORECASE)


def cited_notes(content: str) -> frozenset[str]:
    """Return the labels of notes that have both a mark in the text and a text of their own."""
    if "[" not in content:
        return frozenset()
    return frozenset(match[2] for match in _BRACKETED_MARK.finditer(content)) & frozenset(_NOTE_START.findall(content))


def without_marks(text: str, cited: frozenset[str]) -> str:
    """Return the line without note marks, and without the underscores around emphasised words."""
    if "[" in text:
        text = _BRACKETED_MARK.sub(lambda match: match[1] if match[2] in cited or match[1] else match[0], text)
    if "_" in text:
        text = _EMPHASIS.sub(r"\1", text)
    if "*" in text or "†" in text or "‡" in text:
        text = _without_star_marks(text)
    return _BARE_MARK.sub("", text) if any(map(str.isdecimal, text)) else text


def _without_star_marks(text: str) -> str:
    """Remove a single star behind a word; two of them are emphasis in some dialects."""
    return _STAR_MARK.sub("", text) if text.count("*") <= 1 else text


def marked_line(text: str, cited: frozenset[str]) -> tuple[BlockKind | None, str]:
    """Return the kind of a line that begins a note or describes a picture, and its text."""
    picture = _PICTURE.fullmatch(text)
    if picture is not None and (picture[1] or "").strip():
        return BlockKind.FIGURE, picture[1].strip()
    note = _NOTE.match(text)
    if note is not None and note[1] in cited:
        return BlockKind.FOOTNOTE, f"{note[1]} {text[note.end() :]}"
    return None, text
