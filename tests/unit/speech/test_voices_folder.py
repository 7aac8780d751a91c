"""Further voices of the built-in engine from a folder: the manifest is checked, and so is every file."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from chalicelib.platform import config
from chalicelib.platform.errors import ConfigurationError
from chalicelib.speech.voices import catalogue, voices_folder
from chalicelib.speech.voices.adapters import hibari_model
from chalicelib.speech.voices.adapters.hibari import HEART, Hibari
from chalicelib.speech.voices.model import UnknownVoiceError

SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"  # pragma: allowlist secret
NORA = {
    "key": "nora",
    "name": "Nora",
    "language": "en-GB",
    "gender": "female",
    "file": "nora.onnx",
    "sha256": SHA256,
    "licence": "Apache-2.0",
}


@pytest.fixture
def folder(tmp_path: Path, deployment: pytest.MonkeyPatch) -> Path:
    """A folder with the model of the package under another name."""
    shutil.copy(hibari_model.packaged_model(), tmp_path / "nora.onnx")
    deployment.setenv("VOICES_FOLDER", str(tmp_path))
    config.settings.cache_clear()
    write(tmp_path, NORA)
    return tmp_path


def write(folder: Path, *voices: dict[str, Any]) -> None:
    (folder / voices_folder.MANIFEST).write_text(json.dumps({"voices": voices}))
    voices_folder.read.cache_clear()
    voices_folder.model_file.cache_clear()


def test_a_voice_of_the_folder_is_listed_and_speaks_with_its_own_model_and_accent(folder: Path) -> None:
    assert folder
    assert [voice.id for voice in catalogue.list_voices(["hibari"])] == ["hibari:heart", "hibari:nora"]
    nora = catalogue.default_voice("en-GB", ["hibari"])
    assert (nora.id, nora.name, nora.gender, catalogue.get_model(nora.id)) == (
        "hibari:nora",
        "Nora",
        "female",
        SHA256[:16],
    )
    assert catalogue.default_voice("en", ["hibari"]) == HEART
    text = "The last bath was hot."
    british, american = (Hibari().synthesize(text, voice, "en") for voice in (nora, HEART))
    assert len(british.words) == len(american.words) == len(text.split())
    assert british.audio.frames != american.audio.frames


@pytest.mark.parametrize("is_missing", [False, True])
def test_a_file_that_is_not_the_manifests_never_speaks(folder: Path, is_missing: bool) -> None:
    voice = catalogue.get_voice("hibari:nora", ["hibari"])
    if is_missing:
        (folder / "nora.onnx").unlink()
    else:
        with (folder / "nora.onnx").open("ab") as file:
            file.write(b"\0")
    with pytest.raises(UnknownVoiceError, match="not in VOICES_FOLDER" if is_missing else "has the SHA-256"):
        Hibari().synthesize("The lamp is lit.", voice, "en")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "5f70"}, "sha256"),
        ({"file": "../nora.onnx"}, "file"),
        ({"language": "de"}, "English only"),
        ({"licence": ""}, "licence"),
        ({"key": "a:b"}, "key"),
        ({"code": "x"}, "code"),
    ],
)
def test_a_wrong_manifest_is_refused_with_what_is_wrong(folder: Path, change: dict[str, str], message: str) -> None:
    write(folder, NORA | change)
    with pytest.raises(ConfigurationError, match=message):
        catalogue.list_voices(["hibari"])


def test_a_folder_without_a_manifest_and_a_voice_listed_twice_are_refused(folder: Path) -> None:
    write(folder, NORA, NORA)
    with pytest.raises(ConfigurationError, match="nora twice"):
        voices_folder.list_voices()
    (folder / voices_folder.MANIFEST).unlink()
    voices_folder.read.cache_clear()
    with pytest.raises(ConfigurationError, match=r"no readable voices\.json"):
        voices_folder.list_voices()
