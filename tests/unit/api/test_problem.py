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


def invalid_requests(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    yield {"unknown_field": 1}
    for name, field in model.model_fields.items():
        for value in WRONG_VALUES:
            yield {field.alias or name: value}


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
