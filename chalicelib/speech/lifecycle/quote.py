"""The quote of a speech job: its segments, and the cost of those not cached."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chalicelib.extraction import sentences
from chalicelib.library import texts
from chalicelib.library.passages import PassageMarks
from chalicelib.library.texts import ReadableMedia
from chalicelib.platform.db import database, rate_limit
from chalicelib.platform.db.database import Connection
from chalicelib.platform.db.rate_limit import Limit
from chalicelib.platform.errors import ContentTooLargeError, UnprocessableContentError
from chalicelib.speech import passages, pauses, segment_store, segments, skipping
from chalicelib.speech.lexicon.entries import lexicon_for
from chalicelib.speech.lexicon.lexicon import Lexicon
from chalicelib.speech.lifecycle import respeaking, voice_selection
from chalicelib.speech.model import NewSpeech, Quote
from chalicelib.speech.passages import ForeignPassage
from chalicelib.speech.pauses import Outline
from chalicelib.speech.preferences import preferences
from chalicelib.speech.segment_parts import PartFinder
from chalicelib.speech.segment_store import PlannedSegment, UnspokenSegment
from chalicelib.speech.segments import Segment
from chalicelib.speech.skipping import SkippableKind
from chalicelib.speech.spoken_segment import get_spoken_text, paused_key, spoken_audio_key
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
    skip: Sequence[SkippableKind]
    pause_scale: float
    text_version: int
    passage_voices: Mapping[str, str]  # by language
    marks: PassageMarks  # of the range


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
            lexicon_for(connection, media_id, text_version=resolved.text_version),
            pause_scale=resolved.pause_scale,
            text_version=resolved.text_version,
            passage_voices=resolved.passage_voices,
        )
    skippable = skipping.count_characters(resolved.marks, resolved.text_start, resolved.text_end)
    return estimate(resolved, plan).model_copy(update={"skippable": skippable})


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
    marks = texts.list_marks(connection, media_id, text_start, text_end, version=readable.version)
    others = passages.list_languages(marks.spans, language)
    passage_voices = voice_selection.select_passage_voices(others, voice, preferred.voices)
    pause_scale = preferred.pause_scale if request.pause_scale is None else request.pause_scale
    return ResolvedRequest(
        voice, language, text_start, text_end, skip, pause_scale, readable.version, passage_voices, marks
    )


def plan_segments(
    connection: Connection,
    owner_id: UUID,
    media_id: UUID,
    voice_id: str,
    language: str,
    text_start: int,
    text_end: int,
    skip: Collection[str],
    lexicon: Lexicon,
    *,
    pause_scale: float,
    text_version: int,
    passage_voices: Mapping[str, str],
) -> list[PlannedSegment]:
    """Split a range of a text into segments, each with its pauses, and its cached audio if any.

    Blocks of the kinds in `skip` are in none. Spans of these kinds are in segments, but not sent to the voice; a segment of
    nothing else is left out. Passages in a language of `passage_voices` are segments of their own, for that voice. Deterministic.
    """
    readable = texts.get_readable(connection, media_id, version=text_version)
    text = texts.get_slice(connection, media_id, 0, readable.length, version=text_version)
    marks = texts.list_marks(connection, media_id, text_start, text_end, version=text_version)
    outline = Outline(marks.blocks, [chapter.start for chapter in readable.chapters])
    foreign = [
        passage for passage in passages.find_passages(text, marks.spans, language) if passage.language in passage_voices
    ]
    split = split_text(text, outline, language, skip, text_start=text_start, text_end=text_end, foreign=foreign)
    languages = passages.list_segment_languages(split, foreign)
    voices = [passage_voices[own] if own else voice_id for own in languages]
    parts = PartFinder(marks, skip)
    spoken = [
        get_spoken_text(
            text[segment.start : segment.end],
            own or language,
            voice,
            parts.find(segment.start, segment.end),
            lexicon,
        )
        for segment, own, voice in zip(split, languages, voices, strict=True)
    ]
    said = [
        (replace(segment, index=index), own, voice, segment_text)
        for index, (segment, own, voice, segment_text) in enumerate(
            entry for entry in zip(split, languages, voices, spoken, strict=True) if entry[-1].text
        )
    ]
    word_keys = [
        spoken_audio_key(owner_id, voice, own or language, segment_text, segment.pause_ms)
        for segment, own, voice, segment_text in said
    ]
    placed = pauses.place(text, [segment for segment, *_ in said], outline, skip, scale=pause_scale)
    keys = list(map(paused_key, word_keys, placed))
    cached = segment_store.get_cached_audio(connection, keys)
    bought = segment_store.list_bought(connection, word_keys)
    return [
        PlannedSegment(
            segment,
            placed[index],
            cached.get(keys[index]),
            len(segment_text.text),
            voice,
            own,
            word_keys[index],
            is_bought=word_keys[index] in bought or keys[index] in cached,
        )
        for index, (segment, own, voice, segment_text) in enumerate(said)
    ]


def split_text(
    text: str,
    outline: Outline,
    language: str,
    skip: Collection[str],
    *,
    text_start: int = 0,
    text_end: int | None = None,
    foreign: Sequence[ForeignPassage] = (),
) -> list[Segment]:
    """Split a text into segments that every configured provider takes. Deterministic."""
    max_characters = min(provider.max_characters for provider in providers.configured_providers())
    return segments.split(
        text,
        _sentence_boundaries(text, language, foreign),
        start=text_start,
        end=text_end,
        skipped=outline.silent_ranges(skip),
        borders=sorted({*outline.borders(), *(end for passage in foreign for end in (passage.start, passage.end))}),
        first_targets=[min(target, max_characters) for target in segments.FIRST_TARGET_CHARACTERS],
        target=min(segments.TARGET_CHARACTERS, max_characters),
        maximum=min(segments.MAX_CHARACTERS, max_characters),
    )


def _sentence_boundaries(text: str, language: str, foreign: Sequence[ForeignPassage]) -> list[int]:
    """Return the ends of sentences, those inside of passages by the rules of the passage's language."""
    ends = sentences.sentence_boundaries(text, language)
    merged: list[int] = []
    position = 0
    for passage in foreign:
        merged += ends[position : bisect_left(ends, passage.start)]
        body = text[passage.start : passage.end]
        merged += [passage.start + end for end in sentences.sentence_boundaries(body, passage.language)]
        position = bisect_right(ends, passage.end)
    return [*merged, *ends[position:]]


def estimate(request: ResolvedRequest, plan: Sequence[PlannedSegment]) -> Quote:
    characters = sum(planned.characters for planned in plan)
    bought = sum(planned.characters for planned in plan if planned.is_bought)
    audio_ms = sum(
        planned.cached.duration_ms
        if planned.cached
        else planned.characters / _characters_per_s(planned.language or request.language) * 1_000 + planned.silence_ms
        for planned in plan
    )
    new_characters = Counter[str]()
    for planned in plan:
        new_characters[planned.provider] += 0 if planned.is_bought else planned.characters
    cost = sum(providers.get(name).estimated_cost(count) for name, count in new_characters.items())
    return Quote(
        voice=request.voice.id,
        passage_voices={planned.language: planned.voice for planned in plan if planned.language},
        characters=characters,
        cached_characters=bought,
        estimated_cost=round(cost, 6),
        max_cost=round(cost + respeaking.max_cost(_unspoken(plan), len(plan)), 6),
        currency=providers.get(request.voice.provider).currency,
        estimated_audio_ms=round(audio_ms),
        segments=len(plan),
    )


def plan_billable_characters(plan: Sequence[PlannedSegment]) -> int:
    """Return the most characters that providers may bill for the segments of a plan whose audio is not bought yet."""
    unspoken = _unspoken(plan)
    planned = sum(providers.get(segment.provider).billable_characters(segment.characters) for segment in unspoken)
    return planned + respeaking.max_characters(unspoken, len(plan))


def _unspoken(plan: Sequence[PlannedSegment]) -> list[UnspokenSegment]:
    return [UnspokenSegment(planned.provider, planned.characters) for planned in plan if not planned.is_bought]


def _characters_per_s(language: str) -> float:
    is_syllabic = language.partition("-")[0].lower() in SYLLABIC_LANGUAGES
    return SYLLABIC_CHARACTERS_PER_S if is_syllabic else CHARACTERS_PER_S


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
