"""Letters of the private use area, as the fonts of PDFs have them."""

import io
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from chalicelib.extraction import extract
from chalicelib.extraction.cleanup import clean_line

TO_UNICODE = (
    "1 begincodespacerange <00> <FF> endcodespacerange 2 beginbfrange <20> <7E> <0020> endbfrange\n"
    "{count} beginbfchar {codes} endbfchar"
)


def printed(text: str, *, codes: dict[int, str] | None = None, glyphs: list[str] | None = None) -> bytes:
    """Return a PDF of one line. Its font maps `codes` to characters, or has names of `glyphs` for the codes from 1."""
    document, out = pikepdf.new(), io.BytesIO()
    page = document.add_blank_page(page_size=(400, 100))
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    if codes:
        rows = " ".join(f"<{code:02X}> <{ord(character):04X}>" for code, character in codes.items())
        font.ToUnicode = document.make_stream(TO_UNICODE.format(count=len(codes), codes=rows).encode())
    if glyphs:
        names = Array([1, *(Name(f"/{glyph}") for glyph in glyphs)])
        font.Encoding = Dictionary(Type=Name.Encoding, BaseEncoding=Name.WinAnsiEncoding, Differences=names)
    page.Resources = Dictionary(Font=Dictionary(F=document.make_indirect(font)))
    page.Contents = document.make_stream(b"BT /F 12 Tf 20 50 Td (" + text.encode("latin-1") + b") Tj ET")
    document.save(out)
    return out.getvalue()


def read(folder: Path, content: bytes) -> str:
    (folder / "a.pdf").write_bytes(content)
    return extract.extract(folder / "a.pdf", "application/pdf").text


def test_ligatures_that_a_font_maps_to_private_letters_are_read(tmp_path: Path) -> None:
    line = printed("The of\x01cer \x02ew.", codes={1: "\uf001", 2: "\uf002"})
    assert read(tmp_path, line) == "The officer flew."


def test_small_capitals_and_old_style_figures_are_read_by_the_names_of_their_glyphs(tmp_path: Path) -> None:
    line = printed("T\x01\x02 of \x03\x04\x05\x06", glyphs=["Hsmall", "Esmall", *["oneoldstyle", "nineoldstyle"] * 2])
    assert read(tmp_path, line) == "The of 1919"


@pytest.mark.parametrize(
    ("private", "plain"),
    [
        ("o\uf00bice e\uf01ecient", "office efficient"),  # TeX
        ("\uf7e9\uf774\uf7e9 \uf6fa", "été œ"),
        ("1\uf6f2\uf6f3", "1st"),
        ("\uf0b7 Rope", "• Rope"),
        ("\u0e1b\uf702\uf70a", "\u0e1b\u0e35\u0e48"),  # Thai: a vowel and a tone mark left of an ascender
        ("\u0e1b\uf886\uf88b", "\u0e1b\u0e35\u0e48"),
        ("a logo \uf8ff and \ue0ff", "a logo and"),
    ],
)
def test_private_letters_are_spelled_out_by_their_conventions(private: str, plain: str) -> None:
    assert clean_line(private) == plain
