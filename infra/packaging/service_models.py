"""botocore's service models, reduced to what our code uses: a client parses its model in every cold start.

botocore ships 27 MB of models for all of AWS. The bundle gets those of the services that our code makes clients of, in their
newest version, unpacked, and without the documentation in them, which is most of their text.
"""

from __future__ import annotations

import ast
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.packaging.wheels import BundleError


def used_services(package: Path) -> frozenset[str]:
    """Return the services that modules below a folder make clients of. Raises BundleError for a name that is no literal."""
    return frozenset(name for module in sorted(package.rglob("*.py")) for name in _clients(module))


def reduce(data: Path, services: frozenset[str]) -> None:
    """Reduce botocore's data folder to these services, in place. Raises BundleError for an unknown one."""
    if unknown := sorted(services - {folder.name for folder in data.iterdir() if folder.is_dir()}):
        raise BundleError(f"botocore knows no service {', '.join(unknown)}")
    prefixes = set()
    for folder in (path for path in data.iterdir() if path.is_dir()):
        if folder.name not in services:
            shutil.rmtree(folder)
            continue
        *old, newest = sorted(folder.iterdir())
        for version in old:
            shutil.rmtree(version)
        _unpack(newest)
        prefixes.add(json.loads((newest / "service-2.json").read_text())["metadata"]["endpointPrefix"])
    endpoints = json.loads((data / "endpoints.json").read_text())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in prefixes}
    _write(data / "endpoints.json", endpoints)


def _clients(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="boto3"), attr="client"), args=[ast.Constant(value=str(name))]
            ):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="boto3"))):
                raise BundleError(f'{module.name}:{node.lineno}: make clients with boto3.client("service") only')


def _unpack(version: Path) -> None:
    for path in list(version.iterdir()):
        if path.name.startswith("examples-"):
            path.unlink()
        elif path.suffix == ".gz":
            _write(path.with_suffix(""), _without_documentation(json.loads(gzip.decompress(path.read_bytes()))))
            path.unlink()


def _without_documentation(value: Any) -> Any:
    if isinstance(value, dict):  # botocore reads the key in places; a member of that name has a shape, no text
        return {
            name: "" if name == "documentation" and isinstance(item, str) else _without_documentation(item)
            for name, item in value.items()
        }
    return [_without_documentation(item) for item in value] if isinstance(value, list) else value


def _write(path: Path, content: Any) -> None:
    path.unlink(missing_ok=True)  # it may be a hard link into the installer's cache
    path.write_text(json.dumps(content, separators=(",", ":")))
