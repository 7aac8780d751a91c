"""Annotations of a document as a file: Markdown, or JSON-LD of the W3C Web Annotation Data Model. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chalicelib.annotations.model import Annotation, AnnotationKind

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
PDF_FRAGMENTS = "http://tools.ietf.org/rfc/rfc3778"  # named by the data model, 4.2.1
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]<>#|~])")
_LINE_STARTS = re.compile(r"^([ \t]*)([-+=]|\d+[.)])", re.MULTILINE)


def to_markdown(media_id: UUID, title: str, annotations: Sequence[Annotation]) -> str:
    """Return the passages as quotes with their notes, in the order of the text."""
    del media_id
    return "\n\n".join([f"# {_escape(_to_line(title))}", *map(_to_paragraphs, annotations)]) + "\n"


def _to_paragraphs(annotation: Annotation) -> str:
    is_bookmark = annotation.kind is AnnotationKind.BOOKMARK
    places = [
        "Bookmark" if is_bookmark else f"Highlight, {annotation.colour}",
        f"page {annotation.page}" if annotation.page else "",
        "no longer in the text" if annotation.detached else "",
    ]
    quoted = _escape(_to_line(annotation.quotation.exact)) + (" …" if is_bookmark else "")
    paragraphs = [
        f"**{', '.join(filter(None, places))}** ({annotation.created_at:%Y-%m-%d})",
        f"> {quoted}" if annotation.quotation.exact.strip() else "",
        _escape(annotation.note or "").replace("\n", "  \n"),
    ]
    return "\n\n".join(filter(None, paragraphs))


def _to_line(text: str) -> str:
    return " ".join(text.split())


def _escape(text: str) -> str:
    """Return a text as Markdown that shows its characters as they are."""
    return _LINE_STARTS.sub(lambda match: f"{match[1]}{_escape_start(match[2])}", _MARKDOWN_SIGNS.sub(r"\\\1", text))


def _escape_start(start: str) -> str:
    return f"{start[:-1]}\\{start[-1]}"


def to_jsonld(media_id: UUID, title: str, annotations: Sequence[Annotation]) -> str:
    """Return an AnnotationCollection whose only page contains all annotations."""
    source = f"urn:uuid:{media_id}"
    collection = {
        "@context": CONTEXT,
        "id": f"{source}#annotations",
        "type": "AnnotationCollection",
        "label": title,
        "total": len(annotations),
        "first": {
            "id": f"{source}#annotations-1",
            "type": "AnnotationPage",
            "startIndex": 0,
            "items": [_to_web_annotation(annotation, source) for annotation in annotations],
        },
    }
    return json.dumps(collection, ensure_ascii=False, indent=1) + "\n"


def _to_web_annotation(annotation: Annotation, source: str) -> dict[str, Any]:
    motivation = "bookmarking" if annotation.kind is AnnotationKind.BOOKMARK else "highlighting"
    bodies = [
        {"type": "TextualBody", "purpose": purpose, "format": "text/plain", "value": value}
        for purpose, value in (("commenting", annotation.note), ("tagging", annotation.colour))
        if value
    ]
    return {
        "id": f"urn:uuid:{annotation.id}",
        "type": "Annotation",
        "motivation": [motivation, "commenting"] if annotation.note else motivation,
        "created": _to_utc(annotation.created_at.isoformat()),
        "modified": _to_utc(annotation.updated_at.isoformat()),
        **({"body": bodies} if bodies else {}),
        "target": {"source": source, "selector": _to_selectors(annotation)},
    }


def _to_selectors(annotation: Annotation) -> list[dict[str, Any]]:
    selectors: list[dict[str, Any]] = []
    if annotation.quotation.exact:
        selectors.append({"type": "TextQuoteSelector", **annotation.quotation.model_dump()})
        if not annotation.detached:
            selectors.append({"type": "TextPositionSelector", "start": annotation.start, "end": annotation.end})
    if annotation.page is not None:
        page = {"type": "FragmentSelector", "conformsTo": PDF_FRAGMENTS, "value": f"page={annotation.page}"}
        selectors.append(page)
    return selectors


def _to_utc(time: str) -> str:
    return time.replace("+00:00", "Z")
