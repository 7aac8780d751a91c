"""Results of checking a segment's audio."""

from __future__ import annotations

from enum import StrEnum

from chalicelib.platform.lazy_model import LazyModel


class Fault(StrEnum):
    """A reason to doubt a segment's audio. The values are stored, sent between functions, and shown to clients."""

    SILENT = "silent"  # no speech at all
    INNER_SILENCE = "inner_silence"  # a hole where words belong
    CLIPPED = "clipped"  # peaks are cut off: it crackles
    CUT_OFF = "cut_off"  # it ends before its text
    LENGTH = "length"  # far shorter or longer than this voice usually takes
    WORDS = "words"  # other words, or words dropped or repeated


class SegmentChecks(LazyModel):
    """Result of checking a segment's audio. `lufs` is the loudness as it was made, `levelled_lufs` as it is stored.

    `word_count` words were heard one after the other, None where the aligner does not know the language. `mark_error_ms` is the
    mean distance of the voice's own word times from the aligner's.
    """

    faults: tuple[Fault, ...] = ()
    lufs: float | None = None
    levelled_lufs: float | None = None
    word_count: int | None = None
    mark_error_ms: int | None = None
    ms_per_letter: float | None = None


class VoicePace(LazyModel):
    """Running figure of a voice: mean and variance of the natural logarithm of its ms per letter, over so many segments."""

    segment_count: int
    mean: float
    variance: float
