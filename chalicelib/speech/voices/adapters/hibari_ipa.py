"""Conversion of the International Phonetic Alphabet to the letters that hibari's models read: those of misaki and Kokoro."""

from __future__ import annotations

import re
import unicodedata

_VOWELS = "aeiouyøœɐɑɒæɔəɚɛɜɤɨɪɯʊʌAIOQWYᵊᵻ"
# One letter for a diphthong or an affricate, as in misaki's EN_PHONES.md; letters that the models lack become their neighbours.
_LETTERS = {
    "tʃ": "ʧ", "dʒ": "ʤ", "eɪ": "A", "aɪ": "I", "aʊ": "W", "ɔɪ": "Y", "oʊ": "O",
    "ɝ": "ɜɹ", "ɚ": "əɹ", "r": "ɹ", "ʀ": "ʁ", "ɫ": "l", "ɬ": "l", "ɭ": "l", "ɱ": "m", "ʍ": "w", "ħ": "h", "ʑ": "ʒ", "ʐ": "ʒ",
    "ʏ": "y", "ʉ": "u", "ɵ": "ə", "g": "ɡ", "ɾ": "T", "ʔ": "t",
    "l\u0329": "ᵊl", "m\u0329": "ᵊm", "n\u0329": "ᵊn", "ɹ\u0329": "əɹ",
}  # fmt: skip
_BRITISH = {"əʊ": "Q"}
_AMERICAN = {"əʊ": "O", "ː": ""}  # the American model was trained without long vowels
_UNREAD = re.compile("[.‿ˑ\u0361\u035c\u032f\u0325\u032a]")  # joints of syllables, ties, fine detail
_HAS_STRESS = re.compile("[ˈˌ]")
# misaki writes stress before the vowel, not before the syllable
_STRESS = re.compile(f"([ˈˌ])([^{_VOWELS}ˈˌ ]*)(?=[{_VOWELS}])")


def convert(ipa: str, *, is_british: bool) -> str:
    """Return the phonemes of one or several words in the letters of the models."""
    phonemes = _UNREAD.sub("", unicodedata.normalize("NFD", ipa).replace("c\u0327", "ç"))
    letters = _LETTERS | (_BRITISH if is_british else _AMERICAN)
    for written in sorted(letters, key=len, reverse=True):
        phonemes = phonemes.replace(written, letters[written])
    return " ".join(_STRESS.sub(r"\2\1", _with_stress(word)) for word in phonemes.split())


def _with_stress(word: str) -> str:
    """Stress the first syllable of a word that is written without any stress: people leave it out where there is one syllable."""
    return word if _HAS_STRESS.search(word) else f"ˈ{word}"
