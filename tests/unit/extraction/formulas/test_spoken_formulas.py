"""Formulas in words: as a teacher says them, in English and German."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.extraction import formulas
from chalicelib.extraction.formulas import Notation

FORMULAS = tomllib.loads((Path(__file__).parent / "spoken_formulas.toml").read_text())["formula"]
ROOTS = {
    Notation.LATEX: "{}",
    Notation.MATHML: "<math>{}</math>",
    Notation.OMML: '<m:oMath xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">{}</m:oMath>',
}
CASES = [
    (notation, formula[notation], language, formula[language])
    for formula in FORMULAS
    for notation in Notation
    if notation in formula
    for language in ("en", "de")
]


def test_there_are_two_hundred_formulas_in_all_notations() -> None:
    assert len(FORMULAS) > 200
    assert {notation for notation, *_ in CASES} == set(Notation)


@pytest.mark.parametrize(("notation", "content", "language", "expected"), CASES)
def test_a_formula_is_said_as_a_teacher_says_it(notation: Notation, content: str, language: str, expected: str) -> None:
    assert formulas.spoken(ROOTS[notation].replace("{}", content), notation, language) == expected


@pytest.mark.parametrize(
    "source", ["$x^2$", r"\(x^2\)", r"\[x^2\]", "$$x^2$$", r"\begin{equation}x^2\label{a}\end{equation}"]
)
def test_the_delimiters_of_latex_are_not_said(source: str) -> None:
    assert formulas.spoken(source, Notation.LATEX, "en") == "x squared"


def test_other_languages_are_said_if_words_are_known_and_in_english_otherwise() -> None:
    assert formulas.spoken("x^2", Notation.LATEX, "fr-CA") == "x au carré"
    assert formulas.spoken("x^2", Notation.LATEX, "de-AT") == "x Quadrat"
    assert formulas.spoken("x^2", Notation.LATEX, "und") == "x squared"


def test_an_equation_of_word_with_its_paragraph_is_said() -> None:
    source = ROOTS[Notation.OMML].format("<m:r><m:t>a=b</m:t></m:r>")
    paragraph = (
        f'<m:oMathPara xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">{source}</m:oMathPara>'
    )
    assert formulas.spoken(paragraph, Notation.OMML, "en") == "a equals b"


def test_what_word_marks_as_deleted_is_not_said() -> None:
    content = "<m:r><m:t>a</m:t></m:r><w:del xmlns:w='urn:w'><m:r><m:t>b</m:t></m:r></w:del>"
    assert formulas.spoken(ROOTS[Notation.OMML].format(content), Notation.OMML, "en") == "a"


TEMPLATES = (
    r"\frac{%s}{%s}", "{%s}^{%s}", "{%s}_{%s}", r"\sqrt[%s]{%s}", r"\left(%s, %s\right]", "%s + %s", r"%s = \sin %s",
    r"\sum_{%s}^{%s} x", r"\binom{%s}{%s}", r"\underbrace{%s}_{%s}", r"\{%s \mid %s\}", r"\begin{cases}%s & %s\end{cases}",
    r"\int_{%s} %s dx", r"|%s|, %s", r"\begin{pmatrix}%s\\%s\end{pmatrix}", r"\lim_{x \to %s} %s", r"x \in [%s, %s]",
    r"f(%s, %s)", r"\overline{%s} - %s", r"\overset{%s}{=} %s",
)  # fmt: skip
LATEX = st.recursive(
    st.integers(100, 10**6).map(str),
    lambda inner: st.tuples(st.sampled_from(TEMPLATES), inner, inner).map(lambda parts: parts[0] % parts[1:]),
    max_leaves=8,
)


@given(LATEX, st.sampled_from(["en", "de"]))
def test_no_number_of_a_formula_vanishes(source: str, language: str) -> None:
    speech = formulas.spoken(source, Notation.LATEX, language)
    assert [number for number in re.findall(r"\d+", source) if number not in speech] == []


@given(st.text(r"\{}^_&|()[]<>/$frasqtxyle+-=!'.,1 2∑∫√", max_size=40), st.sampled_from(["en", "de", "fr"]))
def test_any_text_is_said_somehow(source: str, language: str) -> None:
    assert formulas.spoken(source, Notation.LATEX, language).strip()
