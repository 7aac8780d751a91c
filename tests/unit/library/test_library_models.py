"""Titles, tags and names of collections: what is rejected, and the sentence shown."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from chalicelib.library.collections.model import CollectionChanges, NewCollection
from chalicelib.library.model import MediaChanges


@pytest.mark.parametrize(
    ("model", "body", "sentence"),
    [
        (MediaChanges, {"title": " \n "}, "This field is blank. Enter at least one visible character."),
        (
            MediaChanges,
            {"title": "a\u0007b"},
            r"'a\x07b' contains invisible control characters. Remove them, or type the text instead of pasting it.",
        ),
        (MediaChanges, {"title": None}, "The title cannot be removed. Send a new title, or leave the field out."),
        (CollectionChanges, {"name": None}, "The name cannot be removed. Send a new name, or leave the field out."),
        (
            NewCollection,
            {"name": "a", "description": "b\u0007c"},
            r"'b\x07c' contains invisible control characters. Remove them, or type the text instead of pasting it.",
        ),
    ],
)
def test_a_rejection_names_the_value_and_the_way_out(
    model: type[BaseModel], body: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError) as error:
        model.model_validate(body)
    assert [problem["msg"] for problem in error.value.errors()] == [sentence]
