"""Expressions: a formula as a tree of its parts."""

from dataclasses import dataclass
from enum import Enum, auto


class SymbolKind(Enum):
    NUMBER = auto()
    IDENTIFIER = auto()
    FUNCTION = auto()  # written as a word: sin, log, rank
    OPERATOR = auto()
    TEXT = auto()
    UNIT = auto()


@dataclass(frozen=True, slots=True)
class Symbol:
    """Symbol or word. `is_blackboard`: an identifier in double-struck type, as for the sets of numbers.

    `is_upright`: an identifier in upright type, as for units.
    """

    kind: SymbolKind
    text: str
    is_blackboard: bool = False
    is_upright: bool = False


@dataclass(frozen=True, slots=True)
class Scripts:
    """Base with a subscript, a superscript or both. Of scripts before a symbol, the base is empty."""

    base: "Row"
    sub: "Row"
    sup: "Row"


@dataclass(frozen=True, slots=True)
class Fraction:
    """`has_bar` is False for binomial coefficients."""

    numerator: "Row"
    denominator: "Row"
    has_bar: bool = True


@dataclass(frozen=True, slots=True)
class Root:
    """`index` is empty for a square root."""

    radicand: "Row"
    index: "Row"


@dataclass(frozen=True, slots=True)
class Accented:
    """Base with a mark above it, or a line below."""

    base: "Row"
    accent: str


@dataclass(frozen=True, slots=True)
class Group:
    """Row between two fences. Either fence may be empty."""

    opening: str
    closing: str
    content: "Row"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Base, or an arrow, with something written above or below it."""

    base: "Row"
    above: "Row"
    below: "Row"


@dataclass(frozen=True, slots=True)
class Table:
    """Matrix, cases or lines of a calculation. `shape` is mathra's: "p-matrix", "cases", "aligned", "array"."""

    shape: str
    rows: tuple[tuple["Row", ...], ...]


Item = Symbol | Scripts | Fraction | Root | Accented | Group | Labelled | Table
Row = tuple[Item, ...]


def is_operator(item: Item | None, symbols: str) -> bool:
    """Return True if the item is one of these operators."""
    return isinstance(item, Symbol) and item.kind is SymbolKind.OPERATOR and item.text in symbols and item.text != ""


def is_number(item: Item | None) -> bool:
    return isinstance(item, Symbol) and item.kind is SymbolKind.NUMBER


def is_identifier(item: Item | None) -> bool:
    return isinstance(item, Symbol) and item.kind is SymbolKind.IDENTIFIER


def split(row: Row, symbols: str) -> list[Row]:
    """Return the parts of a row between these operators."""
    parts: list[list[Item]] = [[]]
    for item in row:
        if is_operator(item, symbols):
            parts.append([])
        else:
            parts[-1].append(item)
    return [tuple(part) for part in parts]
