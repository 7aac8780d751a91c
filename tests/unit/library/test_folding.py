"""Folding: which characters are alike, for every character of Unicode."""

import sys
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.library import folding, search_terms

CHARACTERS = [
    chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) not in ("Cn", "Co", "Cs")
]

ALIKE = {
    "decomposable letters": "é e ñ n ü u å a ắ a ǘ u ё е й и ά α ὣ ω Å a",
    "ligatures": "œ oe Œ oe æ ae ß ss ẞ ss ﬁ fi ﬃ ffi ĳ ij ǆ dz ﻼ لا ꜳ aa ŉ 'n",
    "stroke letters and hooks": "ł l Ł l ø o Ø o đ d ħ h ŧ t ɨ i ƀ b ɓ b ţ t ș s қ к ґ г ǿ o",
    "letters of their own": "þ th ð d ŋ n ı i İ i",
    "final forms": "ς σ ך כ ם מ ן נ ף פ ץ צ",
    "widths": "Ａ a ｆ f １ 1 ｶ カ ｶﾞ ガ ￥ ¥",
    "compatibility forms": "² 2 ª a ① 1 ㎏ kg ℌ h 𝐱 x … ...",
    "digits of any script": "٣ 3 ۳ 3 ३ 3 ๓ 3 𝟛 3",
    "apostrophes": "’ ' ‘ ' ‛ ' ʼ ' ＇ ' ` ' ´ ' ′ ' ʻ ' ‹ ' ꞌ ' ׳ '",
    "quotes": '“ " ” " „ " « " » " ″ " ＂ " 〝 " ״ "',
    "dashes": "‐ - ‑ - – - — - − - － -",
    "composed differently": "e\u0301 é か\u3099 が \u1112\u1161\u11ab 한 \u0915\u093c \u0958",
}


@pytest.mark.parametrize("kind", ALIKE)
def test_characters_of_a_kind_are_alike(kind: str) -> None:
    pairs = ALIKE[kind].split(" ")
    for character, plain in zip(pairs[::2], pairs[1::2], strict=True):
        assert folding.fold(f"a{character}z") == folding.fold(f"a{plain}z"), character


@pytest.mark.parametrize(
    ("pointed", "plain"),
    [("שָׁלוֹם", "שלום"), ("مُحَمَّد", "محمد"), ("مـحـمـد", "محمد"), ("أإآ", "ااا"), ("x\u0338\u20dd", "x")],
)
def test_points_accents_and_elongations_do_not_matter(pointed: str, plain: str) -> None:
    assert folding.fold(pointed) == folding.fold(plain)


@pytest.mark.parametrize("letters", ["हिन्दी", "ก็เพราะ", "தமிழ்", "ខ្មែរ", "မြန်မာ", "བོད", "が", "ガ", "한글"])
def test_vowel_signs_and_voicing_are_no_accents(letters: str) -> None:
    assert folding.fold(letters) == unicodedata.normalize("NFC", unicodedata.normalize("NFKD", letters))


def test_no_invisible_character_matters() -> None:
    invisible = [character for character in CHARACTERS if unicodedata.category(character) == "Cf"]
    for character in (*invisible, "\u034f", "\u115f", "\u180b", "\u3164", "\ufe0f", "\uffa0", "\U000e0100"):
        assert folding.fold(f"a{character}b") == "ab", f"{ord(character):x}"


def test_every_space_and_control_character_is_a_space() -> None:
    for character in CHARACTERS:
        if character.isspace() or unicodedata.category(character)[0] == "Z":
            assert folding.fold(f"a {character} b") == "a b", f"{ord(character):x}"


def test_every_letter_is_like_its_other_case_its_decomposition_and_its_folded_form() -> None:
    for character in CHARACTERS:
        folded = folding.fold(character)
        for alike in (character.upper(), character.lower(), unicodedata.normalize("NFD", character), folded):
            if "\u0345" not in unicodedata.normalize(
                "NFD", character
            ):  # an iota below a vowel: in capitals, it is a letter
                assert folding.fold(alike) == folded, f"{ord(character):x}"


def test_every_letter_that_unicode_decomposes_into_a_letter_and_accents_is_like_it() -> None:
    count = 0
    for character in CHARACTERS:
        base, *marks = list(unicodedata.normalize("NFD", character))
        if marks and all(map(folding.is_accent, marks)):
            assert folding.fold(character) == folding.fold(base), f"{ord(character):x}"
            count += 1
    assert count >= 900


def test_every_latin_letter_named_as_a_form_of_another_is_like_it() -> None:
    count = 0
    for character in CHARACTERS:
        name = unicodedata.name(character, "")
        if name.startswith("LATIN SMALL LETTER ") and " WITH " in name:
            with suppress(KeyError):  # LAMBDA is the only one without a character
                base = unicodedata.lookup(name.partition(" WITH ")[0])
                assert folding.fold(character).startswith(folding.fold(base)), name
                count += 1
    assert count > 400


@given(st.text(max_size=300), st.text(max_size=255))
def test_a_folded_name_is_stable_and_fits_into_an_index(title: str, filename: str) -> None:
    folded = folding.fold_name(title, filename)
    assert len(folded.encode()) <= folding.MAX_NAME_BYTES
    assert folding.fold(folded) == folded.strip()


def test_both_forms_of_a_text_have_their_words_at_the_same_positions() -> None:
    for character in CHARACTERS:
        for text in (character, f"a{character}b", f"ก{character}ก"):
            accented, folded = search_terms.normalize(text), search_terms.fold(text)
            assert len(accented.split()) == len(folded.split()), f"{ord(character):x}"


def test_folding_a_normalized_word_is_folding_the_word() -> None:
    for character in CHARACTERS:
        (term,) = [search_terms.Term(" ".join(search_terms.normalize(character).split()), phrase=False, excluded=False)]
        assert term.folded == " ".join(search_terms.fold(character).split()), f"{ord(character):x}"
