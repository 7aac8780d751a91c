"""Files of each accepted format, built to be slow, take time in proportion to their size."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from chalicelib.inspection import types
from tests.support.file_growth import measure
from tests.support.growing_files import FILES

pytestmark = pytest.mark.independent

EVERY = 6  # of a format's files is measured for each change, if there are many; all are before a release
MANY = 3


def cases() -> Iterator[ParameterSet]:
    by_format: dict[str, list[str]] = {}
    for name in FILES:
        by_format.setdefault(name.partition(":")[0], []).append(name)
    for names in by_format.values():
        for number, name in enumerate(names):
            is_variant = len(names) > MANY and number % EVERY != 0
            yield pytest.param(name, marks=pytest.mark.long if is_variant else ())


@pytest.mark.parametrize("name", list(cases()))
def test_a_file_takes_time_in_proportion_to_its_size(name: str, tmp_path: Path) -> None:
    gc.collect()
    growth = measure(FILES[name], tmp_path)
    assert not growth.is_superlinear, f"{name}: {growth}"


def test_every_format_with_text_has_such_files() -> None:
    with_text = {media_type for media_type, kind in types.ACCEPTED_TYPES.items() if kind.has_text}
    assert with_text <= {file.media_type for file in FILES.values()}
