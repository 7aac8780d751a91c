"""A bundle as Lambda lays it out: code and layers in folders, the runtime's own boto3 behind them, one process per cold start."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.packaging import bundle, bytecode, wheels
from infra.packaging.bytecode import Compiler

ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
RUNTIME_PACKAGES = frozenset({"boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"})
VCPU_MB = 1_769  # of memory buy one processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html


class ColdStartError(Exception):
    """A function that failed, so that its times mean nothing."""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Processor seconds of a function's start and of its first request."""

    start_s: float
    request_s: float
    response: Any


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the template."""

    name: str
    handler: str
    memory_mb: int
    layer: str | None
    variables: Mapping[str, Any]
    queues: tuple[str, ...]  # as the template's parameters name them

    @property
    def share(self) -> float:
        """The part of a processor that the function's memory buys."""
        return min(1.0, self.memory_mb / VCPU_MB)


@dataclass(frozen=True)
class Layout:
    """A bundle laid out in a folder."""

    folder: Path
    compiler: Compiler

    @classmethod
    def unpack(cls, built: Path, folder: Path, compiler: Compiler) -> Layout:
        """Unpack the zips of a build, and install what Lambda's runtime has: boto3, compiled, of our own version."""
        for archive in built.glob("*.zip"):
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(folder / archive.stem)
        (folder / "template.json").write_bytes((built / "template.json").read_bytes())
        locked = wheels.read_lock(bundle.ROOT / "requirements-dev.txt")
        wheels.install([r for r in locked if r.name in RUNTIME_PACKAGES], folder / "runtime", ARCHITECTURE)
        bytecode.compile_folder(compiler, folder / "runtime", "/var/lang/lib/python3.13/site-packages")
        return cls(folder, compiler)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """All functions by their names in the code, such as `record_segment`."""
        template = json.loads((self.folder / "template.json").read_text())
        shared = template["Globals"]["Function"]["Environment"]["Variables"]
        functions = {}
        for logical_name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                properties = resource["Properties"]
                name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", logical_name).lower().replace("apihandler", "api")
                layers = re.findall(r'"(\w+)Layer"', json.dumps(properties.get("Layers", [])))
                functions[name] = Function(
                    name=name,
                    handler=properties["Handler"],
                    memory_mb=properties["MemorySize"],
                    layer=layers[0].lower() if layers else None,
                    variables=shared | properties.get("Environment", {}).get("Variables", {}),
                    queues=tuple(re.findall(r'"(\w+)QueueArn"', json.dumps(properties.get("Events", {})))),
                )
        return functions

    def start(self, function: Function, event: object, environment: Mapping[str, str]) -> ColdStart:
        """Start a function in a new process and send it one event. Raises ColdStartError."""
        event_file, report_file = self.folder / "event.json", self.folder / "report.json"
        event_file.write_text(json.dumps(event))
        script = str(Path(__file__).with_name("runtime.py"))
        layer = self.folder / function.layer / "python" if function.layer else None
        paths = [str(path) for path in (self.folder / "code", layer) if path]
        log = self._run(
            [script, function.handler, str(event_file), str(report_file), *paths, str(self.folder / "runtime")],
            environment,
        )
        if '"level":"ERROR"' in log:
            raise ColdStartError(f"{function.name} logged an error:\n{log}")
        return ColdStart(**json.loads(report_file.read_text()))

    def import_s(self, modules: str, environment: Mapping[str, str]) -> float:
        """Return the processor seconds in which a new process imports modules."""
        script = f"""
import sys, time
sys.path[:0] = [{str(self.folder / "code")!r}]
sys.path.append({str(self.folder / "runtime")!r})
started = time.process_time()
import {modules}
print(time.process_time() - started)
"""
        return float(self._run(["-c", script], environment))

    def _run(self, arguments: list[str], environment: Mapping[str, str]) -> str:
        # without site-packages of its own, without writing compiled modules, without the script's folder on the path
        command = [self.compiler.executable, "-S", "-B", "-P", *arguments]
        run = subprocess.run(
            command, cwd=self.folder / "code", env=dict(environment), capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            raise ColdStartError(f"{' '.join(arguments)} failed:\n{run.stdout}{run.stderr}")
        return run.stdout


def build(folder: Path) -> Path:
    """Build the bundle of the working tree for this machine's processor; return the folder of the build."""
    return bundle.build("prod", architecture=ARCHITECTURE, output=folder).folder


def build_commit(commit: str, folder: Path) -> Path:
    """Build the bundle of a commit by its own builder; return the folder of the build."""
    folder.mkdir()
    archive = subprocess.run(["git", "archive", commit], cwd=bundle.ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=archive, check=True)
    command = [sys.executable, "-m", "infra.packaging.bundle", "--stage", "prod", "--architecture", ARCHITECTURE]
    built = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return Path(built.stdout.split()[-1]).parent
