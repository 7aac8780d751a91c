"""The bundle for the cloud, with packages for arm64 from the package index or its cache."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from chalicelib.extraction.recognition import trained_data
from infra.packaging import bundle, bytecode, shared_objects, wheels
from infra.packaging.bundle import Bundle
from infra.packaging.wheels import BundleError

ROOT = Path(__file__).parent.parent.parent
TRIMMED = ("sentry_sdk", "aws_lambda_powertools", "boto3", "botocore")  # packages of which the bundle has a part
# Import the whole application, record a metric, report an error and make a client; print the loaded modules of these packages.
EVERYTHING = f"""
import importlib, pathlib, pkgutil, sys
import app, chalicelib
for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
    if ".migrations" not in module.name:
        importlib.import_module(module.name)
from chalicelib.platform.telemetry.observability import Metric, logger, record_metrics
record_metrics({{Metric.SCAN_MS: 1}})
logger.error("something")
import boto3
boto3.client("s3", "us-east-1")
files = (pathlib.Path(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None))
for package in {TRIMMED}:
    assert package in sys.modules, package
inside = (f.parts[f.parts.index("site-packages") + 1 :] for f in files if "site-packages" in f.parts)
print(*("/".join(parts) for parts in inside if parts[0] in {TRIMMED}))
"""

COMMON_ZIP_BYTES = 25_000_000  # loaded by every cold start


@pytest.fixture(scope="module")
def built() -> Bundle:
    return bundle.build("prod", architecture="arm64")


def names(archive: Path | None) -> list[str]:
    assert archive is not None
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def test_the_common_zip_is_small_and_without_heavy_packages(built: Bundle) -> None:
    assert built.code.stat().st_size < COMMON_ZIP_BYTES
    packages = {name.split("/")[0] for name in names(built.code)}
    assert {"app.py", "chalicelib", "chalice", "boto3", "psycopg", "pydantic", "jwt", "requests"} <= packages
    assert not packages & {
        "pikepdf",
        "PIL",
        "lxml",
        "pypdfium2",
        "yara_x",
        "sqlalchemy",
        "alembic",
    }


def test_the_voice_lacks_what_its_other_layer_has(built: Bundle) -> None:
    voice, checks = ({name.split("/")[1] for name in names(built.layer(layer))} for layer in ("voice", "audio_checks"))
    assert {"hibari", "onnxruntime"} <= voice
    assert "numpy" in checks - voice


@pytest.mark.parametrize(
    ("part", "prefix"),
    [
        ("code", ""),
        ("audio_checks", "python/"),
        ("audio_export", "python/"),
        ("documents", "python/"),
        ("migrations", "python/"),
        ("recognition", "python/"),
        ("voice", "python/"),
    ],
)
def test_every_shared_object_is_included(built: Bundle, part: str, prefix: str) -> None:
    shipped = names(built.code if part == "code" else built.layer(part))
    for expected in wheels.EXPECTED[part]:
        assert any(name.startswith(f"{prefix}{expected}") and ".so" in name for name in shipped), expected


@pytest.mark.skipif(bytecode.find_compiler() is None, reason=f"needs Python {wheels.PYTHON}")
def test_every_module_is_compiled(built: Bundle) -> None:
    for archive in built.folder.glob("*.zip"):
        shipped = set(names(archive))
        modules = {PurePosixPath(name) for name in shipped if name.endswith(".py")}
        tag = f"cpython-{wheels.PYTHON.replace('.', '')}"
        assert modules
        assert not [m for m in modules if str(m.parent / "__pycache__" / f"{m.stem}.{tag}.pyc") not in shipped]


def test_excluded_modules_are_never_loaded(built: Bundle) -> None:
    settings = {"STAGE": "test", "INCOMING_BUCKET": "i", "LIBRARY_BUCKET": "l", "POWERTOOLS_METRICS_NAMESPACE": "V"}
    dsn = {"SENTRY_DSN": "http://0@127.0.0.1:9/1"}  # no server listens there
    completed = subprocess.run(
        [sys.executable, "-c", EVERYTHING], cwd=ROOT, env=settings | dsn, capture_output=True, text=True, check=True
    )
    loaded = set(completed.stdout.splitlines()[-1].split())
    assert len([name for name in loaded if name.startswith("sentry_sdk/")]) > 20
    assert loaded <= set(names(built.code))


def test_code_and_layers_fit_into_lambda(built: Bundle) -> None:
    bundle.check_sizes({archive.stem: bundle.unzipped_bytes(archive) for archive in built.folder.glob("*.zip")})


def test_no_codec_under_the_gpl_is_shipped(built: Bundle) -> None:
    shipped = [name.rpartition("/")[2] for name in names(built.layer("audio_export"))]
    assert any(name.startswith("libavcodec-") for name in shipped)
    assert not [name for name in shipped if name.startswith(shared_objects.GPL + shared_objects.UNUSED)]


def test_the_trained_data_of_all_languages_are_in_the_layer(built: Bundle) -> None:
    shipped = names(built.layer("recognition"))
    for entry in trained_data.manifest().values():
        assert f"python/{trained_data.FOLDER}/{entry.model}{trained_data.SUFFIX}" in shipped


def test_the_template_has_the_python_and_processor_of_the_packages(built: Bundle) -> None:
    template = json.loads(built.template.read_text())
    functions = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    assert {f["Runtime"] for f in functions} == {f"python{wheels.PYTHON}"}
    assert [f["Architectures"] for f in functions] == [["arm64"]] * len(functions)


@pytest.mark.long
def test_the_same_input_gives_the_same_bytes(built: Bundle, tmp_path: Path) -> None:
    rebuilt = bundle.build("prod", architecture="arm64", output=tmp_path)
    assert rebuilt.fingerprint == built.fingerprint
    for archive in built.folder.glob("*.zip"):
        assert (rebuilt.folder / archive.name).read_bytes() == archive.read_bytes(), archive.name


def test_a_package_without_a_wheel_for_the_target_is_an_error(tmp_path: Path) -> None:
    (pinned,) = [r for r in wheels.read_lock(bundle.ROOT / "requirements-dev.txt") if r.name == "atheris"]
    anywhere = wheels.Requirement(pinned.name, re.sub(r" ; .*(?= \\)", "", pinned.lines))  # it has none for arm64
    with pytest.raises(BundleError, match="atheris"):
        wheels.install([anywhere], tmp_path / "target", "arm64")
