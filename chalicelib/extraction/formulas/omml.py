"""OMML → MathML: the equations of Word (ECMA-376, part 1, chapter 22.1) in the notation that the parser knows."""

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING

from chalicelib.formats.xml_events import attribute, local_name

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_DEPTH = 60  # of elements that nest: the parser of MathML takes 64 levels
MAX_OUTPUT_CHARACTERS = 200_000  # of MathML: each symbol takes 20

_TOKEN = re.compile(r"(?P<number>\d+(?:[.,]\d+)*)|(?P<letter>[^\W\d_])|(?P<operator>[^\s\w]|_)|(?P<other>\w)")
_WORD = re.compile(r"[A-Za-z]{2,}")
_FUNCTIONS = frozenset(
    [
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "arcsin",
        "arccos",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "coth",
        "log",
        "ln",
        "lg",
        "exp",
        "lim",
        "max",
        "min",
        "sup",
        "inf",
        "det",
        "dim",
        "ker",
        "deg",
        "arg",
        "gcd",
    ]
)
_PROPERTIES = re.compile(r"\w+Pr")


class OmmlError(ValueError):
    """Equation that is no XML, or nests too deeply."""


def to_mathml(source: str) -> str:
    """Return the MathML of an `oMath` or `oMathPara` element. Raises OmmlError."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(source, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise OmmlError("not XML") from None
    mathml = f"<math>{_content(root, 0)}</math>"
    if len(mathml) > MAX_OUTPUT_CHARACTERS:
        raise OmmlError("too long")
    return mathml


def _content(element: "Element", depth: int) -> str:
    return "".join(_convert(child, depth + 1) for child in element)


def _row(element: "Element | None", depth: int) -> str:
    """Return the content of an element as one row; an empty row if there is none."""
    return f"<mrow>{_content(element, depth) if element is not None else ''}</mrow>"


def _convert(element: "Element", depth: int) -> str:
    """Return an element in MathML. Of unknown ones, only the content counts; properties and deletions have none."""
    if depth > MAX_DEPTH:
        raise OmmlError("too deep")
    kind = local_name(element.tag)
    if kind == "r":
        return _run(element)
    if kind in {"del", "moveFrom"} or _PROPERTIES.fullmatch(kind):
        return ""
    convert = _CONVERTERS.get(kind)
    return convert(element, depth) if convert is not None else _content(element, depth)


def _child(element: "Element", kind: str) -> "Element | None":
    return next((child for child in element if local_name(child.tag) == kind), None)


def _children(element: "Element", kind: str) -> Iterator["Element"]:
    return (child for child in element if local_name(child.tag) == kind)


def _property(element: "Element", name: str, default: str) -> str:
    """Return the value of a property, such as `chr` in `accPr`. An empty value is a value."""
    for properties in element:
        if _PROPERTIES.fullmatch(local_name(properties.tag)):
            found = _child(properties, name)
            if found is not None:
                return attribute(found, "val")
    return default


def _is_on(element: "Element", name: str) -> bool:
    return _property(element, name, "off") in {"on", "1", "true", ""}


# ---- runs ----


def _run(element: "Element") -> str:
    text = "".join("".join(child.itertext()) for child in _children(element, "t"))
    properties = _child(element, "rPr")
    if properties is not None and _child(properties, "nor") is not None:
        return f"<mtext>{escape(text)}</mtext>"
    script = "" if properties is None else _script(properties)
    return "".join(_tokens(text.replace("&", ""), script))  # in a list of equations, & marks where they are aligned


def _script(properties: "Element") -> str:
    script = _child(properties, "scr")
    return ' mathvariant="double-struck"' if script is not None and attribute(script, "val") == "double-struck" else ""


def _tokens(text: str, variant: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        word = _WORD.match(text, position)
        if word is not None and word[0] in _FUNCTIONS:
            yield f"<mi>{word[0]}</mi>"
            position = word.end()
            continue
        token = _TOKEN.match(text, position)
        if token is None:
            position += 1
            continue
        position = token.end()
        if token["number"]:
            yield f"<mn>{token['number']}</mn>"
        elif token["operator"]:
            yield f"<mo>{escape(token['operator'])}</mo>"
        else:
            yield f"<mi{variant}>{escape(token[0])}</mi>"


# ---- structures ----


def _fraction(element: "Element", depth: int) -> str:
    numerator, denominator = _row(_child(element, "num"), depth), _row(_child(element, "den"), depth)
    kind = _property(element, "type", "bar")
    if kind == "lin":
        return f"{numerator}<mo>/</mo>{denominator}"
    thickness = ' linethickness="0"' if kind == "noBar" else ""
    return f"<mfrac{thickness}>{numerator}{denominator}</mfrac>"


def _with_children(tag: str, *kinds: str) -> Callable[["Element", int], str]:
    """Return a converter to an element of MathML with these parts in order."""

    def convert(element: "Element", depth: int) -> str:
        return f"<{tag}>{''.join(_row(_child(element, kind), depth) for kind in kinds)}</{tag}>"

    return convert


def _prescripts(element: "Element", depth: int) -> str:
    base, sub, sup = (_row(_child(element, kind), depth) for kind in ("e", "sub", "sup"))
    return f"<mmultiscripts>{base}<mprescripts/>{sub}{sup}</mmultiscripts>"


def _radical(element: "Element", depth: int) -> str:
    radicand, degree = _row(_child(element, "e"), depth), _row(_child(element, "deg"), depth)
    if _is_on(element, "degHide") or degree == "<mrow></mrow>":
        return f"<msqrt>{radicand}</msqrt>"
    return f"<mroot>{radicand}{degree}</mroot>"


def _nary(element: "Element", depth: int) -> str:
    sign = f"<mo>{escape(_property(element, 'chr', '∫'))}</mo>"
    sub = "" if _is_on(element, "subHide") else _row(_child(element, "sub"), depth)
    sup = "" if _is_on(element, "supHide") else _row(_child(element, "sup"), depth)
    sub, sup = (part if part != "<mrow></mrow>" else "" for part in (sub, sup))
    if sub and sup:
        sign = f"<munderover>{sign}{sub}{sup}</munderover>"
    elif sub or sup:
        tag = "munder" if sub else "mover"
        sign = f"<{tag}>{sign}{sub}{sup}</{tag}>"
    return f"<mrow>{sign}{_row(_child(element, 'e'), depth)}</mrow>"


def _delimiters(element: "Element", depth: int) -> str:
    opening, closing = _property(element, "begChr", "("), _property(element, "endChr", ")")
    separator = f"<mo>{escape(_property(element, 'sepChr', '|'))}</mo>"
    parts = separator.join(_content(part, depth) for part in _children(element, "e"))
    fences = [f"<mo>{escape(fence)}</mo>" if fence else "" for fence in (opening, closing)]
    return f"<mrow>{fences[0]}{parts}{fences[1]}</mrow>"


def _function(element: "Element", depth: int) -> str:
    return f"{_row(_child(element, 'fName'), depth)}{_row(_child(element, 'e'), depth)}"


def _matrix(element: "Element", depth: int) -> str:
    rows = (
        "".join(f"<mtd>{_content(cell, depth + 2)}</mtd>" for cell in _children(row, "e"))
        for row in _children(element, "mr")
    )
    return f"<mtable>{''.join(f'<mtr>{cells}</mtr>' for cells in rows)}</mtable>"


def _equation_array(element: "Element", depth: int) -> str:
    rows = "".join(f"<mtr><mtd>{_content(row, depth + 2)}</mtd></mtr>" for row in _children(element, "e"))
    return f'<mtable columnalign="left">{rows}</mtable>'


def _accent(element: "Element", depth: int) -> str:
    accent = escape(_property(element, "chr", "\u0302"))
    return f'<mover accent="true">{_row(_child(element, "e"), depth)}<mo>{accent}</mo></mover>'


def _bar(element: "Element", depth: int) -> str:
    base = _row(_child(element, "e"), depth)
    is_above = _property(element, "pos", "bot") == "top"
    return f"<mover>{base}<mo>¯</mo></mover>" if is_above else f"<munder>{base}<mo>_</mo></munder>"


def _group_character(element: "Element", depth: int) -> str:
    base, character = _row(_child(element, "e"), depth), escape(_property(element, "chr", "⏟"))
    tag = "mover" if _property(element, "pos", "bot") == "top" else "munder"
    return f"<{tag}>{base}<mo>{character}</mo></{tag}>"


def _limit(tag: str) -> Callable[["Element", int], str]:
    def convert(element: "Element", depth: int) -> str:
        base = _child(element, "e")
        content = _content(base, depth) if base is not None else "<mrow></mrow>"
        if content.count("<") > 2:  # more than one symbol
            content = f"<mrow>{content}</mrow>"
        return f"<{tag}>{content}{_row(_child(element, 'lim'), depth)}</{tag}>"

    return convert


_CONVERTERS: dict[str, Callable[["Element", int], str]] = {
    "f": _fraction,
    "sSup": _with_children("msup", "e", "sup"),
    "sSub": _with_children("msub", "e", "sub"),
    "sSubSup": _with_children("msubsup", "e", "sub", "sup"),
    "sPre": _prescripts,
    "rad": _radical,
    "nary": _nary,
    "d": _delimiters,
    "func": _function,
    "limLow": _limit("munder"),
    "limUpp": _limit("mover"),
    "m": _matrix,
    "eqArr": _equation_array,
    "acc": _accent,
    "bar": _bar,
    "groupChr": _group_character,
    "phant": lambda element, depth: (
        "" if _property(element, "show", "on") in {"off", "0"} else _content(element, depth)
    ),
}
