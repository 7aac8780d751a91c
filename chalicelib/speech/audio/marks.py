"""Marks: when each word is spoken and where it stands in the text. The one form, and the ways into it.

Text offsets are code points of the text the marks belong to, times are ms of its audio. Providers tell less than that,
and each tells it differently: starts without ends, bytes, syllables, several words as one. Here everything becomes one
mark per word.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

END_TOLERANCE_MS = 250  # a provider's last word may reach this far beyond its audio; further, and the audio was cut off

LOOKAHEAD_CHARACTERS = (
    60  # characters; as far may a number or an address reach that is spoken in other words than it is written
)

# Chinese and Japanese put no spaces between words, so each character is a word here; their punctuation separates.
_CJK = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_APART = "\u2013\u2014\u2026\u3000-\u3004\u3006\u3008-\u303f\uff01-\uff0f\uff1a-\uff20"
_TOKEN = re.compile(rf"[{_CJK}]|[^\s{_CJK}{_APART}]+")
_FULL_WIDTH_PUNCTUATION = re.compile("[\u3001-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20]")
_SPOKEN_PUNCTUATION = frozenset("%&#@")  # "50%" is one word to a reader, and voices say "percent"


class MarksError(ValueError):
    """Marks that cannot be true: they run backwards, or beyond their text or audio."""


class WordTiming(NamedTuple):
    start_ms: int
    end_ms: int
    text_start: int
    text_end: int


class SpokenWord(NamedTuple):
    """A word by its letters, from a provider that does not tell where it stands."""

    value: str
    start_ms: int
    end_ms: int


class SpeechMark(NamedTuple):
    """What a provider said about a place in the text: spoken from `start_ms`, until `end_ms` when it told that too."""

    start_ms: int
    end_ms: int | None
    text_start: int


def word_spans(text: str) -> list[tuple[int, int]]:
    """Where the words of a text begin and end, without the punctuation around them; an emoji or a symbol is a word."""
    return [trimmed for token in _TOKEN.finditer(text) if (trimmed := _trim(text, token.start(), token.end()))]


def shift(marks: Iterable[WordTiming], *, offset_ms: int, text_offset: int) -> list[WordTiming]:
    """The marks of a segment, moved to where the segment stands in the whole."""
    return [
        WordTiming(m.start_ms + offset_ms, m.end_ms + offset_ms, m.text_start + text_offset, m.text_end + text_offset)
        for m in marks
    ]


def check(marks: Sequence[WordTiming], *, text_length: int, duration_ms: int) -> None:
    """Raise MarksError unless the marks go forward, without overlap, inside the text and inside the audio."""
    for mark in marks:
        if not (
            0 <= mark.start_ms <= mark.end_ms <= duration_ms and 0 <= mark.text_start < mark.text_end <= text_length
        ):
            raise MarksError(f"{mark} is not inside {duration_ms} ms of audio and {text_length} characters of text")
    for mark, following in pairwise(marks):
        if following.start_ms < mark.end_ms or following.text_start < mark.text_end:
            raise MarksError(f"{following} begins before {mark} ends")


def align(text: str, spans: Iterable[SpeechMark], *, duration_ms: int) -> list[WordTiming]:
    """One mark for every word, from what is known about some places of the text.

    A place inside a word times that word (the first one wins). Words nobody spoke of share the time of the word before
    them by length: "of the" is often one event. A missing end is the next start. Without any span there are no marks.
    """
    places = word_spans(text)
    known = _by_word(places, spans, duration_ms)
    if not known:
        return []
    if 0 not in known:
        known[0] = (min(start for start, _ in known.values()), None)
    marks: list[WordTiming] = []
    groups = sorted(known)
    for index, following in zip(groups, [*groups[1:], len(places)], strict=True):
        start, told_end = known[index]
        next_start = known[following][0] if following < len(places) else duration_ms
        end = max(start, min(next_start, told_end if told_end is not None else next_start))
        marks += _share(places[index:following], start, end)
    return marks


def from_utf8_offsets(text: str, spans: Iterable[SpeechMark], *, duration_ms: int) -> list[WordTiming]:
    """Like `align`, for spans whose `text_start` counts bytes of the text in UTF-8 (Amazon Polly).

    Raises MarksError when the times run beyond the audio: then the audio is not all that was spoken.
    """
    starts = _starts(text, _utf8_bytes)
    points = [span._replace(text_start=bisect_right(starts, span.text_start) - 1) for span in spans]
    _refuse_beyond(max((span.start_ms for span in points), default=0), duration_ms)
    return align(text, points, duration_ms=duration_ms)


def from_words(text: str, spoken: Iterable[SpokenWord], *, duration_ms: int) -> list[WordTiming]:
    """Like `align`, for words in the order they are spoken, whose places are looked for in the text.

    A word that does not stand there as it is said ("dollars" for a "$") tells nothing.
    Raises MarksError like `from_utf8_offsets`.
    """
    spans, at, last_ms = [], 0, 0
    for word in spoken:
        value = word.value.strip()
        last_ms = max(last_ms, word.start_ms)
        found = text.find(value, at, at + len(value) + LOOKAHEAD_CHARACTERS) if any(map(str.isalnum, value)) else -1
        if found >= 0:
            spans.append(SpeechMark(word.start_ms, word.end_ms, found))
            at = found + len(value)
    _refuse_beyond(last_ms, duration_ms)
    return align(text, spans, duration_ms=duration_ms)


def from_chunks(text: str, speech_marks: object, *, duration_ms: int) -> list[WordTiming]:
    """Marks from Speechify's nested `{start_time, end_time, start, end, value, chunks}`.

    Offsets count, not `value`, which is the word as pronounced; `value` only tells in which unit the offsets count.
    Pieces that touch ("text-to-speech" comes as five) become one word. Returns no marks when less than half of the text
    is covered. Raises MarksError when the times run beyond the audio: then the audio is not all that was spoken.
    """
    leaves = sorted(_leaves(speech_marks), key=lambda leaf: (leaf["start"], leaf["start_time"]))
    _refuse_beyond(max((leaf["end_time"] for leaf in leaves), default=0), duration_ms)
    covered = sum(leaf["end"] - leaf["start"] for leaf in leaves)
    if 2 * covered < sum(end - start for start, end in word_spans(text)):
        return []
    places = _code_points(text, leaves)
    spans = [
        SpeechMark(round(leaf["start_time"]), round(leaf["end_time"]), at)
        for at, leaf in zip(places, leaves, strict=True)
    ]
    return align(text, spans, duration_ms=duration_ms)


def estimate(text: str, duration_ms: int) -> list[WordTiming]:
    """Marks for audio that came without any: time is shared by length, with a rest after punctuation."""
    places = word_spans(text)
    if not places:
        return []
    following = [start for start, _ in places[1:]] + [len(text)]
    weights: list[float] = []
    for (start, end), until in zip(places, following, strict=True):
        weights += (end - start + 1, _rest(text[end:until]))
    per_weight = duration_ms / sum(weights)
    ends = [round(total * per_weight) for total in accumulate(weights)]
    starts = [0, *ends[1::2]]
    return [WordTiming(start, end, *place) for start, end, place in zip(starts, ends[::2], places, strict=False)]


def _refuse_beyond(last_ms: float, duration_ms: int) -> None:
    if last_ms > duration_ms + END_TOLERANCE_MS:
        raise MarksError(f"marks run to {last_ms} ms in {duration_ms} ms of audio")


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and _is_silent(text[start]):
        start += 1
    while start < end and _is_silent(text[end - 1]):
        end -= 1
    return (start, end) if start < end else None


def _is_silent(character: str) -> bool:
    return unicodedata.category(character)[0] in "PC" and character not in _SPOKEN_PUNCTUATION


def _by_word(
    places: Sequence[tuple[int, int]], spans: Iterable[SpeechMark], duration_ms: int
) -> dict[int, tuple[int, int | None]]:
    """Start and end of the words that spans speak of, by the words' number; starts never decrease."""
    starts = [start for start, _ in places]
    inside: dict[int, tuple[int, int | None]] = {}
    before: dict[int, tuple[int, int | None]] = {}
    for span in sorted(spans, key=lambda span: (span.text_start, span.start_ms)):
        index = bisect_right(starts, span.text_start) - 1
        if index < 0 or span.text_start >= places[index][1]:
            if index + 1 < len(places):
                before.setdefault(index + 1, (span.start_ms, span.end_ms))
        elif index not in inside:
            inside[index] = (span.start_ms, span.end_ms)
        elif span.end_ms is not None:  # a further piece of the same word
            inside[index] = (inside[index][0], max(span.end_ms, inside[index][1] or 0))
    latest = 0
    known = {}
    for index, (start, end) in sorted((before | inside).items()):
        latest = min(max(start, latest), duration_ms)
        known[index] = (latest, end)
    return known


def _share(places: Sequence[tuple[int, int]], start_ms: int, end_ms: int) -> Iterator[WordTiming]:
    """Marks for words that share a stretch of time by their length."""
    ends = list(accumulate(end - start + 1 for start, end in places))
    borders = [start_ms + (end_ms - start_ms) * end // ends[-1] for end in (0, *ends)]
    for place, (begin, until) in zip(places, pairwise(borders), strict=True):
        yield WordTiming(begin, until, *place)


def _leaves(node: object) -> Iterator[dict[str, Any]]:
    """The innermost chunks that carry times and offsets; a sentence without words in it tells nothing of words."""
    if isinstance(node, list):
        for child in node:
            yield from _leaves(child)
    elif isinstance(node, Mapping):
        if node.get("chunks"):
            yield from _leaves(node["chunks"])
        elif node.get("type") != "sentence":
            numbers = [node.get(name) for name in ("start", "end", "start_time", "end_time")]
            if all(isinstance(number, int | float) and 0 <= number < 2**31 for number in numbers):
                yield dict(node)


def _code_points(text: str, leaves: Sequence[dict[str, Any]]) -> list[int]:
    """The places of the leaves in code points of the text, by the unit in which most of their values are found there.

    Right offsets stay as they are. Chinese ones were reported to run ahead by one for every full-width punctuation
    mark; servers in other languages count UTF-16 units or bytes.
    """
    best: tuple[int, list[int]] = (-1, [])
    for unit in (_one, _one_and_full_width, _utf16_units, _utf8_bytes):
        starts = _starts(text, unit)
        places = [bisect_right(starts, leaf["start"]) - 1 for leaf in leaves]
        values = (str(leaf.get("value") or "\0") for leaf in leaves)
        found = sum(text.startswith(value, at) for value, at in zip(values, places, strict=True))
        best = max(best, (found, places), key=lambda candidate: candidate[0])  # the first of equals
    return best[1]


def _starts(text: str, unit: Callable[[str], int]) -> list[int]:
    return [0, *accumulate(unit(character) for character in text)]


def _one(_: str) -> int:
    return 1


def _one_and_full_width(character: str) -> int:
    return 2 if _FULL_WIDTH_PUNCTUATION.match(character) else 1


def _utf16_units(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _utf8_bytes(character: str) -> int:
    return len(character.encode("utf-8", "replace"))


def _rest(gap: str) -> float:
    """How long a voice rests in a gap between words, in characters' worth of time."""
    if "\n" in gap or any(mark in gap for mark in ".!?。！？…"):
        return 7
    return 3.5 if any(mark in gap for mark in ",;:、，；：—–") else 0
