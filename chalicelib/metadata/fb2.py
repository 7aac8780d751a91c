"""Metadata of a FictionBook (FB2): what its description says of the text, and of the printed book."""

from pathlib import Path

from chalicelib.formats import fb2
from chalicelib.formats.xml_events import attribute, events, local_name
from chalicelib.metadata.model import MetadataDraft

_NAME_PARTS = ("first-name", "middle-name", "last-name")


def read(path: Path) -> MetadataDraft:
    """Return what the description says. Raises FormatError."""
    draft = MetadataDraft()
    authors: list[str] = []
    names: dict[str, str] = {}
    open_elements: list[str] = []
    for is_start, element in events(fb2.read_markup(path), doctype=True):
        kind = local_name(element.tag)
        if is_start:
            open_elements.append(kind)
            if kind == "sequence" and {"title-info", "publish-info"} & set(open_elements):
                draft.series.append((attribute(element, "name"), attribute(element, "number")))
            continue
        open_elements.pop()
        if kind == "description":
            break
        text, parent = (element.text or "").strip(), open_elements[-1] if open_elements else ""
        if parent == "author":
            names[kind] = text
        match (parent, kind):
            case ("title-info", "author"):
                authors.append(" ".join(filter(None, map(names.get, _NAME_PARTS))) or names.get("nickname", ""))
            case ("title-info", "book-title") | ("publish-info", "book-name"):
                draft.titles.append(text)
            case ("title-info", "lang"):
                draft.languages.append(text)
            case ("title-info", "date"):
                draft.dates += [attribute(element, "value"), text]
            case ("publish-info", "publisher"):
                draft.publishers.append(text)
            case ("publish-info", "year"):
                draft.dates.insert(0, text)
        if kind == "author":
            names = {}
    draft.creators.append(authors)
    return draft
