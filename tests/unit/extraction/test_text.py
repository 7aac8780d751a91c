"""Plain text, single lines, sentences, languages: the parts of a reading that need no paper."""

import importlib
import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.extraction import cleanup, extract, language, sentences, table_text
from chalicelib.extraction.model import ExtractedText
from chalicelib.extraction.pdf import paragraphs
from chalicelib.extraction.pdf.layout import Line, Page
from chalicelib.extraction.pdf.running_headers import remove_headers_and_footers
from chalicelib.inspection import examine, types
from chalicelib.inspection.previews import view_copy
from tests.support import pdf_books


def read_text(folder: Path, content: str, encoding: str = "utf-8") -> ExtractedText:
    (folder / "file.txt").write_bytes(content.encode(encoding))
    return extract.extract(folder / "file.txt", "text/plain")


# ---- lines ----


@pytest.mark.parametrize(
    ("printed", "spoken"),
    [
        ("  two   spaces\tand a tab ", "two spaces and a tab"),
        ("ﬁnd the ﬂow, eﬃcient", "find the flow, efficient"),
        ("x² stays, as does ½ and ™", "x² stays, as does ½ and ™"),
        ("e\u0301 becomes one letter", "é becomes one letter"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\x00b\x07c\ue000d\ufeffe\u200bf", "abcdef"),
        ("half \ud800 a character", "half a character"),
        ("right\u202eto left", "rightto left"),
        ("non\u00a0breaking\u2009thin", "non breaking thin"),
        (
            "joiners \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "joiners \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("divided\ufffe", "divided\ufffe"),
        ("divided\u00ad", "divided\ufffe"),
        ("\x00\ue123", ""),
    ],
)
def test_a_line_holds_only_what_can_be_read(printed: str, spoken: str) -> None:
    assert cleanup.clean_line(printed) == spoken


@given(st.text(max_size=60))
def test_a_cleaned_line_is_clean_for_good(text: str) -> None:
    once = cleanup.clean_line(text)
    assert cleanup.clean_line(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "  " not in once
    assert once == once.strip()
    once.encode("utf-8")
    assert "\x00" not in once


# ---- lines to text, whatever they are ----

LINES = st.builds(
    Line,
    text=st.text(st.sampled_from("ab é字-— .•12\ufffeﬁX?"), max_size=12).map(cleanup.clean_line).filter(bool),
    left=st.integers(0, 90).map(float),
    right=st.integers(91, 400).map(float),
    base=st.integers(0, 600).map(float),
    size=st.sampled_from([0.0, 6.0, 10.0, 10.5, 16.0]),
    marked=st.booleans(),
    marks=st.sampled_from([(), ("1",)]),
)
SHEETS = st.lists(st.builds(Page, st.lists(LINES, max_size=8).map(tuple)), max_size=6)


@settings(max_examples=300)
@given(SHEETS)
def test_pages_partition_the_text_and_no_letter_is_lost_or_made(sheets: list[Page]) -> None:
    flow = paragraphs.to_paragraphs(sheets)
    assert len(flow.page_starts) == len(sheets)
    assert all(before <= after for before, after in pairwise([0, *flow.page_starts, len(flow.text)]))
    assert flow.page_starts[:1] in ([], [0])
    printed = [character for sheet in sheets for line in sheet.lines for character in line.text if character.isalnum()]
    assert [character for character in flow.text if character.isalnum()] == printed
    assert "\ufffe" not in flow.text


@settings(max_examples=300)
@given(SHEETS)
def test_paragraphs_are_the_text_between_blank_lines(sheets: list[Page]) -> None:
    flow = paragraphs.to_paragraphs(sheets)
    assert flow.text == paragraphs.PARAGRAPH_BREAK.join(flow.text[each.start : each.end] for each in flow.paragraphs)
    assert all("\n" not in flow.text[each.start : each.end] for each in flow.paragraphs)
    assert unicodedata.is_normalized("NFC", flow.text)


@settings(max_examples=200)
@given(SHEETS)
def test_furniture_is_only_ever_taken_away_and_sheets_keep_their_number(sheets: list[Page]) -> None:
    kept = remove_headers_and_footers(sheets)
    assert len(kept) == len(sheets)
    for before, after in zip(sheets, kept, strict=True):
        remaining = iter(before.lines)
        assert all(line in remaining for line in after.lines), "in their order"


def test_what_is_called_readable_has_a_reader_and_what_is_read_is_accepted() -> None:
    assert {row.media_type for row in types.ACCEPTED_TYPES.values() if row.has_text} == set(extract.EXTRACTORS)
    for reader in extract.EXTRACTORS.values():
        assert callable(importlib.import_module(reader.module).read)


def test_all_checks_of_one_upload_fit_the_time_that_ingest_has() -> None:
    assert examine.WALL_S + view_copy.WALL_S + extract.WALL_S <= 85, "of 90 s; the rest is for storage and database"
    for module in (examine, view_copy, extract):
        assert module.CPU_S < module.WALL_S


# ---- plain text ----


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("One.\n\nTwo.\n", "One.\n\nTwo."),
        ("One.\r\n\r\nTwo.\r\n", "One.\n\nTwo."),
        ("\ufeffOne.", "One."),
        ("Roses are red,\nViolets are blue,", "Roses are red,\n\nViolets are blue,"),
        ("• first\n• second", "first\n\nsecond"),
        ("a page\fanother", "a page another"),
        ("", ""),
    ],
)
def test_plain_text_becomes_paragraphs(written: str, spoken: str, tmp_path: Path) -> None:
    assert read_text(tmp_path, written).text == spoken


def test_hard_wrapped_lines_are_joined_and_indents_begin_paragraphs(tmp_path: Path) -> None:
    written = (
        "   The ferryman counted his lanterns twice and wrote the number down in\n"
        "the long grey book that he kept for this purpose and for no other, as\n"
        "everyone knew.\n"
        "   Nobody had ever asked him why, and he would not have answered if any-\n"
        "one had done so in all these years.\n"
    )
    assert read_text(tmp_path, written).text == (
        "The ferryman counted his lanterns twice and wrote the number down in the long grey book that he kept for this "
        "purpose and for no other, as everyone knew.\n\nNobody had ever asked him why, and he would not have answered "
        "if anyone had done so in all these years."
    )


def test_long_lines_are_paragraphs_of_their_own(tmp_path: Path) -> None:
    lines = ["A first paragraph without any line break in it, " * 5 + "ending here.", "And a second one. " * 12]
    assert read_text(tmp_path, "\n".join(lines)).text == "\n\n".join(line.strip() for line in lines)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_accepted_encoding_gives_the_same_text(encoding: str, tmp_path: Path) -> None:
    assert read_text(tmp_path, "Grüße, 你好, 🙂.", encoding).text == "Grüße, 你好, 🙂."


def test_form_feeds_are_pages(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "First page.\fSecond page.\f")
    assert [reading.text[page.start : page.end].strip() for page in reading.pages] == [
        "First page.",
        "Second page.",
        "",
    ]


def test_chapters_of_plain_text_are_found_by_their_names(tmp_path: Path) -> None:
    written = "CONTENTS\n\nChapter 1\n\nChapter 2\n\nChapter 1\n\nIt began.\n\nChapter 2\n\nIt went on.\n"
    reading = read_text(tmp_path, written)
    assert [chapter.title for chapter in reading.chapters] == ["Chapter 1", "Chapter 2"]
    assert reading.text[reading.chapters[0].start : reading.chapters[0].end].startswith("Chapter 1\n\nIt began.")


def test_a_text_beyond_the_limit_is_read_up_to_it_and_says_so(tmp_path: Path) -> None:
    line = "The ferryman counted his lanterns twice.\n\n"
    reading = read_text(tmp_path, line * (extract.MAX_CHARACTERS // len(line) + 10))
    assert reading.warning == "too_long"
    assert len(reading.text) <= extract.MAX_CHARACTERS


def test_a_text_without_a_word_has_nothing_to_read(tmp_path: Path) -> None:
    assert read_text(tmp_path, " \n--\n").warning == "empty"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("one two, three.", 3),
        ("don't stop-start", 2),
        ("3.14 is 1 number", 4),
        ("你好世界", 4),
        ("カタカナ and 2", 6),
        ("— …", 0),
    ],
)
def test_words_are_counted_as_they_are_spoken(text: str, count: int, tmp_path: Path) -> None:
    assert read_text(tmp_path, text).word_count == count


# ---- sentences and language ----


def test_sentences_end_where_they_end() -> None:
    text = "Dr. Hale came at 4 p.m. and left. “Why?” she asked.\n\n🙂 Naïve? Yes."
    ends = sentences.sentence_boundaries(text, "en")
    pieces = [text[start:end] for start, end in pairwise([0, *ends])]
    assert [piece.strip() for piece in pieces if piece.strip()] == [
        "Dr. Hale came at 4 p.m. and left.",
        "“Why?” she asked.",
        "🙂 Naïve?",
        "Yes.",
    ]


@given(st.text(st.sampled_from("ab é字🙂.?! \n“”"), max_size=200), st.sampled_from(["en", "de", "zh-CN", "und", ""]))
def test_sentences_together_are_the_text(text: str, code: str) -> None:
    ends = sentences.sentence_boundaries(text, code)
    assert ends == sorted(set(ends))
    assert ends[-1:] == ([len(text)] if text else [])
    assert all(0 < end <= len(text) for end in ends)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The clocks were striking thirteen, and nobody in the street seemed to notice it.", "en"),
        ("Niemand auf der Straße schien zu bemerken, dass die Uhren dreizehn schlugen.", "de"),
        ("Personne dans la rue ne semblait remarquer que les horloges sonnaient treize coups.", "fr"),
        ("Nadie en la calle parecía darse cuenta de que los relojes daban las trece.", "es"),
        ("他每天早上都去河边散步，然后回家写信给他的朋友们，告诉他们村子里的事情。", "zh-CN"),
        ("彼は毎朝川のほとりを散歩してから、家に帰って友人たちに手紙を書いた。", "ja"),
        ("第一章 港口 第二章 冬天的信 第三章 天文台 第四章 归途", "zh-CN"),
        ("그는 매일 아침 강가를 산책한 뒤 집으로 돌아와 편지를 썼다.", "ko"),
        ("Report 2024", "und"),
        ("12 34 56 78 90 " * 20, "und"),
        ("", "und"),
    ],
)
def test_the_language_is_told_or_left_open(text: str, code: str) -> None:
    assert language.detect(text) == code


def test_the_language_of_a_long_text_is_that_of_its_body_and_always_the_same() -> None:
    text = "Ein Vorwort in einer anderen Sprache steht ganz am Anfang dieses Buches. " * 20
    text += "\n\n".join(pdf_books.make_book(5).paragraphs) * 3
    assert {language.detect(text) for _ in range(5)} == {"en"}


# ---- the page about it ----

PAGE = (Path(__file__).parents[3] / "docs" / "reading.md").read_text()


def test_the_page_about_reading_names_every_note_and_the_numbers_in_the_code() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| .* \| .* \|$", PAGE, re.MULTILINE)) == set(extract.EXTRACTION_WARNINGS)
    assert f"at most {table_text.MAX_FILLED_CELLS} filled cells" in PAGE
    assert f"more than {table_text.MAX_MEAN_CELL_CHARACTERS} characters in a cell" in PAGE
    assert f"the first {extract.MAX_CHARACTERS:,}" in PAGE
    assert f"more than {extract.SCAN_BLANK_SHARE:.0%}".replace("%", " %") in PAGE
