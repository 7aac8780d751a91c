"""Titles and names that programs write where their user wrote none."""

import re

_TITLES = re.compile(
    r"(?:(?:new |neues )?(?:document|dokument|documento)|untitled(?: document)?|unbenannt(?:es dokument)?|ohne titel"
    r"|(?:document )?sans (?:titre|nom)|sin t[ií]tulo|senza (?:titolo|nome)|sem t[ií]tulo|naamloos|bez tytu[łl]u"
    r"|без (?:имени|названия)|無題|无标题|no title|title|titel|word document|pdf document|scan(?:ned document)?"
    r"|(?:microsoft )?powerpoint[ -](?:presentation|präsentation)|\(anonymous\)|unspecified|unknown(?: title)?|none|null|n/?a)"
    r"[ _-]*\(?\d{0,4}\)?|(?:audio ?)?track[ _-]?\d{1,4}|slide 1|folie 1",
    re.IGNORECASE,
)
# "Anonymous" is how catalogues name the author of Beowulf; in small letters it is a default of programs.
_NAMES = re.compile(
    r"(?:(?:unknown|unbekannt|inconnu|desconocido|sconosciuto|неизвестен|неизвестный)(?: (?:author|artist|autor|performer))?"
    r"|(?-i:\(?anonymous\)?)|\(?unspecified\)?|admin(?:istrator)?|user|owner|author|autor|none|null|n/?a|root"
    r"|microsoft(?: office)?(?: user| word)|python-docx|apache poi|openpyxl|windows user)"
    r"[ _-]*\d{0,4}",
    re.IGNORECASE,
)
# What a program made the file from: "Microsoft Word - thesis.doc", "thesis.dvi", "C:\Users\…", "file:///…", "about:blank".
_PROGRAM_PREFIX = re.compile(
    r"(?:microsoft (?:office )?(?:word|powerpoint|excel|publisher)|powerpoint|word) - ", re.IGNORECASE
)
_FILE_NAME = re.compile(
    r"[^\n]{0,300}\.(?:docx?|docm|dotx?|rtf|odt|ott|pages|wpd|wps|pptx?|odp|xlsx?|ods|csv|txt|md|html?|xhtml|xml|epub|mobi|azw3?|pdf"
    r"|eps|dvi|tex|indd|qxd|qxp|psd|tiff?|jpe?g|png|mp3|m4[ab]|wav|flac|tmp)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:[a-z]:\\|\\\\|/(?:home|users|tmp|var)/|(?:https?|file|about|data|chrome)\:)", re.IGNORECASE)


def is_title(text: str) -> bool:
    """Return whether a title says something about the work, and not about the program or the file."""
    return (
        any(map(str.isalnum, text))
        and _TITLES.fullmatch(text) is None
        and _PROGRAM_PREFIX.match(text) is None
        and _FILE_NAME.fullmatch(text) is None
        and _ADDRESS.match(text) is None
    )


def is_name(text: str) -> bool:
    """Return whether this is the name of a person or of an organisation."""
    return any(map(str.isalnum, text)) and _NAMES.fullmatch(text) is None and _ADDRESS.match(text) is None
