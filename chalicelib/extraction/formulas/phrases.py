"""Words for the parts of a row: symbols, fractions, roots, accents, what stands between fences, matrices."""

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.extraction.formulas import shape
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
    is_identifier,
    is_operator,
    split,
)
from chalicelib.extraction.formulas.words import GREEK_LETTERS, Words

if TYPE_CHECKING:
    from chalicelib.extraction.formulas.speaker import Speaker

_GREEK_VARIANTS = {"ϵ": "ε", "ϑ": "θ", "ϰ": "κ", "ϖ": "π", "ϱ": "ρ", "ϕ": "φ"}
_DOUBLE_STRUCK = {"ℝ": "R", "ℕ": "N", "ℤ": "Z", "ℚ": "Q", "ℂ": "C", "ℙ": "P", "ℍ": "H"}
_VECTOR_ACCENTS = "\u20d7→⇀\u20d1"
_MATRIX_SHAPES = frozenset({"matrix", "p-matrix", "b-matrix", "B-matrix", "small-matrix"})
_DETERMINANT_SHAPES = frozenset({"v-matrix", "V-matrix"})
_LINES_OF_CALCULATION = frozenset({"aligned", "centered", "substack"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words for an operand. `is_open`: what follows could be heard as a part of it; `ending` says where it ends.

    `is_list`: so could a relation.
    """

    text: str
    is_open: bool = False
    ending: str = ""
    is_list: bool = False


def symbol(speaker: "Speaker", item: Symbol) -> str:
    words = speaker.words
    if item.kind is SymbolKind.NUMBER:
        return item.text.replace(".", words.decimal_separator)
    if item.kind is SymbolKind.UNIT:
        return unit(words, item.text)
    if item.kind is SymbolKind.FUNCTION:
        return words.functions.get(item.text) or letter(words, item.text)
    if item.kind is SymbolKind.OPERATOR:
        return speaker.symbol(item.text)
    if name := number_set(words, item):
        return words.number_set.format(name)
    return letter(words, item.text)


def letter(words: Words, text: str) -> str:
    """Return a letter, with the name of a Greek one. Capital letters keep their capital."""
    plain = _DOUBLE_STRUCK.get(text) or unicodedata.normalize("NFKC", _GREEK_VARIANTS.get(text, text))
    name = words.greek.get(plain.lower())
    if name is None:
        return plain
    return name if plain in GREEK_LETTERS else name[:1].upper() + name[1:]


def unit(words: Words, text: str) -> str:
    *prefixes, name = text.split()
    prefix = "".join(words.unit_prefixes.get(part, part) for part in prefixes)
    base = words.units.get(name, name)
    return f"{prefix}{base.lower() if prefix else base}"


def name_of(symbol: str) -> str:
    """Return the name that Unicode gives a symbol, or the symbol itself."""
    return unicodedata.name(symbol, symbol).lower() if len(symbol) == 1 else symbol


def number_set(words: Words, item: Item | None) -> str:
    """Return the name of a set of numbers, such as "real numbers", also with the scripts for parts of it; else ""."""
    if isinstance(item, Scripts):
        base = item.base[0] if len(item.base) == 1 else None
        name = number_set(words, base) if isinstance(base, Symbol) else ""
        signs = (item.sub, item.sup)
        has_plus = any(len(sign) == 1 and is_operator(sign[0], "+") for sign in signs)
        has_zero = any(shape.whole_number(sign) == 0 for sign in signs)
        if not name or not (has_plus or has_zero) or ((has_plus and has_zero) is False and () not in signs):
            return ""
        return (words.nonnegative if has_plus and has_zero else words.positive if has_plus else words.with_zero).format(
            name
        )
    if not isinstance(item, Symbol) or item.kind is not SymbolKind.IDENTIFIER:
        return ""
    plain = _DOUBLE_STRUCK.get(item.text) or (item.text if item.is_blackboard else "")
    return words.number_sets.get(plain, "")


# ---- fractions and roots ----


def fraction(speaker: "Speaker", item: Fraction) -> Phrase:
    words = speaker.words
    numerals = shape.numerals(item)
    if numerals and (short := words.simple_fraction(*numerals)):
        return Phrase(short)
    numerator, denominator = speaker.row(item.numerator), speaker.row(item.denominator)
    if not item.has_bar:
        return Phrase(words.choose.format(numerator, denominator))
    if _is_derivative(item):
        return Phrase(words.by_derivative.format(numerator, denominator))
    if shape.is_simple(item.numerator) and shape.is_simple(item.denominator):
        comma = "," if _ends_open(item.numerator) else ""
        return Phrase(words.over.format(numerator + comma, denominator), is_open=len(item.denominator) > 1)
    return Phrase(words.any_fraction.format(numerator, denominator), is_open=True)


def _ends_open(row: Row) -> bool:
    """Return True for a row whose end would be heard to go on: "the square root of 2, over 2"."""
    return isinstance(row[-1], Root) or any(isinstance(item, Scripts) and len(item.sup) > 1 for item in row)


def _is_derivative(item: Fraction) -> bool:
    return _begins_with_d(item.numerator) and _begins_with_d(item.denominator) and len(item.denominator) > 1


def is_differential_operator(item: Fraction) -> bool:
    """Return True for d/dx, which is applied to what follows."""
    return _is_derivative(item) and len(item.numerator) == 1


def _begins_with_d(row: Row) -> bool:
    first: Item | None = row[0] if row else None
    if isinstance(first, Scripts) and len(first.base) == 1:
        first = first.base[0]
    return is_operator(first, "∂") or (isinstance(first, Symbol) and is_identifier(first) and first.text == "d")


def root(speaker: "Speaker", item: Root) -> Phrase:
    words = speaker.words
    radicand = speaker.row(item.radicand)
    if item.index:
        index = shape.whole_number(item.index)
        ordinal = words.ordinal(str(index) if index is not None else speaker.row(item.index))
        text = words.any_root.format("cube" if ordinal == "third" else ordinal, radicand)
    else:
        text = words.square_root.format(radicand)
    return Phrase(text, is_open=True, ending="" if shape.is_simple(item.radicand) else words.end_root)


# ---- accents, labels ----


def accented(speaker: "Speaker", item: Accented) -> str:
    words = speaker.words
    base = speaker.row(item.base)
    if item.accent in _VECTOR_ACCENTS:
        return words.vector.format(base)
    if item.accent == "‾" and len(item.base) == 2 and all(map(_is_capital, item.base)):
        return words.line_segment.format(base)
    accent = words.accents.get(item.accent) or name_of(item.accent)
    return f"{base} {accent}" if len(item.base) == 1 else words.with_accent.format(base, accent)


def is_vector(item: Item | None) -> bool:
    """Return True for a letter with an arrow, and for nabla."""
    if isinstance(item, Scripts) and len(item.base) == 1:
        item = item.base[0]
    if isinstance(item, Accented):
        return item.accent in _VECTOR_ACCENTS
    return is_operator(item, "∇𝛁")


def is_set(item: Item | None) -> bool:
    """Return True for a capital letter, as sets have."""
    if isinstance(item, Scripts) and len(item.base) == 1:
        item = item.base[0]
    return item is not None and _is_capital(item)


def is_unit(item: Item | None) -> bool:
    if isinstance(item, Scripts) and len(item.base) == 1:
        item = item.base[0]
    return isinstance(item, Symbol) and item.kind is SymbolKind.UNIT


def _is_capital(item: Item) -> bool:
    return isinstance(item, Symbol) and is_identifier(item) and item.text.isupper()


def labelled(speaker: "Speaker", item: Labelled) -> str:
    words = speaker.words
    base = item.base[0] if len(item.base) == 1 else None
    if is_operator(base, "=") and len(item.above) == 1 and isinstance(above := item.above[0], Symbol):
        if above.text == "!":
            return words.must_equal
        if above.text.lower() in {"def", "def."}:
            return words.is_defined_as
    text = words.arrow if is_operator(base, "→⟶") else speaker.row(item.base)
    if len(item.base) > 1 and (label := speaker.row(item.above + item.below)):
        return words.with_label.format(text, label)
    if item.above:
        text = words.with_above.format(text, speaker.row(item.above))
    return words.with_below.format(text, speaker.row(item.below)) if item.below else text


# ---- fences ----


def is_parenthesized(item: Item) -> bool:
    """Return True for something in parentheses or brackets, also with scripts."""
    if isinstance(item, Scripts) and len(item.base) == 1:
        item = item.base[0]
    return isinstance(item, Group) and item.opening in {"(", "["} and not is_binomial(item) and not _is_matrix(item)


def is_binomial(item: Group) -> bool:
    return len(item.content) == 1 and isinstance(item.content[0], Fraction) and not item.content[0].has_bar


def _is_matrix(item: Group) -> bool:
    return len(item.content) == 1 and isinstance(item.content[0], Table)


def group(speaker: "Speaker", item: Group) -> str:
    words = speaker.words
    if is_binomial(item):
        return speaker.row(item.content)
    if _is_matrix(item):
        return _fenced_table(speaker, item)
    if item.opening == "{" and item.closing in {"}", ""}:
        return _set(speaker, item)
    if item.opening == "⟨" and item.closing == "⟩" and len(pair := split(item.content, ",|∣")) == 2:
        return words.inner_product.format(*map(speaker.row, pair))
    content = speaker.row(item.content)
    if item.opening == item.closing == "|" and len(item.content) == 1 and is_vector(item.content[0]):
        return words.magnitude.format(content)
    if template := words.enclosed.get(item.opening + item.closing):
        return template.format(content)
    if is_operator(item.content[0] if item.content else None, "mod") or content.startswith("mod "):
        return f"{words.modulo} {content.removeprefix('mod ')}"
    return " ".join(
        filter(
            None, (words.fences.get(item.opening, item.opening), content, words.fences.get(item.closing, item.closing))
        )
    )


def _set(speaker: "Speaker", item: Group) -> str:
    words = speaker.words
    if not item.content:
        return words.empty_set
    head, *conditions = split(item.content, "|∣:")
    if len(conditions) == 1 and head:
        return words.set_of_all.format(speaker.bound(head), speaker.row(conditions[0]))
    return words.set_of.format(speaker.row(item.content))


def interval(speaker: "Speaker", item: Group, template: str, operator: str) -> str:
    """Return an interval with the operator before it: "is in the closed interval from 0 to 1"."""
    start, end = map(speaker.row, split(item.content, ",;|"))
    kind, bounds = speaker.words.intervals[item.opening + item.closing]
    return template.format(operator=operator.removesuffix(" von"), kind=kind, bounds=bounds.format(start, end))


def application(speaker: "Speaker", function: Item, arguments: Group) -> Phrase:
    """Return a function with its arguments: "f of x", "the probability of A given B"."""
    words = speaker.words
    is_letter = isinstance(function, Symbol) and function.is_blackboard  # a probability, not the set of primes
    name = letter(words, function.text) if is_letter and isinstance(function, Symbol) else speaker.item(function).text
    given = split(arguments.content, "|∣")
    if len(given) == 2 and all(given):
        return Phrase(f"{name} {words.of} {speaker.arguments(given[0])} {words.given} {speaker.arguments(given[1])}")
    parts = split(arguments.content, ",;")
    if all(map(shape.is_argument, parts)):
        return Phrase(f"{name} {words.of} {speaker.arguments(arguments.content)}")
    return Phrase(f"{name} {words.of} {group(speaker, arguments)}")


# ---- tables ----


def table(speaker: "Speaker", item: Table) -> str:
    has_relations = any(shape.is_relation(part) for row in item.rows for cell in row for part in cell)
    if item.shape in _LINES_OF_CALCULATION or (has_relations and item.shape in {"matrix", "array"}):
        separator = ", " if item.shape == "substack" else "; "
        return separator.join(filter(None, (speaker.row(sum(row, ())) for row in item.rows)))
    if item.shape == "cases":
        return _cases(speaker, item)
    if item.shape in _MATRIX_SHAPES | _DETERMINANT_SHAPES:
        return _matrix(speaker, item, is_determinant=item.shape in _DETERMINANT_SHAPES)
    return "; ".join(", ".join(filter(None, map(speaker.row, row))) for row in item.rows)


def _fenced_table(speaker: "Speaker", item: Group) -> str:
    content = item.content[0]
    if not isinstance(content, Table):
        return speaker.row(item.content)
    if item.opening == "{" and not item.closing:
        return _cases(speaker, content)
    return _matrix(speaker, content, is_determinant=item.opening == "|")


def _matrix(speaker: "Speaker", item: Table, *, is_determinant: bool) -> str:
    words = speaker.words
    rows = [[speaker.row(cell) for cell in row] for row in item.rows]
    columns = max(map(len, rows), default=0)
    if columns == 1 and len(rows) > 1 and not is_determinant:
        return words.column_vector.format(", ".join(row[0] for row in rows if row))
    name = words.matrix.format(len(rows), columns)
    spoken_rows = "; ".join(words.matrix_row.format(number, ", ".join(row)) for number, row in enumerate(rows, 1))
    return f"{words.determinant.format(name) if is_determinant else name}: {spoken_rows}"


def _cases(speaker: "Speaker", item: Table) -> str:
    words = speaker.words
    cases: list[str] = []
    for row in item.rows:
        value, *conditions = (speaker.row(cell) for cell in row)
        condition = " ".join(filter(None, conditions))
        is_named = condition.split(" ", 1)[0].strip(",").lower() in words.conditions
        cases.append(
            value if not condition else f"{value} {condition}" if is_named else words.case_if.format(value, condition)
        )
    return "; ".join(cases)
