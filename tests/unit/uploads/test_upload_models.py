"""Declarations of uploads: what is rejected, and the sentence shown."""

from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.uploads.model import NewUpload

VALID = {"filename": "rock.txt", "media_type": "text/plain", "size_bytes": 10}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"size_bytes": 0}, "The file is empty (0 bytes). Choose a file that has content."),
        (
            {"filename": "line\nbreak.txt"},
            r"The filename 'line\nbreak.txt' contains control characters, such as a line break or a tab. Rename the file.",
        ),
        ({"filename": "../.."}, "'../..' is not a filename. Send the file's own name, such as 'report.pdf'."),
        (
            {"sha256": "{sha256}"},
            "'{sha256}' is not the SHA-256 of a file in base64 (44 characters). Leave the field out or correct it.",
        ),
    ],
)
def test_a_rejection_names_the_value_and_the_way_out(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as error:
        NewUpload.model_validate({**VALID, **changes})
    assert [problem["msg"] for problem in error.value.errors()] == [sentence]


def test_a_size_of_false_is_not_taken_for_0_bytes() -> None:
    with pytest.raises(ValidationError, match="valid integer"):
        NewUpload.model_validate({**VALID, "size_bytes": False})
