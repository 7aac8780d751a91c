"""Placeholders: sentences spoken in place of tables and code, in the language of the text."""

from enum import StrEnum


class Placeholder(StrEnum):
    TABLE = "table"
    CODE = "code"


_SENTENCES = {
    "en": ("Table omitted.", "Code omitted."),
    "de": ("Tabelle ausgelassen.", "Programmtext ausgelassen."),
    "es": ("Tabla omitida.", "Código omitido."),
    "fr": ("Tableau omis.", "Code omis."),
    "it": ("Tabella omessa.", "Codice omesso."),
    "nl": ("Tabel weggelaten.", "Code weggelaten."),
    "pt": ("Tabela omitida.", "Código omitido."),
}


def text_for(placeholder: Placeholder, language: str) -> str:
    """Return the sentence in this language (BCP-47), or in English if there is no translation."""
    table, code = _SENTENCES.get(language.partition("-")[0], _SENTENCES["en"])
    return {Placeholder.TABLE: table, Placeholder.CODE: code}[placeholder]
