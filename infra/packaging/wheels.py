"""Third-party packages for Lambda, installed for its processor and Python instead of those of the build machine."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

# Amazon Linux 2023 (glibc 2.34) and supported until 2029-06-30; 3.11 runs on glibc 2.26, for which some wheels do not exist.
PYTHON = "3.13"
GLIBC = "manylinux_2_28"

# Required shared objects: a missing one fails the build, not the first request.
EXPECTED: Mapping[str, tuple[str, ...]] = {
    "code": (
        "_cffi_backend",
        "charset_normalizer/md",
        "cryptography/hazmat/bindings/_rust",
        "psycopg_binary/_psycopg",
        "psycopg_binary/pq",
        "pydantic_core/_pydantic_core",
        "sentencex/sentencex",
    ),
    "audio_export": ("av/codec/context", "av.libs/libavcodec"),
    "audio_checks": (
        "_soundfile_data/libsndfile",  # followed by the processor
        "lameenc",
        "numpy/_core/_multiarray_umath",
        "pocketsphinx/_pocketsphinx",
    ),
    "documents": (
        "PIL/_imaging",
        "PIL/_webp",
        "_pi_heif",
        "chardet/_kernel",
        "lxml/etree",
        "mathra/_mathra",
        "nh3/nh3",
        "numpy/_core/_multiarray_umath",
        "pikepdf/_core",
        "pypdfium2_raw/libpdfium",
        "selectolax/lexbor",
        "yara_x/yara_x",
    ),
    "recognition": (
        "PIL/_imaging",
        "lxml/etree",
        "numpy/_core/_multiarray_umath",
        "pikepdf/_core",
        "pypdfium2_raw/libpdfium",
        "tesserocr/tesserocr",
    ),
    "voice": ("onnxruntime/capi/onnxruntime_pybind11_state",),
    "migrations": ("markupsafe/_speedups", "sqlalchemy/util/_collections_cy"),
}

_MACHINES = {62: "x86_64", 183: "arm64"}  # e_machine in the ELF header
_UV_NAMES = {"x86_64": "x86_64", "arm64": "aarch64"}
_EXCLUDED_FOLDERS = frozenset({"bin", "tests", "__pycache__", "swagger_ui"})  # swagger_ui: of powertools, unused
_EXCLUDED_SUFFIXES = frozenset({".pyc", ".pyi", ".pyx", ".pxd", ".c", ".h"})
# What our code never loads (tests/e2e/test_cloud_bundle.py): Chalice handles HTTP, we build Sentry's events, and boto3 makes
# clients, but no resources. Emoji are said in English and German. The aligner knows its words, so it needs no language model.
_UNUSED = re.compile(
    r"aws_lambda_powertools/(event_handler|utilities/(?!__init__|jmespath_utils|typing))"
    r"|sentry_sdk/integrations/(?!__init__|dedupe)"
    r"|boto3/(data|examples)/"
    r"|emoji/unicode_codes/emoji_(?!de\.)"
    r"|pocketsphinx/model/en-us/en-us\.lm\.bin"
)
# Written by the installer, with paths and times of the build machine.
_EXCLUDED_NAMES = frozenset({".lock", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})


class BundleError(Exception):
    """A bundle that would not run on Lambda."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A pinned package of a lock file, with the lines that contain its version and hashes."""

    name: str
    lines: str


def read_lock(path: Path) -> list[Requirement]:
    """Return the packages of a lock file created with `--generate-hashes --no-annotate`."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", path.read_text())
    return [
        Requirement(re.split(r"[=\[ ]", b, maxsplit=1)[0], b.strip()) for b in blocks if re.match(r"[A-Za-z0-9]", b)
    ]


def install(requirements: list[Requirement], target: Path, architecture: str) -> None:
    """Install exactly these packages into a folder, as far as Lambda needs them.

    Raises BundleError if one has no wheel for the target.
    """
    target.mkdir(parents=True)
    lock = target.with_suffix(".txt")
    lock.write_text("\n".join(r.lines for r in requirements) + "\n")
    command: list[str | Path] = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--python-version", PYTHON, "--python-platform", f"{_UV_NAMES[architecture]}-{GLIBC}"]
    command += ["--only-binary", ":all:"]
    run = subprocess.run([*command, "--target", target, "-r", lock], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise BundleError(f"The packages for {architecture} cannot be installed:\n{run.stderr.strip()}")
    delete_unneeded(target)


def delete_unneeded(folder: Path) -> None:
    """Delete the files of an installation that Lambda does not need."""
    for path in list(folder.rglob("*")):
        relative = path.relative_to(folder)
        is_unneeded = (
            path.suffix in _EXCLUDED_SUFFIXES
            or path.name in _EXCLUDED_NAMES
            or _EXCLUDED_FOLDERS.intersection(relative.parts[:-1])
            or _UNUSED.match(relative.as_posix())
        )
        if path.is_file() and is_unneeded:
            path.unlink()


def check(part: str, binaries: Mapping[str, Path], architecture: str) -> None:
    """Raise BundleError unless every expected shared object is present and all are built for the target."""
    missing = [
        name for name in EXPECTED[part] if not any(b.startswith((f"{name}.", f"{name}-", f"{name}_")) for b in binaries)
    ]
    if missing:
        raise BundleError(f"The {part} bundle lacks {', '.join(missing)}")
    tag = f"cpython-{PYTHON.replace('.', '')}-"
    for name, path in binaries.items():
        machine = machine_of(path)
        if machine != architecture:
            raise BundleError(f"{name} is built for {machine}, not for {architecture}")
        if "cpython-" in name and tag not in name:
            raise BundleError(f"{name} is built for a Python other than {PYTHON}")


def machine_of(path: Path) -> str:
    """Return the processor that a shared object was built for, from its ELF header."""
    with path.open("rb") as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF":
        return "no ELF machine"
    (machine,) = struct.unpack_from("<H", header, 18)
    return _MACHINES.get(machine, f"ELF machine {machine}")
