"""The pictures of the README and the user guide, in docs/images, of a demonstration library on a running local stack.

python -m tests.browser.doc_pictures
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

from localstack.home import ROOT, Home
from localstack.sample import TARGET
from tests.browser import engines
from tests.fakes.speechify import mp3_of
from tests.support import account_fixtures, media_files, structured_documents
from tests.support.local_stack import DeployedStack
from tests.support.node_packages import MissingError

HIGHLIGHTS = {"There are two ways to make a light reach farther.": "green", "It was the flame.": "yellow"}
LOG = b"The Keeper's Log\n\nMonday. Wind from the west, and rain. The lamp was lit at five.\n"
SEASONS = {"Winter": ((28, 40, 74), (232, 128, 92)), "Summer": ((110, 190, 214), (236, 240, 220))}
PROSE = (
    "The keeper climbs the stairs before dusk and trims the lamp with care. Gulls settle on the wall;"
    " nobody counts the waves.",
    "Letters come with the boat on Friday, if the sea allows it. By night every ship knows the beam, and no ship"
    " knows the man.",
)


def draw_lighthouse(size: tuple[int, int], sky: tuple[int, int, int], horizon: tuple[int, int, int]) -> Image.Image:
    """Return a picture of a lighthouse on a rock in the sea."""
    width, height = size
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    sea = int(height * 0.76)
    for y in range(sea):
        share = y / sea
        draw.line((0, y, width, y), tuple(int(a + (b - a) * share) for a, b in zip(sky, horizon, strict=True)))
    draw.rectangle((0, sea, width, height), tuple(value // 2 + 10 for value in sky))
    x, unit = int(width * 0.62), height // 24
    top = sea - 12 * unit
    draw.polygon([(x, top), (0, top - 3 * unit), (0, top + 2 * unit)], tuple(min(255, value + 28) for value in horizon))
    draw.ellipse((x - 7 * unit, sea - unit, x + 7 * unit, sea + 2 * unit), (38, 52, 58))
    for stripe in range(6):
        y, half = sea - (stripe + 1) * 2 * unit + unit, unit * (16 - stripe) // 12
        colour = (196, 60, 48) if stripe % 2 else (246, 242, 232)
        draw.polygon([(x - half, y), (x + half, y), (x + half + 3, y + 2 * unit), (x - half - 3, y + 2 * unit)], colour)
    draw.rectangle((x - unit, top - unit, x + unit, top + unit), (250, 210, 90))
    draw.polygon([(x - unit - 4, top - unit), (x + unit + 4, top - unit), (x, top - 3 * unit)], (38, 52, 58))
    return picture


def make_book() -> bytes:
    """Return an EPUB with a cover, pictures and a table."""
    table = (
        "<table><thead><tr><th>Month</th><th>Nights of fog</th></tr></thead><tbody>"
        "<tr><td>January</td><td>9</td></tr><tr><td>July</td><td>4</td></tr></tbody></table>"
    )
    parts: dict[str, bytes | str | None] = {"OEBPS/one.xhtml": None}
    manifest, spine = '<item id="cover" href="cover.png" properties="cover-image" media-type="image/png"/>', ""
    for name, colours in SEASONS.items():
        parts[f"OEBPS/{name}.png"] = media_files.saved(draw_lighthouse((640, 360), *colours), "PNG")
        prose = "".join(f"<p>{paragraph}</p>" for paragraph in PROSE)
        body = f'<h1>{name}</h1><p><img src="{name}.png" alt="The lighthouse in {name}"/></p>{prose}{table}'
        parts[f"OEBPS/{name}.xhtml"] = structured_documents.xhtml(body)
        manifest += f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>'
        manifest += f'<item id="{name}-picture" href="{name}.png" media-type="image/png"/>'
        spine += f'<itemref idref="{name}"/>'
    parts["OEBPS/cover.png"] = media_files.saved(draw_lighthouse((480, 640), *SEASONS["Winter"]), "PNG")
    parts["OEBPS/content.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<metadata><dc:title>The Lighthouse Year</dc:title><dc:creator>Ada Kell</dc:creator><dc:language>en</dc:language>"
        f"</metadata><manifest>{manifest}</manifest><spine>{spine}</spine></package>"
    )
    return media_files.epub(parts)


def main() -> None:
    try:
        programs = engines.ENGINES["chromium"].programs()
        engines.install_drivers()
    except MissingError as error:
        sys.stderr.write(f"{error}\n")
        return
    stack = DeployedStack(Home.chosen())
    reader = account_fixtures.UserWithMedia(stack)
    add = reader.add
    add("Waves.webm", media_files.film(24))
    add("Fog horn.mp3", mp3_of(4_000))
    add("The keeper's log.txt", LOG)
    add("The north cape.png", media_files.saved(draw_lighthouse((900, 1100), *SEASONS["Summer"]), "PNG"))
    add("year.epub", make_book())
    add("Harbour at dusk.png", media_files.saved(draw_lighthouse((900, 1100), *SEASONS["Winter"]), "PNG"))
    sample = add("sample.pdf", TARGET.read_bytes())
    reader.record("sample.pdf", seconds=900)
    text = reader.call("GET", f"/v1/media/{sample['id']}/text")["text"]
    for passage, colour in HIGHLIGHTS.items():
        start = text.index(passage)
        note = {"kind": "highlight", "start": start, "end": start + len(passage), "colour": colour}
        reader.call("POST", f"/v1/media/{sample['id']}/annotations", note, expect=201)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "picture.pdf").write_bytes(media_files.saved(media_files.drawn(), "PNG"))
        (folder / "Signals at sea.txt").write_bytes(b"Flags by day, lamps by night.")
        job = {
            "programs": programs,
            "web": stack.home.endpoints()["web"],
            "user": reader.user,
            "password": stack.home.password(reader.user),
            "folder": str(ROOT / "docs" / "images"),
            "files": {"rejected": str(folder / "picture.pdf"), "more": str(folder / "Signals at sea.txt")},
        }
        engines.run_script("doc_pictures.mjs", job)


if __name__ == "__main__":
    main()
