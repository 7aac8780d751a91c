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
    language="en",
    digits=",",
    recent=("Recently added", "The newest first"),
    in_progress=("Continue", "What you have begun and not finished"),
    by_title=("All titles", "From A to Z"),
    collections=("Collections", "As you arranged them"),
    creators=("Authors", "By author"),
    series=("Series", "By series"),
    tags=("Tags", "By tag"),
    search="Search",
    search_description="Search titles, authors and series of your library.",
    titles=("title", "titles"),
    pages=("page", "pages"),
    words=("word", "words"),
    recording="Recording (MP3)",
    exports={Format.M4B: "Audio book (M4B)", Format.EPUB: "EPUB with audio"},
)
GERMAN = Texts(
    language="de",
    digits=".",
    recent=("Zuletzt hinzugefügt", "Das Neueste zuerst"),
    in_progress=("Weiterlesen", "Angefangen und noch nicht beendet"),
    by_title=("Alle Titel", "Von A bis Z"),
    collections=("Sammlungen", "In deiner Reihenfolge"),
    creators=("Autoren", "Nach Autor"),
    series=("Reihen", "Nach Reihe"),
    tags=("Schlagwörter", "Nach Schlagwort"),
    search="Suche",
    search_description="Titel, Autoren und Reihen deiner Bibliothek durchsuchen.",
    titles=("Titel", "Titel"),
    pages=("Seite", "Seiten"),
    words=("Wort", "Wörter"),
    recording="Aufnahme (MP3)",
    exports={Format.M4B: "Hörbuch (M4B)", Format.EPUB: "EPUB mit Ton"},
)
FRENCH = Texts(
    language="fr",
    digits="\u202f",
    recent=("Ajouts récents", "Du plus récent au plus ancien"),
    in_progress=("Reprendre", "Commencés et pas encore terminés"),
    by_title=("Tous les titres", "De A à Z"),
    collections=("Collections", "Dans votre ordre"),
    creators=("Auteurs", "Par auteur"),
    series=("Séries", "Par série"),
    tags=("Étiquettes", "Par étiquette"),
    search="Recherche",
    search_description="Rechercher des titres, des auteurs et des séries de votre bibliothèque.",
    titles=("titre", "titres"),
    pages=("page", "pages"),
    words=("mot", "mots"),
    recording="Enregistrement (MP3)",
    exports={Format.M4B: "Livre audio (M4B)", Format.EPUB: "EPUB avec audio"},
)
SPANISH = Texts(
    language="es",
    digits=".",
    recent=("Añadidos recientemente", "Primero los más nuevos"),
    in_progress=("Continuar", "Empezados y sin terminar"),
    by_title=("Todos los títulos", "De la A a la Z"),
    collections=("Colecciones", "En tu orden"),
    creators=("Autores", "Por autor"),
    series=("Series", "Por serie"),
    tags=("Etiquetas", "Por etiqueta"),
    search="Búsqueda",
    search_description="Buscar títulos, autores y series de tu biblioteca.",
    titles=("título", "títulos"),
    pages=("página", "páginas"),
    words=("palabra", "palabras"),
    recording="Grabación (MP3)",
    exports={Format.M4B: "Audiolibro (M4B)", Format.EPUB: "EPUB con audio"},
)
ITALIAN = Texts(
    language="it",
    digits=".",
    recent=("Aggiunti di recente", "Prima i più nuovi"),
    in_progress=("Continua", "Iniziati e non ancora finiti"),
    by_title=("Tutti i titoli", "Dalla A alla Z"),
    collections=("Raccolte", "Nel tuo ordine"),
    creators=("Autori", "Per autore"),
    series=("Serie", "Per serie"),
    tags=("Etichette", "Per etichetta"),
    search="Ricerca",
    search_description="Cerca titoli, autori e serie della tua biblioteca.",
    titles=("titolo", "titoli"),
    pages=("pagina", "pagine"),
    words=("parola", "parole"),
    recording="Registrazione (MP3)",
    exports={Format.M4B: "Audiolibro (M4B)", Format.EPUB: "EPUB con audio"},
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
