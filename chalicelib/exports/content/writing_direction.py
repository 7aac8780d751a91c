"""The direction in which a language is written."""

from __future__ import annotations

# Languages that are written in Arabic, Hebrew, Syriac, Thaana, N’Ko or Adlam unless their tag names another script.
_RIGHT_TO_LEFT_LANGUAGES = frozenset(
    (
        "ar",
        "arc",
        "arz",
        "ckb",
        "dv",
        "fa",
        "he",
        "iw",
        "ks",
        "mzn",
        "nqo",
        "pnb",
        "prs",
        "ps",
        "sd",
        "syr",
        "ug",
        "ur",
        "yi",
    )
)
_RIGHT_TO_LEFT_SCRIPTS = frozenset({"adlm", "arab", "aran", "hebr", "nkoo", "rohg", "syrc", "thaa"})


def is_right_to_left(language: str) -> bool:
    """Return whether a language (BCP 47) is written from right to left; a script that the tag names decides."""
    primary, *subtags = language.lower().split("-")
    script = next((subtag for subtag in subtags[:2] if len(subtag) == 4 and subtag.isalpha()), "")
    return script in _RIGHT_TO_LEFT_SCRIPTS if script else primary in _RIGHT_TO_LEFT_LANGUAGES
