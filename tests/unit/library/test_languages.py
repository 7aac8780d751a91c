"""Languages that a user may choose."""

import pytest

from chalicelib.extraction import language
from chalicelib.library import languages

STANDARD = {
    "de": "de",
    "GER": "de",
    "deu": "de",
    "pt_br": "pt-BR",
    "zh-hant-tw": "zh-Hant-TW",
    "es-419": "es-419",
    "iw": "he",
    "yue": "yue",
    "ca-ES-valencia": "ca-ES-valencia",
}
UNKNOWN = ["", "xx", "qq", "english", "d", "de-", "de-é", "und", "mul", "zxx", "x-klingon", "de" + "-a" * 20]


@pytest.mark.parametrize("tag", STANDARD)
def test_a_tag_gets_its_standard_form(tag: str) -> None:
    assert languages.standardize(tag) == STANDARD[tag]
    assert language.normalize(STANDARD[tag]) == STANDARD[tag]


@pytest.mark.parametrize("tag", UNKNOWN)
def test_what_names_no_language_is_rejected(tag: str) -> None:
    assert languages.standardize(tag) is None


def test_all_of_them_are_languages() -> None:
    known = languages._CODES | set(languages._STANDARD_CODES.values())
    assert {code for code in known if language.normalize(code) == language.UNDETERMINED} == set()
    assert len(known) > 250
