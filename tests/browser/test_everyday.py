"""A day with a book in real browsers: read, left, found again, listened to, annotated, and taken along without a network."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.browser.test_journey import ENGINES, SIZES
from tests.support import account_fixtures, media_files, structured_documents
from tests.support.local_stack import DeployedStack
from tests.support.page_driver import run_journey, too_wide, violations

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif("BROWSERS" not in os.environ, reason="run by make test-browsers"),
]

NOTED, HIGHLIGHTED_OFFLINE = "nobody counts the waves", "every ship knows the beam"
MONTHS = ("January", "February", "March", "April", "May", "June")
PROSE = (
    "The keeper climbs the stairs before dusk and trims the lamp with care.",
    f"Gulls settle on the wall; {NOTED}.",
    "Letters come with the boat on Friday, if the sea allows it.",
    f"By night {HIGHLIGHTED_OFFLINE}.",
    "He writes the hour into his book, and the wind beside it.",
)


def make_book() -> bytes:
    """Return an EPUB of a chapter a month, with pictures and tables."""
    table = "".join(f"<tr><td>{month}</td><td>{20 + n}</td></tr>" for n, month in enumerate(MONTHS))
    table = f"<table><thead><tr><th>Month</th><th>Nights</th></tr></thead><tbody>{table}</tbody></table>"
    parts: dict[str, bytes | str | None] = {"OEBPS/one.xhtml": None}
    manifest, spine = "", ""
    for number, month in enumerate(MONTHS):
        picture = media_files.drawn(size=(480, 300), shade=30 * number)
        parts[f"OEBPS/p{number}.png"] = media_files.saved(picture, "PNG")
        prose = "".join(f"<p>{sentence}</p>" for sentence in PROSE)
        parts[f"OEBPS/c{number}.xhtml"] = structured_documents.xhtml(
            f'<h1>{month}</h1><p><img src="p{number}.png" alt="The lamp in {month}"/></p>{prose}{table if number == 0 else ""}'
        )
        manifest += f'<item id="p{number}" href="p{number}.png" media-type="image/png"/>'
        manifest += f'<item id="c{number}" href="c{number}.xhtml" media-type="application/xhtml+xml"/>'
        spine += f'<itemref idref="c{number}"/>'
    parts["OEBPS/content.opf"] = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<metadata><dc:title>The Lighthouse Year</dc:title><dc:language>en</dc:language></metadata>"
        f"<manifest>{manifest}</manifest><spine>{spine}</spine></package>"
    )
    return media_files.epub(parts)


@pytest.fixture(
    scope="module",
    params=[(engine, *size) for engine in ENGINES for size in SIZES],
    ids=lambda setup: f"{setup[0]}-{setup[1]}",
)
def day(
    request: pytest.FixtureRequest, stack: DeployedStack, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    engine, width, theme = request.param
    folder = tmp_path_factory.mktemp("day")
    (folder / "book.epub").write_bytes(make_book())
    (folder / "letters.txt").write_text(account_fixtures.LETTERS)
    files: dict[str, Any] = {path.stem: str(path) for path in folder.iterdir()}
    return run_journey(stack, engine, "everyday", width, theme, script="everyday.mjs", **files)


def test_the_book_is_shown_with_its_pictures(day: dict[str, Any]) -> None:
    assert day["picture"] == "The lamp in January"


def test_the_place_is_kept_after_leaving_and_after_a_reload(day: dict[str, Any]) -> None:
    place = day["place"]
    assert place["left"] > 0
    assert place["back"] == place["left"] == place["reloaded"]
    assert place["next"] > place["reloaded"], "the arrow leads back while the text scrolls, and its place is kept"
    assert "%" in place["progress"]


def test_the_first_book_on_the_shelf_moves_nothing_in_the_library(day: dict[str, Any]) -> None:
    assert len(day["place"]["itemTops"]) == 1, day["place"]["itemTops"]


def test_the_sound_goes_on_in_the_library(day: dict[str, Any]) -> None:
    assert len(day["spoken"]) == 4
    assert day["mini"][0] != day["mini"][1]


def test_a_kept_book_is_heard_without_a_network(day: dict[str, Any]) -> None:
    offline = day["offline"]
    assert offline["resumedAt"] > offline["before"] + 1
    assert len(offline["spoken"]) == 3


def test_nothing_is_lost_after_a_day(day: dict[str, Any]) -> None:
    assert day["offline"]["after"] == pytest.approx(day["offline"]["pausedAt"], abs=1)
    assert day["queue"].strip() == "letters"  # WebKit ends its text with a line break
    listed = "\n".join(day["annotations"])
    assert len(day["annotations"]) == 4, listed
    assert all(text in listed for text in (NOTED, HIGHLIGHTED_OFFLINE, "Who would?")), listed


def test_no_screen_has_accessibility_violations_or_is_wider_than_the_window(day: dict[str, Any]) -> None:
    assert (violations(day), too_wide(day)) == ({}, [])


def test_no_request_fails_and_the_console_stays_empty(day: dict[str, Any]) -> None:
    assert day["errors"] == []
