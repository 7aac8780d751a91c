"""What a reading will be, before anything is paid: how it is cut, what of it was bought before, what the rest costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chalicelib.extraction import sentences
from chalicelib.library import texts
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ContentTooLargeError, UnprocessableContentError
from chalicelib.speech import messages, segment_store, segments
from chalicelib.speech.lifecycle import voice_selection
from chalicelib.speech.model import NewSpeech, Quote
from chalicelib.speech.segment_store import PlannedSegment
from chalicelib.speech.voices import providers
from chalicelib.speech.voices.model import Voice

PER_MINUTE = Limit("speech quote", requests=30, per_s=60)  # a book of 5 million characters is half a second of work
MAX_CHARACTERS = 5_000_000  # ~80 hours of audio; more is a shelf, not a book
CHARACTERS_PER_S = 16.5  # of read prose, measured with several voices
SYLLABIC_CHARACTERS_PER_S = 4.5  # where a character is a syllable
SYLLABIC_LANGUAGES = frozenset({"zh", "cmn", "yue", "ja", "ko"})


@dataclass(frozen=True, slots=True)
class ResolvedRequest:
    """A request that can be met."""

    voice: Voice
    language: str
    text_start: int
    text_end: int


def quote(owner_id: UUID, media_id: UUID, request: NewSpeech) -> Quote:
    """What a reading would cost; nothing is begun. Raises what `start` raises, budgets apart."""
    rate_limit.consume(PER_MINUTE, str(owner_id))
    with database.transaction(owner_id) as connection:
        wish = resolve(connection, media_id, request)
        pieces = plan_segments(
            connection, owner_id, media_id, wish.voice.id, wish.language, wish.text_start, wish.text_end
        )
    return estimate(wish, pieces)


def resolve(connection: Connection, media_id: UUID, request: NewSpeech) -> ResolvedRequest:
    """Raises NotFoundError, ConflictError (`not_ready`, `no_text…`), InvalidError (voice, range), TooLargeError."""
    readable = texts.get_readable(connection, media_id)
    begin, end = _range(request, readable.length)
    language = request.language or readable.language
    return ResolvedRequest(voice_selection.select_voice(request.voice, language), language, begin, end)


def plan_segments(
    connection: Connection, owner_id: UUID, media_id: UUID, voice_id: str, language: str, text_start: int, text_end: int
) -> list[PlannedSegment]:
    """The segments of a part of a text, each with its audio when the owner has that already. The same text is cut alike."""
    readable = texts.get_readable(connection, media_id)
    text = texts.get_slice(connection, media_id, 0, readable.length)
    most = min(provider.max_characters for provider in providers.configured_providers())
    parts = segments.split(
        text,
        sentences.sentence_boundaries(text, language),
        start=text_start,
        end=text_end,
        first_targets=[min(limit, most) for limit in segments.FIRST_TARGET_CHARACTERS],
        target=min(segments.TARGET_CHARACTERS, most),
        maximum=min(segments.MAX_CHARACTERS, most),
    )
    keys = [messages.audio_key(owner_id, voice_id, language, text[p.start : p.end], p.pause_ms) for p in parts]
    cached = segment_store.get_cached_audio(connection, keys)
    return [PlannedSegment(part, cached.get(key)) for part, key in zip(parts, keys, strict=True)]


def estimate(wish: ResolvedRequest, pieces: Sequence[PlannedSegment]) -> Quote:
    characters = sum(_length(piece) for piece in pieces)
    cached = sum(_length(piece) for piece in pieces if piece.cached)
    provider = providers.get(wish.voice.provider)
    syllabic = wish.language.partition("-")[0].lower() in SYLLABIC_LANGUAGES
    per_s = SYLLABIC_CHARACTERS_PER_S if syllabic else CHARACTERS_PER_S
    audio_ms = sum(
        piece.cached.duration_ms if piece.cached else _length(piece) / per_s * 1_000 + piece.segment.pause_ms
        for piece in pieces
    )
    return Quote(
        voice=wish.voice.id,
        characters=characters,
        cached_characters=cached,
        estimated_cost=round(provider.estimated_cost(characters - cached), 6),
        currency=provider.currency,
        estimated_audio_ms=round(audio_ms),
        segments=len(pieces),
    )


def billable_characters(voice_id: str, characters: int) -> int:
    """How many characters will be on the bill for reading so many; none where nothing is billed."""
    provider = providers.get(voice_id.partition(":")[0])
    return characters * provider.billing_multiplier if provider.price_per_million else 0


def _length(piece: PlannedSegment) -> int:
    return piece.segment.end - piece.segment.start


def _range(request: NewSpeech, length: int) -> tuple[int, int]:
    begin, end = request.start or 0, length if request.end is None else request.end
    if not begin < end <= length:
        raise UnprocessableContentError(
            f"The range {begin}–{end} is not inside the text, which has {length:,} characters."
        )
    if end - begin > MAX_CHARACTERS:
        raise ContentTooLargeError(
            f"{end - begin:,} characters are too many for one job; at most {MAX_CHARACTERS:,}. Ask for parts with start and end."
        )
    return begin, end
