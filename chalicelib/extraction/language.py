"""Which language a text is in. Deterministic: the same text always gives the same answer, since segments are cached
by language.
"""

import re

SAMPLE_COUNT = 8
SAMPLE_CHARACTERS = 1_500  # each; together 12,000 characters take 10 ms and leave no doubt
MIN_LETTERS = 20  # "Report 2024" could be anything
UNDETERMINED = "und"

_LETTERS = {"ko": re.compile("[\uac00-\ud7af]"), "ja": re.compile("[\u3040-\u30ff]")}
_NON_LETTERS = re.compile(r"[\W\d_]+")


def detect(text: str) -> str:
    """The BCP-47 code of the language most of the text is in, or "und" when there is too little of it."""
    from langdetect import DetectorFactory, detect_langs
    from langdetect.lang_detect_exception import LangDetectException

    sample = _sample(text)
    if len(_NON_LETTERS.sub("", sample)) < MIN_LETTERS:
        return UNDETERMINED
    DetectorFactory.seed = 0  # it draws its n-grams at random otherwise
    try:
        guesses = [str(guess.lang) for guess in detect_langs(sample)]
    except LangDetectException:
        return UNDETERMINED
    # Of few characters it takes Chinese for Korean, which has letters of its own.
    code = next((guess for guess in guesses if guess not in _LETTERS or _LETTERS[guess].search(sample)), "zh-cn")
    language, _, region = code.partition("-")
    return f"{language}-{region.upper()}" if region else language


def load_profiles() -> None:
    """Load the language profiles (0.3 s), so that a child process finds them in memory."""
    from langdetect import detector_factory

    detector_factory.init_factory()


def _sample(text: str) -> str:
    """Pieces from all over the text: a title page or an abstract may be in another language."""
    if len(text) <= SAMPLE_COUNT * SAMPLE_CHARACTERS:
        return text
    stride = len(text) // SAMPLE_COUNT
    return "\n".join(text[start : start + SAMPLE_CHARACTERS] for start in range(0, SAMPLE_COUNT * stride, stride))
