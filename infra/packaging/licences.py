"""The licences of what is shipped: only those that let a service of any licence use it.

python -m infra.packaging.licences       lists them; fails when one is not on the list
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

from infra.packaging import bundle, wheels

# Words that stand in an allowed licence's name or SPDX expression. Weak copyleft of whole files (MPL, LGPL) asks nothing of
# those who call a package; GPL and AGPL do, and are not here.
ALLOWED = re.compile(
    r"MIT|BSD|Apache|ISC|Python Software Foundation|PSF|MPL|Mozilla|LGPL|Lesser General Public|HPND|Zlib|Unlicense|CC0|0BSD"
)
REFUSED = re.compile(r"(?<!L)(?<!Lesser )GPL(?!-compat)|AGPL|Affero|SSPL|Commons Clause|Business Source")
SHIPPED = ("requirements.txt", *bundle.LAYERS.values())


def shipped() -> dict[str, str]:
    """Every package that a release carries and this environment has installed, with what it says its licence is."""
    names = {r.name for lock in SHIPPED for r in wheels.read_lock(bundle.ROOT / lock)}
    return {name: licence(name) for name in sorted(names) if _is_installed(name)}


def licence(name: str) -> str:
    """The SPDX expression, else the classifiers, else the free text's first line."""
    told: Any = metadata(name)
    classifiers = [c.rsplit(" :: ", 1)[-1] for c in told.get_all("Classifier", []) if c.startswith("License ::")]
    return (
        told.get("License-Expression") or "; ".join(classifiers) or (told.get("License") or "unknown").splitlines()[0]
    )


def wrong(licences: dict[str, str]) -> Iterator[str]:
    """The packages whose licence is not on the list."""
    for name, text in licences.items():
        alternatives = re.split(r"\s+OR\s+", text)
        if not any(ALLOWED.search(each) and not REFUSED.search(each) for each in alternatives):
            yield f"{name}: {text}"


def _is_installed(name: str) -> bool:
    try:
        metadata(name)
    except PackageNotFoundError:  # for another platform
        return False
    return True


def main() -> None:
    found = shipped()
    print("\n".join(f"{name:30} {text}" for name, text in found.items()))
    if refused := list(wrong(found)):
        raise SystemExit("Not on the list of licences:\n  " + "\n  ".join(refused))
    Path("build").mkdir(exist_ok=True)


if __name__ == "__main__":
    main()
