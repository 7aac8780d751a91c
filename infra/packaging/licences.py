"""The licences of shipped packages: only those that permit use in a service under any licence.

python -m infra.packaging.licences       list them; fail if one is not allowed
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from infra.packaging import bundle, wheels

# Words in the names and SPDX expressions of allowed licences. File-level and library copyleft (MPL, LGPL) puts no obligation on
# a package's callers; GPL and AGPL do, and are not allowed.
ALLOWED = re.compile(
    r"MIT|BSD|Apache|ISC|Python Software Foundation|PSF|MPL|Mozilla|LGPL|Lesser General Public|HPND|Zlib|Unlicense|CC0|0BSD"
)
DISALLOWED = re.compile(r"(?<!L)(?<!Lesser )GPL(?!-compat)|AGPL|Affero|SSPL|Commons Clause|Business Source")
SHIPPED = ("requirements.txt", *bundle.LAYERS.values())


def shipped() -> dict[str, str]:
    """Return the licence of every package in a release, as far as this environment has it installed."""
    names = {r.name for lock in SHIPPED for r in wheels.read_lock(bundle.ROOT / lock)}
    return {name: licence(name) for name in sorted(names) if _is_installed(name)}


def licence(name: str) -> str:
    """Return a package's SPDX expression, else its classifiers, else the first line of its free text."""
    package: Any = metadata(name)
    classifiers = [c.rsplit(" :: ", 1)[-1] for c in package.get_all("Classifier", []) if c.startswith("License ::")]
    return (
        package.get("License-Expression")
        or "; ".join(classifiers)
        or (package.get("License") or "unknown").splitlines()[0]
    )


def disallowed(licences: dict[str, str]) -> Iterator[str]:
    """Yield the packages with a licence that is not allowed."""
    for name, text in licences.items():
        alternatives = re.split(r"\s+OR\s+", text)
        if not any(ALLOWED.search(alternative) and not DISALLOWED.search(alternative) for alternative in alternatives):
            yield f"{name}: {text}"


def _is_installed(name: str) -> bool:
    try:
        metadata(name)
    except PackageNotFoundError:  # for another platform
        return False
    return True


def main() -> None:
    licences = shipped()
    print("\n".join(f"{name:30} {text}" for name, text in licences.items()))
    if rejected := list(disallowed(licences)):
        raise SystemExit("Packages with a licence that is not allowed:\n  " + "\n  ".join(rejected))
    Path("build").mkdir(exist_ok=True)


if __name__ == "__main__":
    main()
