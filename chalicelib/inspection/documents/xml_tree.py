"""Trees of XML that was examined before, for copies that leave elements out."""

from typing import Any

Element = Any  # of lxml, which is imported when needed


def parse(content: bytes, *, huge_texts: bool = False) -> Element:
    """Return the root. No entity is resolved and nothing is fetched; processing instructions and comments are dropped.

    `huge_texts` allows texts of more than 10 MB, and any depth: it must have been checked.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=huge_texts,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(content, parser)


def serialize(root: Element) -> bytes:
    """Return the XML in UTF-8, with its declaration and without a document type."""
    from lxml import etree

    serialized: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return serialized


def remove(element: Element) -> None:
    """Remove an element, and leave the text behind it."""
    _replace(element, [], "")


def unwrap(element: Element) -> None:
    """Replace an element by its content."""
    _replace(element, list(element), element.text or "")


def _replace(element: Element, children: list[Element], text: str) -> None:
    parent = element.getparent()
    if parent is None:
        return
    at, tail = parent.index(element), element.tail or ""
    parent[at : at + 1] = children
    if children:
        children[-1].tail = (children[-1].tail or "") + tail
        tail = ""
    if at:
        parent[at - 1].tail = (parent[at - 1].tail or "") + text + tail
    else:
        parent.text = (parent.text or "") + text + tail
