"""Active content of Word documents: which parts, relationships and fields have it. The rest is read and shown as it is."""

import re

from chalicelib.formats.ooxml import Relationship
from chalicelib.inspection.documents import unsafe_links

MAIN_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
# Documents with macros and templates have the same body. The copy is an ordinary document.
_OTHER_MAIN_CONTENT_TYPES = frozenset(
    {
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
    }
)
MAIN_CONTENT_TYPES = _OTHER_MAIN_CONTENT_TYPES | {MAIN_CONTENT_TYPE}

# Parts by their names in lower case, and the kind of active content that each is.
_ACTIVE_PARTS = (
    (re.compile(r"vbaproject\.bin$|vbadata\.xml$|(^|/)macrosheets/"), "macros"),
    (re.compile(r"(^|/)activex/"), "controls"),
    (re.compile(r"(^|/)embeddings/"), "embedded_objects"),
    (re.compile(r"(^|/)customui/"), "buttons"),
    (re.compile(r"(^|/)media/[^/]*\.pdf$"), "attachments"),  # a picture in a format that can be active itself
    (re.compile(r"\.(?:exe|dll|scr|js|jse|vbs|vbe|wsf|hta|bat|cmd|ps1|lnk|jar)$"), "programs"),
)
# Relationships by kind: those that always lead to active content, and those that do so to elsewhere. Word follows them when
# it opens the document.
_ACTIVE_RELATIONSHIPS = {"vbaproject": "macros", "control": "controls", "afchunk": "remote_parts"}
HYPERLINK = "hyperlink"
_HARMLESS_WHEN_EXTERNAL = frozenset({HYPERLINK, "image", "video", "audio", "media"})
_FETCHED = frozenset({"image", "video", "audio", "media"})

# As the field's first word; a link may contain it.
_DDE = re.compile(r"^[^\S\n]*DDE(?:AUTO)?\b", re.IGNORECASE | re.MULTILINE)
# An address in the field's first word, or at the start of its second.
_INCLUDES = re.compile(
    r"\b(?:INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK)\b\s+(?:\S*?|\S+\s+\"?)(?:https?:|\\\\|file:|//)", re.IGNORECASE
)


def kind_of_part(name: str) -> str | None:
    """Return the kind of active content that a part is, or None."""
    return next((kind for pattern, kind in _ACTIVE_PARTS if pattern.search(name.lower())), None)


def kind_of_relationship(relationship: Relationship) -> str | None:
    """Return the kind of active content that a relationship leads to, or None."""
    if relationship.kind in _ACTIVE_RELATIONSHIPS:
        return _ACTIVE_RELATIONSHIPS[relationship.kind]
    if relationship.is_external and unsafe_links.is_unsafe(relationship.target.encode()):
        return (
            "unsafe_links" if relationship.kind == HYPERLINK else "remote_parts"
        )  # \\server\a.png: fetched on opening
    return "remote_parts" if relationship.is_external and relationship.kind not in _HARMLESS_WHEN_EXTERNAL else None


def is_fetched(relationship: Relationship) -> bool:
    """Return whether Word fetches a picture or a recording for it."""
    return relationship.is_external and relationship.kind in _FETCHED


def is_active_field(code: str) -> bool:
    """Return whether a field starts a program (DDE), or fetches something from elsewhere."""
    return bool(_DDE.search(code) or _INCLUDES.search(code))
