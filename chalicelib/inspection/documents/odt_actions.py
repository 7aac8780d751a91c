"""Active content of OpenDocument texts: which parts, elements and addresses have it. The rest is shown as it is."""

import re

from chalicelib.inspection.documents import markup_actions

# Parts by their names in lower case, and the kind of active content that each is.
_ACTIVE_PARTS = (
    (re.compile(r"(^|/)(basic|dialogs|scripts)/(?!([^/]*/)?(script|dialog)-l[bc]\.xml$)"), "macros"),
    (re.compile(r"(^|/)configurations2/(?!images/)"), "buttons"),
    (
        re.compile(r"(^|(?<!objectreplacements)/)object [^/]*$"),
        "embedded_objects",
    ),  # not a folder: an object of another program
    (re.compile(r"(^|/)media/"), "rich_media"),
    (re.compile(r"(^|/)versions/|(^|/)pictures/[^/]*\.pdf$"), "attachments"),
    (re.compile(r"\.(?:exe|dll|scr|js|jse|vbs|vbe|wsf|hta|bat|cmd|ps1|lnk|jar|py)$"), "programs"),
)
# Parts that a copy does not have, although they are no active content: libraries without macros, and signatures of the original.
_OTHER_REMOVED_PARTS = re.compile(
    r"(^|/)(basic|dialogs)/|^meta-inf/(document|macro)signatures\.xml$|^versionlist\.xml$"
)

_ELEMENTS = {
    "applet": "programs",
    "cell-range-source": "remote_parts",
    "connection-resource": "remote_parts",
    "dde-connection": "field_codes",
    "dde-connection-decl": "field_codes",
    "dde-link": "field_codes",
    "dde-source": "field_codes",
    "event-listener": "macros",
    "execute-macro": "macros",
    "floating-frame": "frames",
    "object-ole": "embedded_objects",
    "plugin": "rich_media",
    "sound": "rich_media",
    "table-source": "remote_parts",
}
# Elements that show what their fields last gave; it stays in the copy.
SHOWN_ELEMENTS = frozenset({"dde-connection", "execute-macro"})
_TEXT_SCRIPT = re.compile(r"text:1\.0}script$")  # a field; `office:script` may be an empty library
_BASIC = "basic"

_DISPATCHED = ("macro:", "vnd.sun.star.", ".uno:", "slot:", "service:", "private:")
_LOCAL = ("file:", "smb:", "\\\\", "//")
_REMOTE = ("http:", "https:", "ftp:")
_PICTURES = frozenset({"image", "fill-image", "background-image"})
_FORM = "urn:oasis:names:tc:opendocument:xmlns:form:1.0"


def kind_of_part(name: str) -> str | None:
    """Return the kind of active content that a part is, or None."""
    return next((kind for pattern, kind in _ACTIVE_PARTS if pattern.search(name.lower())), None)


def is_removed_part(name: str) -> bool:
    """Return whether a copy does not have this part."""
    return kind_of_part(name) is not None or _OTHER_REMOVED_PARTS.search(name.lower()) is not None


def kind_of_element(name: str, language: str) -> str | None:
    """Return the kind of active content that an element is, or None.

    The name has its namespace before a "}"; `language` is that of a script.
    """
    namespace, _, local = name.rpartition("}")
    is_script = _TEXT_SCRIPT.search(name) or (local == "script" and language and _BASIC not in language.lower())
    if is_script or namespace == "http://www.w3.org/1999/xhtml":
        return "macros" if is_script else "frames"
    return _ELEMENTS.get(local)


def kind_of_address(element: str, href: str) -> str | None:
    """Return the kind of active content that an address is where this element has it, or None."""
    address = href.strip().lower()
    namespace, _, local = element.rpartition("}")
    if markup_actions.is_script_address(href):
        return markup_actions.SCRIPTS
    if address.startswith(_DISPATCHED):
        return "macros"
    if namespace.endswith(_FORM):
        return "form_actions" if address.strip("#") else None
    if local in {"section-source", "object"}:
        return "remote_parts" if address.startswith((*_LOCAL, *_REMOTE)) or (local != "object" and address) else None
    if local == "template":  # one on the author's disk is found on no other
        return (
            "remote_parts"
            if address.startswith((*_REMOTE, *_LOCAL[1:], "file://")) and not _is_on_disk(address)
            else None
        )
    if address.startswith(_LOCAL):
        return "remote_parts" if local in _PICTURES else "remote_goto"
    return None


def is_fetched(element: str, href: str) -> bool:
    """Return whether a program fetches a picture from another server."""
    return element.rpartition("}")[2] in _PICTURES and href.strip().lower().startswith(_REMOTE)


def _is_on_disk(address: str) -> bool:
    return address.startswith("file:///")
