"""Expression → words. `Speaker` walks along a row; the parts of a row are said by `phrases` and `scripts`."""

from chalicelib.extraction.formulas import phrases, scripts, shape
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
    is_identifier,
    is_number,
    is_operator,
    split,
)
from chalicelib.extraction.formulas.phrases import Phrase
from chalicelib.extraction.formulas.words import Words

_ONE = Symbol(SymbolKind.NUMBER, "1")


class Speaker:
    """Says rows in one language. `is_chemistry`: the rows are formulas and reactions of molecules."""

    def __init__(self, words: Words, *, is_chemistry: bool = False) -> None:
        self.words = words
        self.is_chemistry = is_chemistry

    def row(self, row: Row) -> str:
        """Return a row in words, with commas where a speaker pauses."""
        return _RowWalk(self, row).speech()

    def arguments(self, row: Row) -> str:
        """Return the arguments of a function: "x and y", "x, y, z"."""
        parts = [self.row(part) for part in split(row, ",;")]
        return f" {self.words.and_} ".join(parts) if len(parts) == 2 else ", ".join(parts)

    def bound(self, row: Row) -> str:
        """Return a variable with its domain, as below a sum: "i in I"."""
        parts = split(row, "∈")
        if len(parts) != 2 or not all(parts):
            return self.row(row)
        name = phrases.number_set(self.words, parts[1][0]) if len(parts[1]) == 1 else ""
        domain = self.words.in_number_set.format(name) if name else f"{self.words.in_set} {self.row(parts[1])}"
        return f"{self.row(parts[0])} {domain}"

    def symbol(self, text: str) -> str:
        """Return an operator or sign in words."""
        if self.is_chemistry and text in self.words.chemistry:
            return self.words.chemistry[text]
        return self.words.symbols.get(text) or phrases.name_of(text)

    def item(self, item: Item) -> Phrase:
        """Return an operand in words."""
        if isinstance(item, Symbol):
            return Phrase(phrases.symbol(self, item))
        if isinstance(item, Scripts):
            return scripts.scripts(self, item)
        if isinstance(item, Fraction):
            return phrases.fraction(self, item)
        if isinstance(item, Root):
            return phrases.root(self, item)
        if isinstance(item, Accented):
            return Phrase(phrases.accented(self, item))
        if isinstance(item, Group):
            is_open = phrases.is_binomial(item) or (item.opening == item.closing and not shape.is_simple(item.content))
            return Phrase(phrases.group(self, item), is_open)
        if isinstance(item, Labelled):
            return Phrase(phrases.labelled(self, item))
        return Phrase(phrases.table(self, item), is_list=True)


class _RowWalk:
    """Position in a row, and what has been said. `last`: the item before the position."""

    def __init__(self, speaker: Speaker, items: Row) -> None:
        self.parts: list[str] = []
        self.speaker, self.items, self.position = speaker, items, 0
        self.is_after_application = False  # of a function or an operator, which multiplies nothing
        self.is_distribution = False  # X ~ N(0, 1): a name with parameters follows

    @property
    def last(self) -> Item | None:
        return self.items[self.position - 1] if self.position else None

    def ahead(self, distance: int = 0) -> Item | None:
        index = self.position + distance
        return self.items[index] if index < len(self.items) else None

    def speech(self) -> str:
        while (item := self.ahead()) is not None:
            if shape.is_operand(item):
                self._operand(item)
            elif isinstance(item, Symbol):
                self.parts.append(self._operator(item))
                self.position += 1
        return _tidy(self.parts)

    # ---- operands ----

    def _operand(self, item: Item) -> None:
        words = self.speaker.words
        following = self.ahead(1)
        if self._is_product_with(item):
            self.parts.append(words.times)
        is_distribution, self.is_distribution = self.is_distribution, False
        self.is_after_application = False
        if scripts.is_large_operator(item):
            self._large_operator(item)
        elif is_operator(item, "…⋯") and is_operator(self.last, ",") and following is not None:
            is_range = is_operator(following, ",") and self.ahead(2) is not None
            self._add(Phrase(words.and_so_on_up_to if is_range else words.and_so_on), 2 if is_range else 1)
        elif is_operator(item, "ℜℑ") and isinstance(following, Group) and shape.is_argument_list(following):
            self._add(Phrase(f"{self.speaker.item(item).text} {self.speaker.row(following.content)}"), 2)
        elif isinstance(item, Symbol) and item.kind is SymbolKind.UNIT and is_number(self.last):
            name = phrases.symbol(self.speaker, item)
            self._add(Phrase(name if self.last == _ONE else words.plural_unit(name)), 1)
        elif is_operator(item, "$€£") and is_number(following) and following is not None:
            self._add(Phrase(f"{self.speaker.item(following).text} {self.speaker.item(item).text}"), 2)
        elif (degrees := self._degrees(item, following)) is not None:
            self._add(Phrase(degrees), 2)
        elif is_number(item) and isinstance(following, Fraction) and shape.numerals(following):
            mixed = words.mixed_number.format(self.speaker.item(item).text, self.speaker.item(following).text)
            self._add(Phrase(mixed), 2)
        elif isinstance(following, Group) and (is_distribution or shape.is_application(item, following)):
            self._add(phrases.application(self.speaker, item, following), 2)
            self.is_after_application = True
        elif scripts.is_function(item):
            self._function(item)
        elif isinstance(item, Fraction):
            self._fraction(item)
        else:
            self._add(self.speaker.item(item), 1)

    def _degrees(self, item: Item, following: Item | None) -> str | None:
        """Return a temperature: "20 degrees Celsius"."""
        if not isinstance(item, Scripts) or not (len(item.sup) == 1 and is_operator(item.sup[0], "∘°")) or item.sub:
            return None
        name = following.text if isinstance(following, Symbol) and following.text in {"C", "F"} else ""
        words = self.speaker.words
        scale = {"C": words.celsius, "F": words.fahrenheit}.get(name)
        return f"{self.speaker.row(item.base)} {scale}" if scale else None

    def _add(self, phrase: Phrase, count: int) -> None:
        self.parts.append(phrase.text)
        self.position += count
        following = self.ahead()
        is_end = following is None or shape.is_relation(following) or is_operator(following, ")]}⟩")
        if (phrase.is_open and not is_end) or (phrase.is_list and following is not None):
            self.parts.append(f", {phrase.ending}," if phrase.ending else ",")

    def _is_product_with(self, item: Item) -> bool:
        """Return True for the product of an operand with parentheses, which is written without a sign."""
        last = self.last
        is_differential = isinstance(item, Symbol) and item.text == "d" and is_identifier(self.ahead(1))
        if self.is_after_application or is_differential:
            return False
        if last is None or not shape.is_operand(last) or scripts.is_large_operator(last) or scripts.is_function(last):
            return is_operator(last, "!") and phrases.is_parenthesized(item)
        if isinstance(last, Symbol) and last.kind in {SymbolKind.TEXT, SymbolKind.OPERATOR}:
            return False
        if isinstance(item, Symbol) and item.kind is SymbolKind.TEXT:
            return False
        is_apart = isinstance(item, Root | Fraction) or (scripts.is_large_operator(item) and isinstance(item, Scripts))
        return is_apart or phrases.is_parenthesized(item) or phrases.is_parenthesized(last)

    def _large_operator(self, item: Item) -> None:
        self.parts.append(scripts.large_operator(self.speaker, item, has_operand=self.ahead(1) is not None))
        self.position += 1

    def _function(self, item: Item) -> None:
        """Say a function with what follows it: "sine of x"."""
        text = self.speaker.item(item).text
        following = self.ahead(1)
        is_word = isinstance(item, Symbol) and item.text not in self.speaker.words.functions
        takes_argument = (
            following is not None and shape.is_operand(following) and not (is_word and is_number(self.last))
        )
        if isinstance(following, Symbol) and following.kind is SymbolKind.TEXT:
            takes_argument = False
        if not takes_argument or scripts.has_power(item):
            self._add(Phrase(text), 1)
        else:
            self._add(Phrase(f"{text} {self.speaker.words.of}"), 1)

    def _fraction(self, item: Fraction) -> None:
        words, following = self.speaker.words, self.ahead(1)
        if phrases.is_differential_operator(item):
            phrase = phrases.fraction(self.speaker, item)
            takes_operand = following is not None and shape.is_operand(following)
            self._add(Phrase(f"{phrase.text} {words.operator_of}") if takes_operand else phrase, 1)
            self.is_after_application = True
            return
        begins = self.last is None or shape.is_relation(self.last)
        is_long = not shape.is_simple(item.numerator) and shape.is_simple(item.denominator) and item.has_bar
        if begins and is_long and not shape.is_operand(following):
            numerator, denominator = self.speaker.row(item.numerator), self.speaker.row(item.denominator)
            self._add(Phrase(words.all_over.format(numerator, denominator), is_open=True), 1)
        else:
            self._add(phrases.fraction(self.speaker, item), 1)

    # ---- operators ----

    def _operator(self, item: Symbol) -> str:
        words, last, following, text = self.speaker.words, self.last, self.ahead(1), item.text
        has_operand_before = shape.is_operand(last) or (isinstance(last, Symbol) and last.text in shape.POSTFIX)
        if text in shape.MINUS:
            return self.speaker.symbol("−") if has_operand_before or following is None else words.minus_sign
        if text in {",", ";"}:
            return ","
        if text == "/" and phrases.is_unit(following):
            return words.per
        if text == "!" and is_operator(following, "!"):
            self.position += 1
            return self.speaker.symbol("‼")
        if text in {"∃", "∀", "∄"}:
            if is_operator(following, "!"):
                self.position += 1
                text = "∃!"
            return self.speaker.symbol(text) if last is None else f", {self.speaker.symbol(text)}"
        if text in {"·", "⋅", "×"} and (
            phrases.is_vector(last) or (text == "×" and phrases.is_set(last) and phrases.is_set(following))
        ):
            return words.cross if text == "×" else words.dot
        if text == "°" and isinstance(following, Symbol) and following.text in {"C", "F"}:
            self.position += 1
            return words.celsius if following.text == "C" else words.fahrenheit
        if text in {"∼", "~"} and phrases.is_set(last) and isinstance(self.ahead(2), Group):
            self.is_distribution = True
            return words.distributed
        if text == ":":
            return self._colon()
        if text in {"→", "⟶"} and not self.speaker.is_chemistry:
            return self._before_set(words.map_to, words.map_to_set) if self._is_map() else words.tends_to
        if text in {"|", "∣"}:
            return words.divides if text == "∣" and is_number(last) and is_number(following) else self._bar(text)
        if text == "=" and is_operator(last, ":"):
            return ""
        return self._relation(text)

    def _relation(self, text: str) -> str:
        """Return a relation or another operator, together with the set of numbers or the interval that follows it."""
        words, following = self.speaker.words, self.ahead(1)
        operator, template, interval = self.speaker.symbol(text), words.set_member, words.member_interval
        if self._is_quantified():
            operator = operator.removeprefix(words.singular_verb)
            if text == "∈":
                operator, template, interval = (
                    words.in_set,
                    words.in_number_set.replace("{}", "{set}"),
                    words.in_interval,
                )
        elif phrases.number_set(words, self.last) and words.singular_verb:
            operator = operator.replace(words.singular_verb, words.plural_verb, 1)
        if text not in "∈∉⊂⊆⊊⊄⊃⊇":
            return operator
        if isinstance(following, Group) and len(split(following.content, ",;|")) == 2 and following.opening in "([":
            self.position += 1
            return phrases.interval(self.speaker, following, interval, operator)
        return self._before_set(operator, template)

    def _before_set(self, operator: str, template: str) -> str:
        """Return the operator, together with the set of numbers that follows it: "is in the real numbers"."""
        name = phrases.number_set(self.speaker.words, self.ahead(1)) if template else ""
        if not name:
            return operator
        self.position += 1
        return template.format(operator=operator.removesuffix(" von"), set=name)

    def _is_quantified(self) -> bool:
        """Return True if "for all" or "there exists" stands before the variable."""
        for item in reversed(self.items[: self.position]):
            if is_operator(item, "∀∃∄"):
                return True
            if shape.is_relation(item):
                return False
        return False

    def _bar(self, text: str) -> str:
        return self.speaker.words.divides if text == "∣" else self.speaker.symbol("|")

    def _is_map(self) -> bool:
        """Return True if a colon stands before the arrow, as in f: A → B, or capital letters are at both its ends."""
        if phrases.is_set(self.last) and phrases.is_set(self.ahead(1)):
            return True
        return any(is_operator(item, ":") for item in self.items[: self.position])

    def _colon(self) -> str:
        words = self.speaker.words
        if is_operator(self.ahead(1), "="):
            return words.is_defined_as
        if isinstance(self.last, Scripts) or any(is_operator(item, "↦⟼") for item in self.items[self.position :]):
            return ","
        if any(is_operator(item, "→⟶") for item in self.items[self.position :]):
            return self._before_set(words.map_from, words.map_from_set)
        if any(is_operator(item, "∃") for item in self.items[: self.position]):
            return words.such_that
        if any(is_operator(item, "∀") for item in self.items[: self.position]) or self.last is None:
            return ","
        return words.ratio


def _tidy(parts: list[str]) -> str:
    """Return the parts with single spaces. A comma is a pause behind a word: none at either end, and no two."""
    words: list[str] = []
    is_pause = False
    for part in " ".join(parts).split():
        word = part.strip(",")
        if word:
            if words and (is_pause or part.startswith(",")):
                words[-1] += ","
            words.append(word)
            is_pause = False
        is_pause |= part.endswith(",")
    return " ".join(words)
