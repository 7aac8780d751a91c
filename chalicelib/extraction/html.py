"""HTML → blocks: the text of a page, without the navigation and controls around it."""

from pathlib import Path
from typing import Any

from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.html_extractor import HtmlTextExtractor, Profile
from chalicelib.extraction.html_notes import NoteLinks, resolve_in_page
from chalicelib.extraction.html_parser import declared_language, parse_body
from chalicelib.formats.charset import decode_markup

MIN_ARTICLE_SHARE = 0.6  # of a page's text; an article with less is one of several

Node = Any


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the text of the article, otherwise of the main part, otherwise of the page. The rest is left out."""
    builder = BlockBuilder(limit)
    body = parse_body(decode_markup(path.read_bytes()))
    if body is not None:
        builder.language = declared_language(body)
        extract_page(body, builder)
    return builder


def extract_page(body: Node, builder: BlockBuilder) -> None:
    """Add the text of a page to the builder."""
    links = NoteLinks()
    links.collect(body, "", resolve_in_page, is_book=False)
    main = _main_part(body)
    profile = Profile(links=links, main=main.mem_id if main.mem_id != body.mem_id else None)
    extractor = HtmlTextExtractor(builder, profile)
    extractor.extract(body)
    builder.structure.anchors |= {("", fragment): index for fragment, index in extractor.anchors.items()}


def _main_part(body: Node) -> Node:
    main = body.css_first("main, [role=main]") or body
    inner = {article.mem_id for article in main.css("article article")}  # never longer than the one around them
    articles = [(len(article.text()), article) for article in main.css("article") if article.mem_id not in inner]
    if articles:
        length, longest = max(articles, key=lambda article: article[0])
        if length >= MIN_ARTICLE_SHARE * len(main.text()):
            return longest
    return main
