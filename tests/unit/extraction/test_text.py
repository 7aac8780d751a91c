"""Extraction without PDF: plain text, cleanup of lines, paragraphs, sentence boundaries."""

import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
import sentencex
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.extraction import cleanup, extract, sentences, table_text
from chalicelib.extraction.model import ExtractedText
from chalicelib.extraction.pdf import paragraphs
from chalicelib.extraction.pdf.layout import Line, Page
from chalicelib.extraction.pdf.running_headers import remove_headers_and_footers
from chalicelib.extraction.running_text import PARAGRAPH_BREAK
from chalicelib.inspection import examine, types
from chalicelib.inspection.previews import view_copy
from chalicelib.recognition import document


def extract_text(folder: Path, content: str, encoding: str = "utf-8") -> ExtractedText:
    (folder / "file.txt").write_bytes(content.encode(encoding))
    return extract.extract(folder / "file.txt", "text/plain")


# ---- lines ----


@pytest.mark.parametrize(
    ("printed", "expected"),
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
def test_a_cleaned_line_has_only_readable_characters(printed: str, expected: str) -> None:
    assert cleanup.clean_line(printed) == expected


@given(st.text(max_size=60))
def test_cleaning_a_line_is_idempotent(text: str) -> None:
    once = cleanup.clean_line(text)
    assert cleanup.clean_line(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "  " not in once
    assert once == once.strip()
    once.encode("utf-8")
    assert "\x00" not in once


# ---- any lines ----

LINES = st.builds(
    Line,
    text=st.text(st.sampled_from("ab é字-— .•12\ufffeﬁX?"), max_size=12).map(cleanup.clean_line).filter(bool),
    left=st.integers(0, 90).map(float),
    right=st.integers(91, 400).map(float),
    baseline=st.integers(0, 600).map(float),
    font_size=st.sampled_from([0.0, 6.0, 10.0, 10.5, 16.0]),
    has_footnote_mark=st.booleans(),
    footnote_marks=st.sampled_from([(), ("1",)]),
)
PAGES = st.lists(st.builds(Page, st.lists(LINES, max_size=8).map(tuple)), max_size=6)


@settings(max_examples=300)
@given(PAGES)
def test_pages_partition_the_text_and_no_character_is_lost_or_added(pages: list[Page]) -> None:
    running_text = paragraphs.to_paragraphs(pages)
    assert len(running_text.page_starts) == len(pages)
    assert all(before <= after for before, after in pairwise([0, *running_text.page_starts, len(running_text.text)]))
    assert running_text.page_starts[:1] in ([], [0])
    printed = [character for page in pages for line in page.lines for character in line.text if character.isalnum()]
    assert [character for character in running_text.text if character.isalnum()] == printed
    assert "\ufffe" not in running_text.text


@settings(max_examples=300)
@given(PAGES)
def test_paragraphs_are_the_text_between_blank_lines(pages: list[Page]) -> None:
    running_text = paragraphs.to_paragraphs(pages)
    texts = [running_text.text[paragraph.start : paragraph.end] for paragraph in running_text.paragraphs]
    assert running_text.text == PARAGRAPH_BREAK.join(texts)
    assert all("\n" not in text for text in texts)
    assert unicodedata.is_normalized("NFC", running_text.text)


@settings(max_examples=200)
@given(PAGES)
def test_removing_headers_only_drops_lines_and_keeps_the_pages(pages: list[Page]) -> None:
    cleaned = remove_headers_and_footers(pages, [])
    assert len(cleaned) == len(pages)
    for before, after in zip(pages, cleaned, strict=True):
        lines_before = iter(before.lines)
        assert all(line in lines_before for line in after.lines), "lines keep their order"


def test_every_readable_type_has_an_extractor_and_is_accepted() -> None:
    assert {file_type.media_type for file_type in types.ACCEPTED_TYPES.values() if file_type.has_text} == set(
        extract.EXTRACTORS
    )
    for extractor in extract.EXTRACTORS.values():
        assert callable(extractor.load().extract)


def test_all_checks_of_an_upload_fit_into_the_time_limit_of_ingest() -> None:
    assert examine.WALL_S + view_copy.WALL_S + extract.WALL_S <= 85, (
        "of 90 s; the other 5 s are for storage and database"
    )
    for module in (examine, view_copy, extract):
        assert module.CPU_S < module.WALL_S


# ---- plain text ----


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("One.\n\nTwo.\n", "One.\n\nTwo."),
        ("One.\r\n\r\nTwo.\r\n", "One.\n\nTwo."),
        ("\ufeffOne.", "One."),
        ("Roses are red,\nViolets are blue,", "Roses are red,\nViolets are blue,"),
        ("• first\n• second", "first\n\nsecond"),
        ("a page\fanother", "a page another"),
        ("", ""),
    ],
)
def test_plain_text_becomes_paragraphs(content: str, expected: str, tmp_path: Path) -> None:
    assert extract_text(tmp_path, content).text == expected


def test_hard_wrapped_lines_are_joined_and_indents_start_paragraphs(tmp_path: Path) -> None:
    content = (
        "   The ferryman counted his lanterns twice and wrote the number down in\n"
        "the long grey book that he kept for this purpose and for no other, as\n"
        "everyone knew.\n"
        "   Nobody had ever asked him why, and he would not have answered if any-\n"
        "one had done so in all these years.\n"
    )
    assert extract_text(tmp_path, content).text == (
        "The ferryman counted his lanterns twice and wrote the number down in the long grey book that he kept for this "
        "purpose and for no other, as everyone knew.\n\nNobody had ever asked him why, and he would not have answered "
        "if anyone had done so in all these years."
    )


def test_long_lines_are_paragraphs_of_their_own(tmp_path: Path) -> None:
    lines = ["A first paragraph without any line break in it, " * 5 + "ending here.", "And a second one. " * 12]
    assert extract_text(tmp_path, "\n".join(lines)).text == "\n\n".join(line.strip() for line in lines)


WRAPPED = """The keeper of the light had counted the ships every evening since he was
a boy and he had never been wrong about it, not once in forty years here."""


def blocks_of(extracted: ExtractedText) -> list[tuple[str, str]]:
    return [(block.kind.value, extracted.text[block.start : block.end]) for block in extracted.blocks]


@pytest.mark.parametrize("mark", ["* * *", "***", "~", "#", "⁂", "—", "_____", "-----", "~~~", "•  •  •"])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_scene_break_is_a_block_of_its_own(mark: str, gap: str, tmp_path: Path) -> None:
    extracted = extract_text(tmp_path, f"{WRAPPED}{gap}{mark}{gap}{WRAPPED}\n")
    prose = ("paragraph", WRAPPED.replace("\n", " "))
    assert blocks_of(extracted) == [prose, ("scene_break", "* * *"), prose]


@pytest.mark.parametrize(
    ("content", "blocks"),
    [
        ("The lamp is low\nthe tide is slow\nand home we go\n\nThe gulls are white\nand gone by night\n",
         [("verse", "The lamp is low\nthe tide is slow\nand home we go"), ("verse", "The gulls are white\nand gone by night")]),
        ("“Who is there?”\n“I.”\n“Who?”\n", [("paragraph", "“Who is there?”"), ("paragraph", "“I.”"), ("paragraph", "“Who?”")]),
        ("From: keeper@example.org\nTo: harbour@example.org\n",
         [("paragraph", "From: keeper@example.org"), ("paragraph", "To: harbour@example.org")]),
        ("Chapter One\n\nThe Storm\n\nIt rained.\n",
         [("heading", "Chapter One"), ("heading", "The Storm"), ("paragraph", "It rained.")]),
        ("Things to bring:\n- a rope\n- a lamp\n",
         [("paragraph", "Things to bring:"), ("list_item", "a rope"), ("list_item", "a lamp")]),
        (f"{WRAPPED}\n1. First you wake up\n2. Then you row\n", [("paragraph", WRAPPED.replace("\n", " ")),
         ("list_item", "1. First you wake up"), ("list_item", "2. Then you row")]),
        ("Nobody saw the dog.[1] It slept.\n\n[1] Its name is lost.\n\nThen it woke.\n",
         [("paragraph", "Nobody saw the dog. It slept."), ("footnote", "1 Its name is lost."), ("paragraph", "Then it woke.")]),
        ("[Illustration: The lighthouse]\n", [("figure", "The lighthouse")]),
        ("The _harbour master_ came.\n", [("paragraph", "The harbour master came.")]),
        ("The Storm\n=========\n\nIt rained.\n", [("heading", "The Storm"), ("paragraph", "It rained.")]),
        ("T H E   S T O R M\n\nIt rained.\n", [("heading", "THE STORM"), ("paragraph", "It rained.")]),
        ("a\x1b[31m red\x1b[0m lamp\n", [("paragraph", "a red lamp")]),
        ("Name: ________ Date: ________\n", [("paragraph", "Name: Date:")]),
        ("He was a well-\nknown keeper of the har-\nbour.\n", [("paragraph", "He was a well-known keeper of the harbour.")]),
    ],
)  # fmt: skip
def test_blocks_of_plain_text_have_kinds(content: str, blocks: list[tuple[str, str]], tmp_path: Path) -> None:
    assert blocks_of(extract_text(tmp_path, content)) == blocks


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Some doubt it.[4] Others agree.12 The sea is wide*.", "Some doubt it. Others agree. The sea is wide."),
        ("As shown before [12], at 3.14 or No.12 of v2.10.", "As shown before [12], at 3.14 or No.12 of v2.10."),
        ("a[1] = b[2]; 2*3*4 and x*y", "a[1] = b[2]; 2*3*4 and x*y"),
    ],
)
def test_note_marks_are_removed_and_other_figures_stay(printed: str, expected: str, tmp_path: Path) -> None:
    assert extract_text(tmp_path, printed).text == expected


def test_addresses_and_citations_of_plain_text_are_spans(tmp_path: Path) -> None:
    extracted = extract_text(tmp_path, "See https://www.example.org/a?b=1 and (Miller et al., 2019).")
    assert extracted.text == "See example.org and (Miller et al., 2019)."
    assert [(span.kind, extracted.text[span.start : span.end]) for span in extracted.spans] == [
        ("url", "example.org"), ("citation", "(Miller et al., 2019)")
    ]  # fmt: skip
    assert [omission.excerpt for omission in extracted.left_out] == ["https://www.example.org/a?b=1"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_accepted_encoding_yields_the_same_text(encoding: str, tmp_path: Path) -> None:
    assert extract_text(tmp_path, "Grüße, 你好, 🙂.", encoding).text == "Grüße, 你好, 🙂."


def test_form_feeds_are_pages(tmp_path: Path) -> None:
    extracted = extract_text(tmp_path, "First page.\fSecond page.\f")
    assert [extracted.text[page.start : page.end].strip() for page in extracted.pages] == [
        "First page.",
        "Second page.",
        "",
    ]


def test_chapters_of_plain_text_are_detected_by_their_names(tmp_path: Path) -> None:
    content = "CONTENTS\n\nChapter 1\n\nChapter 2\n\nChapter 1\n\nIt began.\n\nChapter 2\n\nIt went on.\n"
    extracted = extract_text(tmp_path, content)
    assert [chapter.title for chapter in extracted.chapters] == ["Chapter 1", "Chapter 2"]
    assert extracted.text[extracted.chapters[0].start : extracted.chapters[0].end].startswith("Chapter 1\n\nIt began.")


def test_a_text_over_the_limit_is_truncated_with_a_warning(tmp_path: Path) -> None:
    line = "The ferryman counted his lanterns twice.\n\n"
    extracted = extract_text(tmp_path, line * (extract.MAX_CHARACTERS // len(line) + 10))
    assert extracted.warning == "too_long"
    assert len(extracted.text) <= extract.MAX_CHARACTERS


def test_a_program_is_not_garbled(tmp_path: Path) -> None:
    extracted = extract_text(tmp_path, "print(hlpr[idx%4])\nfrt(qst[7],wrd(x))\n" * 20)
    assert (extracted.warning, extracted.unreadable_pages) == (None, ())


def test_a_text_without_a_word_is_empty(tmp_path: Path) -> None:
    assert extract_text(tmp_path, " \n--\n").warning == "empty"


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
    assert extract_text(tmp_path, text).word_count == count


# ---- sentences ----


def test_sentence_boundaries_are_at_sentence_ends() -> None:
    text = "Dr. Hale came at 4 p.m. and left. “Why?” she asked.\n\n🙂 Naïve? Yes."
    boundaries = sentences.sentence_boundaries(text, "en")
    stripped = [text[start:end].strip() for start, end in pairwise([0, *boundaries])]
    assert list(filter(None, stripped)) == [
        "Dr. Hale came at 4 p.m. and left.",
        "“Why?” she asked.",
        "🙂 Naïve?",
        "Yes.",
    ]


@given(st.text(st.sampled_from("ab é字🙂.?! \n“”"), max_size=200), st.sampled_from(["en", "de", "zh-CN", "und", ""]))
def test_sentences_add_up_to_the_text(text: str, code: str) -> None:
    boundaries = sentences.sentence_boundaries(text, code)
    assert boundaries == sorted(set(boundaries))
    assert boundaries[-1:] == ([len(text)] if text else [])
    assert all(0 < boundary <= len(text) for boundary in boundaries)


# ---- documentation ----

DOCS = (Path(__file__).parents[3] / "docs" / "text-extraction.md").read_text()


def test_the_document_about_extraction_has_every_warning_and_limit() -> None:
    assert set(re.findall(r"^\| `(\w+)` \| .* \| .* \|$", DOCS, re.MULTILINE)) == {
        *extract.EXTRACTION_WARNINGS, document.SKIPPED_PAGES, document.DOUBTFUL_PAGES
    }  # fmt: skip
    assert f"at most {table_text.MAX_FILLED_CELLS} filled cells" in DOCS
    assert f"up to {table_text.MAX_READ_CELLS} filled cells" in DOCS
    assert f"more than {table_text.MAX_MEAN_CELL_CHARACTERS} characters in a cell" in DOCS
    assert f"the first {extract.MAX_CHARACTERS:,}" in DOCS
    assert f"more than {extract.SCAN_SHARE:.0%}".replace("%", " %") in DOCS


def test_sentences_of_a_long_text_are_those_of_its_paragraphs() -> None:
    paragraph = "Dr. Ames said “so. And so.” (He was right.) It was 1.5 miles to the sea, e.g. by boat! " * 40
    text = "\n\n".join([paragraph.strip()] * 20)
    assert len(text) > 2 * sentences.MAX_CHUNK_CHARACTERS
    in_one_call = [boundary["text"].strip() for boundary in sentencex.get_sentence_boundaries("en", text)]
    boundaries = [0, *sentences.sentence_boundaries(text, "en")]
    in_chunks = [text[start:end].strip() for start, end in pairwise(boundaries)]
    assert list(filter(None, in_chunks)) == list(filter(None, in_one_call))


def test_a_paragraph_longer_than_a_chunk_has_the_same_sentences() -> None:
    sentence = "It was a long way to the sea. "
    text = sentence * (2 * sentences.MAX_CHUNK_CHARACTERS // len(sentence))
    assert sentences.sentence_boundaries(text, "en") == list(range(len(sentence), len(text) + 1, len(sentence)))
