"""Metadata of an EPUB: the Dublin Core of its package document with EPUB 3's refinements, and Calibre's series."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.formats import epub_package
from chalicelib.formats.xml_events import attribute, events, local_name
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.metadata.model import MetadataDraft

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_STATEMENTS = 2_000  # about the book; one with 500 contributors has them
_DUBLIN_CORE = "purl.org/dc/elements/"
_AUTHOR_ROLES = frozenset({"", "aut", "cre"})  # MARC's codes; translators and illustrators have others
_OTHER_EVENTS = frozenset({"modification", "creation", "conversion", "ops-modification"})


@dataclass(slots=True)
class _Statement:
    """An element of Dublin Core, or a collection that the book belongs to."""

    id: str
    text: str
    role: str = ""
    event: str = ""


@dataclass(slots=True)
class _Statements:
    """`refinements` are by the id of what they refine; `named` are the meta elements of EPUB 2."""

    by_kind: dict[str, list[_Statement]] = field(default_factory=lambda: defaultdict(list))
    refinements: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    named: dict[str, str] = field(default_factory=dict)

    def refined(self, statement: _Statement, name: str) -> str:
        return self.refinements.get(statement.id, {}).get(name, "") if statement.id else ""


def read(path: Path) -> MetadataDraft:
    """Return what the package document says. Raises FormatError."""
    with ZipContainer(path) as container:
        statements = _read_statements(container.read(epub_package.package_name(container)))
    return MetadataDraft(
        titles=_titles(statements),
        creators=_creators(statements),
        languages=[statement.text for statement in statements.by_kind["language"]],
        publishers=[statement.text for statement in statements.by_kind["publisher"]],
        dates=_dates(statements),
        series=_series(statements),
    )


def _read_statements(content: bytes) -> _Statements:
    statements = _Statements()
    count = 0
    for is_start, element in events(content, doctype=True):
        kind = local_name(element.tag)
        if is_start or not (_DUBLIN_CORE in element.tag or kind == "meta"):
            continue
        count += 1
        if count > MAX_STATEMENTS:
            break
        if kind == "meta":
            _add_meta(statements, element)
        elif text := (element.text or "").strip():
            statements.by_kind[kind.lower()].append(
                _Statement(element.get("id", ""), text, attribute(element, "role").lower(), attribute(element, "event"))
            )
    return statements


def _add_meta(statements: _Statements, element: "Element") -> None:
    prop, text = element.get("property", ""), (element.text or "").strip()
    if refined := element.get("refines", "").lstrip("#"):
        statements.refinements[refined].setdefault(prop, text)
    elif prop == "belongs-to-collection" or prop == "dcterms:issued":
        statements.by_kind[prop].append(_Statement(element.get("id", ""), text))
    elif name := element.get("name", ""):
        statements.named.setdefault(name, element.get("content", ""))


def _titles(statements: _Statements) -> list[str]:
    """Return the main title first: a subtitle or the title of an edition may precede it."""
    titles = statements.by_kind["title"]
    return [title.text for title in sorted(titles, key=lambda title: statements.refined(title, "title-type") != "main")]


def _creators(statements: _Statements) -> list[list[str]]:
    creators = sorted(statements.by_kind["creator"], key=lambda creator: _sequence(statements, creator))
    authors = [
        creator.text
        for creator in creators
        if (creator.role or statements.refined(creator, "role").lower()) in _AUTHOR_ROLES
    ]
    return [authors, [creator.text for creator in creators]]


def _sequence(statements: _Statements, statement: _Statement) -> int:
    position = statements.refined(statement, "display-seq")
    return int(position) if position.isdecimal() and len(position) < 6 else MAX_STATEMENTS


def _dates(statements: _Statements) -> list[str]:
    """Return the date of publication first. In EPUB 2, dates of other events may stand beside it."""
    dates = [date for date in statements.by_kind["date"] if date.event not in _OTHER_EVENTS]
    published = sorted(dates, key=lambda date: date.event != "publication")
    return [date.text for date in (*published, *statements.by_kind["dcterms:issued"])]


def _series(statements: _Statements) -> list[tuple[str, str]]:
    """Return the collections that are a series (EPUB 3), then Calibre's."""
    collections = [
        (collection.text, statements.refined(collection, "group-position"))
        for collection in statements.by_kind["belongs-to-collection"]
        if statements.refined(collection, "collection-type") in {"series", ""}
    ]
    named = statements.named
    return [*collections, (named.get("calibre:series", ""), named.get("calibre:series_index", ""))]
