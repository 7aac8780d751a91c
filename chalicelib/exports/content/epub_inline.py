"""Text within a block as XHTML: each spoken word in an element of its own, within those of emphasis, links and languages."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from html import escape
from itertools import takewhile

from chalicelib.exports.content.recording import URL, RecordingChapter
from chalicelib.exports.content.writing_direction import is_right_to_left
from chalicelib.extraction.model import TextSpan

LANGUAGE_PREFIX = "language:"
NOTE_MARK = "note_mark"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?([/?#][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*)?")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_LINK = "a"


class InlineText:
    """The text of a chapter. Offsets count from its start, `spans` are in order, `notes` are numbers of notes by mark.

    `addresses` are those of links, by the offset of the link in the whole text.
    """

    def __init__(
        self,
        text: str,
        chapter: RecordingChapter,
        spans: Sequence[TextSpan],
        *,
        notes: Mapping[TextSpan, int],
        addresses: Mapping[int, str],
    ) -> None:
        self._text = text
        self._offset = chapter.text_start
        self._words = [(word.text_start - self._offset, word.text_end - self._offset) for word in chapter.words]
        self._spans = spans
        self._starts = [span.start for span in spans]
        self._notes = notes
        self._addresses = addresses

    def render(self, start: int, end: int, *, with_code: bool = True) -> str:
        """Render a range, without the spaces around it."""
        text = self._text[start:end]
        start, end = start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip())
        if start >= end:
            return ""
        within = self._spans[bisect_left(self._starts, start) : bisect_left(self._starts, end)]
        spans = [self._snapped(span, start, end) for span in within if with_code or span.kind != "code"]
        return self._nested(start, end, sorted(spans, key=lambda s: (s[1], -s[2])), is_in_link=False)

    def _snapped(self, span: TextSpan, start: int, end: int) -> tuple[TextSpan, int, int]:
        """Return a span with the ends of words that it has a part of: a word is one element."""
        first, last = max(span.start, start), min(span.end, end)
        return span, self._word_at(first)[0], self._word_at(last)[1]

    def _word_at(self, offset: int) -> tuple[int, int]:
        """Return the word that an offset is within, or twice the offset."""
        number = bisect_left(self._words, (offset, 0)) - 1
        if number >= 0 and self._words[number][0] < offset < self._words[number][1]:
            return self._words[number]
        return offset, offset

    def _nested(self, start: int, end: int, spans: Sequence[tuple[TextSpan, int, int]], *, is_in_link: bool) -> str:
        html, position, number = [], start, 0
        while number < len(spans):
            span, first, last = spans[number]
            last = min(last, end)
            inner = list(takewhile(lambda other, stop=last: other[1] < stop, spans[number + 1 :]))  # type: ignore[misc]
            number += 1 + len(inner)
            if first < position or first >= last:
                continue
            opening, closing = self._element(span, is_in_link=is_in_link)
            is_link = opening.startswith(f"<{_LINK} ")
            content = self._nested(first, last, inner, is_in_link=is_in_link or is_link)
            html += [self._plain(position, first), opening, content, closing]
            position = last
        return "".join([*html, self._plain(position, end)])

    def _element(self, span: TextSpan, *, is_in_link: bool) -> tuple[str, str]:
        """Return the tags around a span; empty for a span that has no element."""
        if span.kind == "emphasis":
            return "<em>", "</em>"
        if span.kind == "code":
            return "<code>", "</code>"
        if span.kind == NOTE_MARK and span in self._notes and not is_in_link:
            number = self._notes[span]
            role = 'epub:type="noteref" role="doc-noteref"'
            return f'<a {role} href="#note{number}">', "</a>"
        if span.kind == URL and not is_in_link:
            address = self._addresses.get(self._offset + span.start, self._text[span.start : span.end])
            return (f'<a href="{to_xml(address)}">', "</a>") if _ADDRESS.fullmatch(address) else ("", "")
        if span.kind.startswith(LANGUAGE_PREFIX) and _TAG.fullmatch(tag := span.kind.removeprefix(LANGUAGE_PREFIX)):
            direction = "rtl" if is_right_to_left(tag) else "ltr"
            return f'<span lang="{tag}" xml:lang="{tag}" dir="{direction}">', "</span>"
        return "", ""

    def _plain(self, start: int, end: int) -> str:
        """Render a range without elements but those of words."""
        html, position = [], start
        for number in range(bisect_left(self._words, (start, 0)), bisect_left(self._words, (end, 0))):
            word_start, word_end = self._words[number][0], min(self._words[number][1], end)
            between = to_xml(self._text[position:word_start])
            html += [between, f'<span id="w{number}">{to_xml(self._text[word_start:word_end])}</span>']
            position = word_end
        return "".join([*html, to_xml(self._text[position:end])])


def to_xml(text: str) -> str:
    """Return the text escaped, without characters that XML cannot have."""
    return escape(_NOT_XML.sub(" ", text), quote=True)
