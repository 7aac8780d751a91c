"""Expressions that were rewritten to be linear: on short texts they do what the obvious, quadratic expression does."""

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.api.openapi import document
from chalicelib.extraction import cleanup
from chalicelib.extraction.pdf import line_joining
from chalicelib.formats import charset
from chalicelib.inspection.documents import docx_actions, markup, pdf_bytes

LEADERS = re.compile(r"\s*(?:(?:\.\s?){4,}|…{2,}|_{4,})\s*[\divxlc]*\s*$", re.IGNORECASE)
FOOTNOTE_MARK = re.compile(r"\s*[\[(]?\s*(?:\d{1,3}|[*†‡§¶]{1,3}|[a-z])\s*[\])]?\s*(?:[,–-]\s*\d{1,3}\s*)*")
LAST_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*$")


def first(pattern: re.Pattern[str]) -> Callable[[str], object]:
    return lambda text: (match.start(), match.end()) if (match := pattern.search(text)) else None


def spans(pattern: re.Pattern[str]) -> Callable[[str], object]:
    return lambda text: bool(pattern.search(text))


def strip_leaders(text: str) -> tuple[str, bool]:
    title = LEADERS.sub("", text)
    return (title, True) if title != text and title else (text, False)


def last_word(text: str) -> str | None:
    match = line_joining._WORD.match(text[::-1])
    return match.group()[::-1] if match else None


def bytes_pattern(expression: bytes, flags: int = re.IGNORECASE) -> Callable[[str], object]:
    pattern = re.compile(expression, flags)
    return lambda text: bool(pattern.search(text.encode("utf-8", "replace")))


def object_stream_start(pattern: re.Pattern[bytes]) -> Callable[[str], object]:
    return lambda text: bool(pattern.match(text.encode("utf-8", "replace")))


def string_end(text: str) -> int:
    """Return the length of the shortest beginning that closes a string, or -1."""
    for end in range(1, len(text) + 1):
        plain = re.sub(r"\\.", "", text[:end], flags=re.DOTALL)
        if not plain.endswith("\\") and plain.count(")") > plain.count("("):
            return end
    return -1


CASES: dict[str, tuple[list[str], Callable[[str], object], Callable[[str], object]]] = {
    "leaders": (list(". _…\u00a01ivA"), strip_leaders, cleanup.strip_leaders),
    "footnote mark": (
        list(" [(1*§)],–-a\n"),
        lambda text: bool(FOOTNOTE_MARK.fullmatch(text)),
        lambda text: bool(cleanup._FOOTNOTE_MARK.fullmatch(text)),
    ),
    "last word": (list("ab-é1_ .か"), lambda text: match.group() if (match := LAST_WORD.search(text)) else None, last_word),
    "DDE": (
        ["DDE", "dde", "AUTO", *" \n\t\u00a0a_"],
        spans(re.compile(r"^\s*DDE(?:AUTO)?\b", re.IGNORECASE | re.MULTILINE)),
        spans(docx_actions._DDE),
    ),
    "fields that fetch": (
        ["INCLUDETEXT", "LINK", "link", "http:", "file:", "//", "\\\\", *' \n"a_.'],
        spans(re.compile(
            r"\b(?:INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK)\b\s+\S*\s*\"?(?:https?:|\\\\|file:|//)", re.IGNORECASE
        )),
        spans(docx_actions._INCLUDES),
    ),
    "fetch": (
        ["src", "poster", "<link", "href", "url(", "@import", "http:", "//", *" =\"'>\n"],
        bytes_pattern(
            rb"(?:src|poster|background)\s*=\s*[\"']?\s*(?:https?:)?//|<link\b[^<>]{0,2000}href\s*=\s*[\"']?\s*(?:https?:)?//"
            rb"|url\(\s*[\"']?\s*(?:https?:)?//|@import\s+[\"']\s*(?:https?:)?//"
        ),
        lambda text: markup.fetches_remote_content(text.encode()),
    ),
    "encoding": (
        ["<meta", "charset", "<?xml", "encoding", *" =\"'>a-"],
        bytes_pattern(
            rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})|<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{1,40})"
        ),
        lambda text: bool(charset._DECLARATION.search(text.encode())),
    ),
    "string of a PDF": (
        list("()\\a/\n"),
        string_end,
        lambda text: pdf_bytes._find_string_end(text.encode(), 0, len(text)),
    ),
    "object stream": (
        list("1 \n<[(/a"),
        object_stream_start(re.compile(rb"\s*\d+\s+\d+(?:\s+\d+\s+\d+)*(?:\s*[<\[(/]|[\s\d]*\Z)")),
        object_stream_start(pdf_bytes._OBJECT_STREAM_START),
    ),
    "schema of a generic class": (
        ["Page", "[", "]", "a", "_", " "],
        lambda text: re.sub(r"(\w+)\[(\w+)\]", r"\2\1", text),
        document.without_brackets,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_rewritten_expression_does_the_same(name: str, data: st.DataObject) -> None:
    alphabet, obvious, rewritten = CASES[name]
    text = data.draw(st.lists(st.sampled_from(alphabet), max_size=16).map("".join))
    assert rewritten(text) == obvious(text), repr(text)


@given(text=st.text(st.sampled_from("a. _…1") | st.characters(), max_size=30).map(lambda text: " ".join(text.split())))
@example("Chapter 1 . . . . . 12")
@example("Chapter 1 ………… xii")
@example("....")
def test_leaders_of_any_line_are_the_same(text: str) -> None:
    assert cleanup.strip_leaders(text) == strip_leaders(text)
