"""Passages of a text in another language than the rest: which of them get a voice of their own."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chalicelib.extraction.inline import LANGUAGE_PREFIX
from chalicelib.extraction.model import TextSpan
from chalicelib.speech.segments import Segment
from chalicelib.speech.voices import languages

MIN_WORDS = 4  # a clause; another narrator for "déjà vu" or "in vino veritas" would be a nuisance
LETTERS_PER_WORD = 2  # where no spaces divide words: as in Chinese
_UNSPACED = ("zh", "ja", "th", "lo", "km", "my")


@dataclass(frozen=True, slots=True)
class ForeignPassage:
    """The text from `start` up to `end` in a language (BCP 47)."""

    start: int
    end: int
    language: str


def find_passages(text: str, spans: Iterable[TextSpan], language: str) -> list[ForeignPassage]:
    """Return the passages of at least a few words in another language than `language`, in order and without overlaps.

    `spans` are those of the text, in order of their starts. Passages of a language with nothing but space between them are one.
    """
    passages: list[ForeignPassage] = []
    for start, end, tag in _foreign(spans, language):
        last = passages[-1] if passages else None
        if last is not None and start < last.end:
            continue
        if last is not None and last.language == tag and not text[last.end : start].strip():
            passages[-1] = replace(last, end=end)
        else:
            passages.append(ForeignPassage(start, end, tag))
    return [
        passage
        for passage in passages
        if _count_words(text[passage.start : passage.end], passage.language) >= MIN_WORDS
    ]


def list_languages(spans: Iterable[TextSpan], language: str) -> list[str]:
    """Return the other languages that spans of a text name, in order of their first span."""
    return list(dict.fromkeys(tag for _, _, tag in _foreign(spans, language)))


def list_segment_languages(split: Sequence[Segment], passages: Sequence[ForeignPassage]) -> list[str | None]:
    """Return the language of the passage that each segment is in; None outside of them. No segment crosses a passage's end."""
    starts = [passage.start for passage in passages]
    languages_: list[str | None] = []
    for segment in split:
        passage = passages[index - 1] if (index := bisect_right(starts, segment.start)) else None
        languages_.append(passage.language if passage is not None and segment.start < passage.end else None)
    return languages_


def _foreign(spans: Iterable[TextSpan], language: str) -> Iterable[tuple[int, int, str]]:
    for span in spans:
        tag = span.kind.removeprefix(LANGUAGE_PREFIX)
        if tag != span.kind and not languages.is_same_language(tag, language):
            yield span.start, span.end, tag


def _count_words(text: str, language: str) -> int:
    if any(languages.is_same_language(language, unspaced) for unspaced in _UNSPACED):
        return sum(map(str.isalpha, text)) // LETTERS_PER_WORD
    return sum(any(map(str.isalpha, word)) for word in text.split())
