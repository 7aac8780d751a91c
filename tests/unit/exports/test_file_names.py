"""Names of files in archives."""

import pytest

from chalicelib.exports.content import file_names


@pytest.mark.parametrize(
    ("filename", "safe"),
    [
        ("book.pdf", "book.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b:c*d?.txt", "a_b_c_d_.txt"),
        ("...", "file"),
        ("ünï.pdf", "ünï.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_file_names_are_safe_in_every_file_system(filename: str, safe: str) -> None:
    assert file_names.shorten(filename) == safe
