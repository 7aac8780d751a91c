"""Formulas in HTML: MathML, and the LaTeX that scripts and converters leave in a page."""

import re
from dataclasses import dataclass
from typing import Any

from chalicelib.extraction import html_roles
from chalicelib.extraction.display import mathml
from chalicelib.extraction.formulas.notation import Notation
from chalicelib.extraction.html_roles import Attributes, Role

_LATEX = re.compile(r"[\\^_{}$]")

Node = Any


@dataclass(frozen=True, slots=True)
class FormulaElement:
    """Formula of an element. `is_block`: displayed on lines of its own."""

    source: str
    notation: Notation
    is_block: bool
    mathml: str = ""  # written anew


def find(node: Node, tag: str, role: Role, attributes: Attributes) -> FormulaElement | None:
    """Return the formula that an element is: MathML, or MathML or LaTeX in an element that a converter marks."""
    if tag not in {"math", "mjx-container"} and (Role.FORMULA not in role or tag == "img"):
        return None
    math = node if tag == "math" else node.css_first("math")
    if math is not None:
        return FormulaElement(
            math.html, Notation.MATHML, "block" in (math.attributes.get("display") or ""), mathml.rewrite(math)
        )
    picture = node.css_first("img[alt]")
    if picture is not None and Role.SILENT in html_roles.roles(picture.attributes, is_book=False):
        return FormulaElement(picture.attributes["alt"] or "", Notation.LATEX, is_block=False)
    text = node.text()
    if tag == "mjx-container" or not _LATEX.search(text):
        return None
    return FormulaElement(text, Notation.LATEX, "display" in (attributes.get("class") or ""))


def find_in_script(node: Node, tag: str, attributes: Attributes) -> FormulaElement | None:
    """Return the LaTeX that MathJax keeps in a script."""
    media_type = attributes.get("type") or ""
    if tag != "script" or not media_type.startswith("math/tex"):
        return None
    return FormulaElement(node.text(), Notation.LATEX, "display" in media_type)
