"""Tesseract's trained data: which languages can be recognised, and where their models are.

`trained_data.json` lists each model with its SHA-256 and the package that it is from. A language is available where its model is
installed: a layer of the function contains those of its stage, a developer's environment at least English and German.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MANIFEST = Path(__file__).with_name("trained_data.json")
FOLDER = Path("share/tessdata")  # below the packages of a layer, and below an environment
LAYER = Path("/opt/python")
SUFFIX = ".traineddata"
ORIENTATION = "osd"  # names no language: its model finds out how a page is turned
DEFAULT_LANGUAGE = "en"  # until the letters of a page tell another one


class TrainedDataError(Exception):
    """The models are missing, or are not those of the manifest."""


@dataclass(frozen=True, slots=True)
class TrainedData:
    """A model, its SHA-256 in hex, and the package that contains it: of PyPI with "==", of npm with "@"."""

    model: str
    sha256: str
    package: str

    @property
    def is_from_npm(self) -> bool:
        return self.package.startswith("@")


@cache
def manifest() -> Mapping[str, TrainedData]:
    """Return the models by their languages, and that of the orientation as "osd"."""
    return {language: TrainedData(**entry) for language, entry in json.loads(MANIFEST.read_text()).items()}


@cache
def folder() -> Path:
    """Return the folder of the models: in the function's layer, otherwise in this environment. Raises TrainedDataError."""
    for root in (LAYER, Path(sys.prefix)):
        if (root / FOLDER / f"{ORIENTATION}{SUFFIX}").exists():
            return root / FOLDER
    raise TrainedDataError("Tesseract's trained data are not installed; run: make install")


@cache
def available_languages() -> tuple[str, ...]:
    """Return the BCP 47 tags of the languages whose models are installed, in the order of the manifest."""
    return tuple(
        language
        for language, entry in manifest().items()
        if language != ORIENTATION and (folder() / f"{entry.model}{SUFFIX}").exists()
    )


def models(languages: Sequence[str]) -> str:
    """Return the models of these languages as Tesseract names them: "eng+deu"."""
    return "+".join(manifest()[language].model for language in languages)


def verify(folder: Path, languages: Sequence[str]) -> None:
    """Raise TrainedDataError unless the models of these languages and of the orientation are those of the manifest."""
    for language in (ORIENTATION, *languages):
        entry = manifest()[language]
        content = (folder / f"{entry.model}{SUFFIX}").read_bytes()
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise TrainedDataError(f"The trained data of {language} are not those of {entry.package}.")
