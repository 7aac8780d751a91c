"""Names and docstrings: one noun per concept, and no words that only this project would search for."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CODE = [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]
TOOLS = [path for folder in ("infra", "localstack", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]

# Class names that exist twice on purpose. They are used with their module's name, or never together.
ALLOWED_TWICE = {
    "Page": "a page of a document (extraction.pdf.layout) and a page of a list (platform.db.cursor)",
}
# First words of docstrings that put the clause before the noun.
INVERTED = re.compile(
    r"(Who|Whoever|What|Whose|Whether|Of|Somebody|Nobody|Anybody|Let|Where|When|How|Again|Not|All that|As soon as|That)\b"
)
# Words of the first edition, by the term that replaced them (docs/glossary.md).
REPLACED = {
    r"\bHeard\b": "CallResult",
    r"\bFate\b": "RetryDecision",
    r"\bWish\b": "ResolvedRequest",
    r"\bUnderWay\b|\bunder_way\b": "InFlightCall, in_flight",
    r"\bLetters?\b(?=\()": "OutboxMessage",
    r"\bgive_up\b": "abort, fail, mark_unspoken",
    r"\bfurniture\b": "running headers",
    r"\bmint\(|\.mint\b": "issue",
    r"\bthrow_away\b|\bthrown away\b": "move to trash",
    r"\bTooOftenError\b": "TooManyRequestsError",
    r"\bInvalidError\b": "UnprocessableContentError",
    r"\b\w*Order\b(?=\(BaseModel)": "a Message",
    r"\bMOST_\w+|\bFEWEST_\w+|\bLONGEST_\w+": "MAX_, MIN_",
    r"\bhas_stood_still\b|\bstuck_\w+": "stalled",
    r"\bput_back\b": "requeue",
    r"\bturn_over\b": "fail_over",
    r"\bexpect_to_pay\b|\bexpected_to_pay\b": "billable_characters",
    r"\bmoments\b": "word index",
    r"\b[Ww]hoever\b|\b[Ss]omebody\b|\b[Nn]obody\b|\b[Aa]nybody\b": "a named actor",
}


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "lineno", 1), text


def test_a_class_name_stands_for_one_thing() -> None:
    places = defaultdict(list)
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    twice = {name: files for name, files in places.items() if len(files) > 1}
    assert twice.keys() == ALLOWED_TWICE.keys(), twice


def test_docstrings_open_with_an_imperative_or_a_noun() -> None:
    inverted = [
        f"{path.relative_to(ROOT)}:{line}: {text.splitlines()[0]}"
        for path in (*CODE, *TOOLS)
        for line, text in docstrings(path)
        if INVERTED.match(text)
    ]
    assert not inverted, "\n".join(inverted)


@pytest.mark.parametrize("word", REPLACED)
def test_replaced_words_do_not_return(word: str) -> None:
    pattern = re.compile(word)
    places = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in (*CODE, *TOOLS)
        if "migrations" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]
    assert not places, f"say {REPLACED[word]}:\n" + "\n".join(places)
