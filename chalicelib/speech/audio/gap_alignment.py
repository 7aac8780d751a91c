"""Alignment of the gaps between words with the silences of a recording, for voices that report no word times."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TypeVar

from chalicelib.speech.audio.marks import WordTiming

MIN_SILENCE_MS = 60  # shorter ones are the closures of consonants
MAX_SKIPPED = 6  # gaps, or silences, in a row
# How unlikely each is. A stretch of speech is as long as its letters say, within a fifth.
SKIPPED_PAUSE_COST = 6.0
SKIPPED_GAP_COST = 1.0
SKIPPED_SILENCE_COST_PER_S = 12.0
DEVIATION_SHARE, MIN_DEVIATION_MS = 0.2, 120.0


@dataclass(frozen=True, slots=True)
class _Node:
    cost: float
    previous: tuple[int, int] | None


Span = TypeVar("Span", bound=tuple[int, int])


def align(
    words: Sequence[WordTiming], silences: Sequence[Span], paused: Collection[int], *, duration_ms: int
) -> tuple[dict[int, Span], list[WordTiming]]:
    """Return the silence before each word that has one, by the word's index, and the words moved between these.

    `words` are estimated timings, with time between words that a voice parts; `paused` are the indexes of words with a pause
    before them. The assignment is the likeliest: in order, stretches of speech between silences as long as estimated.
    """
    inner = [
        silence
        for silence in silences
        if silence[1] - silence[0] >= MIN_SILENCE_MS and silence[0] > 0 and silence[1] < duration_ms
    ]
    gaps = [
        index for index in range(1, len(words)) if index in paused or words[index].start_ms > words[index - 1].end_ms
    ]
    edge_silences = [silence for silence in silences if silence[0] == 0 or silence[1] >= duration_ms]
    speech_start = max((silence[1] for silence in edge_silences if silence[0] == 0), default=0)
    speech_end = min((silence[0] for silence in edge_silences if silence[1] >= duration_ms), default=duration_ms)
    matches = _match(words, gaps, inner, paused, speech_ms=speech_end - speech_start, speech_start=speech_start)
    found = {gaps[gap]: inner[silence] for gap, silence in matches}
    return found, _move(words, found, speech_start, speech_end)


def _match(
    words: Sequence[WordTiming],
    gaps: Sequence[int],
    silences: Sequence[tuple[int, int]],
    paused: Collection[int],
    *,
    speech_ms: int,
    speech_start: int,
) -> list[tuple[int, int]]:
    """Return pairs of a gap and a silence, both by their place in the sequences."""
    totals = [0, *accumulate(word.end_ms - word.start_ms for word in words)]
    lengths = [end - start for start, end in silences]
    voiced_ms = max(1, speech_ms - sum(lengths))
    scale = voiced_ms / max(1, totals[-1])
    # Positions count speech alone: silences are what is to be explained.
    expected = [0.0, *(totals[index] * scale for index in gaps), float(voiced_ms)]
    before = [0, *accumulate(lengths)]
    actual = [
        0.0,
        *(float(start - speech_start - before[i]) for i, (start, _) in enumerate(silences)),
        float(voiced_ms),
    ]
    gap_costs = [0.0, *accumulate(SKIPPED_PAUSE_COST if index in paused else SKIPPED_GAP_COST for index in gaps)]
    silence_costs = [0.0, *accumulate(length * SKIPPED_SILENCE_COST_PER_S / 1_000 for length in lengths)]
    last = (len(gaps) + 1, len(silences) + 1)
    nodes: dict[tuple[int, int], _Node] = {(0, 0): _Node(0.0, None)}
    pairs = [(gap, silence) for gap in range(1, last[0]) for silence in range(1, last[1])]
    for gap, silence in [*pairs, last]:
        is_last = (gap, silence) == last
        best: _Node | None = None
        for previous_gap in range(0 if is_last else max(0, gap - 1 - MAX_SKIPPED), gap):
            for previous_silence in range(0 if is_last else max(0, silence - 1 - MAX_SKIPPED), silence):
                node = nodes.get((previous_gap, previous_silence))
                if node is None:
                    continue
                expected_ms = expected[gap] - expected[previous_gap]
                difference = actual[silence] - actual[previous_silence] - expected_ms
                deviation = MIN_DEVIATION_MS + DEVIATION_SHARE * expected_ms
                cost = (
                    node.cost
                    + (difference / deviation) ** 2
                    + gap_costs[gap - 1]
                    - gap_costs[previous_gap]
                    + silence_costs[silence - 1]
                    - silence_costs[previous_silence]
                )
                if best is None or cost < best.cost:
                    best = _Node(cost, (previous_gap, previous_silence))
        if best is not None:
            nodes[gap, silence] = best
    matches: list[tuple[int, int]] = []
    at = nodes[last].previous
    while at is not None and at != (0, 0):
        matches.append((at[0] - 1, at[1] - 1))
        at = nodes[at].previous
    return matches[::-1]


def _move(words: Sequence[WordTiming], found: dict[int, Span], speech_start: int, speech_end: int) -> list[WordTiming]:
    """Stretch the timings between two silences to the time between these."""
    moved: list[WordTiming] = []
    for first, following in pairwise((0, *found, len(words))):
        group = words[first:following]
        if not group:
            continue
        start = found[first][1] if first in found else speech_start
        end = found[following][0] if following in found else speech_end
        estimated_start, estimated_ms = group[0].start_ms, max(1, group[-1].end_ms - group[0].start_ms)
        moved += [
            word._replace(
                start_ms=start + (word.start_ms - estimated_start) * (end - start) // estimated_ms,
                end_ms=start + (word.end_ms - estimated_start) * (end - start) // estimated_ms,
            )
            for word in group
        ]
    return moved
