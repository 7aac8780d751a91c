"""Words for subscripts and superscripts: powers, primes, indices, limits of sums and integrals."""

from typing import TYPE_CHECKING

from chalicelib.extraction.formulas import phrases, shape
from chalicelib.extraction.formulas.expression import (
    Group,
    Item,
    Labelled,
    Row,
    Scripts,
    Symbol,
    SymbolKind,
    is_operator,
    split,
)
from chalicelib.extraction.formulas.phrases import Phrase

if TYPE_CHECKING:
    from chalicelib.extraction.formulas.speaker import Speaker

_LIMITS = frozenset({"lim", "lim sup", "lim inf", "limsup", "liminf"})
_EXTREMA = frozenset({"max", "min", "sup", "inf", "argmax", "argmin", "arg max", "arg min"})
_INTEGRALS = frozenset("∫∬∭∮∯")
# Words that are written in subscripts letter by letter.
_LABELS = frozenset(
    {
        "max",
        "min",
        "tot",
        "total",
        "kin",
        "pot",
        "eff",
        "in",
        "out",
        "ges",
        "rel",
        "abs",
        "crit",
        "krit",
        "ext",
        "int",
        "ref",
    }
    | {
        "avg",
        "obs",
        "net",
        "new",
        "old",
        "eq",
        "sys",
        "env",
        "pred",
        "true",
        "mean",
        "left",
        "right",
        "grav",
        "cm",
        "opt",
    }
)
_TRANSPOSE = frozenset({"T", "⊤", "⊺", "t"})


def _core(item: Item) -> tuple[Symbol | None, Row, Row]:
    """Return the symbol of an item, and what stands below and above it."""
    if isinstance(item, Scripts) and len(item.base) == 1:
        token, sub, sup = _core(item.base[0])
        return token, sub + item.sub, sup + item.sup
    if isinstance(item, Labelled) and len(item.base) == 1 and is_function(item.base[0]):
        token, sub, sup = _core(item.base[0])
        return token, sub + item.below, sup + item.above
    return (item if isinstance(item, Symbol) else None), (), ()


def is_large_operator(item: Item) -> bool:
    """Return True for sums, products, integrals, limits and extrema, which have bounds and an operand."""
    token, sub, _ = _core(item)
    if token is None:
        return False
    return token.text in shape.LARGE_OPERATORS or (
        token.kind is SymbolKind.FUNCTION and (token.text in _LIMITS or (token.text in _EXTREMA and sub != ()))
    )


def is_function(item: Item) -> bool:
    token, _, _ = _core(item)
    return token is not None and token.kind is SymbolKind.FUNCTION


def has_power(item: Item) -> bool:
    return isinstance(item, Scripts) and item.sup != () and not shape.is_inverse(item.sup)


def large_operator(speaker: "Speaker", item: Item, *, has_operand: bool) -> str:
    """Return "the sum from i equals 1 to n of"."""
    words = speaker.words
    token, sub, sup = _core(item)
    symbol = token.text if token is not None else ""
    name = words.large_operators.get(symbol) or words.functions.get(symbol, symbol)
    preposition = words.of
    if symbol in _LIMITS:
        text = words.limit.format(name, _approach(speaker, sub)) if sub else name
    elif symbol in _EXTREMA:
        text = words.over_set.format(name, speaker.bound(sub))
    elif sub and sup:
        text, preposition = words.from_to.format(name, speaker.row(sub), speaker.row(sup)), words.of_sum
    elif sub:
        text = words.over_set.format(name, speaker.bound(sub))
    else:
        text, preposition = name, words.of_sum if symbol in _INTEGRALS else words.of
    return f"{text} {preposition}" if has_operand else text


def _approach(speaker: "Speaker", row: Row) -> str:
    """Return what stands below a limit: "x approaches 0 from the right"."""
    words = speaker.words
    arrow = next((index for index, item in enumerate(row) if is_operator(item, "→⟶↗↘")), None)
    if arrow is None:
        return speaker.row(row)
    target = row[arrow + 1 :]
    side = words.from_right if is_operator(row[arrow], "↘") else words.from_left if is_operator(row[arrow], "↗") else ""
    if (
        target
        and isinstance(last := target[-1], Scripts)
        and len(last.sup) == 1
        and is_operator(last.sup[0], "+" + shape.MINUS)
    ):
        side = words.from_right if is_operator(last.sup[0], "+") else words.from_left
        target = (*target[:-1], *last.base)
    text = f"{speaker.row(row[:arrow])} {words.approaches} {speaker.row(target)}"
    return f"{text} {side}," if side else text


def scripts(speaker: "Speaker", item: Scripts) -> Phrase:
    """Return a base with its scripts: "x sub i squared"."""
    words = speaker.words
    if not item.base:
        is_degree = len(item.sup) == 1 and is_operator(item.sup[0], "∘°")
        return Phrase(words.degrees if is_degree else _prescripts(speaker, item))
    base = item.base[0] if len(item.base) == 1 else None
    if isinstance(base, Group) and item.sub and (phrase := _evaluation(speaker, base, item)):
        return phrase
    if name := phrases.number_set(words, item):
        return Phrase(words.number_set.format(name))
    token, _, _ = _core(item)
    if token is not None and phrases.number_set(words, token) and item.sup and not item.sub:
        return Phrase(
            f"{token.text if token.is_blackboard else phrases.letter(words, token.text)} {speaker.row(item.sup)}"
        )
    if token is not None and token.kind is SymbolKind.FUNCTION:
        return _function(speaker, item, token)
    text = speaker.row(item.base)
    is_open = False
    if item.sub:
        text, is_open = _subscript(speaker, text, item)
    if item.sup:
        return _superscript(speaker, text, item)
    return Phrase(text, is_open)


def _prescripts(speaker: "Speaker", item: Scripts) -> str:
    """Return the scripts before a symbol, such as the mass number of an isotope."""
    words = speaker.words
    parts = [
        row_text if speaker.is_chemistry else words.prescripts[kind].format(row_text)
        for kind, row in (("sup", item.sup), ("sub", item.sub))
        if (row_text := speaker.row(row))
    ]
    return " ".join(parts)


def _evaluation(speaker: "Speaker", base: Group, item: Scripts) -> Phrase | None:
    """Return an expression in square brackets, or before a bar, with the place where it is evaluated."""
    words = speaker.words
    content = speaker.row(base.content)
    if (base.opening, base.closing) == ("[", "]") and item.sup:
        return Phrase(
            words.evaluated_between.format(content, speaker.row(item.sub), speaker.row(item.sup)), is_open=True
        )
    if base.opening in {"", "."} and base.closing == "|":
        if item.sup:
            return Phrase(
                words.evaluated_between.format(content, speaker.row(item.sub), speaker.row(item.sup)), is_open=True
            )
        return Phrase(words.evaluated_at.format(content, speaker.row(item.sub)), is_open=True)
    return None


def _function(speaker: "Speaker", item: Scripts, token: Symbol) -> Phrase:
    words = speaker.words
    text = phrases.symbol(speaker, token)
    _, sub, sup = _core(item)
    if sub:
        template = words.log_base if token.text in {"log", "lg", "ln"} else f"{{}} {words.sub} {{}}"
        text = template.format(text, speaker.row(sub))
    if not sup:
        return Phrase(text)
    if shape.is_inverse(sup):
        return Phrase(words.inverse_function.format(text))
    return _power(speaker, text, sup)


def _subscript(speaker: "Speaker", text: str, item: Scripts) -> tuple[str, bool]:
    letters = "".join(part.text for part in item.sub if isinstance(part, Symbol))
    sub = letters if letters in _LABELS else speaker.row(item.sub)
    if speaker.is_chemistry:
        return f"{text} {sub}", False
    if shape.is_simple(item.sub) or len(split(item.sub, ",")) > 1:
        return f"{text} {speaker.words.sub} {sub}", False
    return f"{text} {speaker.words.sub}, {sub}{',' if item.sup else ''}", True


def _superscript(speaker: "Speaker", text: str, item: Scripts) -> Phrase:
    words, sup = speaker.words, item.sup
    primes = next((index for index, part in enumerate(sup) if not shape.is_prime((part,))), len(sup))
    if primes:
        text = f"{text} {speaker.row(sup[:primes])}"
        sup = sup[primes:]
        if not sup:
            return Phrase(text)
    only = sup[0] if len(sup) == 1 else None
    if is_operator(only, "∘°"):
        return Phrase(f"{text} {words.degrees}")
    if isinstance(only, Symbol) and only.text in _TRANSPOSE and _is_matrix_name(item.base):
        return Phrase(words.transpose.format(text))
    if isinstance(only, Symbol) and only.kind is SymbolKind.OPERATOR and only.text not in shape.SIGNS:
        sign = {"∗": "*", "⋆": "*"}.get(only.text, only.text)
        return Phrase(f"{text} {speaker.symbol(_STAR if sign == '*' else sign)}")
    if (len(sup) == 2 and speaker.is_chemistry) or _is_charge(sup):
        return Phrase(f"{text} {speaker.row(sup)}")
    if shape.is_inverse(sup) and _is_matrix_name(item.base, functions=True):
        return Phrase(words.inverse.format(text))
    if isinstance(only, Group) and shape.is_derivative_order(sup):
        return Phrase(words.nth_derivative.format(words.ordinal(speaker.row(only.content)), text))
    if isinstance(item.base[-1], Group) and shape.whole_number(sup) == 2:
        return Phrase(words.group_squared.format(text))
    return _power(speaker, text, sup)


_STAR = "⋆"


def _is_charge(sup: Row) -> bool:
    """Return True for a number with a sign behind it, as of ions: "2+"."""
    return len(sup) == 2 and shape.whole_number(sup[:1]) is not None and is_operator(sup[1], "+" + shape.MINUS)


def _is_matrix_name(base: Row, *, functions: bool = False) -> bool:
    """Return True for a capital letter or something in parentheses; also for the letter of a function."""
    if len(base) != 1:
        return False
    token = base[0]
    if isinstance(token, Group):
        return token.opening in {"(", "["} and not functions
    return isinstance(token, Symbol) and (
        (token.kind is SymbolKind.IDENTIFIER and token.text.isupper())
        or (functions and token.text in shape.FUNCTION_LETTERS)
    )


def _power(speaker: "Speaker", text: str, sup: Row) -> Phrase:
    words = speaker.words
    exponent = shape.whole_number(sup)
    if exponent is not None and exponent > 1:
        return Phrase(words.power(str(exponent)).format(text))
    if shape.is_simple(sup):
        is_open = len(sup) > 1 and not shape.is_atom(sup)
        return Phrase(words.simple_power.format(text, speaker.row(sup)), is_open)
    return Phrase(words.any_power.format(text, speaker.row(sup)))
