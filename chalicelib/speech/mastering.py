"""Mastering of a voice's audio: check it as it came, then bring it to the loudness of all segments.

numpy, soundfile and the aligner are packages of the functions that make audio: import this module there only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.platform.config import settings
from chalicelib.speech.audio import joinable, loudness, mp3, pcm
from chalicelib.speech.checks import decoders
from chalicelib.speech.checks.examine import aligned_words, examine
from chalicelib.speech.checks.model import SegmentChecks, VoicePace
from chalicelib.speech.voices.model import SynthesizedAudio


@dataclass(frozen=True, slots=True)
class MasteredAudio:
    """A segment's audio as it is stored, and the result of its checks; None if they are switched off."""

    speech: SynthesizedAudio
    checks: SegmentChecks | None


def load() -> None:
    """Load what the first segment would wait for."""
    if settings().speech_checks:
        decoders.load()


def master(
    synthesized: SynthesizedAudio,
    text: str,
    language: str,
    *,
    voice: str,
    usual: VoicePace | None,
    has_phonemes: bool = False,
    again: mp3.Audio | None = None,
) -> MasteredAudio:
    """Return a segment's audio, levelled and with silent ends, so that all voices join; its timings fit it.

    Words without a time of the voice's own get the aligner's. `has_phonemes`: the lexicon gives some words another sound than the
    aligner's dictionary, so words are not checked. `again` is the text as the voice spoke it another time. Raises
    NotAudioError if the audio cannot be decoded.
    """
    samples = pcm.decode(synthesized.audio)
    checks, words, timing = None, synthesized.words, synthesized.timing
    if settings().speech_checks:
        is_exact = timing == "exact"
        known = None if has_phonemes else language
        checks, heard = examine(
            samples,
            text,
            known,
            voice=voice,
            words=words,
            is_exact=is_exact,
            usual=usual,
            again=pcm.decode(again) if again is not None else None,
        )
        if heard and not is_exact:
            words, timing = aligned_words(text, heard, duration_ms=synthesized.audio.duration_ms), "aligned"
    speech = joinable.make_joinable(replace(synthesized, words=words, timing=timing), samples)
    if checks is not None and (lufs := loudness.integrated_lufs(pcm.decode(speech.audio))) is not None:
        checks = checks.model_copy(update={"levelled_lufs": round(lufs, 2)})
    return MasteredAudio(speech, checks)
