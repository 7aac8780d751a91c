"""Further voices for the built-in engine: copied into a build from the operator's folder or bucket prefix, and checked there.

The manifest goes into the code of every function, the models into the layer of the one that speaks. VOICES_FOLDER is a folder, or
s3://bucket/prefix (docs/voices.md).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.platform.errors import ConfigurationError
from chalicelib.speech.voices import voices_folder
from chalicelib.speech.voices.model import UnknownVoiceError
from infra.packaging.wheels import BundleError

S3 = "s3://"


def fetch(source: str, target: Path) -> Path:
    """Copy the manifest and the models that it names to a new folder; return it. Raises BundleError if anything is wrong."""
    target.mkdir(parents=True)
    _copy(source, voices_folder.MANIFEST, target)
    try:
        for voice in voices_folder.read(target):
            _copy(source, voice.file, target)
            voices_folder.check(target / voice.file, voice)
    except (ConfigurationError, UnknownVoiceError) as error:
        raise BundleError(f"VOICES_FOLDER: {error}") from None
    return target


def add_manifest(fetched: Path, app: Path) -> None:
    """Add the manifest to the code."""
    packaged = app / "chalicelib" / "speech" / "voices" / voices_folder.PACKAGED
    packaged.mkdir()
    shutil.copy(fetched / voices_folder.MANIFEST, packaged)


def add_models(fetched: Path, packages: Path) -> None:
    """Add the models to a folder of packages."""
    target = packages / voices_folder.PACKAGED
    target.mkdir(exist_ok=True)
    for voice in voices_folder.read(fetched):
        shutil.copy(fetched / voice.file, target)


def _copy(source: str, name: str, target: Path) -> None:
    try:
        if source.startswith(S3):
            bucket, _, prefix = source.removeprefix(S3).partition("/")
            key = f"{prefix.rstrip('/')}/{name}".lstrip("/")
            boto3.client("s3").download_file(bucket, key, str(target / name))
        else:
            shutil.copy(Path(source) / name, target)
    except (OSError, BotoCoreError, ClientError) as error:
        raise BundleError(f"VOICES_FOLDER: {source} has no readable {name}: {error}") from None
