"""Further voices for the built-in engine: a folder of models with a manifest, added by the operator without code.

`voices.json` in the folder lists them:

    {"voices": [{"key": "emma", "name": "Emma", "language": "en-GB", "gender": "female", "file": "bf_emma.int8.onnx",
                 "sha256": "f709f0…", "licence": "Apache-2.0"}]}

The folder is VOICES_FOLDER; a build copies it: the manifest into the code of every function, the models into the layer of the one
that speaks. A manifest that is wrong, and a file that is not the one it names, are refused.
"""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from chalicelib.platform.config import settings
from chalicelib.platform.errors import ConfigurationError
from chalicelib.speech.voices import languages
from chalicelib.speech.voices.model import Gender, UnknownVoiceError

MANIFEST = "voices.json"
PACKAGED = "further_voices"  # the folder's name in a bundle: beside this module, and in the layer
MAX_VOICES = 50  # models of 8 MB: the layer has room for fewer


def _is_english(tag: str) -> str:
    if not languages.is_same_language(tag, "en"):
        raise ValueError("the engine has phonemes for English only")
    return tag


class FolderVoice(BaseModel):
    """A voice of the folder: its model, the model's SHA-256, and the licence under which it may be used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    name: Annotated[str, Field(min_length=1, max_length=60)]
    language: Annotated[languages.LanguageTag, AfterValidator(_is_english)]
    gender: Gender | None = None
    kind: Literal["hibari"] = "hibari"
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]{0,99}\.onnx$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    licence: Annotated[str, Field(min_length=1, max_length=100)]

    @property
    def is_british(self) -> bool:
        return languages.matches(self.language, "en-GB")


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    voices: Annotated[list[FolderVoice], Field(max_length=MAX_VOICES)]


def list_voices() -> tuple[FolderVoice, ...]:
    """Return the voices of this deployment's folder; none without one. Raises ConfigurationError for a wrong manifest."""
    folder = _folder()
    return read(folder) if folder else ()


def get(key: str) -> FolderVoice | None:
    return next((voice for voice in list_voices() if voice.key == key), None)


@cache
def read(folder: Path) -> tuple[FolderVoice, ...]:
    """Return the voices that a folder's manifest lists. Raises ConfigurationError."""
    path = folder / MANIFEST
    try:
        voices = _Manifest.model_validate(json.loads(path.read_text("utf-8"))).voices
    except OSError as error:
        raise ConfigurationError(f"VOICES_FOLDER has no readable {MANIFEST}: {error.strerror}") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"{path} is invalid. {problems}") from None
    except ValueError as error:
        raise ConfigurationError(f"{path} is no JSON: {error}") from None
    if duplicates := {voice.key for voice in voices if sum(other.key == voice.key for other in voices) > 1}:
        raise ConfigurationError(f"{path} lists {', '.join(sorted(duplicates))} twice")
    return tuple(voices)


@cache
def model_file(voice: FolderVoice) -> Path:
    """Return the file of a voice's model, checked once. Raises UnknownVoiceError if it is missing or another one."""
    for folder in _model_folders():
        path = folder / voice.file
        if path.is_file():
            check(path, voice)
            return path
    raise UnknownVoiceError(f"the file {voice.file} of the voice {voice.key} is not in VOICES_FOLDER")


def check(path: Path, voice: FolderVoice) -> None:
    """Raise UnknownVoiceError unless a file is the one that the manifest names."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != voice.sha256:
        raise UnknownVoiceError(
            f"the file {voice.file} of the voice {voice.key} has the SHA-256 {digest}, not {voice.sha256}"
        )


def _folder() -> Path | None:
    """Return the folder of the manifest: the setting's, else the bundle's, if it has one."""
    if configured := settings().voices_folder:
        return Path(configured)
    packaged = Path(__file__).resolve().parent / PACKAGED
    return packaged if (packaged / MANIFEST).is_file() else None


def _model_folders() -> list[Path]:
    if configured := settings().voices_folder:
        return [Path(configured)]
    return [Path(__file__).resolve().parent / PACKAGED, *(Path(entry) / PACKAGED for entry in sys.path if entry)]
