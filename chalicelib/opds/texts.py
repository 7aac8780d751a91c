"""Titles of feeds and names of what is counted, in the languages of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chalicelib.exports.model import Format

Plural = tuple[str, str]  # for one, for more
Navigation = tuple[str, str]  # title and summary of an entry that leads to a feed


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language. `digits` separates groups of three digits."""

    language: str
    digits: str
    recent: Navigation
    in_progress: Navigation
    by_title: Navigation
    collections: Navigation
    creators: Navigation
    series: Navigation
    tags: Navigation
    search: str
    search_description: str
    titles: Plural
    pages: Plural
    words: Plural
    recording: str
    exports: Mapping[str, str]

    def count(self, number: int, noun: Plural) -> str:
        return f"{number:,} {noun[0] if number == 1 else noun[1]}".replace(",", self.digits)


ENGLISH = Texts(
    "en",
    ",",
    ("Recently added", "The newest first"),
    ("Continue", "What you have begun and not finished"),
    ("All titles", "From A to Z"),
    ("Collections", "As you arranged them"),
    ("Authors", "By author"),
    ("Series", "By series"),
    ("Tags", "By tag"),
    "Search",
    "Search titles, authors and series of your library.",
    ("title", "titles"),
    ("page", "pages"),
    ("word", "words"),
    "Recording (MP3)",
    {Format.M4B: "Audio book (M4B)", Format.EPUB: "EPUB with audio"},
)
GERMAN = Texts(
    "de",
    ".",
    ("Zuletzt hinzugefügt", "Das Neueste zuerst"),
    ("Weiterlesen", "Angefangen und noch nicht beendet"),
    ("Alle Titel", "Von A bis Z"),
    ("Sammlungen", "In deiner Reihenfolge"),
    ("Autoren", "Nach Autor"),
    ("Reihen", "Nach Reihe"),
    ("Schlagwörter", "Nach Schlagwort"),
    "Suche",
    "Titel, Autoren und Reihen deiner Bibliothek durchsuchen.",
    ("Titel", "Titel"),
    ("Seite", "Seiten"),
    ("Wort", "Wörter"),
    "Aufnahme (MP3)",
    {Format.M4B: "Hörbuch (M4B)", Format.EPUB: "EPUB mit Ton"},
)
FRENCH = Texts(
    "fr",
    "\u202f",
    ("Ajouts récents", "Du plus récent au plus ancien"),
    ("Reprendre", "Commencés et pas encore terminés"),
    ("Tous les titres", "De A à Z"),
    ("Collections", "Dans votre ordre"),
    ("Auteurs", "Par auteur"),
    ("Séries", "Par série"),
    ("Étiquettes", "Par étiquette"),
    "Recherche",
    "Rechercher des titres, des auteurs et des séries de votre bibliothèque.",
    ("titre", "titres"),
    ("page", "pages"),
    ("mot", "mots"),
    "Enregistrement (MP3)",
    {Format.M4B: "Livre audio (M4B)", Format.EPUB: "EPUB avec audio"},
)
SPANISH = Texts(
    "es",
    ".",
    ("Añadidos recientemente", "Primero los más nuevos"),
    ("Continuar", "Empezados y sin terminar"),
    ("Todos los títulos", "De la A a la Z"),
    ("Colecciones", "En tu orden"),
    ("Autores", "Por autor"),
    ("Series", "Por serie"),
    ("Etiquetas", "Por etiqueta"),
    "Búsqueda",
    "Buscar títulos, autores y series de tu biblioteca.",
    ("título", "títulos"),
    ("página", "páginas"),
    ("palabra", "palabras"),
    "Grabación (MP3)",
    {Format.M4B: "Audiolibro (M4B)", Format.EPUB: "EPUB con audio"},
)
ITALIAN = Texts(
    "it",
    ".",
    ("Aggiunti di recente", "Prima i più nuovi"),
    ("Continua", "Iniziati e non ancora finiti"),
    ("Tutti i titoli", "Dalla A alla Z"),
    ("Raccolte", "Nel tuo ordine"),
    ("Autori", "Per autore"),
    ("Serie", "Per serie"),
    ("Etichette", "Per etichetta"),
    "Ricerca",
    "Cerca titoli, autori e serie della tua biblioteca.",
    ("titolo", "titoli"),
    ("pagina", "pagine"),
    ("parola", "parole"),
    "Registrazione (MP3)",
    {Format.M4B: "Audiolibro (M4B)", Format.EPUB: "EPUB con audio"},
)
LANGUAGES: Mapping[str, Texts] = MappingProxyType(
    {texts.language: texts for texts in (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN)}
)

_RANGE = re.compile(r"\s*([A-Za-z]{2,3})(?:-[\w-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?", re.ASCII)


def select_texts(accept_language: str | None) -> Texts:
    """Return the texts that a header Accept-Language prefers (RFC 9110, section 12.5.4); English where it names none of them."""
    weights: dict[str, float] = {}
    for part in (accept_language or "").split(","):
        matched = _RANGE.fullmatch(part)
        if matched and (language := matched[1].lower()) in LANGUAGES:
            weights[language] = max(weights.get(language, 0.0), float(matched[2] or 1))
    best = max(weights, key=lambda language: weights[language], default=ENGLISH.language)
    return LANGUAGES[best] if weights.get(best) else ENGLISH
