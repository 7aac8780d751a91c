"""Notes of HTML: which links are note marks, and which elements are the notes that they lead to."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from chalicelib.extraction.html_roles import BLOCK_TAGS, HEADINGS, Role, roles

MAX_MARK_CHARACTERS = 12  # "[note 123]"
MAX_LEADING_ELEMENTS = 4  # opened before the first word of a note: <p><span><a><sup>

_MARK = re.compile(r"[\[(]\s?(?:note\s?)?(?:\d{1,3}|[a-z])\s?[\])]|[*†‡§¶↩↑^\ufe0e]{1,3}|\d{1,3}", re.IGNORECASE)
_BRACKETS = ("[", "(")
_BACK_LINK = re.compile(r"[\[(]?\s?(?:\d{1,4}|[A-Za-z]{1,5}|[*†‡§¶]{1,3})\s?[\])]?[.:)]?|[↩↑^⇧\ufe0e]{1,3}")
_NUMBER = re.compile(r"[\[(]?\s?(?:\d{1,4}|[A-Za-z]|[ivxlc]{1,6}|[*†‡§¶^]{1,3})\s?[\])]?[.:)]?(?:\s|$)")

Node = Any
Place = tuple[str, str]  # document and fragment
Resolve = Callable[[str], Place]


def resolve_in_page(target: str) -> Place:
    """Return the place that a link of a page leads to; the page itself has an empty name."""
    document, _, fragment = target.partition("#")
    return document, fragment


@dataclass(slots=True)
class NoteLinks:
    """Places that note marks lead to, and places of the marks, which notes lead back to."""

    targets: set[Place] = field(default_factory=set)
    marks: set[Place] = field(default_factory=set)

    def collect(self, body: Node, document: str, resolve: Resolve, *, is_book: bool) -> None:
        """Add the note marks of a document."""
        for link in body.css("a[href]"):
            attributes = link.attributes
            target = attributes.get("href") or ""
            if is_mark(link, target, roles(attributes, is_book=is_book), _character_before(link), is_raised=False):
                self.targets.add(resolve(target))
                for element in (link, link.parent):
                    if identifier := element.attributes.get("id"):
                        self.marks.add((document, identifier))


def is_mark(link: Node, target: str, role: Role, before: str, *, is_raised: bool) -> bool:
    """Return whether a link is a note mark, not a citation or the number of a chapter or a page.

    A mark is raised, or a symbol, or stands without a space behind the text `before`.
    """
    if Role.NOTE_MARK in role:
        return True
    text = _compact(beginning(link, MAX_MARK_CHARACTERS + 1))
    if len(text) > MAX_MARK_CHARACTERS or not _MARK.fullmatch(text):
        return False
    is_close = before[-1:].strip() != ""
    if "#" not in target:  # "And<a href="notes.xhtml">9</a>"
        return is_close and text.isdigit() and "://" not in target
    if is_raised or is_close or link.parent.tag == "sup" or link.css_first("sup") is not None:
        return True
    return not (text.isdigit() or text.startswith(_BRACKETS))


def is_back_link(link: Node, target: str) -> bool:
    """Return whether a link in a note leads back to its mark."""
    text = _compact(beginning(link, MAX_MARK_CHARACTERS + 1))
    return "://" not in target and len(text) <= MAX_MARK_CHARACTERS and _BACK_LINK.fullmatch(text) is not None


def is_note(node: Node, links: NoteLinks, document: str, resolve: Resolve, anchors: Iterator[str]) -> bool:
    """Return whether an element is a note: a mark leads to it, and it begins with the mark or leads back.

    `anchors` are the ids that stand directly before the element.
    """
    if not links.targets or node.tag in HEADINGS:
        return False
    places = {(document, identifier) for identifier in (*anchors, *leading_ids(node))}
    if links.targets.isdisjoint(places):
        return False
    if node.tag == "li" or _NUMBER.match(_compact(beginning(node, MAX_MARK_CHARACTERS))):
        return True
    return any(resolve(link.attributes.get("href") or "") in links.marks for link in node.css("a[href]"))


def beginning(node: Node, length: int) -> str:
    """Return about the first `length` characters of an element's text, without visiting more of it."""
    text, ancestors, child = "", list[Node](), node.first_child
    while (child is not None or ancestors) and len(text.lstrip()) < length:
        if child is None:
            child = ancestors.pop().next
        elif child.tag == "-text":
            text += child.text_content
            child = child.next
        elif child.first_child is not None:
            ancestors.append(child)
            child = child.first_child
        else:
            child = child.next
    return text


def _compact(text: str) -> str:
    return " ".join(text.split())


def leading_ids(node: Node) -> Iterator[str]:
    """Yield the ids of an element and of the inline elements that open before its first word."""
    for _ in range(MAX_LEADING_ELEMENTS):
        attributes = node.attributes
        yield from filter(None, (attributes.get("id"), attributes.get("name")))
        child = node.first_child
        while child is not None and child.tag == "-text" and not child.text_content.strip():
            child = child.next
        if child is None or child.tag.startswith("-") or child.tag in BLOCK_TAGS - {"p"}:
            return
        node = child


def _character_before(node: Node) -> str:
    previous = node.prev
    while previous is not None and previous.tag != "-text":
        previous = previous.last_child
    return (previous.text_content or "")[-1:] if previous is not None else ""
