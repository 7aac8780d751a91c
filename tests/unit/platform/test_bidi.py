"""Bidirectional control characters in names."""

import unicodedata

import pytest

from chalicelib.platform import bidi
from chalicelib.platform.aws import storage


def test_every_bidirectional_control_of_unicode_is_known() -> None:
    classes = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    marks = {"\u200e", "\u200f", "\u061c"}  # of the classes of letters, but invisible
    by_class = {chr(code) for code in range(0x110000) if unicodedata.bidirectional(chr(code)) in classes}
    assert set(bidi.CONTROLS) == by_class | marks


@pytest.mark.parametrize("control", bidi.CONTROLS)
def test_a_download_name_shows_its_real_ending(control: str) -> None:
    header = storage.content_disposition(f"a{control}txt.exe", inline=False)
    assert header == "attachment; filename=\"atxt.exe\"; filename*=UTF-8''atxt.exe"


def test_names_in_other_scripts_keep_their_letters() -> None:
    for name in ("كتاب.pdf", "ספר.pdf", "本.pdf"):
        assert bidi.remove_controls(name) == name
