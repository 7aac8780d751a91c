"""The place in a text, a PDF and a comic when the device is turned, the font changed or a page zoomed, in real browsers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.browser.test_journey import ENGINES
from tests.support import media_files, sample_files, structured_documents
from tests.support.local_stack import DeployedStack
from tests.support.page_driver import run_journey

pytestmark = pytest.mark.e2e

SENTENCE = "The keeper climbs the stairs before dusk and trims the lamp with care, and nobody counts the waves. "
LINES = 3 * 40  # code points: the top line may be cut, and each new layout may move it by one


def long_chapter() -> bytes:
    """Return an EPUB of one chapter with paragraphs of one to seven sentences."""
    prose = "".join(f"<p>Paragraph {number}. {SENTENCE * (1 + number % 7)}</p>" for number in range(300))
    return media_files.epub(
        {
            "OEBPS/one.xhtml": None,
            "OEBPS/chapter.xhtml": structured_documents.xhtml(f"<h1>The Long Chapter</h1>{prose}"),
            "OEBPS/content.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>The Long Chapter</dc:title></metadata>'
            '<manifest><item id="c" href="chapter.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="c"/></spine></package>',
        }
    )


def long_comic() -> bytes:
    """Return a comic book of 20 pages of different heights."""
    sizes = [(390, 300 + 200 * (number % 4)) for number in range(20)]
    pages = [media_files.saved(media_files.drawn(size=size, shade=40 + 10 * n), "PNG") for n, size in enumerate(sizes)]
    return media_files.packed({f"page {number:02}.png": content for number, content in enumerate(pages)})


@pytest.fixture(scope="module", params=ENGINES)
def read(
    request: pytest.FixtureRequest, stack: DeployedStack, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("layouts")
    paragraphs = (f"Paragraph {number}. {SENTENCE * (1 + number % 7)}" for number in range(300))
    (folder / "story.txt").write_text("\n\n".join(paragraphs))
    (folder / "book.epub").write_bytes(long_chapter())
    pages = sample_files.many_pages(20).replace(b"/MediaBox [0 0 9 9]", b"/MediaBox [0 0 400 600]")
    (folder / "pages.pdf").write_bytes(pages)
    (folder / "comic.cbz").write_bytes(long_comic())
    files: dict[str, Any] = {path.stem: str(path) for path in folder.iterdir()}
    return run_journey(stack, request.param, "layouts", 390, "light", script="new_layouts.mjs", **files)


@pytest.mark.parametrize("form", ["text", "book"])
def test_the_first_line_stays_the_first(read: dict[str, Any], form: str) -> None:
    start, *later = read[form]
    assert start > 1_000
    assert all(abs(place - start) <= LINES for place in later), read[form]


def test_the_middle_of_the_window_stays_on_its_page(read: dict[str, Any]) -> None:
    start, *later = read["pages"]
    assert 10 <= start < 11
    assert later == pytest.approx([start] * 4, abs=0.02)


def test_a_comic_stays_at_its_page_while_others_are_loaded(read: dict[str, Any]) -> None:
    start, *later = read["comic"]
    assert 12 <= start < 13
    assert later == pytest.approx([start] * 2, abs=0.02)
    back = [start, *read["comicBack"]]
    assert all(-4 < after - before < 0 for before, after in pairwise(back)), back  # a window holds up to three pages
