"""Comparing BCP 47 tags as far as voices need it (RFC 4647): `en` is meant by `en-GB`, and `zh` is `cmn` to a voice."""

from typing import Annotated

from pydantic import Field

LanguageTag = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$", max_length=35)]

DEFAULT = "en"
UNDETERMINED = "und"  # ISO 639-2: nobody could tell
MULTIPLE = "mul"  # ISO 639-2: a voice that speaks whatever it is given

# What people and language detectors write for a language that voices know by another tag.
_SAME_LANGUAGE = {"zh": "cmn", "no": "nb", "nn": "nb", "iw": "he", "in": "id", "mo": "ro", UNDETERMINED: DEFAULT}
_SAME_TAG = {"zh-hk": "yue", "zh-yue": "yue", "zh-mo": "yue"}


def is_same_language(one: str, other: str) -> bool:
    """Whether both are the same language, whatever its region."""
    return _parts(one)[0] == _parts(other)[0]


def supports_language(voice_language: str, language: str) -> bool:
    """Whether a voice of one language can read a text in the other."""
    return voice_language == MULTIPLE or is_same_language(voice_language, language)


def matches(language: str, asked: str) -> bool:
    """Whether someone who asks for `asked` means it: `en` means `en-GB`, `de-DE` is served by `de`, `en-US` is not `en-GB`."""
    return language == MULTIPLE or distance(language, asked) < _OTHER_REGION


def distance(voice_language: str, wanted: str) -> int:
    """How far a voice's language is from the wanted one; only to be compared with another voice's."""
    one, other = _parts(voice_language), _parts(wanted)
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
    first, *rest = _SAME_TAG.get(tag, tag).split("-")
    return (_SAME_LANGUAGE.get(first, first), *rest)
