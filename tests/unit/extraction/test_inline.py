"""Inline content: offsets of spans survive the cleanup of the text, and addresses are read by their hosts."""

import pytest

from chalicelib.extraction import inline
from chalicelib.extraction.block_text import to_paragraphs
from chalicelib.extraction.blocks import BlockBuilder, RawCell
from chalicelib.extraction.cleanup import clean_line
from chalicelib.extraction.formulas import Notation
from chalicelib.extraction.inline import LINE_BREAK, Piece
from chalicelib.extraction.model import BlockKind


@pytest.mark.parametrize(
    ("pieces", "text", "spans"),
    [
        ([Piece("a  "), Piece(" b\n", ("emphasis",)), Piece("c")], "a b c", {"emphasis": ["b"]}),
        ([Piece("a"), Piece("b ", ("emphasis",)), Piece("c", ("emphasis",))], "ab c", {"emphasis": ["b c"]}),
        ([Piece("soft\u00ad"), Piece("hyphen", ("emphasis",))], "softhyphen", {"emphasis": ["hyphen"]}),
        ([Piece("ﬁne ", ("emphasis",)), Piece("e"), Piece("\u0301", ("code",))], "fine é", {"emphasis": ["fine"]}),
        ([Piece("\ue000"), Piece("\u200b "), Piece("x", ("code",))], "x", {"code": ["x"]}),
        ([Piece("one", ("emphasis",)), Piece(LINE_BREAK), Piece(" two")], "one\ntwo", {"emphasis": ["one"]}),
        ([Piece("see "), Piece("https://example.org/a", ("emphasis",)), Piece("/b, or")], "see example.org, or",
         {"emphasis": ["example.org"], "url": ["example.org"]}),
        ([Piece("wget https://example.org/a", ("code",))], "wget https://example.org/a", {"code": ["wget https://example.org/a"]}),
        ([Piece("한", ("emphasis",)), Piece("\u1100"), Piece("\u1161", ("code",))], "한가", {"emphasis": ["한"]}),
    ],
)  # fmt: skip
def test_spans_are_where_their_text_is_after_the_cleanup(
    pieces: list[Piece], text: str, spans: dict[str, list[str]]
) -> None:
    content = inline.clean(pieces)
    marked: dict[str, list[str]] = {}
    for span in content.spans:
        marked.setdefault(span.kind, []).append(content.text[span.start : span.end])
    assert (content.text, marked) == (text, spans)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("See www.example.org/a/b?x=1, and so on.", "See example.org, and so on."),
        ("HTTP://Example.ORG/Path", "example.org"),
        ("ftp://files.example.org/pub", "files.example.org"),
        ("mailto:a@example.org, or a@example.org!", "a@example.org, or a@example.org!"),
        ("example.org/path/to/page.html", "example.org"),
        ("https://例え.jp/道", "例え.jp"),
        ("https://user:pw@example.org:8080/x", "example.org"),  # pragma: allowlist secret
        ("(https://example.org/a_(b)) and (see https://example.org/a)", "(example.org) and (see example.org)"),
        ("doi.org/10.1000/182 or doi:10.1000/182, 10.1000/xyz", "doi.org or DOI, DOI"),
        ("//cdn.example.org/x.js", "cdn.example.org"),
        ("“https://example.org” and/or 1.5/2", "“example.org” and/or 1.5/2"),
        ("a.txt/b e.g./i.e. 24/7 http:// @home //note", "a.txt/b e.g./i.e. 24/7 http:// @home //note"),
    ],
)  # fmt: skip
def test_an_address_is_read_by_its_host(text: str, expected: str) -> None:
    assert clean_line(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("𝗛𝗼𝘄 𝑡ℎ𝑒 𝓈𝒸𝓇𝒾𝓅𝓉", "How the script"),
        ("ｆｕｌｌ ＷＩＤＴＨ １２", "full WIDTH 12"),
        ("x² H₂O ½ Ⅳ ℝ ℎ", "x² H₂O ½ Ⅳ ℝ ℎ"),
        ("「港」！？", "「港」！？"),
    ],
)
def test_letters_that_differ_only_in_style_are_plain(text: str, expected: str) -> None:
    assert clean_line(text) == expected


def test_formulas_are_said_in_the_language_of_the_text_and_keep_the_other_spans_in_place() -> None:
    builder = BlockBuilder(1_000)
    pieces = [builder.formula("x^2", Notation.LATEX), Piece(" and "), Piece("y", ("emphasis",)), Piece(" or ")]
    builder.add_block([Piece("so "), *pieces, builder.formula("x^2", Notation.LATEX, "de")], BlockKind.QUOTE)
    running_text = to_paragraphs(builder, "en")
    assert running_text.text == "so x squared and y or x Quadrat"
    assert [(span.kind, running_text.text[span.start : span.end]) for span in running_text.spans] == [
        ("formula", "x squared"),
        ("emphasis", "y"),
        ("formula", "x Quadrat"),
    ]


def test_what_is_not_read_of_an_address_is_left_out_with_a_reason() -> None:
    builder = BlockBuilder(1_000)
    builder.add_paragraph("See https://example.org/a/b, or example.com.")
    builder.add_table([[RawCell("one"), RawCell("https://example.net/c")]])
    assert [(omission.reason, omission.excerpt) for omission in builder.left_out] == [
        ("address", "https://example.org/a/b"),
        ("address", "https://example.net/c"),
    ]


def test_code_keeps_its_lines_and_their_indentation() -> None:
    assert inline.clean_code("\n  def f():\n\n\tif x:\n\t\treturn\u200b 1  \n") == "def f():\n  if x:\n      return 1"
