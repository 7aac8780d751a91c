"""The length that a voice usually takes for a text, as a running figure: pure functions."""

from __future__ import annotations

from math import log, sqrt

from chalicelib.speech.checks.model import VoicePace

MIN_SEGMENTS = 20  # before that, a voice's usual pace is not known
MEMORY_SEGMENTS = 200  # older ones count less and less: a voice may be replaced by a newer one of the same name
MIN_LETTERS = 40  # of shorter texts, pauses and single long words decide the length
MAX_DEVIATIONS = 5.0
MIN_DEVIATION = 0.06  # of the logarithm: the voices measured have 0.07 to 0.12
MS_PER_LETTER = (20.0, 400.0)  # of any voice in any script; a Chinese character takes 220
UPDATE_INTERVAL = 20  # of a known voice, one segment in so many counts: its row is shared by all owners


def ms_per_letter(text: str, duration_ms: float) -> float | None:
    """Return the pace of a segment; None if the text is too short to tell."""
    letters = sum(map(str.isalnum, text))
    return duration_ms / letters if letters >= MIN_LETTERS else None


def is_unusual(pace: float | None, usual: VoicePace | None) -> bool:
    """Return whether a segment is far shorter or longer than its voice usually takes."""
    if pace is None:
        return False
    if not MS_PER_LETTER[0] <= pace <= MS_PER_LETTER[1]:
        return True
    if usual is None or usual.segment_count < MIN_SEGMENTS:
        return False
    deviation = max(sqrt(usual.variance), MIN_DEVIATION)
    return abs(log(pace) - usual.mean) > MAX_DEVIATIONS * deviation


def counts(usual: VoicePace | None, index: int) -> bool:
    """Return whether the segment at this index of its job is to update its voice's figure."""
    return usual is None or usual.segment_count < MIN_SEGMENTS * 2 or index % UPDATE_INTERVAL == 0


def updated(usual: VoicePace | None, pace: float) -> VoicePace:
    """Return the running figure with one more segment: an exponentially weighted mean and variance."""
    value = log(pace)
    if usual is None:
        return VoicePace(segment_count=1, mean=value, variance=0.0)
    count = usual.segment_count + 1
    weight = 1 / min(count, MEMORY_SEGMENTS)
    difference = value - usual.mean
    return VoicePace(
        segment_count=count,
        mean=usual.mean + weight * difference,
        variance=(1 - weight) * (usual.variance + weight * difference * difference),
    )
