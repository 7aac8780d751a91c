"""Words of a language for formulas. `{}` is where the parts are said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

GREEK_LETTERS = "αβγδεζηθικλμνξοπρςστυφχψω"  # of which the names are given, in this order


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases, by what they say. `powers` and `simple_fraction` return "" for what has no short form."""

    symbols: Mapping[str, str]  # operators, relations, signs
    functions: Mapping[str, str]  # sin, log
    number_sets: Mapping[str, str]  # of "x is in …"
    large_operators: Mapping[str, str]
    accents: Mapping[str, str]
    greek: Mapping[str, str]
    units: Mapping[str, str]
    unit_prefixes: Mapping[str, str]
    chemistry: Mapping[str, str]  # signs with another meaning between molecules
    fences: Mapping[str, str]
    enclosed: Mapping[str, str]  # by both fences: "||" is the absolute value
    power: Callable[[str], str]  # of a whole number above 1
    ordinal: Callable[[str], str]  # of a whole number or a letter
    simple_fraction: Callable[[int, int], str]
    plural_unit: Callable[[str], str]

    minus_sign: str
    decimal_separator: str
    times: str
    of: str
    and_: str
    simple_power: str
    any_power: str
    over: str
    all_over: str
    any_fraction: str
    by_derivative: str
    operator_of: str
    mixed_number: str
    sub: str
    square_root: str
    any_root: str
    end_root: str
    from_to: str
    over_set: str
    of_sum: str
    limit: str
    approaches: str
    from_right: str
    from_left: str
    in_set: str
    in_number_set: str
    log_base: str
    inverse_function: str
    inverse: str
    transpose: str
    nth_derivative: str
    set_of_all: str
    set_of: str
    empty_set: str
    given: str
    divides: str
    such_that: str
    intervals: Mapping[str, tuple[str, str]]  # kind and bounds, by the fences
    member_interval: str
    in_interval: str
    singular_verb: str
    plural_verb: str
    inner_product: str
    choose: str
    distributed: str
    magnitude: str
    matrix: str
    determinant: str
    column_vector: str
    matrix_row: str
    case_if: str
    group_squared: str
    must_equal: str
    arrow: str
    dot: str
    cross: str
    celsius: str
    fahrenheit: str
    evaluated_at: str
    evaluated_between: str
    map_from: str
    map_to: str
    tends_to: str
    is_defined_as: str
    ratio: str
    and_so_on: str
    and_so_on_up_to: str
    with_above: str
    with_below: str
    with_label: str
    vector: str
    line_segment: str
    with_accent: str
    prescripts: Mapping[str, str]
    per: str
    modulo: str
    number_set: str
    set_member: str
    map_from_set: str
    map_to_set: str
    positive: str
    nonnegative: str
    with_zero: str
    degrees: str
    conditions: frozenset[str]
