"""Client of the built-in voice (hibari-tts): natural English without a key, a network or a limit of calls.

Everything is in the packages of one layer: model, dictionaries, rules. A text gets the same samples every time.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices import voices_folder
from chalicelib.speech.voices.adapters import hibari_model, hibari_phonemes, lame
from chalicelib.speech.voices.model import (
    ProviderUnavailableError,
    RequestRejectedError,
    SynthesizedAudio,
    UnknownVoiceError,
    Voice,
)

SEED = 0
# The model's own lengths of phonemes put a word's start this much too late. Less it, 860 words start 1 ms late in the median and
# are 18 ms off in the mean, against an aligner (bench/voice.py).
MARK_BIAS_MS = 80

HEART = Voice("hibari:heart", "Heart", "en-US", "female")


def list_voices() -> list[Voice]:
    """Return the voice of the package, then those of the operator's folder. Raises ConfigurationError for a wrong manifest."""
    further = (
        # The model is part of the key of stored audio: another file under the same name sounds different.
        Voice(f"hibari:{voice.key}", voice.name, voice.language, voice.gender, voice.sha256[:16])
        for voice in voices_folder.list_voices()
    )
    return [HEART, *(voice for voice in further if voice.id != HEART.id)]


class Hibari:
    def list_voices(self) -> Sequence[Voice]:
        return list_voices()

    def synthesize(
        self,
        text: str,
        voice: Voice,
        language: str,  # noqa: ARG002 - set by the voice
        *,
        phonemes: Sequence[Phonemes] = (),
        seed: int = SEED,
    ) -> SynthesizedAudio:
        """Synthesize in this process, 150 times faster than real time. Another `seed` makes another try of the same text."""
        samples, speech_marks = synthesize_samples(text, voice, phonemes, seed=seed)
        audio = mp3.parse(lame.encode(samples, hibari_model.SAMPLE_RATE))
        # players hear the words after the encoder's delay
        offset_ms = lame.ENCODER_DELAY_MS - MARK_BIAS_MS
        shifted = [
            mark._replace(start_ms=max(0, mark.start_ms + offset_ms), end_ms=max(0, (mark.end_ms or 0) + offset_ms))
            for mark in speech_marks
        ]
        words = marks.align(text, shifted, duration_ms=audio.duration_ms)
        return SynthesizedAudio(audio, words, "exact", billed_characters=len(text), request_id=None)


def load() -> None:
    """Load the voice ahead of its first text. Raises ProviderUnavailableError without its packages."""
    try:
        import lameenc  # noqa: F401 - to fail now, not after the synthesis

        hibari_phonemes.load()
        hibari_model.load(hibari_model.packaged_model())
    except ImportError as error:
        raise ProviderUnavailableError(
            f"the built-in voice needs the packages hibari-tts, onnxruntime and lameenc, and {error.name} is not installed",
            reason="not_installed",
            open_breaker=True,
        ) from None


def synthesize_samples(
    text: str,
    voice: Voice,
    phonemes: Sequence[Phonemes] = (),
    *,
    seed: int = SEED,
) -> tuple[bytes, list[marks.SpeechMark]]:
    """Return samples (16 bit, mono, 24 kHz) and the words' times in ms of the samples.

    Raises RequestRejectedError for a text without a sound, UnknownVoiceError for a voice whose file is not the manifest's,
    ProviderUnavailableError without the packages.
    """
    load()
    import numpy as np

    model, is_british = _find_model(voice)
    random = np.random.default_rng(seed)
    speech_marks: list[marks.SpeechMark] = []
    parts: list[bytes] = []
    sample_count = 0
    for utterance in hibari_phonemes.utterances(text, phonemes, is_british=is_british):
        spoken = model.speak(utterance.ids, random)
        times_ms = (sample_count + spoken.phoneme_starts) * 1_000 // hibari_model.SAMPLE_RATE
        speech_marks += [
            marks.SpeechMark(int(times_ms[word.start]), int(times_ms[word.end]), word.text_start)
            for word in utterance.words
        ]
        parts.append((np.clip(spoken.samples, -1.0, 1.0) * 32_767.0).astype("<i2").tobytes())
        sample_count += len(spoken.samples)
    if not parts:
        raise RequestRejectedError("the text contains nothing that the built-in voice can speak", code="empty_text")
    return b"".join(parts), speech_marks


def _find_model(voice: Voice) -> tuple[hibari_model.AcousticModel, bool]:
    """Return a voice's model, and whether it speaks British English."""
    if voice.id == HEART.id:
        return hibari_model.load(hibari_model.packaged_model()), False
    further = voices_folder.get(voice.key)
    if further is None:
        raise UnknownVoiceError(f"There is no voice {voice.id!r}.")
    return hibari_model.load(voices_folder.model_file(further)), further.is_british
