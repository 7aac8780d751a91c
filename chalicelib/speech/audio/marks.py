"""Speech marks: when each word of a text is spoken. One form, and the conversions into it.

Text offsets count code points of the text that the timings belong to, times are ms of its audio. Providers report less than
that, each in its own way: starts without ends, bytes, syllables, several words as one. Here everything becomes one
`WordTiming` per word.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

END_TOLERANCE_MS = 250  # a provider's last word may end this far after its audio; later, and the audio was cut off

LOOKAHEAD_CHARACTERS = 60  # longest number or address that is spoken in other words than it is written

# Chinese and Japanese put no spaces between words, so each character is a word here; their punctuation separates.
_CJK = "\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_SEPARATORS = "\u2013\u2014\u2026\u3000-\u3004\u3006\u3008-\u303f\uff01-\uff0f\uff1a-\uff20"
_TOKEN = re.compile(rf"[{_CJK}]|[^\s{_CJK}{_SEPARATORS}]+")
_FULL_WIDTH_PUNCTUATION = re.compile("[\u3001-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20]")
_SPOKEN_PUNCTUATION = frozenset("%&#@")  # "50%" is one word to a reader, and voices say "percent"


class MarksError(ValueError):
    """Impossible speech marks: they run backwards, or beyond their text or audio."""


class WordTiming(NamedTuple):
    """A word's time in the audio and its offsets in the text.

    Its four numbers are the wire and stored form.
    """

    start_ms: int
    end_ms: int
    text_start: int
    text_end: int


class SpokenWord(NamedTuple):
    """A word by its letters, from a provider that reports no text offsets."""

    value: str
    start_ms: int
    end_ms: int


class SpeechMark(NamedTuple):
    """A provider's event: text at `text_start` is spoken from `start_ms`, until `end_ms` if reported."""

    start_ms: int
    end_ms: int | None
    text_start: int


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return each word's start and end, without surrounding punctuation; emoji and symbols are words."""
    return [trimmed for token in _TOKEN.finditer(text) if (trimmed := _trim(text, token.start(), token.end()))]


def shift(words: Iterable[WordTiming], *, offset_ms: int, text_offset: int) -> list[WordTiming]:
    """Move a segment's word timings to the segment's position in the whole recording and text."""
    return [
        WordTiming(
            word.start_ms + offset_ms,
            word.end_ms + offset_ms,
            word.text_start + text_offset,
            word.text_end + text_offset,
        )
        for word in words
    ]


def check(words: Sequence[WordTiming], *, text_length: int, duration_ms: int) -> None:
    """Raise MarksError unless the timings go forward, without overlap, inside the text and inside the audio."""
    for word in words:
        if not (
            0 <= word.start_ms <= word.end_ms <= duration_ms and 0 <= word.text_start < word.text_end <= text_length
        ):
            raise MarksError(f"{word} is not inside {duration_ms} ms of audio and {text_length} characters of text")
    for word, following in pairwise(words):
        if following.start_ms < word.end_ms or following.text_start < word.text_end:
            raise MarksError(f"{following} begins before {word} ends")


def align(text: str, speech_marks: Iterable[SpeechMark], *, duration_ms: int) -> list[WordTiming]:
    """Return one timing for every word, from marks at some offsets of the text.

    A mark inside a word times that word (the first one wins). Words without a mark share the time of the word before them
    by length: "of the" is often one event. A missing end is the next start. Without any mark, the list is empty.
    """
    spans = word_spans(text)
    times = _times_by_word(spans, speech_marks, duration_ms)
    if not times:
        return []
    if 0 not in times:
        times[0] = (min(start for start, _ in times.values()), None)
    words: list[WordTiming] = []
    timed = sorted(times)
    for index, following in zip(timed, [*timed[1:], len(spans)], strict=True):
        start_ms, reported_end_ms = times[index]
        next_start_ms = times[following][0] if following < len(spans) else duration_ms
        end_ms = max(start_ms, min(next_start_ms, next_start_ms if reported_end_ms is None else reported_end_ms))
        words += _divide(spans[index:following], start_ms, end_ms)
    return words


def from_utf8_offsets(text: str, speech_marks: Iterable[SpeechMark], *, duration_ms: int) -> list[WordTiming]:
    """Align marks with a `text_start` that counts bytes of the text in UTF-8 (Amazon Polly).

    Raises MarksError when the times run beyond the audio: then the audio is incomplete.
    """
    return from_offsets(text, speech_marks, _starts(text, _utf8_bytes), duration_ms=duration_ms)


def from_offsets(
    text: str, speech_marks: Iterable[SpeechMark], starts: Sequence[int], *, duration_ms: int
) -> list[WordTiming]:
    """Align marks with a `text_start` in other units; `starts` are where each character of the text begins in them.

    Raises MarksError like `from_utf8_offsets`.
    """
    converted = [mark._replace(text_start=bisect_right(starts, mark.text_start) - 1) for mark in speech_marks]
    _reject_beyond(max((mark.start_ms for mark in converted), default=0), duration_ms)
    return align(text, converted, duration_ms=duration_ms)


def from_words(text: str, spoken_words: Iterable[SpokenWord], *, duration_ms: int) -> list[WordTiming]:
    """Align words in the order in which they are spoken, after searching the text for each.

    A word that the text spells differently ("dollars" for a "$") is ignored. Raises MarksError like `from_utf8_offsets`.
    """
    speech_marks, position, last_ms = [], 0, 0
    for word in spoken_words:
        value = word.value.strip()
        last_ms = max(last_ms, word.start_ms)
        is_word = bool(word_spans(value))  # servers also report punctuation
        found_at = text.find(value, position, position + len(value) + LOOKAHEAD_CHARACTERS) if is_word else -1
        if found_at >= 0:
            speech_marks.append(SpeechMark(word.start_ms, word.end_ms, found_at))
            position = found_at + len(value)
    _reject_beyond(last_ms, duration_ms)
    return align(text, speech_marks, duration_ms=duration_ms)


def from_chunks(text: str, chunks: object, *, duration_ms: int) -> list[WordTiming]:
    """Align Speechify's nested `{start_time, end_time, start, end, value, chunks}`.

    Offsets count, not `value`, which is the word as pronounced; `value` only shows in which unit the offsets count.
    Chunks that touch ("text-to-speech" comes as five) become one word. Returns no timings when less than half of the text
    is covered. Raises MarksError when the times run beyond the audio: then the audio is incomplete.
    """
    leaves = sorted(_leaves(chunks), key=lambda leaf: (leaf["start"], leaf["start_time"]))
    _reject_beyond(max((leaf["end_time"] for leaf in leaves), default=0), duration_ms)
    covered = sum(leaf["end"] - leaf["start"] for leaf in leaves)
    if 2 * covered < sum(end - start for start, end in word_spans(text)):
        return []
    speech_marks = [
        SpeechMark(round(leaf["start_time"]), round(leaf["end_time"]), offset)
        for offset, leaf in zip(_code_points(text, leaves), leaves, strict=True)
    ]
    return align(text, speech_marks, duration_ms=duration_ms)


def estimate(text: str, duration_ms: int) -> list[WordTiming]:
    """Estimate timings: words share the time by length, with a pause after punctuation."""
    spans = word_spans(text)
    if not spans:
        return []
    next_starts = [start for start, _ in spans[1:]] + [len(text)]
    weights: list[float] = []
    for (start, end), next_start in zip(spans, next_starts, strict=True):
        weights += (end - start + 1, _pause_weight(text[end:next_start]))
    ms_per_weight = duration_ms / sum(weights)
    ends_ms = [round(total * ms_per_weight) for total in accumulate(weights)]
    starts_ms = [0, *ends_ms[1::2]]
    return [
        WordTiming(start_ms, end_ms, *span)
        for start_ms, end_ms, span in zip(starts_ms, ends_ms[::2], spans, strict=False)
    ]


def _reject_beyond(last_ms: float, duration_ms: int) -> None:
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


def _times_by_word(
    spans: Sequence[tuple[int, int]], speech_marks: Iterable[SpeechMark], duration_ms: int
) -> dict[int, tuple[int, int | None]]:
    """Return start and end of marked words, by index; starts never decrease."""
    starts = [start for start, _ in spans]
    inside: dict[int, tuple[int, int | None]] = {}
    before: dict[int, tuple[int, int | None]] = {}
    for mark in sorted(speech_marks, key=lambda mark: (mark.text_start, mark.start_ms)):
        index = bisect_right(starts, mark.text_start) - 1
        if index < 0 or mark.text_start >= spans[index][1]:
            if index + 1 < len(spans):
                before.setdefault(index + 1, (mark.start_ms, mark.end_ms))
        elif index not in inside:
            inside[index] = (mark.start_ms, mark.end_ms)
        elif mark.end_ms is not None:  # another mark of the same word
            inside[index] = (inside[index][0], max(mark.end_ms, inside[index][1] or 0))
    latest_ms = 0
    times = {}
    for index, (start_ms, end_ms) in sorted((before | inside).items()):
        latest_ms = min(max(start_ms, latest_ms), duration_ms)
        times[index] = (latest_ms, end_ms)
    return times


def _divide(spans: Sequence[tuple[int, int]], start_ms: int, end_ms: int) -> Iterator[WordTiming]:
    """Divide a time range among words by their length."""
    totals = list(accumulate(end - start + 1 for start, end in spans))
    borders = [start_ms + (end_ms - start_ms) * total // totals[-1] for total in (0, *totals)]
    for span, (word_start_ms, word_end_ms) in zip(spans, pairwise(borders), strict=True):
        yield WordTiming(word_start_ms, word_end_ms, *span)


def _leaves(node: object) -> Iterator[dict[str, Any]]:
    """Yield the innermost chunks with times and offsets.

    A sentence without chunks is skipped: it times no word.
    """
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
    """Return the leaves' offsets in code points.

    Their unit is the one in which most of their values are found in the text. Correct offsets stay as they are. Chinese
    ones were reported to run ahead by one for every full-width punctuation mark; servers in other languages count
    UTF-16 units or bytes.
    """
    best: tuple[int, list[int]] = (-1, [])
    for unit in (_one, _one_and_full_width, _utf16_units, _utf8_bytes):
        starts = _starts(text, unit)
        offsets = [bisect_right(starts, leaf["start"]) - 1 for leaf in leaves]
        values = (str(leaf.get("value") or "\0") for leaf in leaves)
        match_count = sum(text.startswith(value, offset) for value, offset in zip(values, offsets, strict=True))
        best = max(best, (match_count, offsets), key=lambda candidate: candidate[0])  # the first of equals
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


def _pause_weight(between: str) -> float:
    """Return the length of a voice's pause between two words, in characters' worth of time."""
    if "\n" in between or any(character in between for character in ".!?。！？…"):
        return 7
    return 3.5 if any(character in between for character in ",;:、，；：—–") else 0
