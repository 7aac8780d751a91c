"""Pages whose text is not in the file: pictures without text, pictures with a stamp only, and text that is not language.

A stamp is the same short text on most of the pictures ("Downloaded from …"), or a short line at the edge of one. Fonts
without a map to Unicode yield text that is not language: a viewer shows the right letters, but nothing says which they are.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.extraction.model import MAX_EXCERPT_CHARACTERS, Omission
from chalicelib.extraction.pdf.layout import Line, Page

MIN_PAGE_CHARACTERS = 20  # a page with fewer has no text, only its number
MAX_STAMP_CHARACTERS = 400  # of a page; more is text over a picture
MAX_EDGE_STAMP_CHARACTERS = 120  # of a stamp that does not repeat
EDGE_SHARE = 0.08  # of the page's height, at the top and at the bottom
PICTURE_SHARE = 0.5  # of the page's area: below it, the picture is an illustration
SCAN_SHARE = 0.8  # of the page's area: a scan covers all of it, but for a margin
MIN_REPEATED_SHARE = 0.5  # of the pictures with little text: then it is a stamp
MAX_PLACEHOLDER_PAGES = 2  # in front of a dynamic form
MAX_PLACEHOLDER_CHARACTERS = 2_000
MAX_JUDGED_CHARACTERS = 1_000  # of a page: a fifth of it says what language it is, or that it is none
MIN_JUDGED_WORDS = 8  # fewer words prove nothing
MIN_VOWEL_SHARE = 0.22  # of the Latin letters: a third in Czech and Polish, 0.15 in English with its letters shifted
MIN_LANGUAGE_SHARE = 0.4  # of the words of four letters and more have the form of words

# Addresses in the page that Adobe's programs write into dynamic forms, in all its languages.
_PLACEHOLDER = re.compile(r"adobe\.com/go/(?:reader_download|acrreader|reader)\b")
_FIGURES = re.compile(r"\d+")
_TOKEN = re.compile(r"\S{4,}")
_PRINTED_WORD = re.compile(r"[\W_]*([^\W\d_]+(?:[-'’.,/&·\u200c\u200d][^\W\d_]+)*)[\W_]*")
_ADDRESS = re.compile(r"[\w.-]+(?:@|://|$)")  # or a part number
_VOWELS = "aeiouyAEIOUY"


@dataclass(frozen=True, slots=True)
class Readability:
    """The pages without their stamps; which of them are unreadable and which are garbled, both counted from 1."""

    pages: list[Page]
    unreadable: tuple[int, ...]
    garbled: tuple[int, ...]
    stamps: list[Omission]


def judge(pages: Sequence[Page]) -> Readability:
    """Find the pages that need text recognition, and remove the stamps from them."""
    stamps = _find_stamps(pages)
    readable_pages: list[Page] = []
    unreadable: list[int] = []
    garbled: list[int] = []
    omissions: list[Omission] = []
    for number, page in enumerate(pages, 1):
        text = " ".join(line.text for line in page.lines if not line.is_monospaced)
        if number - 1 in stamps:
            stamp = " ".join(line.text for line in page.lines)
            omissions.append(Omission("stamp", number, "stamp", stamp[:MAX_EXCERPT_CHARACTERS]))
            text = ""
        readable_pages.append(replace(page, lines=()) if number - 1 in stamps else page)
        is_printed = page.height > 0  # a plain text has no fonts: what it says is what it is
        is_garbled = bool(text) and is_printed and (page.is_unmapped or not is_language(text[:MAX_JUDGED_CHARACTERS]))
        if is_garbled:
            garbled.append(number)
        characters = sum(len(line.text) for line in readable_pages[-1].lines)
        if is_garbled or (page.has_picture and characters < MIN_PAGE_CHARACTERS):
            unreadable.append(number)
    return Readability(readable_pages, tuple(unreadable), tuple(garbled), omissions)


def without_placeholder(pages: Sequence[Page]) -> tuple[list[Page], list[Omission]]:
    """Return the pages without the text that stands for a dynamic XFA form, and that text.

    Such a form has no pages: its program makes them. What the file shows in other programs is one page that says so.
    """
    text = " ".join(line.text for page in pages for line in page.lines)[:MAX_PLACEHOLDER_CHARACTERS]
    if len(pages) > MAX_PLACEHOLDER_PAGES or _PLACEHOLDER.search(text) is None:
        return list(pages), []
    omission = Omission("placeholder", 1, "placeholder", text[:MAX_EXCERPT_CHARACTERS])
    return [replace(page, lines=()) for page in pages], [omission]


def _find_stamps(pages: Sequence[Page]) -> set[int]:
    """Return the indices of the pages that are pictures with nothing but a stamp."""
    candidates = [
        index
        for index, page in enumerate(pages)
        if page.lines
        and not page.has_hidden_text
        and page.picture_share >= PICTURE_SHARE
        and sum(len(line.text) for line in page.lines) <= MAX_STAMP_CHARACTERS
    ]
    pages_by_key = Counter(key for index in candidates for key in {_key(line) for line in pages[index].lines})
    min_pages = max(2.0, MIN_REPEATED_SHARE * len(candidates))
    return {
        index
        for index in candidates
        if all(pages_by_key[_key(line)] >= min_pages for line in pages[index].lines) or _has_edge_stamp(pages[index])
    }


def _key(line: Line) -> str:
    return _FIGURES.sub("#", line.text.casefold())


def _has_edge_stamp(page: Page) -> bool:
    margin = EDGE_SHARE * page.height
    return (
        page.picture_share >= SCAN_SHARE
        and sum(len(line.text) for line in page.lines) <= MAX_EDGE_STAMP_CHARACTERS
        and all(not margin < line.baseline - page.bottom < page.height - margin for line in page.lines)
    )


def is_language(text: str) -> bool:
    """Return False if hardly any token looks like a word: letters are mixed with signs, or Latin letters lack vowels."""
    tokens = [token for token in _TOKEN.findall(text) if token.isalpha() or any(map(str.isalpha, token))]
    if len(tokens) < MIN_JUDGED_WORDS:
        return True
    words = [token if token.isalpha() else _printed_word(token) for token in tokens]
    words = [word for word in words if word]
    addresses = sum(1 for token in tokens if _ADDRESS.match(token) and not _PRINTED_WORD.fullmatch(token))
    if len(words) + addresses < MIN_LANGUAGE_SHARE * len(tokens):
        return False
    letters = "".join(filter(str.isascii, words))
    return sum(map(letters.count, _VOWELS)) >= MIN_VOWEL_SHARE * len(letters)


def _printed_word(token: str) -> str:
    """Return a token without the signs around it; "" if it has not the form of a word."""
    match = _PRINTED_WORD.fullmatch(token)
    return match.group(1) if match else ""
