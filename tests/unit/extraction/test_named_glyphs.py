"""Glyphs of PDFs whose fonts have no map to Unicode, but names."""

import io
from collections.abc import Sequence
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from chalicelib.extraction import extract
from chalicelib.extraction.pdf import font_programs, glyph_names
from chalicelib.extraction.pdf.font_texts import FontTexts
from tests.support import font_files

LINE = b"The o\x01ce of \x02e \x03sherman wa\x04es."
GLYPHS = ["f_f_i", "T_h", "f_i.liga", "uni00660066_l"]


def page(document: pikepdf.Pdf, *texts: tuple[bytes, Dictionary]) -> bytes:
    """Return a PDF of one line; each of its texts has a font of its own. Text of one character is raised."""
    printed = document.add_blank_page(page_size=(400, 100))
    fonts = {f"/F{number}": document.make_indirect(font) for number, (_, font) in enumerate(texts)}
    printed.Resources = Dictionary(Font=Dictionary(fonts))
    shown = b"".join(
        b"/F%d %s <%s> Tj " % (number, b"12 Tf" if len(text) > 1 else b"7 Tf 4 Ts", text.hex().encode())
        for number, (text, _) in enumerate(texts)
    )
    printed.Contents = document.make_stream(b"BT 20 50 Td " + shown + b"ET")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def font_with_names(glyphs: Sequence[str], first: int = 1, name: str = "/ABCDEF+Test") -> Dictionary:
    names = Array([first, *(Name(f"/{glyph}") for glyph in glyphs)])
    encoding = Dictionary(Type=Name.Encoding, BaseEncoding=Name.WinAnsiEncoding, Differences=names)
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name(name), Encoding=encoding)


def embedded(document: pikepdf.Pdf, key: str, program: bytes, **entries: Name) -> Dictionary:
    """Return a font descriptor with a font program."""
    stream = document.make_stream(program, **entries)
    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=Name("/ABCDEF+Test"), Flags=4, ItalicAngle=0, Ascent=800, Descent=-200,
        CapHeight=700, StemV=80, FontBBox=Array([0, -200, 1000, 800]),
    )  # fmt: skip
    descriptor[f"/{key}"] = document.make_indirect(stream)
    return descriptor


def read(folder: Path, content: bytes) -> str:
    (folder / "a.pdf").write_bytes(content)
    return extract.extract(folder / "a.pdf", "application/pdf").text


def test_glyphs_are_read_by_the_names_that_the_encoding_gives_them(tmp_path: Path) -> None:
    assert (
        read(tmp_path, page(pikepdf.new(), (LINE, font_with_names(GLYPHS)))) == "The office of The fisherman waffles."
    )


def test_a_code_that_looks_like_a_character_is_read_by_its_name_in_its_font_only(tmp_path: Path) -> None:
    helvetica = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    line = page(pikepdf.new(), (b"Stop! ", helvetica), (b"No o!ce \\ \r\n", font_with_names(["f_f_i"], first=ord("!"))))
    assert read(tmp_path, line) == "Stop! No office \\"


def test_two_fonts_of_one_name_do_not_lend_each_other_their_names(tmp_path: Path) -> None:
    line = page(
        pikepdf.new(), (b"o\x01ce a\x02er ", font_with_names(["f_f_i", "f_t"])), (b"o\x01ce", font_with_names(["T_h"]))
    )
    text = read(tmp_path, line)
    assert "after" in text
    assert "office" not in text


def test_a_note_mark_behind_such_a_glyph_is_a_note_mark(tmp_path: Path) -> None:
    texts = (b"He gave it to the sta\x01", font_with_names(["f_f"])), (b"1", font_with_names([], name="/Other"))
    assert read(tmp_path, page(pikepdf.new(), *texts)) == "He gave it to the staff"


def test_glyphs_are_read_by_the_encoding_of_the_font_program(tmp_path: Path) -> None:
    document = pikepdf.new()
    program = font_files.cff([*GLYPHS, "o", "c", "e", "space"], [1, 2, 3, 4, *b"oce "])
    descriptor = embedded(document, "FontFile3", program, Subtype=Name.Type1C)
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/ABCDEF+Test"), FontDescriptor=descriptor,
        FirstChar=0, LastChar=127, Widths=Array([500] * 128),
    )  # fmt: skip
    assert read(tmp_path, page(document, (b"o\x01ce \x02e o\x01ce", font))) == "office The office"


def test_a_type_1_program_names_its_glyphs_in_its_clear_part() -> None:
    program = (
        b"%!FontType1\n/Encoding 256 array\ndup 12 /f_f_i put\ndup 84/T_h put readonly def\ncurrentfile eexec\xd9\xd6"
    )
    assert font_programs.type1_names(program) == {12: "f_f_i", 84: "T_h"}


def test_glyphs_are_read_by_the_names_of_a_true_type_program(tmp_path: Path) -> None:
    names = ["o", "f_f_i", "c", "e", "space", "h", "u", "t", "s", "uni0065"]
    document = pikepdf.new()
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=Name("/ABCDEF+Test"),
        CIDSystemInfo=Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0),
        CIDToGIDMap=Name.Identity,
        FontDescriptor=embedded(document, "FontFile2", font_files.true_type(names)),
    )
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type0,
        BaseFont=Name("/ABCDEF+Test"),
        Encoding=Name("/Identity-H"),
        DescendantFonts=Array([document.make_indirect(descendant)]),
    )
    words = ["o", "f_f_i", "c", "uni0065", "space", "h", "u", "t", "s"]
    codes = b"".join((1 + names.index(word)).to_bytes(2) for word in words)
    extracted = read(tmp_path, page(document, (codes, font)))
    assert extracted == "office huts"


@pytest.mark.parametrize("program", [b"", b"\x01\x00\x04\x01", b"\0\1\0\0\xff\xff", bytes(range(256)) * 8])
def test_a_broken_font_program_has_no_names(program: bytes) -> None:
    for key, subtype in (("FontFile", "/Type1"), ("FontFile3", "/Type1"), ("FontFile2", "/Type0")):
        document = pikepdf.new()
        font = Dictionary(Type=Name.Font, Subtype=Name(subtype), FontDescriptor=embedded(document, key, program))
        if subtype == "/Type0":
            font.Encoding, font.DescendantFonts = (
                Name("/Identity-H"),
                Array([Dictionary(FontDescriptor=font.FontDescriptor)]),
            )
        assert FontTexts(page(document, (b"a", font))).of_page(0) == {}


def test_a_file_that_is_no_pdf_has_no_names() -> None:
    assert FontTexts(b"%PDF-1.7 nothing").of_page(0) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f_f_i", "ffi"),
        ("T_h.alt", "Th"),
        ("adieresis_e", "äe"),
        ("uni00660069", "fi"),
        ("u1D465_hyphen", "\U0001d465-"),
        ("uniD800_f", ""),
        ("g_12", ""),
        (".notdef", ""),
        ("_", ""),
    ],
)
def test_a_name_is_the_text_of_its_parts(name: str, text: str) -> None:
    assert glyph_names.text(name) == text
