"""Exported annotations: Markdown that shows what was written, and W3C Web Annotations."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from markdown_it import MarkdownIt

from chalicelib.annotations import export
from chalicelib.annotations.model import Annotation, AnnotationKind, HighlightColour, QuotedText

MEDIA = UUID("0192a0b0-7c1e-7d6a-9a51-3b1f0c2d4e5f")
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def annotation(**values: Any) -> Annotation:
    defaults: dict[str, Any] = {
        "id": UUID(int=7),
        "created_at": AT,
        "updated_at": AT,
        "media_id": MEDIA,
        "media_title": "Light",
        "kind": AnnotationKind.HIGHLIGHT,
        "start": 4,
        "end": 12,
        "page": 3,
        "colour": HighlightColour.GREEN,
        "note": "Why?",
        "quotation": QuotedText(exact="the lamp", prefix="he trims ", suffix=" at dusk"),
        "detached": False,
    }
    return Annotation(**{**defaults, **values})


def test_markdown_has_the_passage_its_page_and_the_note() -> None:
    assert export.to_markdown(MEDIA, "Harbour", [annotation()]) == (
        "# Harbour\n\n**Highlight, green, page 3** (2026-01-02)\n\n> the lamp\n\nWhy?\n"
    )


def test_markdown_shows_every_sign_as_it_was_written() -> None:
    signs = "# one\n* two\n1. three\n<script>alert(1)</script> [a](b) `c` | ~d~ _e_\n+ f\n- g\n== h"
    html = MarkdownIt().render(export.to_markdown(MEDIA, "# T", [annotation(note=signs)]))
    assert "<script>" not in html
    assert not {"<li>", "<a ", "<code>", "<h2>", "<ul>", "<em>"} & {tag for tag in html.split() if tag.startswith("<")}
    for line in (
        "# one",
        "* two",
        "1. three",
        "&lt;script&gt;alert(1)&lt;/script&gt; [a](b) `c` | ~d~ _e_",
        "+ f",
        "- g",
        "== h",
    ):
        assert line in html
    assert html.count("<li>") == html.count("<a ") == html.count("<code>") == 0


def test_an_annotation_is_a_web_annotation_with_selectors() -> None:
    collection = json.loads(export.to_jsonld(MEDIA, "Harbour", [annotation()]))
    assert collection["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert (collection["type"], collection["first"]["type"]) == ("AnnotationCollection", "AnnotationPage")
    (item,) = collection["first"]["items"]
    assert item == {
        "id": f"urn:uuid:{UUID(int=7)}",
        "type": "Annotation",
        "motivation": ["highlighting", "commenting"],
        "created": "2026-01-02T03:04:05Z",
        "modified": "2026-01-02T03:04:05Z",
        "body": [
            {"type": "TextualBody", "purpose": "commenting", "format": "text/plain", "value": "Why?"},
            {"type": "TextualBody", "purpose": "tagging", "format": "text/plain", "value": "green"},
        ],
        "target": {
            "source": f"urn:uuid:{MEDIA}",
            "selector": [
                {"type": "TextQuoteSelector", "exact": "the lamp", "prefix": "he trims ", "suffix": " at dusk"},
                {"type": "TextPositionSelector", "start": 4, "end": 12},
                {
                    "type": "FragmentSelector",
                    "conformsTo": "http://tools.ietf.org/rfc/rfc3778",
                    "value": "page=3",
                },
            ],
        },
    }


def test_a_detached_bookmark_has_its_quote_and_no_position() -> None:
    bookmark = annotation(kind=AnnotationKind.BOOKMARK, colour=None, note=None, detached=True, page=None)
    (item,) = json.loads(export.to_jsonld(MEDIA, "Harbour", [bookmark]))["first"]["items"]
    assert (item["motivation"], "body" in item) == ("bookmarking", False)
    assert [selector["type"] for selector in item["target"]["selector"]] == ["TextQuoteSelector"]
