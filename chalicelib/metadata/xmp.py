"""XMP packets (ISO 16684-1): Dublin Core, and the series that Calibre writes."""

from xml.etree.ElementTree import Element

from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import events, local_name
from chalicelib.metadata.model import MetadataDraft

_LISTED = "li"
_PROPERTIES = frozenset({"title", "creator", "publisher", "date", "language"})  # of Dublin Core


def read(packet: bytes) -> MetadataDraft:
    """Return what a packet says; what comes before its damage, if it is damaged."""
    draft, creators = MetadataDraft(), list[str]()
    names: list[str] = []  # of the open elements
    series, index = "", ""
    try:
        for is_start, element in events(packet.strip(b"\0 \r\n\t")):
            name = local_name(element.tag)
            if is_start:
                names.append(name)
                _add_attributes(draft, element)
                continue
            names.pop()
            text = (element.text or "").strip()
            if not text:
                continue
            prop = next((outer for outer in reversed(names) if outer in _PROPERTIES), "") if name == _LISTED else name
            match prop:
                case "title":
                    draft.titles.append(text)
                case "creator":
                    creators.append(text)
                case "publisher":
                    draft.publishers.append(text)
                case "date":
                    draft.dates.append(text)
                case "language":
                    draft.languages.append(text)
                case "value" if "series" in names:
                    series = text
                case "series":
                    series = series or text
                case "series_index":
                    index = text
    except FormatError:
        pass
    draft.creators.append(creators)
    draft.series.append((series, index))
    return draft


def _add_attributes(draft: MetadataDraft, element: Element) -> None:
    """Add properties that are written as attributes of their description."""
    for key, value in element.attrib.items():
        if "purl.org/dc/" in key and local_name(key) == "title":
            draft.titles.append(value)
