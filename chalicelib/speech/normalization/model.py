"""A text as it is spoken, and the way back from spoken words to written ones. Offsets count code points."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, Self

from chalicelib.speech.audio.marks import WordTiming


class Replacement(NamedTuple):
    """The written text from `start` up to `end` is said as `spoken`, or not at all if that is empty."""

    start: int
    end: int
    spoken: str


class Phonemes(NamedTuple):
    """The spoken text from `start` up to `end` sounds like this, in the International Phonetic Alphabet."""

    start: int
    end: int
    ipa: str


class _Part(NamedTuple):
    """Spoken text from `spoken_start`, which stands for the written text from `written_start` up to `written_end`.

    `is_same`: both are the same characters.
    """

    spoken_start: int
    written_start: int
    written_end: int
    is_same: bool


@dataclass(frozen=True, slots=True)
class SpokenText:
    """Words that are said for a written text; without replacements, the written text itself.

    `phonemes` are those of some of its words, for voices that take them.
    """

    text: str
    replacements: tuple[Replacement, ...] = ()
    phonemes: tuple[Phonemes, ...] = ()

    @classmethod
    def of(cls, text: str, replacements: Sequence[Replacement]) -> Self:
        """Return a written text as it is said with these replacements, which are in order and do not overlap."""
        parts: list[str] = []
        position = 0
        for start, end, spoken in replacements:
            parts += (text[position:start], spoken)
            position = end
        return cls("".join([*parts, text[position:]]), tuple(replacements))

    def to_written(self, words: Sequence[WordTiming]) -> list[WordTiming]:
        """Return the same timings with offsets of the written text.

        All spoken words of one replacement are one written word: "one hundred dollars" lights "$100" as a whole.
        """
        if not self.replacements:
            return list(words)
        parts = list(_parts(self.replacements))
        starts = [part.spoken_start for part in parts]
        timings: list[WordTiming] = []
        for index, group in groupby(words, key=lambda word: bisect_right(starts, word.text_start) - 1):
            spoken = list(group)
            timings += _written_words(parts[index], spoken)
        return _without_overlap(timings)


def _parts(replacements: Iterable[Replacement]) -> Iterable[_Part]:
    spoken = written = 0
    for replacement in replacements:
        if replacement.start > written or spoken == written == 0:
            yield _Part(spoken, written, replacement.start, is_same=True)
            spoken += replacement.start - written
        if replacement.spoken:
            yield _Part(spoken, replacement.start, replacement.end, is_same=False)
            spoken += len(replacement.spoken)
        written = replacement.end
    yield _Part(spoken, written, 2**31, is_same=True)


def _written_words(part: _Part, words: Sequence[WordTiming]) -> list[WordTiming]:
    if not part.is_same:
        return [WordTiming(words[0].start_ms, words[-1].end_ms, part.written_start, part.written_end)]
    shift = part.written_start - part.spoken_start
    return [
        WordTiming(word.start_ms, word.end_ms, word.text_start + shift, min(word.text_end + shift, part.written_end))
        for word in words
    ]


def _without_overlap(timings: Iterable[WordTiming]) -> list[WordTiming]:
    """Join timings of one written word: a spoken word can begin in one part and end in the next ("3rd" in "3rd-class")."""
    joined: list[WordTiming] = []
    for timing in timings:
        if joined and timing.text_start < joined[-1].text_end:
            last = joined[-1]
            joined[-1] = WordTiming(
                last.start_ms, max(last.end_ms, timing.end_ms), last.text_start, max(last.text_end, timing.text_end)
            )
        else:
            joined.append(timing)
    return joined
