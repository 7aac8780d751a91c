"""WebVTT captions of a recording: a cue per sentence or clause, timed word by word.

A cue never spans two segments, so captions grow with the recording: earlier cues stay as they are.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from chalicelib.speech.audio.marks import WordTiming

HEADER = "WEBVTT\n\n"
MAX_CUE_CHARACTERS = 84  # two lines of 42, as subtitles commonly have
MAX_CUE_MS = 7_000  # a longer cue seems to be stuck

_SENTENCE_END = re.compile(r"[.!?…。！？]|\n")
_SPACE = re.compile(r"\s+")


class Cue(NamedTuple):
    """`words` are those between `text_start` and `text_end`."""

    text_start: int
    text_end: int
    words: Sequence[WordTiming]


def split_cues(text: str, words: Sequence[WordTiming], *, text_start: int = 0) -> list[Cue]:
    """Split a segment into cues; without words there are none.

    `text` begins at `text_start` of the whole. The cues cover all of it, punctuation included.
    """
    if not words:
        return []
    borders = [text_start, *(_border(text, text_start, a, b) for a, b in pairwise(words)), text_start + len(text)]
    cues: list[Cue] = []
    first = 0
    for last, word in enumerate(words):
        following = words[last + 1] if last + 1 < len(words) else None
        if following is None or _ends_cue(
            text[word.text_end - text_start : following.text_start - text_start], words[first], following
        ):
            cues.append(Cue(borders[first], borders[last + 1], words[first : last + 1]))
            first = last + 1
    return cues


def render(text: str, cues: Iterable[Cue], *, text_start: int = 0) -> str:
    """Render cues as WebVTT, without the header. `text` begins at `text_start` of the whole."""
    return "".join(_cue(text, cue, text_start) for cue in cues)


def _border(text: str, text_start: int, word: WordTiming, following: WordTiming) -> int:
    """Return where the second word's text starts: at its opening quote, after a full stop."""
    between = text[word.text_end - text_start : following.text_start - text_start]
    spaces = [match.end() for match in _SPACE.finditer(between)]
    return word.text_end + (spaces[-1] if spaces else len(between))


def _ends_cue(between: str, first: WordTiming, following: WordTiming) -> bool:
    """True if the cue that began with `first` ends before `following`."""
    return (
        _SENTENCE_END.search(between) is not None
        or following.text_end - first.text_start > MAX_CUE_CHARACTERS
        or following.end_ms - first.start_ms > MAX_CUE_MS
    )


def _cue(text: str, cue: Cue, text_start: int) -> str:
    start_ms = cue.words[0].start_ms
    end_ms = max(cue.words[-1].end_ms, start_ms + 1)
    line = "".join(_line(text, cue, text_start, start_ms, end_ms))
    return f"{_time(start_ms)} --> {_time(end_ms)}\n{line}\n\n"


def _line(text: str, cue: Cue, text_start: int, start_ms: int, end_ms: int) -> Iterator[str]:
    """Yield the text in one line, with a timestamp before each timed word."""
    borders = [cue.text_start, *(_border(text, text_start, a, b) for a, b in pairwise(cue.words)), cue.text_end]
    latest_ms = start_ms
    for word, (start, end) in zip(cue.words, pairwise(borders), strict=True):
        if latest_ms < word.start_ms < end_ms:
            latest_ms = word.start_ms
            yield f"<{_time(latest_ms)}>"
        escaped = _escape(_SPACE.sub(" ", text[start - text_start : end - text_start]))
        if word is cue.words[0]:
            escaped = escaped.lstrip()
        yield escaped.rstrip() if word is cue.words[-1] else escaped


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1_000 % 60:02}.{ms % 1_000:03}"
