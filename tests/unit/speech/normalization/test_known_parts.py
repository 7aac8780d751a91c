"""Parts whose kind the document names are said by their kind."""

from __future__ import annotations

import pytest

from chalicelib.extraction.model import BlockKind, BlockSpan, TextSpan
from chalicelib.library.passages import PassageMarks
from chalicelib.speech.segment_parts import PartFinder, SegmentParts
from chalicelib.speech.spoken_segment import get_spoken_text

NUMBERS_AS_WRITTEN = "polly:Joanna"


@pytest.fixture(autouse=True)
def _settings(deployment: pytest.MonkeyPatch) -> None:
    assert deployment


def say(marked: str, kind: str, language: str = "en", voice: str = "espeak:en-us") -> str:
    """Return what is said for a text with one part in guillemets."""
    start, end = marked.index("«"), marked.index("»") - 1
    written = marked.replace("«", "").replace("»", "")
    return get_spoken_text(written, language, voice, SegmentParts(spans=(TextSpan(kind, start, end),))).text


@pytest.mark.parametrize(
    ("kind", "marked", "language", "spoken"),
    [
        ("formula", "So «F equals 5 m a» holds at 5 m.", "en", "So F equals five m a holds at five metres."),
        ("formula", "Also ist «x gleich 10,5 m».", "de", "Also ist x gleich zehn Komma fünf m."),
        ("formula", "Here «one half times 1,000.5» is it.", "en", "Here one half times one thousand point five is it."),
        ("url", "Ask «licht.de» now.", "en", "Ask licht dot de now."),
        ("url", "Frag «licht.de» jetzt.", "de", "Frag licht Punkt de jetzt."),
        ("code", "Take «ships[12]» first.", "en", "Take ships twelve first."),
        ("citation", "La lampe brille «[12, 13]».", "fr", "La lampe brille."),
        ("citation", "La lampe brille «(Miller et al., 2019)».", "fr", "La lampe brille."),
        ("citation", "La bataille «(bataille de Waterloo, 1815)».", "fr", None),
    ],
)
def test_a_part_is_said_by_its_kind(kind: str, marked: str, language: str, spoken: str | None) -> None:
    said = say(marked, kind, language)
    assert said == spoken if spoken else "Waterloo" in said


@pytest.mark.parametrize(
    ("text", "language", "said", "not_said"),
    [
        ("Lit early «[12]» that day.", "en", "Lit early [twelve] that day.", "Lit early that day."),
        ("Lit «(Miller et al., 1984)».", "en", "Lit (Miller and others, nineteen eighty-four).", "Lit."),
        ("Früh «[3]» hell.", "de", "Früh [drei] hell.", "Früh hell."),
        ("Tôt «(voir Miller, 2019, p. 7)».", "fr", "Tôt (voir Miller, deux mille dix-neuf, p. sept).", "Tôt."),
        ("Since «(Battle of Waterloo, 1815)» so.", "en", None, "Since (Battle of Waterloo, eighteen fifteen) so."),
    ],
)
def test_citations_are_the_listeners_choice(text: str, language: str, said: str | None, not_said: str) -> None:
    start, end = text.index("«"), text.index("»") - 1
    written = text.replace("«", "").replace("»", "")
    for skip, expected in (((), said or not_said), (("citation",), not_said)):
        marks = PassageMarks([], [TextSpan("citation", start, end)])
        parts = PartFinder(marks, skip).find(0, len(written))
        assert get_spoken_text(written, language, "espeak:en-us", parts).text == expected


def test_a_voice_that_reads_numbers_well_gets_those_of_formulas_as_they_are() -> None:
    assert say("So «F equals 5 m a» holds.", "formula", voice=NUMBERS_AS_WRITTEN) == "So F equals 5 m a holds."


@pytest.mark.parametrize(
    ("heading", "language", "spoken"),
    [
        ("IV", "en", "four"),
        ("I", "en", "one"),
        ("XIV. The Storm", "en", "fourteen. The Storm"),
        ("II The Calm", "en", "two The Calm"),
        ("XII", "de", "zwölf"),
        ("III", "fr", "trois"),
        ("I went home", "en", "I went home"),
        ("MIX", "en", "MIX"),
    ],
)
def test_a_heading_that_is_a_roman_numeral_is_a_number(heading: str, language: str, spoken: str) -> None:
    assert get_spoken_text(heading, language, "espeak:en-us", SegmentParts(is_heading=True)).text == spoken
    assert heading[0] in get_spoken_text(heading, language, "espeak:en-us").text


def test_the_parts_of_a_segment_are_the_same_for_the_whole_text_and_for_the_segment_alone() -> None:
    heading = BlockSpan(BlockKind.HEADING, 10, 20, 1)
    formula = BlockSpan(BlockKind.FORMULA, 22, 40)
    marks = PassageMarks(
        [BlockSpan(BlockKind.PARAGRAPH, 0, 8), heading, formula], [TextSpan("url", 2, 6), TextSpan("url", 24, 30)]
    )
    assert PartFinder(marks, ()).find(10, 20) == PartFinder(PassageMarks([heading]), ()).find(10, 20)
    assert PartFinder(marks, ()).find(10, 20).is_heading
    assert PartFinder(marks, {"url"}).find(22, 40) == SegmentParts(
        ((2, 8),), (TextSpan("formula", 0, 18), TextSpan("url", 2, 8)), is_heading=False, says_citations=True
    )
