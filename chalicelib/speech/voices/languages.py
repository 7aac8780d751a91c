"""Languages: comparison of BCP 47 tags as far as voices need it (RFC 4647)."""

from typing import Annotated

from pydantic import Field

LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$", max_length=35)]

DEFAULT = "en"
UNDETERMINED = "und"  # ISO 639-2: the text's language was not detected
MULTIPLE = "mul"  # ISO 639-2: a voice that reads any language

# What people and language detectors write for a language that voices know by another tag.
_SAME_LANGUAGE = {"zh": "cmn", "no": "nb", "nn": "nb", "iw": "he", "in": "id", "mo": "ro", UNDETERMINED: DEFAULT}
_SAME_TAG = {"zh-hk": "yue", "zh-yue": "yue", "zh-mo": "yue"}


def is_same_language(one: str, other: str) -> bool:
    """Return whether both tags are the same language, whatever the region."""
    return primary(one) == primary(other)


def primary(language: str) -> str:
    """Return the language of a tag without region and script, as voices know it: `cmn` for `zh-TW`, `yue` for `zh-HK`."""
    return _parts(language)[0]


def supports_language(voice_language: str, language: str) -> bool:
    """Return whether a voice of one language can read a text in the other."""
    return voice_language == MULTIPLE or is_same_language(voice_language, language)


def is_within(language: str, tag: str) -> bool:
    """Return whether a language is that of a tag, or more specific: `az-Cyrl-AZ` is within `az-Cyrl`, and `az` is not."""
    wanted = _parts(tag)
    return _parts(language)[: len(wanted)] == wanted


def matches(language: str, requested: str) -> bool:
    """Return whether a language fits a request.

    `en-GB` fits `en`, and `de` fits `de-DE`; `en-GB` does not fit `en-US`.
    """
    return language == MULTIPLE or distance(language, requested) < _OTHER_REGION


def distance(voice_language: str, language: str) -> int:
    """Return how far a voice's language is from another; meaningful only in comparison with another voice's."""
    one, other = _parts(voice_language), _parts(language)
    if voice_language == MULTIPLE:
        return _ANY
    if one == other:
        return 0
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        return 1
    return _OTHER_REGION if one[0] == other[0] else _OTHER_LANGUAGE


_OTHER_REGION, _ANY, _OTHER_LANGUAGE = 2, 3, 4


def _parts(language: str) -> tuple[str, ...]:
    tag = language.replace("_", "-").lower()
    first, *subtags = _SAME_TAG.get(tag, tag).split("-")
    return (_SAME_LANGUAGE.get(first, first), *subtags)
