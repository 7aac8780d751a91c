"""A package that is not installed where the sandbox's parsers run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chalicelib.platform import sandbox


@contextmanager
def missing(package: str, folder: Path) -> Iterator[None]:
    """Make a package impossible to import in a sandbox that starts now."""
    (folder / f"{package}.py").write_text(f"raise ImportError('no {package} here')\n")
    sandbox.stop()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.syspath_prepend(folder)
            yield
    finally:
        sandbox.stop()
