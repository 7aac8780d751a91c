"""Announcements of tables: sentences with their size, in the language of the text."""

from chalicelib.extraction.table_text import TableSize

# "Table with 12 rows and 5 columns", the same for one row, and that it is not read. Where nouns change their form with the
# number, the number is behind the noun.
_SENTENCES = {
    "cs": ("Tabulka, řádky: {}, sloupce: {}.", "", "Nečte se."),
    "da": ("Tabel med {} rækker og {} kolonner.", "Tabel med {} række og {} kolonner.", "Den læses ikke op."),
    "de": (
        "Tabelle mit {} Zeilen und {} Spalten.",
        "Tabelle mit {} Zeile und {} Spalten.",
        "Sie wird nicht vorgelesen.",
    ),
    "en": ("Table with {} rows and {} columns.", "Table with {} row and {} columns.", "It is not read aloud."),
    "es": ("Tabla de {} filas y {} columnas.", "Tabla de {} fila y {} columnas.", "No se lee en voz alta."),
    "fi": ("Taulukko, rivejä: {}, sarakkeita: {}.", "", "Sitä ei lueta ääneen."),
    "fr": (
        "Tableau de {} lignes et {} colonnes.",
        "Tableau de {} ligne et {} colonnes.",
        "Il n’est pas lu à voix haute.",
    ),
    "it": ("Tabella di {} righe e {} colonne.", "Tabella di {} riga e {} colonne.", "Non viene letta ad alta voce."),
    "nb": ("Tabell med {} rader og {} kolonner.", "Tabell med {} rad og {} kolonner.", "Den leses ikke opp."),
    "nl": ("Tabel met {} rijen en {} kolommen.", "Tabel met {} rij en {} kolommen.", "Hij wordt niet voorgelezen."),
    "pl": ("Tabela, wiersze: {}, kolumny: {}.", "", "Nie jest czytana na głos."),
    "pt": ("Tabela de {} linhas e {} colunas.", "Tabela de {} linha e {} colunas.", "Não é lida em voz alta."),
    "ru": ("Таблица, строк: {}, столбцов: {}.", "", "Вслух не читается."),
    "sv": ("Tabell med {} rader och {} kolumner.", "Tabell med {} rad och {} kolumner.", "Den läses inte upp."),
}


def announcement(size: TableSize, language: str, *, is_read: bool) -> str:
    """Return the sentence in this language (BCP-47), or in English if there is no translation."""
    plural, singular, not_read = _SENTENCES.get(language.partition("-")[0], _SENTENCES["en"])
    sentence = ((size.rows == 1 and singular) or plural).format(size.rows, size.columns)
    return sentence if is_read else f"{sentence} {not_read}"
