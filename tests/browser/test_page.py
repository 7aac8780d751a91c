"""The page in a real browser, against the deployed local stack: from signing up to hearing the highlighted word.

`PICTURES=folder` keeps a picture of every screen.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from typing import Any

import pytest

from localstack.sample import TARGET
from tests import files
from tests.browser.conftest import HERE
from tests.e2e.running import RunningStack
from tests.e2e.uploading import scanned_pdf

FIRST_SCRIPTS_BYTES = 120_000  # what a slow phone takes within a second
LARGE_BYTES = 12_000_000  # three parts

pytestmark = pytest.mark.e2e


def go(stack: RunningStack, chromium: str, journey: str, width: int, theme: str, **named: Any) -> dict[str, Any]:
    """What a journey saw; see page.mjs."""
    job = {
        "web": stack.home.endpoints()["web"],
        "chromium": chromium,
        "journey": journey,
        "width": width,
        "theme": theme,
        "user": f"page-{uuid.uuid4().hex[:10]}",
        "files": named,
        "pictures": os.environ.get("PICTURES"),
    }
    done = subprocess.run(
        ["node", str(HERE / "page.mjs")],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    print(json.dumps(seen["steps"]))  # noqa: T201 - shown when the test fails, or with -s
    assert "failed" not in seen, f"{seen['failed']}\n{seen['text']}\n{seen['console']}\n{seen['refused']}"
    return seen


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def follow_each_other(lit: list[str], text: list[str]) -> bool:
    """Whether the lit words are a piece of the text; one that was lit too shortly to be seen may be missing."""
    heard = [word for each in lit for word in words(each)]
    for start in (index for index, word in enumerate(text) if word == heard[0]):
        place = start
        for word in heard[1:]:
            window = text[place + 1 : place + 4]
            if word not in window:
                break
            place += 1 + window.index(word)
        else:
            return True
    return False


@pytest.fixture(scope="module", params=[(1280, "light"), (390, "dark")], ids=lambda size: str(size[0]))
def whole(request: pytest.FixtureRequest, stack: RunningStack, chromium: str) -> dict[str, Any]:
    width, theme = request.param
    return go(stack, chromium, "whole", width, theme, document=str(TARGET))


@pytest.fixture(scope="module")
def sample_words() -> list[str]:
    from localstack.sample import TEXT, TITLE

    return words(TITLE + TEXT)


def test_the_words_that_are_lit_follow_each_other_as_in_the_text(
    whole: dict[str, Any], sample_words: list[str]
) -> None:
    for heard in (whole["heardInPages"], whole["heardInText"]):
        assert len(heard) > 4, heard
        assert follow_each_other(heard, sample_words), heard


def test_the_sentence_around_the_word_is_lit_as_well(whole: dict[str, Any], sample_words: list[str]) -> None:
    sentence = words(whole["sentence"])
    assert len(sentence) > 3
    assert follow_each_other(sentence, sample_words), sentence


def test_a_word_that_is_pressed_is_heard_next(whole: dict[str, Any]) -> None:
    heard = [word for each in whole["pressed"]["heard"] for word in words(each)]
    assert heard[0] in words(whole["pressed"]["text"])[:3]
    assert follow_each_other(whole["pressed"]["heard"], words(whole["pressed"]["text"]))


def test_the_price_and_the_length_are_told_before(whole: dict[str, Any]) -> None:
    assert re.search(r"Length\s+\d+ min", whole["quote"])
    assert re.search(r"Text\s+5,\d{3} characters", whole["quote"])
    assert "Price" in whole["quote"]


def test_another_visit_goes_on_at_the_same_place(whole: dict[str, Any]) -> None:
    assert whole["wentOnAt"].split(" of ")[0] == whole["pausedAt"].split(" of ")[0]


def test_a_podcast_link_leads_to_a_feed(whole: dict[str, Any]) -> None:
    assert whole["feed"].startswith("application/rss+xml")


def test_what_was_searched_for_is_marked_in_the_text(whole: dict[str, Any]) -> None:
    assert "mercury" in whole["found"].lower()


def test_no_screen_has_a_barrier_that_axe_finds_or_is_wider_than_the_window(whole: dict[str, Any]) -> None:
    assert {name: seen["violations"] for name, seen in whole["screens"].items() if seen["violations"]} == {}
    assert [name for name, seen in whole["screens"].items() if seen["tooWide"]] == []


def test_nothing_is_refused_and_the_console_stays_empty(whole: dict[str, Any]) -> None:
    """The page's policy is in force, too: what it forbids would stand here."""
    assert (whole["console"], whole["refused"]) == ([], [])


def test_the_first_screen_is_light_and_the_reader_comes_when_it_is_needed(whole: dict[str, Any]) -> None:
    assert 0 < sum(script["bytes"] for script in whole["firstScripts"]) < FIRST_SCRIPTS_BYTES
    names = [script["name"] for script in whole["firstScripts"]]
    assert not [name for name in names if re.match("Reader|Pdf|hls|Account", name)], names


@pytest.fixture(scope="module")
def uploads(stack: RunningStack, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("files")
    hostile, large = folder / "picture.pdf", folder / "scan.pdf"
    hostile.write_bytes(b"\x89PNG\r\n\x1a\n" + b"no picture either" * 20)
    large.write_bytes(scanned_pdf(LARGE_BYTES))
    several = [folder / f"letter {number}.pdf" for number in range(4)]
    for path in several:
        path.write_bytes(files.one_page())
    named = {"hostile": str(hostile), "large": str(large), "several": [str(path) for path in several]}
    return go(stack, chromium, "uploads", 1280, "light", **named)


def test_a_file_that_is_not_accepted_says_why_in_the_words_of_the_api(uploads: dict[str, Any]) -> None:
    assert "announced as a PDF, but it is a PNG picture" in uploads["why"]


def test_an_upload_that_a_reload_cut_off_sends_only_what_is_missing(uploads: dict[str, Any]) -> None:
    assert uploads["arrivedBefore"]
    assert uploads["sentAfter"]
    assert not set(uploads["arrivedBefore"]) & set(uploads["sentAfter"])


def test_several_go_in_at_once_and_out_and_back(uploads: dict[str, Any]) -> None:
    assert uploads["shown"] == 6  # the refused one is shown, too
    assert uploads["restored"]


def test_the_rooms_of_uploads_are_without_barriers_and_quiet(uploads: dict[str, Any]) -> None:
    assert {name: seen["violations"] for name, seen in uploads["screens"].items() if seen["violations"]} == {}
    assert (uploads["console"], uploads["refused"]) == ([], [])
