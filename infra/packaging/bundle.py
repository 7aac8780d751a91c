"""The bundle of a release: the code's zip, the layers, and the template that references them.

Builds are reproducible: the same input gives the same bytes, and so the same keys in the artifacts bucket. A build is reused
if the fingerprint of its input is unchanged.

    python -m infra.packaging.bundle --stage local               build, and print the template's path
    python -m infra.packaging.bundle --stage prod --sizes        build, and list the contents
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from chalicelib.extraction.recognition.trained_data import FOLDER
from chalicelib.inspection import patterns
from infra.packaging import (
    bytecode,
    functions_template,
    further_voices,
    service_models,
    shared_objects,
    traffic_shift,
    trained_data,
    wheels,
)
from infra.packaging.bytecode import Compiler
from infra.packaging.wheels import BundleError

ROOT = Path(__file__).resolve().parent.parent.parent
LAYERS = {
    "audio_checks": "requirements/audio_checks.txt",
    "audio_export": "requirements/audio_export.txt",
    "documents": "requirements/documents.txt",
    "migrations": "requirements/migrations.txt",
    "recognition": "requirements/recognition.txt",
    "voice": "requirements/voice.txt",
}
BUILT_UPON = {"voice": "audio_checks"}  # a layer that comes with another one, and lacks what that one has
CARRIED_TOGETHER = tuple(  # each function has the layers of one of these
    (layer, BUILT_UPON[layer]) if layer in BUILT_UPON else (layer,) for layer in LAYERS
)
MAX_UNZIPPED_BYTES = 250 * 1024 * 1024  # Lambda's limit for a function's code and layers together
RETAINED_BUILDS = 3  # per stage; enough to switch between two branches
INPUTS = (
    "functions.yaml",
    "gateway_responses.yaml",
    *(
        f"packaging/{n}.py"
        for n in (
            "bundle",
            "bytecode",
            "functions_template",
            "further_voices",
            "service_models",
            "shared_objects",
            "sizes",
            "traffic_shift",
            "trained_data",
            "wheels",
        )
    ),
)
UNCOMPILED = (
    f"Python {wheels.PYTHON} was not found, so the bundle has no compiled modules and cold starts take longer. "
    f"Install it (.venv/bin/uv python install {wheels.PYTHON}) and build again."
)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can name


@dataclass(frozen=True, slots=True)
class Bundle:
    """A built release: `template.json`, `code.zip`, and `<layer>.zip` for each layer that the target needs."""

    folder: Path
    fingerprint: str

    @property
    def template(self) -> Path:
        return self.folder / "template.json"

    @property
    def code(self) -> Path:
        return self.folder / "code.zip"

    def layer(self, name: str) -> Path | None:
        """Return the layer's zip, or None for a target that has the packages installed."""
        path = self.folder / f"{name}.zip"
        return path if path.exists() else None


def build(
    stage: str,
    *,
    architecture: str | None = None,
    source: Path = ROOT,
    output: Path = ROOT / "build",
    voices: str | None = None,
) -> Bundle:
    """Build the release of a stage, or return the existing build.

    Without an architecture, the bundle contains our own code only, for functions that run where the packages are installed.
    With one ("arm64", "x86_64"), the packages are included and checked, and all modules compiled if this machine has the
    Python to do so. `voices` is a folder, or s3://bucket/prefix, of further voices. Raises BundleError.
    """
    compiler = bytecode.find_compiler() if architecture else None
    with tempfile.TemporaryDirectory(prefix="visionary-bundle-") as name:
        work = Path(name)
        _export(source, work / "app")
        if voices:
            further_voices.add_manifest(further_voices.fetch(voices, work / "voices"), work / "app")
            if architecture is None:  # no layer
                further_voices.add_models(work / "voices", work / "app" / "chalicelib" / "speech" / "voices")
        fingerprint = _fingerprint(work / "app", source, stage, architecture, compiler)
        bundle = Bundle(output / f"{stage}-{architecture or 'here'}-{fingerprint[:16]}", fingerprint)
        if not bundle.template.exists():
            result = work / "result"
            result.mkdir()
            _package(work, source / "infra" / "functions.yaml", stage, architecture, result)
            if architecture:
                if compiler is None:
                    print(UNCOMPILED, file=sys.stderr)
                _add_packages(work, source, architecture, compiler, result)
            _publish(result, bundle.folder)
        bundle.folder.touch()
        _delete_old_builds(bundle.folder)
        return bundle


def _export(source: Path, target: Path) -> None:
    """Copy what Chalice packages, without the caches and editor files that it would include."""
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*~", "#*#")
    shutil.copytree(source / "chalicelib", target / "chalicelib", ignore=ignored)
    shutil.copy(source / "app.py", target)
    patterns.write_compiled_rules(
        target / "chalicelib" / "inspection" / "rules"
    )  # spares every cold start the compilation
    (target / ".chalice").mkdir()
    shutil.copy(source / ".chalice" / "config.json", target / ".chalice")


def _fingerprint(app: Path, source: Path, stage: str, architecture: str | None, compiler: Compiler | None) -> str:
    digest = hashlib.sha256()
    python = wheels.PYTHON if architecture else f"{sys.version_info.major}.{sys.version_info.minor}"
    compiled_by = compiler and compiler.version
    digest.update(repr((stage, architecture, python, compiled_by, version("chalice"))).encode())
    inputs = {p.relative_to(app).as_posix(): p for p in app.rglob("*") if p.is_file()}
    inputs |= {f"infra/{n}": source / "infra" / n for n in INPUTS}
    if architecture:
        inputs |= {n: source / n for n in ("requirements.txt", *LAYERS.values())}
    for name in sorted(inputs):
        content = inputs[name].read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _package(work: Path, merge: Path, stage: str, architecture: str | None, result: Path) -> None:
    """Run `chalice package`, and complete its template and zip for CloudFormation."""
    environment = {k: os.environ[k] for k in ("PATH", "HOME", "TMPDIR") if k in os.environ}
    environment |= {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    chalice = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())"]
    arguments = ["package", "--stage", stage, "--merge-template", str(merge), str(work / "chalice")]
    run = subprocess.run(
        [*chalice, *arguments], cwd=work / "app", env=environment, capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        raise BundleError(f"chalice package failed:\n{run.stdout}{run.stderr}")
    template = yaml.safe_load((work / "chalice" / "sam.yaml").read_text())
    for name, resource in template["Resources"].items():
        if "Type" not in resource:
            raise BundleError(f"functions.yaml contains {name}, but the application has no such function")
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": {"Ref": "ArtifactsBucket"}, "Key": {"Ref": "CodeKey"}}
            if architecture:
                resource["Properties"] |= {"Runtime": f"python{wheels.PYTHON}", "Architectures": [architecture]}
    functions_template.complete(template, merge.with_name("gateway_responses.yaml"))
    if stage != "local":  # the emulator has no CodeDeploy
        traffic_shift.add(template)
    (result / "template.json").write_text(json.dumps(template, indent=1, sort_keys=True))
    with zipfile.ZipFile(work / "chalice" / "deployment.zip") as archive:
        write_zip(result / "code.zip", {n: archive.read(n) for n in archive.namelist()})


def _add_packages(work: Path, source: Path, architecture: str, compiler: Compiler | None, result: Path) -> None:
    code, common = work / "code", wheels.read_lock(source / "requirements.txt")
    wheels.install(common, code, architecture)
    service_models.reduce(code / "botocore" / "data", service_models.used_services(work / "app" / "chalicelib"))
    with zipfile.ZipFile(result / "code.zip") as archive:
        archive.extractall(code)
    _finish(result / "code.zip", code, "/var/task", architecture, compiler)
    for layer, lock in LAYERS.items():
        upon = wheels.read_lock(source / LAYERS[BUILT_UPON[layer]]) if layer in BUILT_UPON else []
        shipped = {r.name for r in (*common, *upon)}
        packages = [r for r in wheels.read_lock(source / lock) if r.name not in shipped]
        wheels.install(packages, work / layer, architecture)
        if layer == "audio_export":
            shared_objects.delete(work / layer / "av.libs", shared_objects.GPL + shared_objects.UNUSED)
        if layer == "recognition":
            trained_data.install(work / layer / FOLDER)
        if layer == "voice" and (work / "voices").exists():
            further_voices.add_models(work / "voices", work / layer)
        _finish(result / f"{layer}.zip", work / layer, "/opt/python", architecture, compiler)
    check_sizes({path.stem: unzipped_bytes(path) for path in result.glob("*.zip")})


def check_sizes(sizes: Mapping[str, int]) -> None:
    """Raise BundleError if the code and the layers of a function exceed Lambda's limit. `sizes` are unzipped."""
    for layers in CARRIED_TOGETHER:
        unzipped = sizes["code"] + sum(sizes[layer] for layer in layers)
        if unzipped > MAX_UNZIPPED_BYTES:
            raise BundleError(
                f"The code and the layer {' and '.join(layers)} take {unzipped:,} bytes unzipped; "
                f"Lambda's limit is {MAX_UNZIPPED_BYTES:,}"
            )


def _finish(target: Path, folder: Path, mounted_at: str, architecture: str, compiler: Compiler | None) -> None:
    """Check the shared objects, compile the modules, and write the zip that Lambda will unpack below /var/task or /opt."""
    wheels.check(target.stem, binaries(files(folder)), architecture)
    if compiler:
        bytecode.compile_folder(compiler, folder, mounted_at)
    prefix = "python/" if mounted_at == "/opt/python" else ""
    write_zip(target, {f"{prefix}{name}": path for name, path in files(folder).items()})


def files(folder: Path) -> dict[str, Path]:
    """Return the files below a folder, by their names in a zip of it."""
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}


def binaries(packages: Mapping[str, Path]) -> dict[str, Path]:
    """Return the shared objects among the files of an installation."""
    return {name: path for name, path in packages.items() if ".so" in path.suffixes}


def write_zip(target: Path, content: Mapping[str, bytes | Path]) -> None:
    """Write a reproducible zip: sorted, with one date and one mode."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(content):
            value = content[name]
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, value if isinstance(value, bytes) else value.read_bytes())


def unzipped_bytes(archive: Path) -> int:
    """Return the size of a zip's contents on Lambda's disk."""
    with zipfile.ZipFile(archive) as opened:
        return sum(entry.file_size for entry in opened.infolist())


def _publish(result: Path, folder: Path) -> None:
    """Move a finished build to its folder atomically; another process may have been faster."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as name:
        ready = Path(name) / "ready"
        shutil.copytree(result, ready)
        try:
            ready.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


def _delete_old_builds(folder: Path) -> None:
    kind = folder.name.rsplit("-", 1)[0]
    builds = sorted(folder.parent.glob(f"{kind}-*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in builds[RETAINED_BUILDS:]:
        shutil.rmtree(old, ignore_errors=True)


def describe(bundle: Bundle) -> Iterator[str]:
    """Yield the sizes and shared objects of every zip, one line each."""
    for archive in sorted(bundle.folder.glob("*.zip")):
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
        objects = [e.filename for e in entries if ".so" in Path(e.filename).suffixes]
        zipped, unzipped = archive.stat().st_size / 1e6, sum(e.file_size for e in entries) / 1e6
        yield f"{archive.name:16} {zipped:6.1f} MB zipped {unzipped:6.1f} MB unzipped {len(objects):3} shared objects"
        yield from (f"    {name}" for name in objects)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Build the bundle of a release.")
    parser.add_argument("--stage", choices=["local", "dev", "prod"], default="local")
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], help="default: arm64, and none for local")
    parser.add_argument("--sizes", action="store_true", help="list sizes and shared objects")
    options: Any = parser.parse_args(arguments)
    architecture = options.architecture or (None if options.stage == "local" else "arm64")
    try:
        bundle = build(options.stage, architecture=architecture, voices=os.environ.get("VOICES_FOLDER"))
    except BundleError as error:
        raise SystemExit(str(error)) from None
    print("\n".join(describe(bundle)) if options.sizes else bundle.template)


if __name__ == "__main__":
    main()
