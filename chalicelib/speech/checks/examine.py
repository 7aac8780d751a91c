"""Examine a segment's audio: decide whether it is what its text and its voice let expect.

Import this module in functions that have the layer of the audio checks only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log10
from statistics import fmean

from chalicelib.speech.audio import loudness, marks
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.audio.pcm import SAMPLE_RATE, Samples
from chalicelib.speech.checks import aligner, comparison, pace, waveform
from chalicelib.speech.checks.aligner import Alignment
from chalicelib.speech.checks.model import Fault, SegmentChecks, VoicePace
from chalicelib.speech.normalization.normalize import Extent, normalize
from chalicelib.speech.voices import languages

ALIGNER_LANGUAGE = "en"
# Nats for each word that is said to be dropped or repeated (bench/checks.py). espeak-ng's formants are unlike the voices that the
# aligner was trained with, so that wrong words fit them nearly as well.
MIN_EVIDENCE = 33.0
MIN_EVIDENCE_REPEATED = 10.0  # where none is dropped, too: "the the" fits little better than a long "the"
MIN_EVIDENCE_UNNATURAL = 150.0
SENTENCE_WORDS = 20  # of the sentences by which these were chosen
UNNATURAL = frozenset({"espeak"})  # it also ends a final vowel at full level


def examine(
    samples: Samples,
    text: str,
    language: str | None,
    *,
    voice: str,
    words: Sequence[WordTiming],
    is_exact: bool,
    usual: VoicePace | None,
    again: Samples | None = None,
) -> tuple[SegmentChecks, list[WordTiming]]:
    """Return the checks of a segment as its voice made it, and the aligner's word timings, if it knows the language.

    Words are checked in a `language` that the aligner knows. `words` are the voice's own timings of `text`; `is_exact`, if it
    measured them. `again` is the text as the voice spoke it another time, if it always speaks it so: wrong words show in that, so
    none is judged by the aligner.
    """
    is_unnatural = voice.partition(":")[0] in UNNATURAL
    lufs = loudness.integrated_lufs(samples)
    if waveform.is_silent(samples, lufs):
        return SegmentChecks(faults=(Fault.SILENT,), lufs=lufs), []
    alignment, spoken = _align(samples, text, language, is_unnatural=is_unnatural, is_judged=again is None)
    own_words = words if is_exact else ()
    timings = alignment.words if alignment is not None else []
    judged = timings if again is None else []  # where the aligner mishears a voice, words in a gap may escape it
    is_interrupted = waveform.has_hole(samples, [*own_words, *judged]) or waveform.has_gap(spoken, judged)
    duration_ms = samples.size * 1_000 / SAMPLE_RATE
    pace_ms = pace.ms_per_letter(text, duration_ms)
    faults = tuple(
        _faults(
            samples,
            alignment,
            is_unnatural=is_unnatural,
            is_interrupted=is_interrupted,
            is_unusual=pace.is_unusual(pace_ms, usual)
            or (again is not None and comparison.is_another_length(samples, again)),
            is_another_sound=again is not None and comparison.is_another_sound(samples, again),
        )
    )
    if Fault.WORDS in faults or spoken != text:
        timings = []
    checks = SegmentChecks(
        faults=faults,
        lufs=round(lufs, 2) if lufs is not None else None,
        word_count=alignment.word_count if alignment is not None else None,
        mark_error_ms=_mark_error_ms(own_words, timings),
        ms_per_letter=pace_ms,
    )
    return checks, timings


def _faults(
    samples: Samples,
    alignment: Alignment | None,
    *,
    is_unnatural: bool,
    is_interrupted: bool,
    is_unusual: bool,
    is_another_sound: bool,
) -> Iterator[Fault]:
    if is_interrupted:
        yield Fault.INNER_SILENCE
    if waveform.is_clipped(samples):
        yield Fault.CLIPPED
    if not is_unnatural and waveform.ends_abruptly(samples):
        yield Fault.CUT_OFF
    if is_unusual:
        yield Fault.LENGTH
    if is_another_sound or (
        alignment is not None and alignment.evidence > _min_evidence(alignment, is_unnatural=is_unnatural)
    ):
        yield Fault.WORDS


def _min_evidence(alignment: Alignment, *, is_unnatural: bool) -> float:
    """Return the evidence from which words are wrong: of many words, the one that fits worst fits worse."""
    natural = MIN_EVIDENCE if alignment.dropped else MIN_EVIDENCE_REPEATED
    least = MIN_EVIDENCE_UNNATURAL if is_unnatural else natural
    return least * (1 + log10(max(1.0, alignment.word_count / SENTENCE_WORDS)))


def _align(
    samples: Samples, text: str, language: str | None, *, is_unnatural: bool, is_judged: bool
) -> tuple[Alignment | None, str]:
    """Align the text as a voice says it: numbers and abbreviations in words."""
    if language is None or not languages.is_same_language(language, ALIGNER_LANGUAGE):
        return None, text
    spoken = normalize(text, language, Extent.EVERYTHING).text
    return aligner.align(samples, spoken, is_unnatural=is_unnatural, is_judged=is_judged), spoken


def _mark_error_ms(words: Sequence[WordTiming], timings: Sequence[WordTiming]) -> int | None:
    """Return the mean distance of the starts of the words that both have."""
    starts = {word.text_start: word.start_ms for word in timings}
    distances = [abs(word.start_ms - starts[word.text_start]) for word in words if word.text_start in starts]
    return round(fmean(distances)) if distances else None


def aligned_words(text: str, timings: Sequence[WordTiming], *, duration_ms: int) -> list[WordTiming]:
    """Return the aligner's timings as those of the text's words: the parts of "well-known" are one word."""
    starts = [marks.SpeechMark(word.start_ms, word.end_ms, word.text_start) for word in timings]
    return marks.align(text, starts, duration_ms=duration_ms)
