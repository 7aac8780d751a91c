"""The quote of a speech job: its segments, and the cost of those not cached."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.extraction import sentences
from chalicelib.extraction.model import BlockKind
from chalicelib.library import texts
from chalicelib.library.texts import ReadableMedia
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ContentTooLargeError, UnprocessableContentError
from chalicelib.speech import segment_store, segments
from chalicelib.speech.lifecycle import voice_selection
from chalicelib.speech.model import NewSpeech, Quote
from chalicelib.speech.preferences import preferences
from chalicelib.speech.segment_store import PlannedSegment
from chalicelib.speech.spoken_segment import get_spoken_text, spoken_audio_key
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import Voice

QUOTE_RATE_LIMIT = Limit("speech quote", requests=30, per_s=60)  # a book of 5 million characters takes half a second
MAX_CHARACTERS = 5_000_000  # ~80 hours of audio; more is not a book
CHARACTERS_PER_S = 16.5  # of prose read aloud, measured with several voices
SYLLABIC_CHARACTERS_PER_S = 4.5  # where a character is a syllable
SYLLABIC_LANGUAGES = frozenset({"zh", "cmn", "yue", "ja", "ko"})


@dataclass(frozen=True, slots=True)
class ResolvedRequest:
    """A valid request: its voice, language and range of the text."""

    voice: Voice
    language: str
    text_start: int
    text_end: int
    skip: Sequence[BlockKind]
    text_version: int


def quote(owner_id: UUID, media_id: UUID, request: NewSpeech) -> Quote:
    """Return what a speech job would cost, without starting it. Raises what `start` raises, except for budgets."""
    rate_limit.consume(QUOTE_RATE_LIMIT, str(owner_id))
    with database.transaction(owner_id) as connection:
        resolved = resolve(connection, media_id, request)
        plan = plan_segments(
            connection,
            owner_id,
            media_id,
            resolved.voice.id,
            resolved.language,
            resolved.text_start,
            resolved.text_end,
            resolved.skip,
            text_version=resolved.text_version,
        )
    return estimate(resolved, plan)


def resolve(connection: Connection, media_id: UUID, request: NewSpeech) -> ResolvedRequest:
    """Complete a request with the preferences of the transaction's owner, and with defaults.

    Raises NotFoundError, ConflictError (`not_ready`, `no_text…`), UnprocessableContentError (voice, range),
    ContentTooLargeError.
    """
    readable = texts.get_speakable(connection, media_id)
    text_start, text_end = _range(request, readable)
    language = request.language or readable.language
    preferred = preferences.load(connection)
    voice = voice_selection.select_voice(request.voice, language, preferred.voices)
    skip = preferred.skip if request.skip is None else request.skip
    return ResolvedRequest(voice, language, text_start, text_end, skip, readable.version)


def plan_segments(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    voice_id: str,
    language: str,
    text_start: int,
    text_end: int,
    skip: Collection[str],
    *,
    text_version: int,
) -> list[PlannedSegment]:
    """Split a range of a text into segments, each with its cached audio if any. Blocks of the kinds in `skip` are in none.

    Deterministic.
    """
    readable = texts.get_readable(connection, media_id, version=text_version)
    text = texts.get_slice(connection, media_id, 0, readable.length, version=text_version)
    max_characters = min(provider.max_characters for provider in providers.configured_providers())
    split = segments.split(
        text,
        sentences.sentence_boundaries(text, language),
        start=text_start,
        end=text_end,
        skipped=[
            (block.start, block.end)
            for block in texts.list_blocks(connection, media_id, text_start, text_end, version=text_version)
            if block.kind in skip
        ],
        first_targets=[min(target, max_characters) for target in segments.FIRST_TARGET_CHARACTERS],
        target=min(segments.TARGET_CHARACTERS, max_characters),
        maximum=min(segments.MAX_CHARACTERS, max_characters),
    )
    spoken = [get_spoken_text(text[segment.start : segment.end], language, voice_id) for segment in split]
    keys = [
        spoken_audio_key(owner_id, voice_id, language, segment_text, segment.pause_ms)
        for segment, segment_text in zip(split, spoken, strict=True)
    ]
    cached = segment_store.get_cached_audio(connection, keys)
    return [
        PlannedSegment(segment, cached.get(key), len(segment_text.text))
        for segment, segment_text, key in zip(split, spoken, keys, strict=True)
    ]


def estimate(request: ResolvedRequest, plan: Sequence[PlannedSegment]) -> Quote:
    characters = sum(planned.characters for planned in plan)
    cached = sum(planned.characters for planned in plan if planned.cached)
    provider = providers.get(request.voice.provider)
    is_syllabic = request.language.partition("-")[0].lower() in SYLLABIC_LANGUAGES
    per_s = SYLLABIC_CHARACTERS_PER_S if is_syllabic else CHARACTERS_PER_S
    audio_ms = sum(
        planned.cached.duration_ms if planned.cached else planned.characters / per_s * 1_000 + planned.segment.pause_ms
        for planned in plan
    )
    return Quote(
        voice=request.voice.id,
        characters=characters,
        cached_characters=cached,
        estimated_cost=round(provider.estimated_cost(characters - cached), 6),
        currency=provider.currency,
        estimated_audio_ms=round(audio_ms),
        segments=len(plan),
    )


def billable_characters(voice_id: str, characters: int) -> int:
    """Return the characters that the provider bills for a text; 0 if it is free."""
    provider = providers.get(voice_id.partition(":")[0])
    return characters * provider.billing_multiplier if provider.price_per_million else 0


def _range(request: NewSpeech, text: ReadableMedia) -> tuple[int, int]:
    start, end = request.start or 0, text.length if request.end is None else request.end
    if not start < end <= text.length:
        raise UnprocessableContentError(
            f"The range {start}–{end} is not inside the text, which has {text.length:,} characters"
            f"{' so far: its other pages are still being recognized' if text.is_partial else ''}."
        )
    if end - start > MAX_CHARACTERS:
        raise ContentTooLargeError(
            f"{end - start:,} characters are too many for one job; the limit is {MAX_CHARACTERS:,}. "
            "Request parts of the text with start and end."
        )
    return start, end
