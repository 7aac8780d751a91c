"""The letters of the International Phonetic Alphabet that an entry may contain: those that the voices know."""

from __future__ import annotations

import unicodedata

from pydantic_core import PydanticCustomError

MAX_CHARACTERS = 200  # of a transcription: a name of several words

_VOWELS = "aeiouyøœɐɑɒæɔəɚɛɜɝɤɨɪɯʉʊʌʏɵᵻ"
_CONSONANTS = "bcdfghjklmnpqrstvwxzçðŋɖɟɡɥɫɬɭɰɱɲɳɴɸɹɻɽɾʀʁʂʃʈʋʍʎʐʑʒʔʝβθχħɣɕʦʣʤʧʨʥ"
_SIGNS = "ˈˌːˑ.ʰʲʷ ‿"  # stress, length, syllables, aspiration; a space is between words
_COMBINING = "\u0303\u0329\u032f\u0361\u035c\u0325\u032a"  # nasal, syllabic, not syllabic, two ties, voiceless, dental
LETTERS = frozenset(_VOWELS + _CONSONANTS + _SIGNS + _COMBINING)

_LOOKALIKES = str.maketrans(
    {"'": "ˈ", "’": "ˈ", ":": "ː", ",": "ˌ", "\u0261": "ɡ", "g": "ɡ"}
)  # as keyboards write them


def normalize(text: str) -> str:
    """Return a transcription without its slashes or brackets, in the signs of the alphabet.

    Raises PydanticCustomError for a letter that no voice knows, and for a transcription without any.
    """
    transcription = " ".join(text.split())
    if transcription[:1] + transcription[-1:] in {"//", "[]"}:
        transcription = transcription[1:-1].strip()
    transcription = unicodedata.normalize("NFC", transcription.translate(_LOOKALIKES))
    unknown = next((letter for letter in transcription if not LETTERS.issuperset(_parts(letter))), None)
    if unknown is not None:
        raise PydanticCustomError(
            "unknown_ipa_letter",
            "{letter} is not a letter of the International Phonetic Alphabet that the voices know. Write {word} as in /{word}/.",
            {"letter": repr(unknown), "word": "ˈvɪʒən"},
        )
    if not any(map(str.isalpha, transcription)):
        raise PydanticCustomError("blank", "The transcription has no letters. Write one such as /ˈvɪʒən/.")
    return transcription


def _parts(letter: str) -> str:
    return letter if letter in LETTERS else unicodedata.normalize("NFD", letter)
