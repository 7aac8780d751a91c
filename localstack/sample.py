"""Generator of docs/sample.pdf, the document that `make run` reads aloud. The same text gives the same bytes.

python -m localstack.sample
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.lib.pagesizes import A5
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate

TARGET = Path(__file__).resolve().parent.parent / "docs" / "sample.pdf"
TITLE = "How a Lighthouse Works"

TEXT = (Path(__file__).parent / "sample.txt").read_text()

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=11, leading=15, spaceAfter=7, alignment=4)
HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=13, leading=17, spaceBefore=10, spaceAfter=6)
TITLE_STYLE = ParagraphStyle("head", parent=HEADING, fontSize=18, leading=24, spaceAfter=12)


def make(target: Path = TARGET) -> None:
    """Write the PDF: a title, headings, and on every page a running head and a page number."""
    rl_config.invariant = 1  # no time of creation and no random id
    story: list[Flowable] = [Paragraph(TITLE, TITLE_STYLE)]
    for block in TEXT.strip().split("\n\n"):
        text = " ".join(block.split())
        story.append(Paragraph(text.removeprefix("# "), HEADING if text.startswith("# ") else BODY))
    document = SimpleDocTemplate(
        str(target), pagesize=A5, title=TITLE, author="Visionary Media", lang="en",
        leftMargin=18 * mm, rightMargin=18 * mm, topMargin=22 * mm, bottomMargin=20 * mm,
    )  # fmt: skip
    document.build(story, onFirstPage=_draw_running_head, onLaterPages=_draw_running_head)


def _draw_running_head(canvas: Any, document: Any) -> None:
    width, height = A5
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.drawCentredString(width / 2, height - 13 * mm, f"{TITLE} · A sample for Visionary Media")
    canvas.drawCentredString(width / 2, 11 * mm, f"{document.page}")
    canvas.restoreState()


if __name__ == "__main__":
    make()
