"""Preformatted elements of HTML: code as code, prose as paragraphs."""

import re
from typing import Any

from chalicelib.extraction import preformatted
from chalicelib.extraction.html_blocks import BlockWriter, Context
from chalicelib.extraction.inline import LINE_BREAK

_CODE_LANGUAGE = re.compile(r"(?:language|lang|highlight|brush:)-?([\w+#-]{1,20})")

Node = Any


def add(writer: BlockWriter, node: Node, context: Context) -> None:
    """Add code with its lines, and prose as paragraphs; verse is never code."""
    text, structure = node.text(), writer.builder.structure
    if writer.cell is not None:
        _add_text(writer, text, context)
    elif not context.is_verse and preformatted.looks_like_code(text, _code_language(node)):
        structure.open(("pre", {}), ("code", {}))
        writer.add_code(text)
        structure.close()
    else:
        for lines in preformatted.paragraphs(text):
            _add_text(writer, LINE_BREAK.join(lines), context)
            writer.flush(context)


def _add_text(writer: BlockWriter, text: str, context: Context) -> None:
    writer.source = (writer.builder.structure.add_text(text),)
    writer.add_text(text, context)
    writer.source = ()


def _code_language(node: Node) -> str:
    for element in (node, node.css_first("code")):
        match = _CODE_LANGUAGE.search((element.attributes.get("class") or "") if element is not None else "")
        if match:
            return match[1]
    return ""
