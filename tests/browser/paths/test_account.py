"""The account: how the page looks and speaks, podcast links, a forgotten password, taking everything along, leaving."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from tests.support.page_driver import barriers, refusals, too_wide


def test_colours_are_kept_after_a_reload(seen: dict[str, Any]) -> None:
    before, after, wanted = (seen["appearance"][name] for name in ("before", "after", "wanted"))
    assert before[0] == "system"
    assert after[:2] == [wanted, wanted]


def test_a_podcast_link_leads_to_its_feed_until_it_is_revoked(seen: dict[str, Any]) -> None:
    podcast = seen["podcast"]
    assert podcast["copied"] == podcast["shown"]
    status, media_type, text = podcast["before"]
    assert (status, media_type.partition(";")[0]) == (200, "application/rss+xml")
    assert "<title>Evenings</title>" in text
    assert podcast["after"][0] in (403, 404, 410)


def test_everything_is_taken_along(seen: dict[str, Any]) -> None:
    assert seen["export"]["name"].endswith(".zip")
    with zipfile.ZipFile(seen["export"]["path"]) as archive:
        assert [name for name in archive.namelist() if name.endswith("letters.txt")]


def test_who_leaves_gets_a_receipt_with_its_figures(seen: dict[str, Any]) -> None:
    for fact in ("Records removed", "Stored objects removed"):
        assert int(re.search(rf"{fact}\s+([\d,]+)", seen["facts"])[1].replace(",", "")) > 0  # type: ignore[index]
    receipt = json.loads(Path(seen["receipt"]["path"]).read_text())
    assert receipt["sha256"] in seen["facts"]
    assert receipt["left"] == {"rows": 0, "versions": 0, "uploads": 0}


def test_every_room_is_without_barriers_and_quiet(seen: dict[str, Any]) -> None:
    assert (barriers(seen), too_wide(seen)) == ({}, [])
    assert refusals(seen) == []
