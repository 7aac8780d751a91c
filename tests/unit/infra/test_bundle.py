"""The bundle of a release: reproducible, complete, and without anything else."""

import hashlib
import io
import json
import os
import shutil
import zipfile
from pathlib import Path

import boto3
import pytest
import yara_x
from moto import mock_aws

from chalicelib.inspection import patterns
from infra.packaging import bundle, further_voices, wheels
from infra.packaging.wheels import BundleError
from tests.support import sample_files

ELF_MACHINES = {"x86_64": 62, "arm64": 183}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of a bundle's input."""
    copy = tmp_path / "project"
    for folder in ("chalicelib", ".chalice", "infra"):
        shutil.copytree(
            bundle.ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "deploy*ments")
        )
    shutil.copy(bundle.ROOT / "app.py", copy)
    return copy


def shared_object(path: Path, architecture: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x7fELF" + bytes(14) + ELF_MACHINES[architecture].to_bytes(2, "little") + bytes(44))
    return path


def complete(part: str, folder: Path, architecture: str = "arm64") -> dict[str, Path]:
    names = [f"{name}.cpython-313-aarch64-linux-gnu.so" for name in wheels.EXPECTED[part]]
    return {name: shared_object(folder / name, architecture) for name in names}


def test_the_same_code_gives_the_same_bytes_whatever_files_are_beside_it(project: Path, tmp_path: Path) -> None:
    first = bundle.build("local", source=project, output=tmp_path / "first")
    cache = project / "chalicelib" / "__pycache__"
    cache.mkdir()
    (cache / "errors.cpython-311.pyc").write_bytes(b"compiled")
    (project / "chalicelib" / ".errors.py.swp").write_bytes(b"an editor's")
    for path in project.rglob("*"):
        os.utime(path, (1, 1))
    second = bundle.build("local", source=project, output=tmp_path / "second")
    assert second.fingerprint == first.fingerprint
    assert hashlib.sha256(second.code.read_bytes()).digest() == hashlib.sha256(first.code.read_bytes()).digest()
    assert second.template.read_bytes() == first.template.read_bytes()


def test_changed_code_gives_another_bundle_and_unchanged_code_reuses_the_build(project: Path, tmp_path: Path) -> None:
    first = bundle.build("local", source=project, output=tmp_path / "out")
    built = first.template.stat().st_mtime_ns
    assert bundle.build("local", source=project, output=tmp_path / "out") == first
    assert first.template.stat().st_mtime_ns == built
    with (project / "app.py").open("a") as file:
        file.write("\n# changed\n")
    second = bundle.build("local", source=project, output=tmp_path / "out")
    assert second.fingerprint != first.fingerprint
    with zipfile.ZipFile(second.code) as archive:
        assert archive.read("app.py").endswith(b"# changed\n")


def test_a_local_bundle_contains_only_our_code_and_chalices_runtime() -> None:
    with zipfile.ZipFile(bundle.build("local").code) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"app.py", "chalice", "chalicelib"}
    assert [name for name in names if name.startswith("chalice/")] == ["chalice/__init__.py", "chalice/app.py"]
    assert any(name.startswith("chalicelib/migrations/versions/") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert names == sorted(names)


def test_a_bundle_contains_compiled_rules_named_after_their_sources_and_engine(tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle.build("local").code) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".yrx")]
        content = archive.read(name)
    assert name == f"chalicelib/inspection/rules/{patterns.compiled_file_name()}"
    with io.BytesIO(content) as file:
        rules = yara_x.Rules.deserialize_from(file)
    assert [rule.identifier for rule in rules] == [
        rule.identifier for rule in patterns.compile_rules(patterns.RULES_DIR)
    ]
    scanner = yara_x.Scanner(rules)
    scanner.set_global("family", "text")
    assert [rule.identifier for rule in scanner.scan(sample_files.EICAR).matching_rules] == ["eicar"]
    changed = tmp_path / "rules"
    shutil.copytree(patterns.RULES_DIR, changed)
    (changed / "web.yar").write_text((changed / "web.yar").read_text() + "\n// changed\n")
    assert patterns.compiled_file_name(changed) != patterns.compiled_file_name()


def test_a_function_that_only_the_template_has_is_an_error(project: Path, tmp_path: Path) -> None:
    functions = project / "infra" / "functions.yaml"
    functions.write_text(functions.read_text().replace("\n  Ingest:\n", "\n  Ingets:\n"))
    with pytest.raises(BundleError, match="Ingets"):
        bundle.build("local", source=project, output=tmp_path / "out")


def test_an_application_that_does_not_import_is_an_error_with_its_traceback(project: Path, tmp_path: Path) -> None:
    (project / "app.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(BundleError, match="nothing_of_that_name"):
        bundle.build("local", source=project, output=tmp_path / "out")


@pytest.mark.parametrize("part", wheels.EXPECTED)
def test_a_complete_installation_passes(part: str, tmp_path: Path) -> None:
    wheels.check(part, complete(part, tmp_path), "arm64")


@pytest.mark.parametrize(("part", "name"), [(p, n) for p, names in wheels.EXPECTED.items() for n in names])
def test_a_missing_shared_object_is_an_error(part: str, name: str, tmp_path: Path) -> None:
    objects = complete(part, tmp_path)
    del objects[f"{name}.cpython-313-aarch64-linux-gnu.so"]
    with pytest.raises(BundleError, match=name):
        wheels.check(part, objects, "arm64")


def test_a_shared_object_for_another_processor_is_an_error(tmp_path: Path) -> None:
    objects = complete("code", tmp_path)
    shared_object(next(iter(objects.values())), "x86_64")
    with pytest.raises(BundleError, match="built for x86_64, not for arm64"):
        wheels.check("code", objects, "arm64")


def test_a_shared_object_for_another_python_is_an_error(tmp_path: Path) -> None:
    objects = complete("code", tmp_path)
    name = "lib.cpython-311-aarch64-linux-gnu.so"
    with pytest.raises(BundleError, match=r"other than 3.13"):
        wheels.check("code", objects | {name: shared_object(tmp_path / name, "arm64")}, "arm64")


def test_a_lock_file_is_read_with_versions_markers_and_hashes(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "# made by\n#    make lock\n"
        "first==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "second[extra]==2.0 \\\n    --hash=sha256:cc\n"
    )
    first, second = wheels.read_lock(lock)
    assert (first.name, second.name) == ("first", "second")
    assert first.lines.splitlines()[0] == "first==1.0 ; sys_platform == 'win32' \\"
    assert second.lines.endswith("--hash=sha256:cc")


def test_the_lock_files_of_layers_and_development_have_the_same_versions() -> None:
    everything = {r.lines.split()[0] for r in wheels.read_lock(bundle.ROOT / "requirements-dev.txt")}
    for lock in ("requirements.txt", *bundle.LAYERS.values()):
        for requirement in wheels.read_lock(bundle.ROOT / lock):
            assert requirement.lines.split()[0] in everything


def test_files_of_the_installer_are_excluded(tmp_path: Path) -> None:
    expected = {"package/__init__.py", "package-1.0.dist-info/METADATA", "package/data/model.bin"}
    excluded = {
        "bin/tool",
        "package/__pycache__/x.pyc",
        "package-1.0.dist-info/RECORD",
        ".lock",
        "package/tests/test_x.py",
    }
    for name in expected | excluded:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    wheels.delete_unneeded(tmp_path)
    assert set(bundle.files(tmp_path)) == expected


@pytest.mark.parametrize("lock", ["requirements.txt", *bundle.LAYERS.values()])
def test_the_voice_and_the_reader_of_tags_for_development_are_never_shipped(lock: str) -> None:
    shipped = {requirement.name.lower() for requirement in wheels.read_lock(bundle.ROOT / lock)}
    assert shipped, "there is something in it"
    assert not shipped & {"espeakng-loader", "mutagen"}  # GPL


# ---- further voices --------------------------------------------------------------------------------------------------


@pytest.fixture
def voices(tmp_path: Path) -> Path:
    folder = tmp_path / "voices"
    folder.mkdir()
    (folder / "nora.onnx").write_bytes(b"a model")
    nora = {
        "key": "nora",
        "name": "Nora",
        "language": "en-GB",
        "file": "nora.onnx",
        "sha256": hashlib.sha256(b"a model").hexdigest(),
        "licence": "Apache-2.0",
    }
    (folder / "voices.json").write_text(json.dumps({"voices": [nora]}))
    return folder


def test_further_voices_become_a_part_of_the_release(project: Path, tmp_path: Path, voices: Path) -> None:
    built = bundle.build("local", source=project, output=tmp_path / "out", voices=str(voices))
    with zipfile.ZipFile(built.code) as archive:
        assert archive.read("chalicelib/speech/voices/further_voices/nora.onnx") == b"a model"
        assert "chalicelib/speech/voices/further_voices/voices.json" in archive.namelist()


def test_a_model_that_is_not_the_manifests_is_never_released(project: Path, tmp_path: Path, voices: Path) -> None:
    (voices / "nora.onnx").write_bytes(b"another model")
    with pytest.raises(BundleError, match="has the SHA-256"):
        bundle.build("local", source=project, output=tmp_path / "out", voices=str(voices))
    (voices / "nora.onnx").unlink()
    with pytest.raises(BundleError, match=r"no readable nora\.onnx"):
        bundle.build("local", source=project, output=tmp_path / "out", voices=str(voices))


def test_further_voices_may_come_from_a_bucket(tmp_path: Path, voices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="models")
        for path in voices.iterdir():
            s3.upload_file(str(path), "models", f"voices/{path.name}")
        fetched = further_voices.fetch("s3://models/voices/", tmp_path / "fetched")
    assert (fetched / "nora.onnx").read_bytes() == b"a model"
