"""Normalize texts and queries to search terms before Postgres sees either.

The parser of Postgres treats e-mail addresses, paths and hyphenated words as single words: a search for "and" would not find
"and/or". Normalized text contains only letters and digits, and spaces between words.

There are two forms of each word. Its accented form is what stemmers know: without its accents, "mangée" is not a form of
"manger". Its folded form (chalicelib/library/folding.py) is what users type. Both have their words at the same positions.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from chalicelib.formats.normalization import to_nfc
from chalicelib.library import folding

# Chinese and Japanese have no spaces between words: each character is a word here, and several in a row are a phrase.
_CJK = re.compile(
    "[\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd]"
)
_VOICED = re.compile("[\uff66-\uff9d][\uff9e\uff9f]")  # half width: a letter and its voicing are two characters
# Scripts of South East Asia without spaces (Unicode's line breaking class SA): each syllable is a word, as far as letters show
# its end. It is a vowel written first, a letter with its marks and the letters below it, and vowels written last.
_SCRIPT = (
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf\U00011700-\U0001174f]"
)
_SYLLABLE = re.compile(
    rf"[\u0e40-\u0e44\u0ec0-\u0ec4]?(?=[^\W\d]){_SCRIPT}"
    rf"(?:(?!\w){_SCRIPT}|(?<=[\u1039\u17d2\u1a60]){_SCRIPT})*[\u0e30\u0e32\u0e33\u0e45\u0eb0\u0eb2\u0eb3]*"
)
_UNSPACED = re.compile(f"{_SCRIPT}|[\uff9e\uff9f]")
_QUERY_TERM = re.compile(r'(?P<minus>-?)"(?P<phrase>[^"]*)"?|(?P<word>\S+)')
MIN_PREFIX_CHARACTERS = 3  # fewer begin too many words, and say too little
_LONG = re.compile(r"\S{200}")  # no query has a longer word, and an index entry is limited to 2 KB
_CURLY_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))


class _Forms(dict[int, str]):
    """The form of each character in normalized text, computed on first use."""

    def __init__(self, form: Callable[[str], str]) -> None:
        self._form = form

    def __missing__(self, code: int) -> str:
        form = self[code] = self._form(chr(code))
        return form


def _folded_form(character: str) -> str:
    return "".join(map(_word_part, folding.FOLDED_FORMS[ord(character)]))


def _accented_form(character: str) -> str:
    """Return the character in lower case, unless it is not part of one word: folded text has the same words."""
    folded = _FOLDED[ord(character)]
    form = "".join(map(_word_part, unicodedata.normalize("NFKC", character).lower()))
    return folded if " " in folded or " " in form or not folded else form


def _word_part(character: str) -> str:
    if _CJK.match(character):
        return f" {character} "
    return character if unicodedata.category(character)[0] in "LMN" else " "


_FOLDED = _Forms(_folded_form)
_ACCENTED = _Forms(_accented_form)


@dataclass(frozen=True, slots=True)
class IndexTerms:
    """The words of a text in both forms. They are equal in a text of ASCII."""

    accented: str
    folded: str


def fold(text: str) -> str:
    """Return the text with only letters, digits and spaces, folded."""
    return _split_syllables(text).translate(_FOLDED)


def normalize(text: str) -> str:
    """Return the text in lower case, with only letters, digits and spaces, and with its accents."""
    return _split_syllables(text).translate(_ACCENTED)


def _split_syllables(text: str) -> str:
    if text.isascii() or not _UNSPACED.search(text):
        return text
    text = _VOICED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return _SYLLABLE.sub(r" \g<0> ", text)


def original_spans(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Map spans of `fold(text)` to spans of the text: all characters of which a part is in the span, with their accents."""
    if text.isascii():
        return list(spans)
    alphabet = "".join(set(text))
    widths = {character: len(_FOLDED[ord(character)]) for character in alphabet}
    is_unspaced = _UNSPACED.search(alphabet) is not None
    if set(widths.values()) <= {1} and not is_unspaced:
        return list(spans)
    steps = [widths[character] for character in text]
    if is_unspaced:
        for voiced in _VOICED.finditer(text):
            steps[voiced.end() - 1] = 0
        for syllable in _SYLLABLE.finditer(text):
            steps[syllable.start()] += 1
            steps[syllable.end() - 1] += 1
    ends = list(accumulate(steps))
    return [(bisect_right(ends, start), _end_with_accents(text, bisect_left(ends, end) + 1)) for start, end in spans]


def _end_with_accents(text: str, end: int) -> int:
    while end < len(text) and (folding.is_accent(text[end]) or _VOICED.fullmatch(text, end - 1, end + 1)):
        end += 1
    return end


def index_terms(text: str) -> IndexTerms:
    """Normalize a text for the index. Words longer than any query are split: they would exceed the entry's limit."""
    accented, folded = (_LONG.sub(r"\g<0> ", form) for form in (normalize(text), fold(text)))
    return IndexTerms(accented, folded)


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must occur, in this order if they are a `phrase`; or must not, if `excluded`.

    `is_beginning`: the last word may be the beginning of a longer one, as the user may not have typed the rest of it.
    Cursors contain a hash of this class's repr: renaming it or its fields would invalidate them.
    """

    words: str
    phrase: bool
    excluded: bool
    is_beginning: bool = field(default=False, repr=False)

    @property
    def folded(self) -> str:
        """The words without accents."""
        return " ".join(self.words.translate(_FOLDED).split())

    @property
    def prefix(self) -> str | None:
        """The folded beginning of the last word; None if that is complete."""
        return self.folded.rpartition(" ")[2] if self.is_beginning else None


def parse_query(query: str) -> list[list[Term]]:
    """Parse a query into alternatives, each a list of terms; empty if there is no word to search for.

    Quotes mark a phrase, `or` an alternative; a minus excludes. A word that normalizes to several ("e-mail", several Chinese
    characters) becomes a phrase. The last word may be the beginning of a longer one, unless anything follows it.
    """
    alternatives: list[list[Term]] = [[]]
    query = to_nfc(query).translate(_CURLY_QUOTES)
    for match in _QUERY_TERM.finditer(query):
        phrase, word = match["phrase"], match["word"]
        if word is not None and word.lower() == "or":
            alternatives.append([])
            continue
        words = normalize(phrase if word is None else word).split()
        if words:
            excluded = bool(match["minus"]) if word is None else word.startswith("-")
            is_beginning = word is not None and not excluded and match.end() == len(query) and _is_beginning(word)
            alternatives[-1].append(Term(" ".join(words), word is None or len(words) > 1, excluded, is_beginning))
    return [terms for terms in alternatives if not all(term.excluded for term in terms)]


def _is_beginning(word: str) -> bool:
    *_, last = fold(word).split(" ")
    return len(last) >= MIN_PREFIX_CHARACTERS
