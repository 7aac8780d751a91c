"""The depth of markup, as browsers nest it."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from chalicelib.formats import markup_depth

OLD_PAGES = {
    "anchors that stay open": b"<a name=x>words " * 999,
    "paragraphs and fonts that stay open": b"<p><font>words " * 9_000,
    "cells that stay open": b"<table>" + b"<tr><td><font>words " * 9_000,
    "list items that stay open": b"<ul>" + b"<li><b>words " * 9_000,
    "tags in a comment": b"<!--" + b"<div>" * 999 + b"-->",
    "a comment that stays open": b"<!--" + b"<div>" * 999,
    "tags in a script": b"<script>" + b"'<div>'" * 999 + b"</script>",
    "SVG pictures with many paths": b"<svg>" + b"<path d='' />" * 5_000 + b"</svg>",
    "exactly as deep as browsers nest": b"<div>" * 512,
}


@pytest.mark.parametrize("content", OLD_PAGES.values(), ids=OLD_PAGES.keys())
def test_pages_with_unclosed_elements_do_not_count_as_deeply_nested(content: bytes) -> None:
    assert not markup_depth.is_too_complex(content)


# Elements that parsers treat in ways of their own, and what hides or fakes a tag.
TAGS = [
    "div", "p", "b", "i", "font", "table", "tr", "td", "th", "tbody", "caption", "li",
    "ul", "dl", "dd", "span", "a", "h1", "form", "button", "select", "option", "svg", "math",
    "mi", "desc", "foreignobject", "title", "style", "script", "iframe", "textarea", "section", "em", "template", "object",
    "x-y", "nobr", "details",
]  # fmt: skip
FRAGMENTS = [
    *(f"<{tag}>" for tag in TAGS), *(f"</{tag}>" for tag in TAGS), *(f"<{tag}/>" for tag in TAGS),
    '<div a="<">', "<b id=1>", "<b id=2>", "<!--", "-->", "--!>", "<!-->", "<!x", "<?", ">", '"', "'", "=", " ",
    "<![CDATA[", "]]>", "</", "<", "/", "x",
]  # fmt: skip


def parsed_depth(page: str) -> int:
    """Return how deep the parser nests elements below the body."""
    body = LexborHTMLParser(page).body
    node: Any = body.first_child if body is not None else None
    depth = deepest = 0
    ancestors: list[Any] = []
    while node is not None or ancestors:
        if node is None:
            node = ancestors.pop()
            depth -= not node.tag.startswith("-")
            node = node.next
            continue
        depth += not node.tag.startswith("-")
        deepest = max(deepest, depth)
        ancestors.append(node)
        node = node.first_child
    return deepest


@settings(max_examples=300, deadline=None)
@given(unit=st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=7).map("".join))
@example(unit="<div><table><td></div>")
@example(unit="<b><div></b>")
@example(unit='<div x="<">')
@example(unit="<div><!x</div>")
@example(unit="<div><iframe></div></iframe>")
@example(unit="<p><b id=1></p><p><b id=2></p>")
@example(unit="<li><section>")
@example(unit="<b><b></button><button/>")
@example(unit="<b><b></span><span>")
@example(unit="<!--><div>")
def test_no_markup_nests_deeper_than_counted(unit: str) -> None:
    depth = parsed_depth(unit * 25)
    # Some elements are not counted: those that a parser adds (<tbody>), and links.
    if depth > 40:
        assert counts_more_than(depth // 4, unit * 25)


def counts_more_than(depth: int, page: str) -> bool:
    elements = unclosed_padding(markup_depth.MAX_DEPTH - depth)
    return markup_depth.is_too_complex((elements + page).encode())


def unclosed_padding(depth: int) -> str:
    """Return elements that no fragment closes."""
    return "".join(f"<pad-{number}>" for number in range(depth))


def test_an_element_with_thousands_of_attributes_is_refused() -> None:
    page = "<p " + " ".join(f"a{number}='b'" for number in range(markup_depth.MAX_ATTRIBUTES + 1)) + ">"
    assert markup_depth.is_too_complex(page.encode())
    assert not markup_depth.is_too_complex(f'<p title="{"word " * 5_000}">'.encode())


def test_formatting_that_is_opened_again_in_every_paragraph_counts() -> None:
    pages = ["".join(f"<p><b id={number}>words</p>" for number in range(count)) for count in (100, 600)]
    assert [markup_depth.is_too_complex(page.encode()) for page in pages] == [False, True]


def test_elements_of_xhtml_may_close_themselves() -> None:
    assert not markup_depth.is_too_complex(b"<p>" + b"<span/>" * 999, is_xhtml=True)
    assert markup_depth.is_too_complex(b"<p>" + b"<span/>" * 999)
