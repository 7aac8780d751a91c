"""The language of a text: what its document says, otherwise a guess by the letters.

A guess is deterministic: a text always gets the same language, because segments are cached by language.
"""

import math
import unicodedata
from collections import Counter
from functools import cache
from typing import Any

SAMPLE_COUNT = 8
SAMPLE_CHARACTERS = 1_500  # each; all samples together take 2 ms, and leave no doubt
MIN_LETTERS = 12  # "Report 2024" could be anything
MIN_DIFFERENT_LETTERS = 5  # "aaaaaaaaaaaaaaaa" is in no language
MIN_LEAD = 5.0  # natural logarithm of likelihoods: of languages that are closer to the likeliest, the most frequent one is meant
UNDETERMINED = "und"  # ISO 639-2, as are the others that name no language: none, several, not listed
_NO_LANGUAGE = frozenset({"und", "zxx", "mul", "mis", "x", "i"})

# Scripts in which one language is written far more than any other, by the first word of their letters' Unicode names.
# The detector does not know all of these languages.
_LANGUAGE_OF_SCRIPT = {
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "ETHIOPIC": "am",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HEBREW": "he",
    "HIRAGANA": "ja",
    "KANNADA": "kn",
    "KATAKANA": "ja",
    "KHMER": "km",
    "LAO": "lo",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "ORIYA": "or",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
    "TIBETAN": "bo",
}
MIN_KANA_SHARE = 0.05  # of the letters of a Japanese text, which has many Chinese ones
_CJK = "CJK"

# How likely a language is before its text was seen: roughly its share of pages on the web, in percent. It decides short texts
# ("He woke." could be Dutch); in longer ones the letters weigh more.
_SHARES = {
    "en": 50.0,
    **dict.fromkeys(("de", "es", "fr", "ja", "pt", "ru"), 5.0),
    **dict.fromkeys(("it", "nl", "pl", "tr"), 2.0),
    **dict.fromkeys(("ar", "cs", "da", "fa", "fi", "hu", "id", "nb", "no", "ro", "sv", "uk", "vi"), 0.5),
    **dict.fromkeys(("bg", "ca", "et", "hi", "hr", "lt", "lv", "sk", "sl", "sr"), 0.1),
}
_OTHER_SHARE = 0.02

# Frequent characters that only one of the two ways of writing Chinese has.
_SIMPLIFIED = frozenset("这国们说时会学对开关东书长门问间见车马鱼鸟龙语话让过还进远运动医药卫乐园")
_TRADITIONAL = frozenset("這國們說時會學對開關東書長門問間見車馬魚鳥龍語話讓過還進遠運動醫藥衛樂園")


def choose(declared: str | None, text: str) -> str:
    """Return the language that the document declares, otherwise the language of the text by its letters."""
    tag = normalize(declared)
    return detect(text) if tag == UNDETERMINED else tag


def normalize(tag: str | None) -> str:
    """Return a BCP 47 tag in its standard form ("ger" is "de", "en_us" is "en-US"), "und" if it names no language."""
    from langcodes import standardize_tag, tag_is_valid
    from langcodes.tag_parser import LanguageTagError

    stripped = (tag or "").strip()
    try:
        if not tag_is_valid(stripped):
            return UNDETERMINED
        standard = standardize_tag(stripped)
    except LanguageTagError:
        return UNDETERMINED
    return UNDETERMINED if standard.partition("-")[0].lower() in _NO_LANGUAGE else standard


def detect(text: str) -> str:
    """Return the BCP 47 tag of the main language by the letters, or "und" if there are too few."""
    sample = _sample(text)
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in sample if letter.isalpha())
    letters = scripts.total()
    if not letters:
        return UNDETERMINED
    if (scripts["HIRAGANA"] + scripts["KATAKANA"]) / letters > MIN_KANA_SHARE:
        return "ja"
    script, _ = scripts.most_common(1)[0]
    if script in _LANGUAGE_OF_SCRIPT:
        return _LANGUAGE_OF_SCRIPT[script]
    if script == _CJK:
        return _chinese(sample)
    if letters < MIN_LETTERS or len({letter for letter in sample.lower() if letter.isalpha()}) < MIN_DIFFERENT_LETTERS:
        return UNDETERMINED
    return normalize(_likeliest(_classifier().rank(sample)))


def load_model() -> None:
    """Load the detector's model and the list of languages (0.5 s), before the fork so that the sandbox shares them."""
    _classifier().rank("")
    normalize("en")


@cache
def _classifier() -> Any:
    import py3langid

    return py3langid


def _likeliest(likelihoods: list[tuple[str, float]]) -> str:
    likely = {tag: likelihood + math.log(_share(tag)) for tag, likelihood in likelihoods}
    best = max(likely.values())
    return max(likely, key=lambda tag: (_share(tag) if likely[tag] > best - MIN_LEAD else 0.0, likely[tag]))


def _share(tag: str) -> float:
    return _SHARES.get(tag, _OTHER_SHARE)


def _chinese(sample: str) -> str:
    simplified, traditional = (sum(map(sample.count, letters)) for letters in (_SIMPLIFIED, _TRADITIONAL))
    return "zh-TW" if traditional > simplified else "zh-CN"


def _sample(text: str) -> str:
    """Return samples of the whole text: a title page or abstract may be in another language."""
    if len(text) <= SAMPLE_COUNT * SAMPLE_CHARACTERS:
        return text
    stride = len(text) // SAMPLE_COUNT
    return "\n".join(text[start : start + SAMPLE_CHARACTERS] for start in range(0, SAMPLE_COUNT * stride, stride))
