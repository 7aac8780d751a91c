"""Captions of a reading in WebVTT: a cue per sentence or clause, and within it the time of every word.

Cues never reach from one segment into the next, so captions grow as the reading does: what was there stays as it is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from chalicelib.speech.audio.marks import WordTiming

HEADER = "WEBVTT\n\n"
MAX_CUE_CHARACTERS = 84  # two lines of 42, as subtitles commonly have
MAX_CUE_MS = 7_000  # longer, and a cue stands still

_SENTENCE_END = re.compile(r"[.!?…。！？]|\n")
_SPACE = re.compile(r"\s+")


class Cue(NamedTuple):
    """`words` are those within `text_start` and `text_end`."""

    text_start: int
    text_end: int
    words: Sequence[WordTiming]


def split_cues(text: str, words: Sequence[WordTiming], *, text_start: int = 0) -> list[Cue]:
    """The cues of a segment whose text begins at `start` of the whole; without words there are none.

    Together they hold all of the text, punctuation too.
    """
    if not words:
        return []
    borders = [text_start, *(_border(text, text_start, a, b) for a, b in pairwise(words)), text_start + len(text)]
    found: list[Cue] = []
    first = 0
    for last, word in enumerate(words):
        following = words[last + 1] if last + 1 < len(words) else None
        if following is None or _ends(
            text[word.text_end - text_start : following.text_start - text_start], words[first], following
        ):
            found.append(Cue(borders[first], borders[last + 1], words[first : last + 1]))
            first = last + 1
    return found


def render(text: str, some: Iterable[Cue], *, text_start: int = 0) -> str:
    """Cues as WebVTT, without the head. `text` begins at `start` of the whole."""
    return "".join(_cue(text, cue, text_start) for cue in some)


def _border(text: str, start: int, word: WordTiming, following: WordTiming) -> int:
    """Between two words, where the second one's text begins: an opening quote belongs to it, a full stop does not."""
    between = text[word.text_end - start : following.text_start - start]
    spaces = [match.end() for match in _SPACE.finditer(between)]
    return word.text_end + (spaces[-1] if spaces else len(between))


def _ends(between: str, first: WordTiming, following: WordTiming) -> bool:
    """Whether a cue that began with one word ends before another."""
    return (
        _SENTENCE_END.search(between) is not None
        or following.text_end - first.text_start > MAX_CUE_CHARACTERS
        or following.end_ms - first.start_ms > MAX_CUE_MS
    )


def _cue(text: str, cue: Cue, start: int) -> str:
    begin_ms = cue.words[0].start_ms
    end_ms = max(cue.words[-1].end_ms, begin_ms + 1)
    return f"{_time(begin_ms)} --> {_time(end_ms)}\n{''.join(_pieces(text, cue, start, begin_ms, end_ms))}\n\n"


def _pieces(text: str, cue: Cue, start: int, begin_ms: int, end_ms: int) -> Iterator[str]:
    """The text in one line, with a time in front of each word that has one of its own."""
    borders = [cue.text_start, *(_border(text, start, a, b) for a, b in pairwise(cue.words)), cue.text_end]
    latest = begin_ms
    for word, (here, there) in zip(cue.words, pairwise(borders), strict=True):
        if latest < word.start_ms < end_ms:
            latest = word.start_ms
            yield f"<{_time(latest)}>"
        piece = _escape(_SPACE.sub(" ", text[here - start : there - start]))
        if word is cue.words[0]:
            piece = piece.lstrip()
        yield piece.rstrip() if word is cue.words[-1] else piece


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1_000 % 60:02}.{ms % 1_000:03}"
