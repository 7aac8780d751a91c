"""Links of OpenDocument texts, and the anchors that those inside of the document lead to."""

from urllib.parse import unquote

from chalicelib.formats.xml_events import XmlEvent

LINKS = frozenset({"a", "bookmark-ref", "reference-ref"})
ANCHORS = frozenset({"bookmark", "bookmark-start", "reference-mark", "reference-mark-start"})
_OUTLINE = "|outline"  # at the end of a link to a heading: "#1.2.Tides|outline"


def target(event: XmlEvent) -> str:
    """Return where an element leads to: an address, "#" and the name of an anchor, or an empty string."""
    if name := event.attribute("ref-name"):
        return f"#{name}"
    address = event.attribute("href")
    if not address.startswith("#"):
        return address
    name = unquote(address[1:])
    return f"#{outline_anchor(name.removesuffix(_OUTLINE)) if name.endswith(_OUTLINE) else name}"


def outline_anchor(heading: str) -> str:
    """Return the anchor of a heading by its text, with or without a number before it."""
    return " ".join(heading.split()).lstrip("0123456789. ") + _OUTLINE
