"""Compiled modules of the bundle: reproducible, trusted without a look at the source, with Lambda's paths."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from infra.packaging import bytecode, wheels
from infra.packaging.bytecode import Compiler
from infra.packaging.wheels import BundleError

THIS_PYTHON = Compiler(sys.executable, platform.python_version())
UNCHECKED = (1).to_bytes(4, "little")  # PEP 552: by hash, and never compared with the source
is_lambdas_python = platform.python_version().startswith(f"{wheels.PYTHON}.")


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "task" / "package" / "module.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "NUMBERS = {1, 2, 3}\nNAMES = frozenset({'a', 'b', 'c'})\n\ndef find(n):\n    return n in {'x', 'y'}\n"
    )
    return path


def compile_task(module: Path) -> bytes:
    bytecode.compile_folder(THIS_PYTHON, module.parent.parent, "/var/task")
    (compiled,) = module.parent.glob("__pycache__/*.pyc")
    return compiled.read_bytes()


def test_a_compiled_module_is_loaded_without_a_look_at_its_source(module: Path) -> None:
    assert compile_task(module)[4:8] == UNCHECKED
    module.write_text("NUMBERS = 'the source'\n")
    script = "from package import module; print(module.NUMBERS)"
    command = [sys.executable, "-B", "-c", script]
    output = subprocess.run(command, cwd=module.parent.parent, capture_output=True, text=True, check=True).stdout
    assert output == "{1, 2, 3}\n"


def test_a_compiled_module_names_its_place_on_lambda(module: Path) -> None:
    assert b"/var/task/package/module.py" in compile_task(module)


def test_the_same_source_gives_the_same_bytes_wherever_it_is_compiled(module: Path, tmp_path: Path) -> None:
    first = compile_task(module)
    elsewhere = tmp_path / "elsewhere" / "package" / "module.py"
    elsewhere.parent.mkdir(parents=True)
    module.rename(elsewhere)
    assert compile_task(elsewhere) == first


def test_a_module_that_does_not_compile_is_an_error_with_its_name(module: Path) -> None:
    module.write_text("def unfinished(\n")
    with pytest.raises(BundleError, match=r"/var/task/package/module\.py"):
        compile_task(module)


def install_python(folder: Path, version: str) -> None:
    folder.mkdir(parents=True)
    python = folder / f"python{wheels.PYTHON}"
    python.write_text(f"#!/bin/sh\necho {version}\n")
    python.chmod(0o755)


@pytest.fixture
def no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hide the interpreters of this machine; return an empty folder for the PATH and one for pyenv."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    return tmp_path


@pytest.mark.skipif(is_lambdas_python, reason="this interpreter is the one")
def test_without_lambdas_python_there_is_no_compiler(no_python: Path) -> None:
    install_python(no_python / "path", "3.11.7")
    assert bytecode.find_compiler() is None


@pytest.mark.skipif(is_lambdas_python, reason="this interpreter is the one")
@pytest.mark.parametrize("folder", ["path", f"pyenv/versions/{wheels.PYTHON}.99/bin"])
def test_lambdas_python_is_found_on_the_path_and_in_pyenv(no_python: Path, folder: str) -> None:
    install_python(no_python / folder, f"{wheels.PYTHON}.99")
    assert bytecode.find_compiler() == Compiler(str(no_python / folder / f"python{wheels.PYTHON}"), "3.13.99")
