"""The depth of markup, as browsers nest it."""

import pytest

from chalicelib.inspection.documents import markup

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
    assert not markup.nests_too_deep(content)
