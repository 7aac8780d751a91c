"""Files of each accepted format, built to be slow, take time in proportion to their size."""

import gc
from pathlib import Path

import pytest

from chalicelib.inspection import types
from tests.support.file_growth import measure
from tests.support.growing_files import FILES

pytestmark = pytest.mark.independent


@pytest.mark.parametrize("name", FILES)
def test_a_file_takes_time_in_proportion_to_its_size(name: str, tmp_path: Path) -> None:
    gc.collect()
    growth = measure(FILES[name], tmp_path)
    assert not growth.is_superlinear, f"{name}: {growth}"


def test_every_format_with_text_has_such_files() -> None:
    with_text = {media_type for media_type, kind in types.ACCEPTED_TYPES.items() if kind.has_text}
    assert with_text <= {file.media_type for file in FILES.values()}
