"""Extracted texts, made without a file."""

import re

from chalicelib.extraction.model import BlockKind, BlockSpan, ExtractedText, PageSpan


def plain_text(text: str, *, language: str = "en") -> ExtractedText:
    """Return a text of one page, whose blocks are its paragraphs."""
    blocks = [BlockSpan(BlockKind.PARAGRAPH, *block.span()) for block in re.finditer(r"(?s)[^\n].*?(?=\n\n|\Z)", text)]
    return ExtractedText(
        text, (PageSpan(1, 0, len(text)),), (), language, len(text.split()), warning=None, blocks=tuple(blocks)
    )
