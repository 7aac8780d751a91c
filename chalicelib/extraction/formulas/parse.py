"""LaTeX or MathML → expression. mathra parses the notation; this module matches the fences in what it returns."""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

import mathra

from chalicelib.extraction.formulas.expression import (
    Accented,
    Fraction,
    Group,
    Item,
    Labelled,
    Root,
    Row,
    Scripts,
    Symbol,
    SymbolKind,
    Table,
    is_operator,
)
from chalicelib.extraction.formulas.notation import Notation

MAX_ITEMS = 5_000  # of a formula: a page full of symbols has 2,000
MAX_DEPTH = 80  # mathra's own limit is 64 levels; fences add to it

OPENING, CLOSING, BARS = "([{⟨⌊⌈⟦", ")]}⟩⌋⌉⟧", "|‖∣∥"
PAUSE = Symbol(SymbolKind.OPERATOR, ",")
_COMMA_IN_NUMBER = Symbol(SymbolKind.OPERATOR, "{,}")
_WIDE_SPACE_EM = 1.0  # \quad
_UNDERLINE = "_"
_OVERLINE = "‾"

# Names as siunitx has them, with their prefixes apart.
UNIT_SYMBOLS = {
    "m": "meter", "km": "kilo meter", "cm": "centi meter", "mm": "milli meter", "µm": "micro meter", "nm": "nano meter",
    "g": "gram", "kg": "kilo gram", "mg": "milli gram", "t": "tonne", "s": "second", "ms": "milli second", "min": "minute",
    "h": "hour", "N": "newton", "kN": "kilo newton", "J": "joule", "kJ": "kilo joule", "W": "watt", "kW": "kilo watt",
    "V": "volt", "kV": "kilo volt", "A": "ampere", "mA": "milli ampere", "K": "kelvin", "Pa": "pascal", "kPa": "kilo pascal",
    "hPa": "hecto pascal", "Hz": "hertz", "kHz": "kilo hertz", "MHz": "mega hertz", "GHz": "giga hertz", "mol": "mole",
    "l": "liter", "L": "liter", "ml": "milli liter", "mL": "milli liter", "Ω": "ohm", "eV": "electronvolt", "T": "tesla",
    "C": "coulomb", "F": "farad", "lx": "lux", "Bq": "becquerel", "Sv": "sievert", "ha": "hectare",
}  # fmt: skip

# LaTeX that mathra takes letter by letter, or does not know.
_WORD_IN_STYLE = re.compile(r"\\(?:mathrm|mathit|mathsf|mathtt|mathnormal)\s*\{([A-Za-z]{2,40})\}( ?\()?")
_SET_MACRO = re.compile(r"\\([RNZQC])(?![A-Za-z])")
_IGNORED_COMMAND = re.compile(r"\\(?:nonumber|notag|limits|nolimits|displaylimits|centering|noindent)(?![A-Za-z])")
_NUMBER_WITH_COMMA = re.compile(r"(\\\{|[(\[,])?(?<!\d)(\d{1,20}),(\d{1,20})(?!\d)(\\\}|[)\],])?")
_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|apos);|#)\w{2,40};")
_CHARGE = re.compile(r"(\d{0,2})([+−-])")  # of an ion
_WITH_POWER = re.compile(r"([^\W\d_]{1,10})([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,5})")
_THREE_DIGITS = re.compile(r"\d{3}")


class FormulaError(ValueError):
    """Formula that cannot be parsed, or that is too large."""


def parse(source: str, notation: Notation, *, has_decimal_commas: bool = False, is_chemistry: bool = False) -> Row:
    """Return the expression of a formula in LaTeX or MathML. Raises FormulaError.

    `has_decimal_commas`: a comma between two digits belongs to a number. `is_chemistry`: letters behind numbers are
    elements, not units.
    """
    if notation is Notation.LATEX:
        source = _WORD_IN_STYLE.sub(_word, source)
        source = _IGNORED_COMMAND.sub(" ", _SET_MACRO.sub(r"\\mathbb{\1}", source))
        if has_decimal_commas:
            source = _NUMBER_WITH_COMMA.sub(_decimal, source)
    else:
        source = _ENTITY.sub(lambda entity: html.escape(html.unescape(entity[0])), source)
    try:
        tree = json.loads(mathra.tex_to_tree(source, input=notation.value))
    except (ValueError, RecursionError) as error:
        raise FormulaError(str(error)) from None
    return _Builder(is_chemistry=is_chemistry).row(tree)


def _word(match: re.Match[str]) -> str:
    """Return a word in a style as text, or as a function if its arguments follow."""
    word, arguments = match.groups()
    return f"\\operatorname{{{word}}}{arguments}" if arguments else f"\\text{{{word}}}"


def _decimal(match: re.Match[str]) -> str:
    """Return a number with its comma in braces, unless it is a list: "[0,1]"."""
    before, whole, part, after = match.groups()
    return match[0] if before and after else f"{before or ''}{whole}{{,}}{part}{after or ''}"


class _Builder:
    """Builds an expression from mathra's tree, up to MAX_ITEMS."""

    def __init__(self, *, is_chemistry: bool) -> None:
        self._is_chemistry = is_chemistry
        self._items = 0
        self._depth = 0

    def row(self, node: Any) -> Row:
        """Return a node of any type as a row."""
        if node is None:
            return ()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FormulaError("too deep")
        row = _join_numbers(_match_fences(tuple(self._flat(node))))
        if not self._is_chemistry:
            row = _mark_units(row)
        self._depth -= 1
        return row

    def _flat(self, node: dict[str, Any]) -> Iterator[Item]:
        """Yield the items of a node: rows, colours and styles are no items."""
        self._items += 1
        if self._items > MAX_ITEMS:
            raise FormulaError("too long")
        kind = node.get("type")
        if kind == "row":
            for child in node["children"]:
                yield from self._flat(child)
        elif kind in {"colored", "style", "forced-class", "framed", "canceled"}:
            yield from self._flat(node["base"])
        elif kind == "space":
            if node.get("em", 0) >= _WIDE_SPACE_EM:
                yield PAUSE
        elif kind == "text":
            for part in node["parts"]:
                if part.get("type") == "text":
                    yield from _text(part["value"])
                elif isinstance(part.get("value"), dict):
                    yield from self._flat(part["value"])
        elif kind == "phantom":
            return
        else:
            yield from self._item(str(kind), node)

    def _item(self, kind: str, node: dict[str, Any]) -> Iterator[Item]:
        if kind in {"identifier", "function"} and (power := _WITH_POWER.fullmatch(node["name"])):
            exponent = Symbol(SymbolKind.NUMBER, unicodedata.normalize("NFKC", power[2]))
            yield Scripts((Symbol(SymbolKind.IDENTIFIER, power[1]),), (), (exponent,))
        elif kind in {"identifier", "number", "function", "operator", "large-operator", "fixed-delimiter"}:
            yield _token(kind, node)
        elif kind == "scripts":
            base, sub, sup = self.row(node["base"]), self.row(node.get("sub")), self.row(node.get("sup"))
            is_bar = len(sup) == 1 and is_operator(sup[0], _OVERLINE) and not sub
            yield Accented(base, _OVERLINE) if is_bar else Scripts(base, sub, sup)
        elif kind == "fraction":
            yield Fraction(self.row(node["num"]), self.row(node["den"]), node.get("rule", True) is not False)
        elif kind == "root":
            yield Root(self.row(node["radicand"]), self.row(node.get("index")))
        elif kind == "accent":
            yield Accented(self.row(node["base"]), node["accent"])
        elif kind == "bar":
            yield Accented(self.row(node["base"]), _OVERLINE if node.get("above") else _UNDERLINE)
        elif kind == "delimited":
            yield self._delimited(node)
        elif kind in {"stacked", "brace", "arrow"}:
            yield self._labelled(node)
        elif kind == "table":
            yield Table(str(node.get("shape", "")), tuple(tuple(map(self.row, cells)) for cells in node["rows"]))
        elif kind == "quantity":
            yield from self._flat(node["unit"])
        elif kind == "unit":
            yield Symbol(SymbolKind.UNIT, f"{node.get('prefix', '')} {node['name']}".strip())
        else:
            raise FormulaError(f"unknown: {kind}")  # diagrams and structures of molecules

    def _delimited(self, node: dict[str, Any]) -> Group:
        parts = [self.row(part) for part in node["parts"]]
        content = parts[0] if parts else ()
        for separator, part in zip(node.get("middles", ()), parts[1:], strict=False):
            content += (Symbol(SymbolKind.OPERATOR, separator), *part)
        return Group(node.get("open") or "", node.get("close") or "", content)

    def _labelled(self, node: dict[str, Any]) -> Labelled:
        base = node.get("base") or {"type": "operator", "symbol": node.get("symbol", "")}
        above, below = node.get("above"), node.get("below")
        if node["type"] == "brace":
            label = node.get("label")
            above, below = (label, None) if above else (None, label)
        return Labelled(self.row(base), self.row(above), self.row(below))


def _text(value: str) -> Iterator[Item]:
    text = value.strip().removeprefix("\\")
    if charge := _CHARGE.fullmatch(text):
        if charge[1]:
            yield Symbol(SymbolKind.NUMBER, charge[1])
        yield Symbol(SymbolKind.OPERATOR, charge[2])
    elif text.isdecimal():
        yield Symbol(SymbolKind.NUMBER, text)
    elif text:
        yield Symbol(SymbolKind.TEXT, text)


def _token(kind: str, node: dict[str, Any]) -> Symbol:
    if kind == "identifier":
        variant = node.get("variant")
        return Symbol(SymbolKind.IDENTIFIER, node["name"], variant == "double-struck", variant == "upright")
    if kind == "number":
        return Symbol(SymbolKind.NUMBER, node["value"])
    if kind == "function":
        return Symbol(SymbolKind.FUNCTION, node["name"])
    is_in_number = node["symbol"] == "," and node.get("class") == "ord"
    return _COMMA_IN_NUMBER if is_in_number else Symbol(SymbolKind.OPERATOR, node["symbol"])


# ---- fences ----


def _match_fences(items: Row) -> Row:
    """Return the row with groups in place of matching fences. Fences that match none stay operators."""
    stack: list[tuple[str, list[Item]]] = [("", [])]  # opening fence, and the items since
    last_angle = max((index for index, item in enumerate(items) if _fence(item)[0] == "⟩"), default=-1)
    for index, item in enumerate(items):
        fence, scripts = _fence(item)
        opened = stack[-1][0]
        if fence and _closes(opened, fence, is_last_angle=index > last_angle, expects_operand=_expects_operand(stack)):
            _close(stack, fence, scripts)
        elif fence and scripts is None and (fence in OPENING or (fence in "|‖" and _expects_operand(stack))):
            stack.append((fence, []))
        else:
            stack[-1][1].append(item)
        if len(stack) > MAX_DEPTH:
            raise FormulaError("too deep")
    while len(stack) > 1:  # never closed
        opening, content = stack.pop()
        stack[-1][1].extend((Symbol(SymbolKind.OPERATOR, opening), *content))
    return tuple(stack[0][1])


def _closes(opened: str, fence: str, *, is_last_angle: bool, expects_operand: bool) -> bool:
    """Return True if the fence closes the group that is open. Half-open intervals are in a parenthesis and a bracket."""
    if fence in BARS:
        if opened == "⟨":
            return is_last_angle
        return opened != "" and fence in {opened, _OTHER_BARS.get(opened)} and not expects_operand
    if opened in {"(", "["}:
        return fence in ")]"
    if opened == "|" and fence == "⟩":
        return True
    return opened != "" and fence in CLOSING and OPENING.find(opened) == CLOSING.find(fence)


_OTHER_BARS = {"|": "∣", "‖": "∥"}


def _fence(item: Item) -> tuple[str, Scripts | None]:
    """Return the symbol of an operator, also of one that has scripts."""
    if isinstance(item, Scripts) and len(item.base) == 1 and is_operator(item.base[0], CLOSING + BARS):
        base = item.base[0]
        return (base.text if isinstance(base, Symbol) else ""), item
    if isinstance(item, Symbol) and item.kind is SymbolKind.OPERATOR and len(item.text) == 1:
        return item.text, None
    return "", None


def _close(stack: list[tuple[str, list[Item]]], fence: str, scripts: Scripts | None) -> None:
    opening, content = stack.pop()
    group = Group(opening, "|" if fence == "∣" else fence, _join_numbers(tuple(content)))
    stack[-1][1].append(group if scripts is None else Scripts((group,), scripts.sub, scripts.sup))


def _expects_operand(stack: list[tuple[str, list[Item]]]) -> bool:
    """Return True at the start of a row, and behind an operator other than a postfix one."""
    content = stack[-1][1]
    last = content[-1] if content else None
    return last is None or (
        isinstance(last, Symbol)
        and (
            last.kind is SymbolKind.FUNCTION or (last.kind is SymbolKind.OPERATOR and last.text not in "!%°′″‴∞∅ℏℓ∂∇…")
        )
    )


# ---- numbers ----


def _join_numbers(items: Iterable[Item]) -> Row:
    """Return the row with numbers that are written in parts as one: "3{,}14", "10\\,000"."""
    joined: list[Item] = []
    for item in items:
        number = _number(item)
        if number and len(joined) > 1 and joined[-1] == _COMMA_IN_NUMBER and _number(joined[-2]):
            joined[-2:] = [Symbol(SymbolKind.NUMBER, f"{_number(joined[-2])},{number}")]
        elif number and len(joined) > 1 and is_operator(joined[-1], ".") and _number(joined[-2]).isdigit():
            joined[-2:] = [Symbol(SymbolKind.NUMBER, f"{_number(joined[-2])}.{number}")]
        elif number and joined and _number(joined[-1]).isdigit() and _THREE_DIGITS.fullmatch(number):
            joined[-1] = Symbol(SymbolKind.NUMBER, _number(joined[-1]) + number)
        else:
            joined.append(item)
    return _slashed_numbers([PAUSE if item == _COMMA_IN_NUMBER else item for item in joined])


def _slashed_numbers(items: list[Item]) -> Row:
    """Return the row with fractions in place of two numbers with a slash: "1/2"."""
    row: list[Item] = []
    for index, item in enumerate(items):
        is_chain = is_operator(items[index + 1] if index + 1 < len(items) else None, "/")
        if _number(item) and len(row) > 1 and is_operator(row[-1], "/") and _number(row[-2]) and not is_chain:
            row[-2:] = [Fraction((row[-2],), (item,))]
        else:
            row.append(item)
    return tuple(row)


def _mark_units(items: Row) -> Row:
    """Return the row with units in place of their symbols behind a number: "5 kg", "9.81 m/s^2"."""
    row: list[Item] = []
    is_quantity = False
    for index, item in enumerate(items):
        unit = _unit(item) if is_quantity else None
        joins_units = is_operator(item, "/·⋅") and index + 1 < len(items) and _unit(items[index + 1]) is not None
        is_quantity = bool(_number(item)) or unit is not None or (is_quantity and joins_units)
        row.append(unit or item)
    return tuple(row)


def _unit(item: Item) -> Item | None:
    """Return the unit that a symbol in upright type, also with an exponent, stands for."""
    if isinstance(item, Scripts) and len(item.base) == 1 and not item.sub:
        unit = _unit(item.base[0])
        return Scripts((unit,), (), item.sup) if unit is not None else None
    if not isinstance(item, Symbol) or not (
        item.is_upright or item.kind in {SymbolKind.TEXT, SymbolKind.FUNCTION, SymbolKind.UNIT}
    ):
        return None
    name = item.text if item.kind is SymbolKind.UNIT else UNIT_SYMBOLS.get(item.text)
    return Symbol(SymbolKind.UNIT, name) if name else None


def _number(item: Item) -> str:
    return item.text if isinstance(item, Symbol) and item.kind is SymbolKind.NUMBER else ""
