"""The text layer of a scan: its words, invisible and in their places, so that a viewer can select and find them.

Text render mode 3 neither fills nor strokes (ISO 32000-1, 9.3.6). The font has no glyphs, because none is drawn: each code is a
UTF-16 unit, and as wide as half the font size. Words are stretched to their widths.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.extraction.recognition import document, layout
from chalicelib.extraction.recognition.model import RecognizedLine, RecognizedPage
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

if TYPE_CHECKING:
    import pikepdf

CPU_S = 60  # 2,000 pages take 15 s
WALL_S = 90.0
MEMORY_BYTES = 1024 * 1024 * 1024  # a file of 100 MB, twice

FONT, MARK = "/VisionaryText", "/VisionaryTextLayer"  # the mark is a key of the streams that this module adds
GLYPH_WIDTH = 0.5  # times the font size
MAX_SPACE = 1.5  # times the font size: a word that is followed by a wider gap gets no space behind it
MAX_BASIC_PLANE = 0xFFFF

_RANGES = "".join(
    f"{min(100, 256 - first)} beginbfrange\n"
    + "".join(f"<{row:02X}00> <{row:02X}FF> <{row:02X}00>\n" for row in range(first, min(first + 100, 256)))
    + "endbfrange\n"
    for first in range(0, 256, 100)  # a block may have 100 ranges, and a range varies in its last byte only
)
_TO_UNICODE = f"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
{_RANGES}endcmap CMapName currentdict /CMap defineresource pop end end
"""


def add_in_sandbox(source: Path, recognized: Path, target: Path) -> bool:
    """Run `add` in the sandbox; return False if the file cannot be written. `target` then does not exist."""
    try:
        return sandbox.run(
            add,
            source,
            recognized,
            sandbox.Output(target),
            prepare=load,
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=WALL_S,
        )
    except sandbox.SandboxError as error:
        logger.warning("no text layer", reason=str(error))
        return False


def load() -> None:
    """Load what `add` needs."""
    import pikepdf  # noqa: F401


def add(source: Path, recognized: Path, target: Path) -> bool:
    """Write `source` to `target` with the words of the recognised pages, instead of those of an earlier recognition."""
    import pikepdf

    sandbox.step("opening the PDF")
    copy = io.BytesIO()
    with source.open("rb") as file, pikepdf.open(file) as pdf:
        font = pdf.make_indirect(_make_font(pdf))
        for index, page in document.read_pages(recognized):
            if index < len(pdf.pages):
                sandbox.step("adding the words of a page")
                _replace_layer(pdf, pdf.pages[index], page, font)
        sandbox.step("writing the PDF")
        pdf.save(
            copy,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            linearize=False,
            deterministic_id=True,
            fix_metadata_version=False,
        )
    target.write_bytes(copy.getbuffer())
    return True


def _replace_layer(pdf: pikepdf.Pdf, page: pikepdf.Page, recognized: RecognizedPage, font: pikepdf.Object) -> None:
    import pikepdf

    streams = [stream for stream in _content_streams(page) if MARK not in stream]
    content = b"".join(_content(recognized))
    if content:
        # The page's own content may leave any state behind: it is saved in front, and restored before the words.
        begin, end = pikepdf.Stream(pdf, b"q\n"), pikepdf.Stream(pdf, b"\nQ\n" + content)
        begin[MARK] = end[MARK] = True
        streams = [begin, *streams, end]
        _add_font(pdf, page, font)
    page.obj.Contents = pikepdf.Array([pdf.make_indirect(stream) for stream in streams])


def _content_streams(page: pikepdf.Page) -> list[Any]:
    import pikepdf

    contents = page.obj.get("/Contents")
    if isinstance(contents, pikepdf.Array):
        return [stream for stream in contents if isinstance(stream, pikepdf.Stream)]
    return [contents] if isinstance(contents, pikepdf.Stream) else []


def _add_font(pdf: pikepdf.Pdf, page: pikepdf.Page, font: pikepdf.Object) -> None:
    """Add the font to the page's resources: a copy of them, since other pages may share them."""
    import pikepdf

    resources = pikepdf.Dictionary()
    for key, value in page.resources.items():
        resources[key] = value
    fonts = pikepdf.Dictionary()
    for key, value in resources.get("/Font", pikepdf.Dictionary()).items():
        fonts[key] = value
    fonts[FONT] = font
    resources["/Font"] = fonts
    page.obj.Resources = pdf.make_indirect(resources)


def _make_font(pdf: pikepdf.Pdf) -> pikepdf.Dictionary:
    from pikepdf import Array, Dictionary, Name, Stream

    descriptor = Dictionary(
        Type=Name.FontDescriptor, FontName=Name.VisionaryText, Flags=4, FontBBox=Array([0, -250, 500, 750]), ItalicAngle=0,
        Ascent=750, Descent=-250, CapHeight=700, StemV=80,
    )  # fmt: skip
    descendant = Dictionary(
        Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name.VisionaryText, DW=round(1000 * GLYPH_WIDTH),
        CIDSystemInfo=Dictionary(Registry="Adobe", Ordering="Identity", Supplement=0),
        FontDescriptor=pdf.make_indirect(descriptor), CIDToGIDMap=Name.Identity,
    )  # fmt: skip
    return Dictionary(
        Type=Name.Font, Subtype=Name.Type0, BaseFont=Name.VisionaryText, Encoding=Name("/Identity-H"),
        DescendantFonts=Array([pdf.make_indirect(descendant)]),
        ToUnicode=pdf.make_indirect(Stream(pdf, _TO_UNICODE.encode())),
    )  # fmt: skip


def _content(page: RecognizedPage) -> Iterator[bytes]:
    """Yield the content that places the words of the page; nothing for a page without words."""
    lines = [line for line in page.lines if layout.is_text(line)]
    if not lines or not all(map(math.isfinite, page.to_page)):
        return
    matrix = " ".join(f"{number:.6f}" for number in page.to_page)
    yield f"q {matrix} cm BT 3 Tr\n".encode()
    for line in lines:
        yield from _line_content(line)
    yield b"ET Q\n"


def _line_content(line: RecognizedLine) -> Iterator[bytes]:
    yield f"{FONT} {line.font_size:.2f} Tf\n".encode()
    for word, following in pairwise((*line.words, None)):
        assert word is not None  # noqa: S101 - only the last one is
        text, end = word.text, word.right
        if following is not None and 0 < following.left - word.right < MAX_SPACE * line.font_size:
            text, end = f"{text} ", following.left
        text = "".join(character for character in text if ord(character) <= MAX_BASIC_PLANE)
        width = len(text) * GLYPH_WIDTH * line.font_size
        if text.strip() and end > word.left:
            stretch = 100 * (end - word.left) / width
            codes = text.encode("utf-16-be", "replace").hex()
            yield f"{stretch:.2f} Tz 1 0 0 1 {word.left:.2f} {line.baseline:.2f} Tm <{codes}> Tj\n".encode()
