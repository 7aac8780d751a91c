"""Numbers of the eight further languages, and what must stay as it is."""

from __future__ import annotations

import pytest

from chalicelib.speech.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        ("fr", "71 bateaux et 1 234 vagues", "soixante et onze bateaux et mille deux cent trente-quatre vagues"),
        ("fr", "0,75 litre", "zéro virgule soixante-quinze litre"),
        ("fr", "le 1er, la 1re, les 2es", "le premier, la première, les deuxièmes"),
        ("es", "1.234 olas y 3,5 metros", "mil doscientos treinta y cuatro olas y tres coma cinco metros"),
        ("es", "el 2.º, la 21.ª, el 3.er día", "el segundo, la vigésima primera, el tercer día"),
        ("it", "23 navi, la 2ª, il 15º", "ventitré navi, la seconda, il quindicesimo"),
        ("pt", "16 navios, a 21.ª, 3,05", "dezesseis navios, a vigésima primeira, três vírgula zero cinco"),
        ("nl", "22 schepen in 1984, het 21ste", "tweeëntwintig schepen in negentienhonderdvierentachtig, het eenentwintigste"),
        ("pl", "1 234 fal i 3,5 metra", "tysiąc dwieście trzydzieści cztery fal i trzy przecinek pięć metra"),
        ("sv", "21 000 vågor, den 3:e, år 1984", "tjugoett tusen vågor, den tredje, år nittonhundraåttiofyra"),
        ("ru", "3,5 метра, 21-й, 2-я, 1-е", "три целых пять десятых метра, двадцать первый, вторая, первое"),
        ("ru", "0,21 и 1,01", "ноль целых двадцать одна сотая и одна целая одна сотая"),
    ],
)  # fmt: skip
def test_numbers_are_said_as_speakers_say_them(language: str, written: str, spoken: str) -> None:
    assert normalize(written, language).text == spoken


@pytest.mark.parametrize("language", ["fr", "es", "it", "pt", "nl", "pl", "sv", "ru"])
@pytest.mark.parametrize(
    "written",
    [
        "pp. 3-4",
        "3–5",
        "3 - 5",
        "12/03/2026",
        "2026-03-04",
        "3:45",
        "1.2.3",
        "50€",
        "€50",
        "n°3",
        "A4",
        "-5",
        "1,5-2",
        "+33",
    ],
)
def test_figures_that_are_part_of_something_else_stay(language: str, written: str) -> None:
    assert normalize(written, language).text == written


@pytest.mark.parametrize(
    ("language", "written"),
    [("ru", "1-го"), ("ru", "в 1999 году"), ("sv", "1990-talet"), ("pl", "21-letni"), ("fr", "12h30")],
)
def test_forms_that_no_rule_knows_stay(language: str, written: str) -> None:
    assert normalize(written, language).text == written
