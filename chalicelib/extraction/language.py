"""Language detection. Deterministic: a text always gets the same language, because segments are cached by language."""

import re

SAMPLE_COUNT = 8
SAMPLE_CHARACTERS = 1_500  # each; all samples together take 10 ms, and leave no doubt
MIN_LETTERS = 20  # "Report 2024" could be anything
UNDETERMINED = "und"

_LETTERS = {"ko": re.compile("[\uac00-\ud7af]"), "ja": re.compile("[\u3040-\u30ff]")}
_NON_LETTERS = re.compile(r"[\W\d_]+")


def detect(text: str) -> str:
    """Return the BCP-47 code of the main language, or "und" if the text is too short."""
    from langdetect import DetectorFactory, detect_langs
    from langdetect.lang_detect_exception import LangDetectException

    sample = _sample(text)
    if len(_NON_LETTERS.sub("", sample)) < MIN_LETTERS:
        return UNDETERMINED
    DetectorFactory.seed = 0  # otherwise langdetect draws its n-grams at random
    try:
        guesses = [str(guess.lang) for guess in detect_langs(sample)]
    except LangDetectException:
        return UNDETERMINED
    # langdetect takes short Chinese texts for Korean: accept Korean and Japanese only with letters of their own.
    code = next((guess for guess in guesses if guess not in _LETTERS or _LETTERS[guess].search(sample)), "zh-cn")
    language, _, region = code.partition("-")
    return f"{language}-{region.upper()}" if region else language


def load_profiles() -> None:
    """Load the language profiles (0.3 s), before the fork so that the sandbox shares them."""
    from langdetect import detector_factory

    detector_factory.init_factory()


def _sample(text: str) -> str:
    """Return samples of the whole text: a title page or abstract may be in another language."""
    if len(text) <= SAMPLE_COUNT * SAMPLE_CHARACTERS:
        return text
    stride = len(text) // SAMPLE_COUNT
    return "\n".join(text[start : start + SAMPLE_CHARACTERS] for start in range(0, SAMPLE_COUNT * stride, stride))
