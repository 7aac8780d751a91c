"""WebVTT captions of a recording: a cue per sentence, or per clause of a long one, timed word by word.

A cue never spans two segments, so captions grow with the recording: earlier cues stay as they are. Its size follows what
guidelines for captions agree on (BBC, Netflix): two lines of 42 characters, one to seven seconds, no word alone, lines of like
length that break after punctuation, nothing on the screen while nothing is said.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from chalicelib.speech.audio.marks import WordTiming

HEADER = "WEBVTT\n\n"
MAX_LINE_CHARACTERS = 42
MAX_CUE_CHARACTERS = 84  # two lines
MAX_CUE_MS = 7_000  # a longer cue seems to be stuck
MIN_CUE_MS = 1_000  # a shorter cue flickers
MAX_CHARACTERS_PER_S = 20  # that adults read
MAX_LINGER_MS = 500  # that a cue stays after its last word, to be read
MAX_PAUSE_MS = 2_000  # a longer one ends the cue: that of a heading is not, that of a part that is not spoken is

_SENTENCE_END = re.compile(r"[.!?…。！？]|\n")
_CLAUSE_END = re.compile(r"[,;:–—，、；：]")
_SPACE = re.compile(r"\s+")
_TIMESTAMP = re.compile(r"<[\d:.]+>")


class Cue(NamedTuple):
    """`words` are those between `text_start` and `text_end`."""

    text_start: int
    text_end: int
    words: Sequence[WordTiming]


class _CaptionWords:
    """The timed words of a segment, and what is between them."""

    def __init__(self, text: str, words: Sequence[WordTiming], text_start: int) -> None:
        self._words = words
        self._between = [text[a.text_end - text_start : b.text_start - text_start] for a, b in pairwise(words)]

    def split(self) -> list[range]:
        """Return the words of each cue, by their numbers."""
        cues = [part for sentence in self._sentences() for part in self._fitting(sentence)]
        number = 0
        while number < len(cues):
            number = self._join_if_short(cues, number) if self._is_short(cues[number]) else number + 1
        return cues

    def _sentences(self) -> Iterator[range]:
        first = 0
        for number, between in enumerate(self._between, 1):
            if _SENTENCE_END.search(between) or self._pause_before(number) > MAX_PAUSE_MS:
                yield range(first, number)
                first = number
        yield range(first, len(self._words))

    def _fitting(self, words: range) -> list[range]:
        """Split words into parts that fit on the screen, of like length, after punctuation where that is near."""
        if len(words) == 1 or self._fits(words):
            return [words]
        ends = words[2:-1] or words[1:]  # no word alone
        end = min(ends, key=lambda number: self._cost(words, number))
        return [*self._fitting(range(words.start, end)), *self._fitting(range(end, words.stop))]

    def _cost(self, words: range, end: int) -> int:
        left, right = self._characters(range(words.start, end)), self._characters(range(end, words.stop))
        bonus = MAX_LINE_CHARACTERS // 2 if _CLAUSE_END.search(self._between[end - 1]) else 0
        return abs(left - right) - bonus

    def _join_if_short(self, cues: list[range], number: int) -> int:
        """Join a short cue with a neighbour if that makes better ones; return the number of the next cue to look at."""
        lefts = [
            left
            for left in (number, number - 1)  # what follows belongs to it more often: "Mr. Smith"
            if 0 <= left < len(cues) - 1 and self._pause_before(cues[left + 1].start) <= MAX_PAUSE_MS
        ]
        joins = [(left, self._fitting(range(cues[left].start, cues[left + 1].stop))) for left in lefts]
        joins.sort(key=lambda join: len(join[1]) > 1 and any(map(self._is_short, join[1])))
        for left, joined in joins:
            is_alone, leaves_one_alone = len(cues[number]) == 1, any(len(words) == 1 for words in joined)
            if len(joined) == 1 or not any(map(self._is_short, joined)) or (is_alone and not leaves_one_alone):
                cues[left : left + 2] = joined
                return left if len(joined) == 1 else left + len(joined)
        return number + 1

    def _fits(self, words: range) -> bool:
        """Return whether words fit into the time of a cue, and into one or two of its lines."""
        if self._duration_ms(words) > MAX_CUE_MS or self._characters(words) > MAX_CUE_CHARACTERS:
            return False
        longest = MAX_LINE_CHARACTERS - 1  # a stop follows
        return self._characters(words) <= longest or any(
            self._characters(range(words.start, end)) <= longest and self._characters(range(end, words.stop)) <= longest
            for end in words[1:]
        )

    def _is_short(self, words: range) -> bool:
        return len(words) == 1 or self._duration_ms(words) < MIN_CUE_MS

    def _characters(self, words: range) -> int:
        return self._words[words[-1]].text_end - self._words[words[0]].text_start

    def _duration_ms(self, words: range) -> int:
        return self._words[words[-1]].end_ms - self._words[words[0]].start_ms

    def _pause_before(self, number: int) -> int:
        return self._words[number].start_ms - self._words[number - 1].end_ms


def split_cues(text: str, words: Sequence[WordTiming], *, text_start: int = 0) -> list[Cue]:
    """Split a segment into cues; without words there are none.

    `text` begins at `text_start` of the whole. The cues cover all of it, punctuation included.
    """
    if not words:
        return []
    borders = [text_start, *(_border(text, text_start, a, b) for a, b in pairwise(words)), text_start + len(text)]
    return [
        Cue(borders[part.start], borders[part.stop], words[part.start : part.stop])
        for part in _CaptionWords(text, words, text_start).split()
    ]


def render(text: str, cues: Iterable[Cue], *, text_start: int = 0) -> str:
    """Render the cues of a segment as WebVTT, without the header. `text` begins at `text_start` of the whole."""
    all_cues = list(cues)
    following = [*(cue.words[0].start_ms for cue in all_cues[1:]), None]
    return "".join(
        _cue(text, cue, text_start, _end_ms(cue, next_start_ms))
        for cue, next_start_ms in zip(all_cues, following, strict=False)
    )


def to_subrip(captions: str) -> str:
    """Return rendered captions as SubRip, which has no times of words."""
    cues = captions.removeprefix(HEADER).rstrip("\n").split("\n\n")
    rendered: list[str] = []
    for number, cue in enumerate(filter(None, cues), 1):
        times, _, text = cue.partition("\n")
        rendered.append(f"{number}\n{times.replace('.', ',')}\n{html.unescape(_TIMESTAMP.sub('', text))}\n\n")
    return "".join(rendered)


def _border(text: str, text_start: int, word: WordTiming, following: WordTiming) -> int:
    """Return where the second word's text starts: at its opening quote, after a full stop."""
    between = text[word.text_end - text_start : following.text_start - text_start]
    spaces = [match.end() for match in _SPACE.finditer(between)]
    return word.text_end + (spaces[-1] if spaces else len(between))


def _end_ms(cue: Cue, next_start_ms: int | None) -> int:
    """Return when a cue disappears: with its last word, or a little later if it could not be read by then."""
    start_ms = cue.words[0].start_ms
    end_ms = max(cue.words[-1].end_ms, start_ms + 1)
    if next_start_ms is None:  # the next segment may begin at once
        return end_ms
    characters = cue.words[-1].text_end - cue.words[0].text_start
    readable_ms = start_ms + max(MIN_CUE_MS, characters * 1_000 // MAX_CHARACTERS_PER_S)
    return max(end_ms, min(readable_ms, end_ms + MAX_LINGER_MS, next_start_ms))


def _cue(text: str, cue: Cue, text_start: int, end_ms: int) -> str:
    start_ms = cue.words[0].start_ms
    lines = "".join(_lines(text, cue, text_start, start_ms, end_ms))
    return f"{_time(start_ms)} --> {_time(end_ms)}\n{lines}\n\n"


def _lines(text: str, cue: Cue, text_start: int, start_ms: int, end_ms: int) -> Iterator[str]:
    """Yield the text in one or two lines, with a timestamp before each timed word."""
    borders = [cue.text_start, *(_border(text, text_start, a, b) for a, b in pairwise(cue.words)), cue.text_end]
    texts = [_SPACE.sub(" ", text[start - text_start : end - text_start]) for start, end in pairwise(borders)]
    texts[0], texts[-1] = texts[0].lstrip(), texts[-1].rstrip()
    break_at = _line_break(texts)
    latest_ms = start_ms
    for number, (word, content) in enumerate(zip(cue.words, texts, strict=True)):
        if latest_ms < word.start_ms < end_ms:
            latest_ms = word.start_ms
            yield f"<{_time(latest_ms)}>"
        if number + 1 == break_at:
            yield f"{_escape(content.rstrip())}\n"
        else:
            yield _escape(content)


def _line_break(texts: Sequence[str]) -> int | None:
    """Return before which word the second line begins: none in a short cue."""
    lengths = [len(text) for text in texts]
    total = sum(lengths)
    if total <= MAX_LINE_CHARACTERS or len(texts) == 1:
        return None

    def cost(number: int) -> int:
        left = sum(lengths[:number])
        bonus = MAX_LINE_CHARACTERS // 4 if _CLAUSE_END.search(texts[number - 1][-3:]) else 0
        overflow = max(0, max(left - 1, total - left) - MAX_LINE_CHARACTERS)
        return 10 * overflow + abs(2 * left - total) - bonus

    return min(range(1, len(texts)), key=cost)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _time(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1_000 % 60:02}.{ms % 1_000:03}"
