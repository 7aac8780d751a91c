"""The text that a provider is sent for a segment, and the keys of its audio."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from uuid import UUID

from chalicelib.speech.normalization.left_out import leave_out
from chalicelib.speech.normalization.model import SpokenText
from chalicelib.speech.normalization.normalize import Extent, normalize
from chalicelib.speech.pauses import Pause
from chalicelib.speech.skipping import TextRange
from chalicelib.speech.stored_objects.audio_key import audio_key
from chalicelib.speech.voices import catalogue, languages, providers

PAUSES_DIGEST_CHARACTERS = 16  # 64 bits, among the few pauses that one text is ever given


def language_for(voice: str, language: str | None, job_language: str) -> str:
    """Return the language in which a voice is sent a passage in `language`: the text's, if it does not speak this one.

    So does the text's own voice when no voice of the passage's language is left. `language` is None outside of passages.
    """
    if language is None:
        return job_language
    voices = catalogue.list_voices([voice.partition(":")[0]])
    speaks = any(known.id == voice and languages.supports_language(known.language, language) for known in voices)
    return language if speaks else job_language


def get_spoken_text(text: str, language: str, voice: str, silent: Sequence[TextRange] = ()) -> SpokenText:
    """Return what a voice is sent for a text; the text itself where nothing of it could be said, or too much.

    A provider that reads numbers and abbreviations well gets them as they are written. `silent` are the parts that the listener
    skips, in order; the result is empty if no letter and no digit is left.
    """
    written = leave_out(text, SpokenText(text), silent) if silent else SpokenText(text)
    if not any(map(str.isalnum, written.text)):
        return written if not silent else SpokenText("")
    provider = providers.get(voice.partition(":")[0])
    spoken = normalize(text, language, Extent.MARKS if provider.reads_numbers else Extent.EVERYTHING)
    if silent:
        spoken = leave_out(text, spoken, silent)
    if len(spoken.text) > provider.max_characters or not any(map(str.isalnum, spoken.text)):
        return written
    return spoken


def spoken_audio_key(owner_id: UUID, voice: str, language: str, spoken: SpokenText, pause_ms: int) -> str:
    """Return the key of a segment's audio as it is bought.

    It covers the written text as well, because word timings count its characters.
    """
    text = spoken.text
    if spoken.replacements:
        text = json.dumps([text, spoken.replacements], ensure_ascii=False)
    return audio_key(owner_id, voice, language, text, pause_ms)


def paused_key(word_key: str, pauses: Sequence[Pause]) -> str:
    """Return the key of the audio that is made of bought audio by setting its pauses; without any, the key of the latter."""
    if not pauses:
        return word_key
    return f"{word_key}_{hashlib.sha256(json.dumps(pauses).encode()).hexdigest()[:PAUSES_DIGEST_CHARACTERS]}"
