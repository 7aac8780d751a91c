"""Readings in brackets behind Japanese words."""

import pytest

from chalicelib.speech.normalization.normalize import Extent, normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("彼は憂鬱（ゆううつ）だった。", "彼は憂鬱だった。"),
        ("承(うけたまわ)りました。漢字（かんじ）を読む。", "承りました。漢字を読む。"),
        ("東京（トウキョウ）へ行く。", "東京へ行く。"),
        ("彼（そこにいたはずのひと）は来ない。", "彼（そこにいたはずのひと）は来ない。"),  # a remark
        ("会議（月曜日）に出る。", "会議（月曜日）に出る。"),
        ("行く（はず）だ。", "行く（はず）だ。"),
    ],
)
def test_a_reading_behind_its_word_is_not_said_again(written: str, spoken: str) -> None:
    for extent in Extent:
        assert normalize(written, "ja", extent).text == spoken
    assert normalize(written, "zh-CN").text == written
