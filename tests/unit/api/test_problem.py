"""Every 422 has a sentence of ours: pydantic's own messages never reach a client."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from app import app
from chalicelib.api import problem
from chalicelib.api.operation import Operation

OPERATIONS: list[Operation] = [
    vars(entry.view_function)["operation"]
    for methods in app.routes.values()
    for method, entry in methods.items()
    if method != "OPTIONS"
]
BODIES = {model for operation in OPERATIONS if (model := operation.body)}
QUERIES = {model for operation in OPERATIONS if (model := operation.query)}
WRONG_VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 10**30, "", " ", "x", "a\nb", "\x00", "x" * 100_000, [], [1] * 5_000, [None], {}, {"x": 1},
)  # fmt: skip
PYDANTIC = re.compile(
    r"Input should|Value error|Field required|Extra inputs|should have at|should match|valid (?!JSON)\w+"
)

CONSTRAINTS = {
    "ge": "greater_than_equal",
    "le": "less_than_equal",
    "pattern": "string_pattern_mismatch",
}
# The errors of pydantic's types of schemas, by its documentation. None: the type has none of its own.
ERRORS: dict[str, set[str]] = {
    "any": set(),
    "bool": {"bool_type", "bool_parsing"},
    "datetime": {"datetime_type", "datetime_parsing", "datetime_from_date_parsing"},
    "default": set(),
    "dict": {"dict_type"},
    "enum": {"enum"},
    "float": {"float_type", "float_parsing", "finite_number"},
    "function-after": {"value_error"},
    "function-before": {"value_error"},
    "int": {"int_type", "int_parsing", "int_parsing_size", "int_from_float", "finite_number"},
    "list": {"list_type"},
    "literal": {"literal_error"},
    "model": {"model_type"},
    "model-field": set(),
    "model-fields": {"missing"},
    "no-info": set(),
    "nullable": set(),
    "str": {"string_type", "string_unicode"},
    "union": set(),
    "uuid": {"uuid_type", "uuid_parsing"},
}


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema inside pydantic's schema of a model."""
    if isinstance(part, dict):
        if isinstance(part.get("type"), str):
            yield part
        for name, inner in part.items():
            if name not in {"metadata", "serialization"}:
                yield from schemas(inner)
    elif isinstance(part, list | tuple):
        for inner in part:
            yield from schemas(inner)


def schemas_of_requests() -> Iterator[dict[str, Any]]:
    for model in BODIES | QUERIES:
        model.model_rebuild(force=True)
        yield from schemas(model.__pydantic_core_schema__)


def possible_errors(schema: dict[str, Any]) -> set[str]:
    errors = set(ERRORS[schema["type"]])
    errors |= {error for constraint, error in CONSTRAINTS.items() if constraint in schema}
    for constraint in {"min_length", "max_length"} & schema.keys():
        length = "short" if constraint == "min_length" else "long"
        errors.add(f"string_too_{length}" if schema["type"] == "str" else f"too_{length}")
    if schema["type"] == "model" and schema["config"].get("extra_fields_behavior") == "forbid":
        errors.add("extra_forbidden")
    if schema["type"] == "datetime" and schema.get("tz_constraint") == "aware":
        errors.add("timezone_aware")
    return errors


def test_every_error_that_a_request_can_cause_has_a_sentence_and_no_other_has_one() -> None:
    possible = {"json_invalid"} | {error for schema in schemas_of_requests() for error in possible_errors(schema)}
    assert problem.SENTENCES.keys() == possible


def test_every_pattern_of_a_request_has_a_sentence() -> None:
    patterns = {schema["pattern"] for schema in schemas_of_requests() if "pattern" in schema}
    assert problem.PATTERNS.keys() == patterns


def invalid_requests(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    yield {"unknown_field": 1}
    for name, field in model.model_fields.items():
        for value in WRONG_VALUES:
            yield {field.alias or name: value}


@pytest.mark.usefixtures("deployment")  # the address of a receiver is judged by the settings of the stage
@pytest.mark.parametrize("model", sorted(BODIES | QUERIES, key=str))
def test_no_sentence_of_pydantic_reaches_a_client(model: type[BaseModel]) -> None:
    for request in invalid_requests(model):
        try:
            model.model_validate(request, strict=model in BODIES)
        except ValidationError as error:
            rejection = problem.of_validation(error, where="body")
            assert not PYDANTIC.search(rejection.detail), f"{request!r:.80}: {rejection.detail}"
            assert all(field.detail.endswith((".", "…")) for field in rejection.errors), rejection.errors
            assert len(rejection.detail) < 1_000


@pytest.mark.parametrize(
    ("request_body", "sentence"),
    [
        ({"filename": "a.pdf", "media_type": "application/pdf", "size_bytes": 0}, "The file is empty"),
        ({"filename": "a\nb.pdf", "media_type": "application/pdf", "size_bytes": 1}, "control character"),
        ({"filename": "a" * 300, "media_type": "application/pdf", "size_bytes": 1}, "at most 255 characters"),
        ({"filename": "a.pdf", "media_type": "application/pdf"}, "size_bytes: This field is required."),
        ({"filename": "a.pdf", "size_bytes": 1, "colour": "red"}, "colour: This field is unknown; remove it."),
    ],
)
def test_an_invalid_upload_is_rejected_in_plain_words(request_body: dict[str, Any], sentence: str) -> None:
    (model,) = (model for model in BODIES if model.__name__ == "NewUpload")
    with pytest.raises(ValidationError) as raised:
        model.model_validate(request_body)
    assert sentence in problem.of_validation(raised.value, where="body").detail
