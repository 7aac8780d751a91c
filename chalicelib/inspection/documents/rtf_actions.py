"""Active content of RTF documents: which control words, fields and templates have it. The rest is shown as it is."""

import re

from chalicelib.inspection.documents import docx_actions, markup_actions

_OBJECT = b"obj"  # the beginning of all control words of embedded and linked objects
_WORDS = {
    b"objocx": "controls",
    b"oleclsid": "embedded_objects",
    b"ffentrymcr": "macros",
    b"ffexitmcr": "macros",
    b"mmdatasource": "remote_parts",
    b"mmconnectstr": "remote_parts",
    b"mmheadersource": "remote_parts",
    b"mmodsoudldata": "remote_parts",
    b"mmodsosrc": "remote_parts",
    b"nextfile": "remote_parts",
    b"filetbl": "remote_parts",
}
# Groups whose text is looked at, by the control word that they begin with.
TEMPLATE, FIELD_CODE, PICTURE = b"template", b"fldinst", b"pict"
_PATH = re.compile(r"[/\\]")
_SCRIPT_LINK = re.compile(r"\bHYPERLINK\b[\s\"]*(\S+)", re.IGNORECASE)
_LOCAL = re.compile(r"file:|\\\\", re.IGNORECASE)


def kind_of_word(name: bytes) -> str | None:
    """Return the kind of active content that a control word belongs to, or None."""
    return _WORDS.get(name) or ("embedded_objects" if name.startswith(_OBJECT) else None)


def kind_of_text(destination: bytes, text: str) -> str | None:
    """Return the kind of active content that the text of a template or a field's code is, or None."""
    if destination == TEMPLATE:
        return "remote_parts" if _PATH.search(text) else None  # a name alone is one of the program's own
    if docx_actions.is_active_field(text):
        return "field_codes"
    for link in _SCRIPT_LINK.finditer(text):
        if markup_actions.is_script_address(link[1]):
            return markup_actions.SCRIPTS
        if _LOCAL.match(link[1]):
            return "remote_goto"
    return None
