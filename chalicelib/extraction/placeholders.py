"""Placeholders: sentences spoken in place of code, in the language of the text."""

from enum import StrEnum


class Placeholder(StrEnum):
    CODE = "code"


_SENTENCES = {
    "en": "Code omitted.",
    "de": "Programmtext ausgelassen.",
    "es": "Código omitido.",
    "fr": "Code omis.",
    "it": "Codice omesso.",
    "nl": "Code weggelaten.",
    "pt": "Código omitido.",
}


def text_for(placeholder: Placeholder, language: str) -> str:
    """Return the sentence in this language (BCP-47), or in English if there is no translation."""
    return {Placeholder.CODE: _SENTENCES.get(language.partition("-")[0], _SENTENCES["en"])}[placeholder]
