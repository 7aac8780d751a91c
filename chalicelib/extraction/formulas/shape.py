"""Shapes of expressions: what is short enough to be said without saying where it begins and ends."""

from chalicelib.extraction.formulas.expression import (
    Accented,
    Fraction,
    Group,
    Item,
    Root,
    Row,
    Scripts,
    Symbol,
    SymbolKind,
    is_number,
    is_operator,
    split,
)

MAX_SIMPLE_ITEMS = 4  # "4 a c"
MINUS = "−-–"
RELATIONS = frozenset("=≠<>≤≥⩽⩾≦≧≪≫≈≡≅≃∼~≙≔∝∈∉∋⊂⊆⊊⊄⊃⊇⊥∥∦∤≺≻⊢⊨⇒⟹⇐⟸⇔⟺↔←→⟶⟵↦⟼↪↠⇌⇄⇀↗↘∴∵:;,≜≝≐⟂≮≯≰≱≉≢∌⊈⇏↛⊲⊳⊴∣…⋯")
LARGE_OPERATORS = frozenset("∑∏∐∫∬∭∮∯⋃⋂⨁⨂⋁⋀⨄⨆")
POSTFIX = frozenset("²³!‼%‰°′″‴⁗'")
SIGNS = frozenset("½¼¾⅓⅔∞∅∂∇𝛁ℏħℓ℘ℜℑℵ∠∡△⊤□■⋮⋱…⋯∆$€£#√ıȷÅµ")  # operators in mathra's tree, but operands
FUNCTION_LETTERS = frozenset("fghFGHφϕψΦΨΓζ")  # f(x) is a value of f, not a product
_ARGUMENT_LETTERS = frozenset("tsxyzuvωθτφξ")
_PRIMES = "′″‴⁗'"


def is_relation(item: Item | None) -> bool:
    return isinstance(item, Symbol) and item.kind is SymbolKind.OPERATOR and item.text in RELATIONS


def is_operand(item: Item | None) -> bool:
    """Return True unless the item is an operator between, before or behind others."""
    if isinstance(item, Symbol) and item.kind is SymbolKind.OPERATOR:
        return item.text in SIGNS or item.text in LARGE_OPERATORS
    return item is not None


def is_simple(row: Row) -> bool:
    """Return True for a product of a few symbols, also with a sign: "-4ac", "x squared", "n!"."""
    if row and is_operator(row[0], MINUS + "+±∓"):
        row = row[1:]
    operands = [item for item in row if not is_operator(item, "!'′″‴%°²³")]
    return 0 < len(operands) <= MAX_SIMPLE_ITEMS and all(map(_is_simple_item, operands))


def _is_simple_item(item: Item) -> bool:
    if isinstance(item, Symbol):
        return item.kind is not SymbolKind.OPERATOR or item.text in SIGNS
    if isinstance(item, Scripts):
        return is_simple(item.base) and all(part == () or is_atom(part) for part in (item.sub, item.sup))
    if isinstance(item, Accented):
        return is_atom(item.base)
    if isinstance(item, Root):
        return is_atom(item.radicand)
    if isinstance(item, Group):
        return (item.opening == item.closing == "|" and is_simple(item.content)) or is_argument_list(item)
    return isinstance(item, Fraction) and numerals(item) is not None


def is_atom(row: Row) -> bool:
    """Return True for one symbol or number, also with a sign, or a text."""
    if len(row) == 2 and is_operator(row[0], MINUS + "+"):
        row = row[1:]
    return len(row) == 1 and (isinstance(row[0], Symbol) or (isinstance(row[0], Accented) and is_atom(row[0].base)))


def is_argument(row: Row) -> bool:
    """Return True for an argument that needs no parentheses in speech: "x", "A intersection B"."""
    if len(row) == 1 and isinstance(row[0], Fraction):
        return is_simple(row[0].numerator) and is_simple(row[0].denominator)
    return bool(row) and all(is_simple(part) for part in split(row, "∩∪∧∨"))


def is_argument_list(group: Group) -> bool:
    """Return True for parentheses around a few symbols with commas between them."""
    if (group.opening, group.closing) != ("(", ")"):
        return False
    return all(is_simple(argument) and len(argument) <= 2 for argument in split(group.content, ",;"))


def is_application(base: Item, group: Item | None) -> bool:
    """Return True if parentheses behind an item hold the arguments of a function."""
    if not isinstance(group, Group) or (group.opening, group.closing) not in {("(", ")"), ("[", "]"), ("{", "}")}:
        return False
    if isinstance(base, Scripts):
        letter = base.base[0] if len(base.base) == 1 else None
        is_function = isinstance(letter, Symbol) and letter.kind is SymbolKind.FUNCTION
        if (
            base.sup
            and not is_function
            and not (is_prime(base.sup) or is_inverse(base.sup) or is_derivative_order(base.sup))
        ):
            return False
    else:
        letter = base
    if isinstance(letter, Accented):
        letter = letter.base[0] if len(letter.base) == 1 else None
    if not isinstance(letter, Symbol):
        return False
    if letter.kind is SymbolKind.FUNCTION:
        return True
    if letter.kind is not SymbolKind.IDENTIFIER or group.opening == "{":
        return False
    arguments = split(group.content, ",;|∣")
    if letter.text in FUNCTION_LETTERS or (letter.text in "PEV" and group.content):
        return all(arguments)
    if group.opening == "[":
        return False
    return all(
        len(argument) == 1 and isinstance(argument[0], Symbol) and argument[0] != letter for argument in arguments
    ) and any(isinstance(argument[0], Symbol) and argument[0].text in _ARGUMENT_LETTERS for argument in arguments)


def is_prime(row: Row) -> bool:
    return row != () and all(is_operator(item, _PRIMES) for item in row)


def is_derivative_order(row: Row) -> bool:
    """Return True for the exponent of f^(n)."""
    return len(row) == 1 and isinstance(row[0], Group) and row[0].opening == "(" and is_atom(row[0].content)


def is_inverse(row: Row) -> bool:
    """Return True for the exponent -1."""
    return len(row) == 2 and is_operator(row[0], MINUS) and row[1] == Symbol(SymbolKind.NUMBER, "1")


def numerals(fraction: Fraction) -> tuple[int, int] | None:
    """Return numerator and denominator of a fraction of whole numbers."""
    numerator, denominator = whole_number(fraction.numerator), whole_number(fraction.denominator)
    return (numerator, denominator) if fraction.has_bar and numerator is not None and denominator is not None else None


def whole_number(row: Row) -> int | None:
    if len(row) == 1 and isinstance(row[0], Symbol) and is_number(row[0]):
        text = row[0].text
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
    return None
