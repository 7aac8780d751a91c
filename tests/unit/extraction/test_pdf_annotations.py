"""Text that was typed onto the pages of a PDF: form fields, free text, comments."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from chalicelib.extraction import extract
from chalicelib.extraction.model import ExtractedText
from tests.support import sample_files

LABELS = {700: "Name of the keeper:", 670: "Remarks:", 640: "I have read the rules."}


def with_annotations(folder: Path, *annotations: Dictionary) -> ExtractedText:
    """Extract a page with three labels and these annotations."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 800), invariant=1)
    for y, label in LABELS.items():
        canvas.drawString(60, y, label)
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        for annotation in annotations:
            if "/AP" in annotation:
                annotation.AP.N.Yes = pdf.make_stream(b"")
        fields = Array([pdf.make_indirect(annotation) for annotation in annotations])
        pdf.pages[0].Annots = fields
        pdf.Root.AcroForm = Dictionary(Fields=fields)
        pdf.save(folder / "form.pdf")
    return extract.extract(folder / "form.pdf", "application/pdf")


def widget(y: float, *, x: float = 200.0, **entries: Any) -> Dictionary:
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, Rect=Array([x, y - 4, x + 150, y + 12]), F=4)
    for key, value in entries.items():
        field[f"/{key}"] = value
    return field


def checkbox(state: str) -> Dictionary:
    appearances = Dictionary(N=Dictionary(Yes=Dictionary()))
    box = widget(640, x=30, FT=Name.Btn, T=String("box"), AS=Name(state), V=Name(state), AP=appearances)
    box.Rect = Array([30, 636, 45, 652])
    return box


def paragraphs(extracted: ExtractedText) -> list[str]:
    return extracted.text.split("\n\n")


def test_the_value_of_a_field_is_read_behind_its_label(tmp_path: Path) -> None:
    extracted = with_annotations(
        tmp_path,
        widget(700, FT=Name.Tx, T=String("name"), V=String("Ann Müller")),
        widget(670, FT=Name.Ch, T=String("remark"), V=String("late"), Opt=Array([String("late"), String("early")])),
    )
    assert paragraphs(extracted) == ["Name of the keeper: Ann Müller", "Remarks: late", LABELS[640]]


def test_a_value_of_several_lines_is_read_below_its_label(tmp_path: Path) -> None:
    field = widget(650, x=60, FT=Name.Tx, Ff=4096, T=String("remarks"), V=String("It rained.\rNobody came."))
    assert paragraphs(with_annotations(tmp_path, field)) == [
        LABELS[700], LABELS[670], "It rained.", "Nobody came.", LABELS[640]
    ]  # fmt: skip


@pytest.mark.parametrize(("state", "expected"), [("/Yes", f"☑ {LABELS[640]}"), ("/Off", LABELS[640])])
def test_a_box_is_read_if_it_is_ticked(state: str, expected: str, tmp_path: Path) -> None:
    assert paragraphs(with_annotations(tmp_path, checkbox(state)))[-1] == expected


@pytest.mark.parametrize(
    "field",
    [
        widget(700, FT=Name.Tx, Ff=8192, T=String("password"), V=String("hunter2")),
        widget(700, FT=Name.Btn, Ff=65536, T=String("button"), MK=Dictionary(CA=String("Send"))),
        widget(700, FT=Name.Tx, T=String("empty"), V=String("")),
    ],
)
def test_passwords_buttons_and_empty_fields_are_not_read(field: Dictionary, tmp_path: Path) -> None:
    assert paragraphs(with_annotations(tmp_path, field)) == list(LABELS.values())


def test_free_text_is_read_at_its_place_and_comments_are_left_out(tmp_path: Path) -> None:
    free_text = Dictionary(
        Type=Name.Annot, Subtype=Name.FreeText, Rect=Array([200, 664, 350, 684]), Contents=String("He was late."), F=4,
        DA=String("/Helv 10 Tf"),
    )  # fmt: skip
    comment = Dictionary(
        Type=Name.Annot, Subtype=Name.Text, Rect=Array([10, 10, 30, 30]), Contents=String("Check this."), F=4
    )
    extracted = with_annotations(tmp_path, free_text, comment)
    assert paragraphs(extracted) == [LABELS[700], "Remarks: He was late.", LABELS[640]]
    assert [(omission.page, omission.reason, omission.excerpt) for omission in extracted.left_out] == [
        (1, "comment", "Check this.")
    ]


@pytest.mark.parametrize(
    ("alt", "is_read"), [("A lighthouse at dusk", True), ("img_0042.png", False), ("Picture 3", False)]
)
def test_the_description_of_a_picture_is_read_at_its_place(alt: str, is_read: bool, tmp_path: Path) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(420, 800), invariant=1)
    canvas.drawString(60, 700, "Above the picture.")
    canvas.drawImage(ImageReader(io.BytesIO(sample_files.PNG)), 60, 500, 200, 150)
    canvas.drawString(60, 450, "Below the picture.")
    canvas.save()
    with pikepdf.open(io.BytesIO(out.getvalue())) as pdf:
        page = pdf.pages[0]
        content = page.Contents.read_bytes()
        start = content.index(b"q\n200 0 0 150") if b"q\n200 0 0 150" in content else content.index(b"200 0 0 150") - 2
        end = content.index(b"Q", start) + 1
        marked = b"/Figure <</MCID 0>> BDC\n" + content[start:end] + b"\nEMC"
        page.Contents = pdf.make_stream(content[:start] + marked + content[end:])
        page.StructParents = 0
        root = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        figure = pdf.make_indirect(
            Dictionary(Type=Name.StructElem, S=Name.Figure, P=root, Pg=page.obj, K=0, Alt=String(alt))
        )
        root.K = Array([figure])
        root.ParentTree = pdf.make_indirect(Dictionary(Nums=Array([0, Array([figure])])))
        pdf.Root.StructTreeRoot = root
        pdf.Root.MarkInfo = Dictionary(Marked=True)
        pdf.save(tmp_path / "tagged.pdf")
    extracted = extract.extract(tmp_path / "tagged.pdf", "application/pdf")
    assert paragraphs(extracted) == ["Above the picture.", *([alt] if is_read else []), "Below the picture."]
