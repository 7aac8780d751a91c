"""Alignment of English speech with its text: which words are heard, and when.

A finite state grammar of the text also allows a word to be left out, to be said twice, or the text to end early, each at a price.
If the recogniser prefers such a path, its gain over the text as it stands is the evidence of a fault. pocketsphinx is in the
layer of the functions that make audio: import this module there only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from math import inf, log

import numpy as np

from chalicelib.speech.audio.marks import WordTiming, word_spans
from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples
from chalicelib.speech.checks import decoders
from chalicelib.speech.checks.decoders import FRAME_MS, Path, Transition

SKIP = 1e-8  # probability of leaving a word out: low enough that short words are not, high enough that a real gap shows
REPEAT = 1e-3  # two of a short word take the time that one of it may take, but hardly ever fit better
REPEAT_UNBROKEN = 1e-24  # of a word like "are", in which nothing interrupts the voice: a long one fits two as well
EARLY_END = 1e-12
MAX_SKIPPED = 3  # words in a row; more are an early end
GROSS_ERRORS = 4  # words too many or too few: another sentence, or half of this one, which needs no closer look
MIN_WORDS = 2
CONTEXT_WORDS = 6  # on either side of what was heard otherwise, for a closer look
UNSURE_WORDS = 2  # around one that the dictionary lacks
MAX_UNKNOWN_SHARE = 0.3  # of words that the dictionary lacks: above it, it is another language or no prose

_FRAME_BYTES = SAMPLE_RATE * FRAME_MS // 1_000 * 2  # 16-bit samples
_PART = re.compile(r"[a-z]+(?:'[a-z]+)*'?")
_VOWEL = frozenset("aeiouy")  # a word without one is an abbreviation, which may be spelled
# Phones without a closure or friction.
_UNBROKEN = frozenset(
    ("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "HH", "IH", "IY", "L", "OW", "OY", "R", "UH", "UW", "W", "Y")
)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Words as they were heard. `evidence`: nats by which the words heard fit better than the text, for each error."""

    word_count: int
    words: list[WordTiming]
    dropped: int
    repeated: int
    evidence: float


@dataclass(frozen=True, slots=True)
class _Word:
    """A word in the dictionary's form, and its place in the text."""

    form: str
    text_start: int
    text_end: int
    is_known: bool  # and so are its neighbours: that it was left out or said twice can be told
    is_unbroken: bool


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of the text, by words, and where it is heard, in frames."""

    first: int
    end: int
    first_frame: int
    end_frame: int


@dataclass(frozen=True, slots=True)
class _CloserLook:
    """The text's own path through a part, if there is one, and by how many nats other words fit better."""

    text: Path | None
    dropped: int
    repeated: int
    gain: float


def align(samples: Samples, text: str, *, is_unnatural: bool = False, is_judged: bool = True) -> Alignment | None:
    """Return what was heard of a text; None if it cannot be judged: too many of its words are unknown, or it has figures.

    `is_unnatural`: the voice is so unlike people's that single words of it cannot be judged, and more only by a closer look.
    `is_judged`: whether there are errors is asked, too, not only when words are heard.
    """
    words = _words(text)
    if words is None:
        return None
    pcm = (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()
    expected, lenient = [word.form for word in words], _transitions(words, is_lenient=True)
    path = None
    for decoder in decoders.all_for(is_unnatural=is_unnatural):
        path = decoders.decode(decoder, pcm, lenient)
        if path is not None and path.forms == expected:
            return Alignment(len(words), _timings(words, path), 0, 0, 0.0)
    if not is_judged:
        return Alignment(len(words), list(_heard_timings(words, expected, path)), 0, 0, 0.0)
    is_gross = path is None or abs(len(path.forms) - len(expected)) >= GROSS_ERRORS
    if is_gross != is_unnatural:
        return Alignment(len(words), [], len(words), 0, inf if is_gross else 0.0)
    whole = _Window(0, len(words), 0, len(samples) * 1_000 // (SAMPLE_RATE * FRAME_MS))
    windows = [whole] if path is None else list(_windows(expected, path, whole))
    looks = [_look_closer(pcm, words, window) for window in windows]
    dropped, repeated = sum(look.dropped for look in looks), sum(look.repeated for look in looks)
    if any(look.text is None for look in looks):
        return Alignment(len(words), [], dropped, repeated, inf)
    evidence = sum(look.gain for look in looks) / max(1, dropped + repeated)
    timings = {timing.text_start: timing for timing in _heard_timings(words, expected, path)}
    for window, look in zip(windows, looks, strict=True):
        if look.text is not None:
            shifted = _timings(words[window.first : window.end], look.text, first_frame=window.first_frame)
            timings |= {timing.text_start: timing for timing in shifted}
    return Alignment(len(words), [timings[start] for start in sorted(timings)], dropped, repeated, evidence)


def _windows(expected: Sequence[str], path: Path, whole: _Window) -> Iterator[_Window]:
    """Yield the parts of the text around what was heard otherwise; the rest needs no closer look."""
    matcher = _matcher(expected, path.forms)
    frames = {
        match.a + offset: path.words[match.b + offset][1:]
        for match in matcher.get_matching_blocks()
        for offset in range(match.size)
    }
    differences: list[tuple[int, int]] = []
    for kind, start, end, _, _ in matcher.get_opcodes():
        if kind == "equal":
            continue
        if differences and start - differences[-1][1] <= 2 * CONTEXT_WORDS:
            start, _ = differences.pop()
        differences.append((start, end))
    for start, end in differences:
        first, last = max(0, start - CONTEXT_WORDS), min(len(expected), end + CONTEXT_WORDS) - 1
        while first and first not in frames:
            first -= 1
        while last + 1 < len(expected) and last not in frames:
            last += 1
        first_frame = frames[first][0] if first else 0
        end_frame = frames[last][1] + 1 if last + 1 < len(expected) else whole.end_frame
        yield _Window(first, last + 1, first_frame, end_frame)


def _look_closer(pcm: bytes, words: Sequence[_Word], window: _Window) -> _CloserLook:
    """Measure how much better other words fit a part than the text: the fast search compares paths of one grammar only."""
    part = words[window.first : window.end]
    samples = pcm[window.first_frame * _FRAME_BYTES : window.end_frame * _FRAME_BYTES]
    has_end = window.end == len(words)
    other = decoders.decode(decoders.exact(), samples, _transitions(part, is_lenient=True, has_end=has_end))
    if other is None:
        return _CloserLook(None, len(part), 0, inf)
    dropped, repeated = _count_errors([word.form for word in part], other.forms)
    text = decoders.decode(decoders.exact(), samples, _transitions(part, is_lenient=False))
    if text is None:
        return _CloserLook(None, dropped, repeated, inf)
    price = dropped * -log(SKIP) + repeated * -log(REPEAT)
    return _CloserLook(text, dropped, repeated, max(0.0, other.score - text.score + price))


def _words(text: str) -> list[_Word] | None:
    words = list[_Word]()
    for start, end in word_spans(text):
        parts = [
            (match.group(), start + match.start())
            for match in _PART.finditer(text[start:end].lower().replace("’", "'"))
        ]
        if any(character.isdigit() for character in text[start:end]):
            return None
        for part, part_start in parts:
            form = part.strip("'")
            if decoders.lookup_word(form) is None and not decoders.add_word(form):
                return None
            is_known = form not in decoders.guessed() and not _VOWEL.isdisjoint(form)
            is_unbroken = _UNBROKEN.issuperset((decoders.lookup_word(form) or "").split())
            words.append(_Word(form, part_start, part_start + len(part), is_known, is_unbroken))
    unknown = sum(not word.is_known for word in words)
    if len(words) < MIN_WORDS or unknown > MAX_UNKNOWN_SHARE * len(words):
        return None
    # What is wrong about a guessed pronunciation looks like an error of its neighbours.
    return [
        replace(
            word, is_known=all(near.is_known for near in words[max(0, index - UNSURE_WORDS) : index + UNSURE_WORDS + 1])
        )
        for index, word in enumerate(words)
    ]


def _transitions(words: Sequence[_Word], *, is_lenient: bool, has_end: bool = True) -> list[Transition]:
    """Return the grammar: state i is reached once i words have been said. `has_end`: they are the last ones of the text."""
    count = len(words)
    transitions = [(index, index + 1, 1.0, word.form) for index, word in enumerate(words)]
    if not is_lenient:
        return transitions
    for index, word in enumerate(words):
        transitions += [
            (index - skipped, index + 1, SKIP**skipped, word.form)
            for skipped in range(1, min(MAX_SKIPPED, index) + 1)
            if all(left_out.is_known and len(left_out.form) > 1 for left_out in words[index - skipped : index])
        ]
        if has_end and index + 1 < count:
            transitions.append((index, count, EARLY_END, word.form))
        if word.is_known:
            price = REPEAT_UNBROKEN if word.is_unbroken else REPEAT
            transitions.append((index + 1, index + 1, price, word.form))
            if index + 2 <= count:
                transitions.append((index + 2, index + 1, REPEAT * REPEAT, word.form))
    return transitions


def _count_errors(expected: Sequence[str], heard: Sequence[str]) -> tuple[int, int]:
    """Return how many words were dropped, and how many were said again.

    Words heard between others than their own, as the grammar allows by leaving out and going back, are an error of either kind.
    """
    dropped = repeated = 0
    for kind, start, end, heard_start, heard_end in _matcher(expected, heard).get_opcodes():
        if kind != "equal":
            dropped += end - start
            repeated += heard_end - heard_start
        if kind == "insert" and not _is_said_twice(heard, heard_start, heard_end):
            dropped += 1
    return dropped, repeated


def _is_said_twice(heard: Sequence[str], start: int, end: int) -> bool:
    """Return whether words are the same as those before or after them."""
    count, inserted = end - start, heard[start:end]
    return inserted in (heard[max(0, start - count) : start], heard[end : end + count])


def _matcher(expected: Sequence[str], heard: Sequence[str]) -> SequenceMatcher[str]:
    return SequenceMatcher(None, expected, heard, autojunk=False)


def _heard_timings(words: Sequence[_Word], expected: Sequence[str], path: Path | None) -> Iterator[WordTiming]:
    """Yield the timings of the words that were heard as they are written."""
    if path is None:
        return
    for match in _matcher(expected, path.forms).get_matching_blocks():
        heard = Path(path.score, path.words[match.b : match.b + match.size])
        yield from _timings(words[match.a : match.a + match.size], heard)


def _timings(words: Sequence[_Word], path: Path, *, first_frame: int = 0) -> list[WordTiming]:
    return [
        WordTiming(
            (first_frame + first) * FRAME_MS, (first_frame + last + 1) * FRAME_MS, word.text_start, word.text_end
        )
        for word, (_, first, last) in zip(words, path.words, strict=False)
    ]
