"""Passages in other languages: which get a voice of their own, and the segments that they are."""

import pytest

from chalicelib.extraction.model import TextSpan
from chalicelib.platform import config
from chalicelib.speech import segments
from chalicelib.speech.lifecycle.voice_selection import select_passage_voices
from chalicelib.speech.passages import ForeignPassage, find_passages, list_languages, list_segment_languages
from chalicelib.speech.voices import catalogue

GERMAN = "Der Wärter zählt die Wellen."
TEXT = f"He wrote: {GERMAN} Then he slept."


def spans_of(text: str, *marked: tuple[str, str]) -> list[TextSpan]:
    return sorted(
        (TextSpan(kind, text.index(part), text.index(part) + len(part)) for part, kind in marked),
        key=lambda span: span.start,
    )


@pytest.mark.parametrize(
    ("marked", "tag", "has_voice"),
    [
        (GERMAN, "de", True),
        ("der Wärter zählt", "de", False),
        ("Weltanschauung", "de", False),
        ("« … — … — … »", "fr", False),
        (GERMAN, "en-GB", False),  # the document's own language, with an accent
        ("灯台守は波を数える", "ja", True),
        ("灯台", "ja", False),
        ("ประภาคาร", "th", True),
    ],
)
def test_a_passage_of_a_few_words_in_another_language_has_a_voice_of_its_own(
    marked: str, tag: str, has_voice: bool
) -> None:
    text = f"He wrote: {marked} Then he slept."
    start = text.index(marked)
    passages = find_passages(text, spans_of(text, (marked, f"language:{tag}"), ("Then", "emphasis")), "en-US")
    assert passages == ([ForeignPassage(start, start + len(marked), tag)] if has_voice else [])


def test_paragraphs_of_one_language_are_one_passage_and_another_language_divides_them() -> None:
    first, second, third = "Der Wärter zählt", "die hohen Wellen.", "Et puis il dort longtemps."
    text = f"{first}\n\n{second}\n\n{third}"
    spans = spans_of(text, (first, "language:de"), (second, "language:de"), (third, "language:fr"))
    end = len(first) + 2 + len(second)
    assert find_passages(text, spans, "en") == [ForeignPassage(0, end, "de"), ForeignPassage(end + 2, len(text), "fr")]
    assert list_languages(spans, "en") == ["de", "fr"]
    assert list_languages(spans, "fr-CA") == ["de"]


def test_a_passage_inside_another_one_is_read_with_it() -> None:
    inner = "in vino veritas semper est"
    text = f"Er sagte {inner} und ging nach Hause."
    spans = [TextSpan("language:de", 0, len(text)), *spans_of(text, (inner, "language:la"))]
    assert find_passages(text, spans, "en") == [ForeignPassage(0, len(text), "de")]


def test_segments_end_at_the_borders_of_passages() -> None:
    passage = find_passages(TEXT, spans_of(TEXT, (GERMAN, "language:de")), "en")
    borders = [passage[0].start, passage[0].end]
    split = segments.split(TEXT, [passage[0].end, len(TEXT)], borders=borders)
    assert [TEXT[segment.start : segment.end] for segment in split] == ["He wrote:", GERMAN, "Then he slept."]
    assert list_segment_languages(split, passage) == [None, "de", None]
    assert [segment.pause_ms for segment in split] == [0, segments.SENTENCE_PAUSE_MS, 0]
    assert list_segment_languages(split, []) == [None, None, None]


@pytest.mark.parametrize(
    ("providers", "voice", "language", "expected"),
    [
        ("hibari,espeak", "espeak:de", "en", "hibari:heart"),  # a natural voice rather than the text's own provider
        ("polly,hibari,espeak", "polly:Daniel", "en", "polly:Matthew"),  # the same provider, the same gender
        ("polly,hibari,espeak", "hibari:heart", "de", "espeak:de"),  # a free recording stays free
        ("polly,hibari", "hibari:heart", "de", "polly:Vicki"),  # unless only a paid voice speaks the language
        ("polly,hibari", "hibari:heart", "hu", None),
    ],
)
def test_a_passage_is_read_by_a_natural_voice_that_costs_no_more(
    deployment: pytest.MonkeyPatch, providers: str, voice: str, language: str, expected: str | None
) -> None:
    deployment.setenv("TTS_PROVIDERS", providers)
    config.settings.cache_clear()
    chosen = select_passage_voices([language], catalogue.get_voice(voice, providers.split(",")), {})
    assert chosen == ({language: expected} if expected else {})
