"""The language of the catalogue."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from chalicelib.opds.texts import ENGLISH, LANGUAGES, Texts, select_texts
from localstack.home import ROOT


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pl, fr;q=0.7, en;q=0.3", "fr"),
        ("en;q=0.4, IT;q=0.6", "it"),
        ("es;q=0", "en"),
        ("de;q=0, *", "en"),
        ("fr;q=high, es ; q=0.5", "es"),
        ("*", "en"),
        ("," * 1000 + "de", "de"),
    ],
)
def test_the_language_is_the_one_that_the_header_prefers(header: str | None, language: str) -> None:
    assert select_texts(header).language == language


def test_the_catalogue_speaks_every_language_of_the_page() -> None:
    pages = {path.name.removesuffix(".screens.ts") for path in (ROOT / "web" / "src" / "texts").glob("*.screens.ts")}
    assert set(LANGUAGES) == pages


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_every_text_is_there_and_translated(texts: Texts) -> None:
    assert texts.exports.keys() == ENGLISH.exports.keys()
    assert "" not in asdict(texts).values()
    if texts is not ENGLISH:
        assert texts.recent != ENGLISH.recent
        assert texts.search_description != ENGLISH.search_description


def test_numbers_and_nouns_follow_the_language() -> None:
    german = LANGUAGES["de"]
    assert [german.count(number, german.pages) for number in (1, 1234)] == ["1 Seite", "1.234 Seiten"]
    assert ENGLISH.count(1_234_567, ENGLISH.words) == "1,234,567 words"
