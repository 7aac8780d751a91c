"""The text that a provider is sent for a segment, and the keys of its audio."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from uuid import UUID

from chalicelib.speech.lexicon.lexicon import Lexicon, Occurrence
from chalicelib.speech.normalization import known_parts
from chalicelib.speech.normalization.left_out import leave_out
from chalicelib.speech.normalization.model import Phonemes, Replacement, SpokenText
from chalicelib.speech.normalization.normalize import Extent, normalize
from chalicelib.speech.pauses import Pause
from chalicelib.speech.segment_parts import SegmentParts
from chalicelib.speech.skipping import TextRange
from chalicelib.speech.stored_objects.audio_key import audio_key
from chalicelib.speech.voices import catalogue, providers
from chalicelib.speech.voices.model import Provider

NO_LEXICON = Lexicon()
NO_PARTS = SegmentParts()
MAX_PHONEMES = 40  # words of one call: with their markup, 1,900 letters stay below the 6,000 that Polly takes

OWN_KEY_CHARACTERS = 12  # of a call's id, which are random
PAUSES_DIGEST_CHARACTERS = 16  # 64 bits, among the few pauses that one text is ever given

_OWN_KEY = re.compile(rf"-[0-9a-f]{{{OWN_KEY_CHARACTERS}}}(?=$|_[0-9a-f]+$)")


def language_for(voice: str, language: str | None, job_language: str) -> str:
    """Return the language in which a voice is sent a passage in `language`: the text's, if it does not speak this one.

    So does the text's own voice when no voice of the passage's language is left. `language` is None outside of passages.
    """
    if language is None:
        return job_language
    voices = catalogue.list_voices([voice.partition(":")[0]])
    speaks = any(known.id == voice and known.reads(language) for known in voices)
    return language if speaks else job_language


def get_spoken_text(
    text: str, language: str, voice: str, parts: SegmentParts = NO_PARTS, lexicon: Lexicon = NO_LEXICON
) -> SpokenText:
    """Return what a voice is sent for a text; the text itself where nothing of it could be said, or too much.

    What the lexicon says counts before the kinds of the parts, and these before the rules of normalization. The words of the
    lexicon pass the rules, too. A provider that reads numbers and abbreviations well gets them as they are written. The result
    is empty if no letter and no digit is left of what the listener does not skip.
    """
    provider = providers.get(voice.partition(":")[0])
    extent = Extent.MARKS if provider.reads_numbers else Extent.EVERYTHING
    known = known_parts.decide(
        text,
        language,
        parts.spans,
        is_heading=parts.is_heading,
        in_words=extent is Extent.EVERYTHING,
        says_citations=parts.says_citations,
    )
    silent = _join(parts.silent, [(start, end) for start, end, spoken in known if not spoken])
    written = leave_out(text, SpokenText(text), silent) if silent else SpokenText(text)
    if not any(map(str.isalnum, written.text)):
        return written if not silent else SpokenText("")
    occurrences = [item for item in lexicon.find(text, language) if _has_sound(item, provider)]
    said = [_replace(item, text, provider, language, extent) for item in occurrences]
    spoken = normalize(text, language, extent, decided=known_parts.merge(said, known))
    if silent:
        spoken = leave_out(text, spoken, silent)
    if len(spoken.text) > provider.max_characters or not any(map(str.isalnum, spoken.text)):
        return written
    in_phonemes = [item for item in occurrences if _takes_phonemes(item, provider)]
    phonemes = tuple(_phonemes(in_phonemes, spoken.replacements))[:MAX_PHONEMES]
    return SpokenText(spoken.text, spoken.replacements, phonemes)


def _join(ranges: Sequence[TextRange], others: Sequence[TextRange]) -> list[TextRange]:
    """Return the ranges of both in order; of two that overlap, the first counts."""
    free = [(start, end) for start, end in others if not any(start < last and first < end for first, last in ranges)]
    return sorted((*ranges, *free))


def spoken_audio_key(owner_id: UUID, voice: str, language: str, spoken: SpokenText, pause_ms: int) -> str:
    """Return the key of a segment's audio as it is bought.

    It covers the written text as well, because word timings count its characters.
    """
    text = spoken.text
    if spoken.phonemes:
        text = json.dumps([text, spoken.replacements, spoken.phonemes], ensure_ascii=False)
    elif spoken.replacements:
        text = json.dumps([text, spoken.replacements], ensure_ascii=False)
    return audio_key(owner_id, voice, language, text, pause_ms)


def own_key(word_key: str, call_id: UUID) -> str:
    """Return the key of one call's audio, for text of which the audio in the cache is at fault: recordings may play that."""
    return f"{word_key}-{call_id.hex[-OWN_KEY_CHARACTERS:]}"


def cache_key(key: str) -> str:
    """Return the key under which later jobs look for this audio: without the call that it is from."""
    return _OWN_KEY.sub("", key)


def paused_key(word_key: str, pauses: Sequence[Pause]) -> str:
    """Return the key of the audio that is made of bought audio by setting its pauses; without any, the key of the latter."""
    if not pauses:
        return word_key
    return f"{word_key}_{hashlib.sha256(json.dumps(pauses).encode()).hexdigest()[:PAUSES_DIGEST_CHARACTERS]}"


def _has_sound(occurrence: Occurrence, provider: Provider) -> bool:
    return occurrence.pronunciation.spoken is not None or _takes_phonemes(occurrence, provider)


def _takes_phonemes(occurrence: Occurrence, provider: Provider) -> bool:
    return provider.takes_phonemes and occurrence.pronunciation.ipa is not None


def _replace(occurrence: Occurrence, text: str, provider: Provider, language: str, extent: Extent) -> Replacement:
    """Return what is said for a word: as it is written where its phonemes say more than any words."""
    start, end, pronunciation = occurrence
    spoken = None if _takes_phonemes(occurrence, provider) else pronunciation.spoken
    return Replacement(start, end, text[start:end] if spoken is None else normalize(spoken, language, extent).text)


def _phonemes(occurrences: Iterable[Occurrence], replacements: Sequence[Replacement]) -> Iterator[Phonemes]:
    """Yield the phonemes of words that are spoken as written, with their offsets in the spoken text; not of skipped ones."""
    for start, end, pronunciation in occurrences:
        if any(item.start < end and start < item.end for item in replacements):
            continue
        shift = sum(len(item.spoken) - (item.end - item.start) for item in replacements if item.end <= start)
        yield Phonemes(start + shift, end + shift, pronunciation.ipa or "")
