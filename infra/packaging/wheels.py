"""Third-party packages for Lambda: installed for its processor and Python, not for the machine that builds."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

# Amazon Linux 2023 (glibc 2.34) and supported until 2029-06-30; 3.11 runs on glibc 2.26, for which some wheels do not exist.
PYTHON = "3.13"
GLIBC = "manylinux_2_28"
SOURCE_ONLY = frozenset({"langdetect"})  # pure Python, published without a wheel

# What must be there, so that no gap is found by the first user of a release.
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
    "documents": (
        "PIL/_imaging",
        "PIL/_webp",
        "_pi_heif",
        "lxml/etree",
        "pikepdf/_core",
        "pypdfium2_raw/libpdfium",
        "selectolax/lexbor",
        "yara_x/yara_x",
    ),
    "migrations": ("markupsafe/_speedups", "sqlalchemy/util/_collections_cy"),
}

_MACHINES = {62: "x86_64", 183: "arm64"}  # e_machine in the ELF header
_UV_NAMES = {"x86_64": "x86_64", "arm64": "aarch64"}
_UNWANTED_FOLDERS = frozenset({"bin", "tests", "__pycache__", "swagger_ui"})  # the last: of powertools, unused
_UNWANTED_SUFFIXES = frozenset({".pyc", ".pyi", ".pyx", ".pxd", ".c", ".h"})
# What nothing here imports, as tests/e2e/test_cloud_bundle.py sees: HTTP is Chalice's, and what Sentry is told is ours.
_UNUSED = re.compile(
    r"aws_lambda_powertools/(event_handler|utilities/(?!__init__|jmespath_utils|typing))"
    r"|sentry_sdk/integrations/(?!__init__|dedupe)"
)
# Written by the installer: they name paths and times of the machine that builds.
_UNWANTED_NAMES = frozenset({".lock", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})


class BundleError(Exception):
    """A bundle that would not run on Lambda."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One pinned package of a lock file, with the lines that pin and hash it."""

    name: str
    lines: str


def read_lock(path: Path) -> list[Requirement]:
    """The packages of a lock file made with `--generate-hashes --no-annotate`."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", path.read_text())
    return [
        Requirement(re.split(r"[=\[ ]", b, maxsplit=1)[0], b.strip()) for b in blocks if re.match(r"[A-Za-z0-9]", b)
    ]


def install(requirements: list[Requirement], target: Path, architecture: str) -> None:
    """Install exactly these packages into a folder. Raises BundleError when one has no wheel for the target."""
    target.mkdir(parents=True)
    lock = target.with_suffix(".txt")
    lock.write_text("\n".join(r.lines for r in requirements) + "\n")
    command: list[str | Path] = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--python-version", PYTHON, "--python-platform", f"{_UV_NAMES[architecture]}-{GLIBC}"]
    for requirement in requirements:
        if requirement.name not in SOURCE_ONLY:
            command += ["--only-binary", requirement.name]
    run = subprocess.run([*command, "--target", target, "-r", lock], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise BundleError(f"The packages for {architecture} cannot be installed:\n{run.stderr.strip()}")


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of an installation that Lambda needs, each with its name inside the bundle."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        unwanted = (
            path.suffix in _UNWANTED_SUFFIXES or path.name in _UNWANTED_NAMES or _UNUSED.match(relative.as_posix())
        )
        if path.is_file() and not unwanted and not _UNWANTED_FOLDERS.intersection(relative.parts[:-1]):
            yield relative.as_posix(), path


def check(part: str, binaries: Mapping[str, Path], architecture: str) -> None:
    """Raise BundleError unless every expected shared object is there and all of them are made for the target."""
    missing = [name for name in EXPECTED[part] if not any(b.startswith((f"{name}.", f"{name}-")) for b in binaries)]
    if missing:
        raise BundleError(f"The {part} bundle lacks {', '.join(missing)}")
    tag = f"cpython-{PYTHON.replace('.', '')}-"
    for name, path in binaries.items():
        machine = machine_of(path)
        if machine != architecture:
            raise BundleError(f"{name} is made for {machine}, not for {architecture}")
        if "cpython-" in name and tag not in name:
            raise BundleError(f"{name} is made for another Python than {PYTHON}")


def machine_of(path: Path) -> str:
    """The processor a shared object was made for, by its ELF header."""
    with path.open("rb") as file:
        header = file.read(20)
    if header[:4] != b"\x7fELF":
        return "no ELF machine"
    (machine,) = struct.unpack_from("<H", header, 18)
    return _MACHINES.get(machine, f"ELF machine {machine}")
