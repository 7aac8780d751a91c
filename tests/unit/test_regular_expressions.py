"""Regular expressions: every one that sees a file or a request takes time in proportion to its input."""

import re
from typing import Any

import pytest

from chalicelib.inspection import patterns
from tests.support.pattern_growth import measure
from tests.support.source_patterns import SourcePattern, other_engines, source_patterns

pytestmark = pytest.mark.independent

PATTERNS, UNRESOLVED = source_patterns()
# Expressions that contain words or names of a request or file: what they are like, by their module.
BUILT_FROM_WORDS: dict[str, re.Pattern[Any]] = {
    "chalicelib/search/occurrences.py": re.compile(r"a\s+ab\s+a"),
    "chalicelib/search/matches.py": re.compile(r" (?:a|ab|10)\S*"),
    "chalicelib/speech/lexicon/lexicon.py": re.compile(r"(?<!\w)O['’ʼ]Brien\s{1,3}Co(?!\w)", re.IGNORECASE),
    "chalicelib/formats/markup_depth.py": re.compile(rb"</script[\s/>]", re.IGNORECASE),
}
# Expressions that rules build: what the rules do as a whole is measured by tests/unit/speech/normalization/test_growth.py.
RULES = {"chalicelib/speech/normalization/rules.py", "chalicelib/speech/normalization/notes.py"}
# `{2,}`, `{2,}?`, `*`, `+` outside of a class and not escaped; `[2-]` between bytes.
UNBOUNDED_REPETITION = re.compile(r"(?<!\\)(?:\\\\)*[*+]|\{\d*,\}|\[\d*-\]")
YARA_CLASS = re.compile(r"\[(?:\\.|[^\]\\])+\](?=[^-\d])")
YARA_EXPRESSION = re.compile(r"= (/.+?/[is]*|\{.+\})(?: \w+)*$", re.MULTILINE)


def first_superlinear(pattern: re.Pattern[Any], method: str) -> str | None:
    """Return the first string for which a method takes more than linear time, and the times."""
    growths = measure(pattern, method)
    return next((f"{method} of {string}: {growth}" for string, growth in growths if growth.is_superlinear), None)


def test_every_expression_in_the_source_is_found() -> None:
    unknown = [place for place in UNRESOLVED if place.partition(":")[0] not in {*BUILT_FROM_WORDS, *RULES}]
    assert not unknown, "\n".join(unknown)
    assert len(PATTERNS) > 150


def test_no_other_engine_is_used() -> None:
    assert not list(other_engines())


@pytest.mark.parametrize("source", PATTERNS, ids=str)
def test_an_expression_takes_time_in_proportion_to_its_input(source: SourcePattern) -> None:
    for method in sorted(source.methods):
        assert first_superlinear(source.pattern, method) is None


@pytest.mark.parametrize("module", BUILT_FROM_WORDS)
def test_an_expression_built_from_words_takes_time_in_proportion_to_its_input(module: str) -> None:
    assert first_superlinear(BUILT_FROM_WORDS[module], "finditer") is None


@pytest.mark.parametrize(
    ("expression", "method"),
    [
        (r"\s*x", "search"),
        (r"\s*[\[(]?\s*\d", "match"),
        (r"(?:a|a)*b", "match"),
        (r"(?:\w+\s?)*!", "fullmatch"),
        (rb"<script.*?</script>", "finditer"),
        (r"\w+\[\w+\]", "sub"),
        (r"=\s*(?:[\"']?\s*)(?:javascript|vbscript):", "search"),
        (r"(?:\d+\s+)*(?:<|[\s\d]*\Z)", "match"),
    ],
)
def test_a_slow_expression_is_caught(expression: str | bytes, method: str) -> None:
    assert first_superlinear(re.compile(expression, re.DOTALL), method) is not None


def test_rules_for_bad_patterns_repeat_nothing_without_a_limit() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(patterns.RULES_DIR.glob("*.yar")))
    expressions = YARA_EXPRESSION.findall(sources)
    assert len(expressions) > 40
    assert not [text for text in expressions if UNBOUNDED_REPETITION.search(YARA_CLASS.sub("", text))]
