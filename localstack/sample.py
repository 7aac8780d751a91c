"""Makes docs/sample.pdf, the document that `make run` has read aloud. The same text gives the same bytes.

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

TEXT = """
# A light that has to be found

A lighthouse answers two questions for someone on a dark sea. The first is simple: where is the land? The second is harder:
which land is it? A lamp on a cliff answers the first. To answer the second, the light must have a face of its own, so that
a sailor who sees it once can tell it from every other light on that coast.

Early keepers burned wood or coal in an iron basket. Such a fire eats hundreds of kilograms in a winter night, sinks to a red
glow when the wind drops, and throws most of its light at the sky. In rain it is hardly seen at all. For centuries the
trouble was not the height of the tower. It was the flame.

# Bending light instead of burning more

There are two ways to make a light reach farther. You can burn more fuel, or you can stop wasting the light you have. A
candle shines in every direction: up, down, and back towards the hills. A ship needs only the thin slice that travels level
with the water. If all the rest could be turned into that slice, a small flame would do the work of a bonfire.

A curved mirror behind the lamp was the first attempt. It helps, but silver tarnishes in salt air, and even a bright mirror
swallows a good part of what falls on it. Glass is better, because it loses little. Yet a single lens, large enough to
catch most of a lamp's light, would be as thick as a cushion and would weigh more than the tower could carry. It would also
be so deep that the glass itself would dim the beam.

The answer came in the eighteen-twenties from Augustin Fresnel, a French engineer who built roads by trade and studied light
because he could not leave it alone. What bends a ray, he saw, is the slope of the surface where it leaves the glass. The
thickness behind that slope does nothing. So he cut the thickness away. His lens is a set of rings, each a narrow prism with
the slope that a full lens would have at that place, and together they stand like the steps of a shallow stair.

Above and below the middle he added prisms of another kind, in which light bounces once inside the glass before it leaves.
They catch the rays that would have gone to the clouds or the floor and lay them flat upon the sea. With these two ideas, a
lamp with four wicks could be seen more than thirty kilometres away.

# Giving every light a name

A bright light is not yet a known light. Suppose that two towers stand forty kilometres apart and a storm has carried you an
unknown distance along the coast. You see one steady white point. Which tower is it? A wrong guess may put you on the rocks
that the other one marks.

Fresnel's lens offered the cure almost for nothing. Shape the glass as several panels, each gathering its own beam, and turn
the whole apparatus slowly around the lamp. Every beam sweeps the horizon like the spoke of a wheel, and a sailor sees a
flash each time one passes. Two panels set close together give a double flash. A slower wheel makes a longer darkness.

The pattern is called the character of the light, and it is printed on every chart. A note such as "flashing twice every ten
seconds" is enough to name the tower. Nobody needs to read a colour through fog or judge a brightness. It is only necessary
to count and to look at a watch, and both can be done by a tired person in the rain.

# The weight that turned on mercury

A large lens weighs several tonnes. To turn so heavy a thing evenly, with nothing but a falling weight and a clockwork, its
friction has to be almost nothing. At first the frames ran on brass rollers, which wore flat places into themselves and made
the lens stumble. Around eighteen ninety another way was found: let the lens float. The whole apparatus was set into a ring
shaped trough with a thin layer of mercury, and a keeper could then move five tonnes of glass with one finger.

Floating had its price. Mercury gives off a vapour, and keepers strained it through leather with their bare hands to clean
it. Not a few of the old stories about keepers who lost their reason may tell of poison more than of loneliness.

# The work of the keeper

Through the night somebody had to stay awake. The clockwork wanted winding every few hours, the wicks had to be trimmed, and
the lantern panes wiped free of salt, of snow, and sometimes of birds. In the morning the lens was covered with linen so
that the sun could not do backwards what the lamp did forwards, for a lens that makes a beam from a flame will also make a
flame from the sun.

Electric light ended most of this. A lamp no larger than a thumb now does what four wicks did, a small motor turns the lens,
and a sensor decides when it is dark. When a lamp fails, an arm swings the next one into its place. The keepers came down
from their towers, one station after another, and locked the doors behind them.

# Why they are still lit

Ships today find their way by satellite, and a harbour pilot hardly needs the old beam. Yet the lights are kept. A receiver
can fail, its signal can be disturbed, and then there remains the oldest instrument on board, which is a pair of eyes. A
lighthouse asks nothing of the one who uses it. It sends no bill, needs no password, and works for the smallest boat as it
does for the largest.

Perhaps that is the real reason why we are fond of them. Here is a machine that was built at great cost for the sake of
strangers, and that says a single sentence, over and over, to anyone who happens to look: you are here, and the rocks are
there, and somebody thought of you.
"""

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=11, leading=15, spaceAfter=7, alignment=4)
HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=13, leading=17, spaceBefore=10, spaceAfter=6)
HEAD = ParagraphStyle("head", parent=HEADING, fontSize=18, leading=24, spaceAfter=12)


def make(target: Path = TARGET) -> None:
    """Write the PDF: a title, headings, and on every page a running head and a page number."""
    rl_config.invariant = 1  # no time of creation and no random id
    story: list[Flowable] = [Paragraph(TITLE, HEAD)]
    for block in TEXT.strip().split("\n\n"):
        text = " ".join(block.split())
        story.append(Paragraph(text.removeprefix("# "), HEADING if text.startswith("# ") else BODY))
    document = SimpleDocTemplate(
        str(target), pagesize=A5, title=TITLE, author="Visionary Media", lang="en",
        leftMargin=18 * mm, rightMargin=18 * mm, topMargin=22 * mm, bottomMargin=20 * mm,
    )  # fmt: skip
    document.build(story, onFirstPage=_furnish, onLaterPages=_furnish)


def _furnish(canvas: Any, document: Any) -> None:
    width, height = A5
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.drawCentredString(width / 2, height - 13 * mm, f"{TITLE} · A sample for Visionary Media")
    canvas.drawCentredString(width / 2, 11 * mm, f"{document.page}")
    canvas.restoreState()


if __name__ == "__main__":
    make()
