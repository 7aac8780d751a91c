"""Known bad patterns, found by YARA-X with the project's own rules in `rules/*.yar`. A match rejects; each rule says
why in its `sentence`.

Rules know which family of types they look at (the global `family`): what a picture must never hold, a book about
programming may quote. The parts of a book are looked at one by one, unpacked, as the family `member`.
"""

import functools
import hashlib
import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.inspection.model import RejectedError

if TYPE_CHECKING:
    import yara_x

RULES_DIR = Path(__file__).with_name("rules")
SCAN_TIMEOUT_S = 5  # 100 MB take 0.3 s


@functools.cache
def load_rules() -> "yara_x.Rules":
    """All rules: as the bundle brings them (25 ms once per process), or compiled from their sources (170 ms) where it is not
    built. A rule that does not compile raises here, before any file is looked at.
    """
    import yara_x

    built = RULES_DIR / compiled_file_name()
    if not built.exists():
        return compile_rules(RULES_DIR)
    with built.open("rb") as file:
        return yara_x.Rules.deserialize_from(file)


def compile_rules(folder: Path) -> "yara_x.Rules":
    import yara_x

    compiler = yara_x.Compiler(error_on_slow_pattern=True)
    compiler.define_global("family", "")
    for source in sorted(folder.glob("*.yar")):
        compiler.add_source(source.read_text(encoding="utf-8"), origin=source.name)
    return compiler.build()


def write_compiled_rules(folder: Path) -> Path:
    """Write the compiled rules of a folder into it, for a bundle. The same rules give the same bytes, for every processor."""
    target = folder / compiled_file_name(folder)
    with target.open("wb") as file:
        compile_rules(folder).serialize_into(file)
    return target


def compiled_file_name(folder: Path = RULES_DIR) -> str:
    """What the compiled rules are called: by their sources and the engine, so that none are ever used for others."""
    return f"compiled-{rules_version(folder)}-{importlib.metadata.version('yara-x')}.yrx"


@functools.cache
def rules_version(folder: Path = RULES_DIR) -> str:
    """Which rules these are: the first digits of a digest of their sources."""
    digest = hashlib.sha256()
    for source in sorted(folder.glob("*.yar")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:12]


def rejection_sentences() -> dict[str, str]:
    """What each rule tells the owner of a file that it rejects."""
    return {rule.identifier: str(dict(rule.metadata)["sentence"]) for rule in load_rules()}


def matching_rules(path: Path, family: str) -> list[str]:
    """The rules that match the file, in the order of the rule files."""
    return [rule.identifier for rule in _scanner(family).scan_file(str(path)).matching_rules]


def member_scanner() -> Callable[[bytes], None]:
    """A function that looks at one unpacked part of a container after another; it raises RefusedError at a match."""
    scanner = _scanner("member")

    def look(content: bytes) -> None:
        if content:
            for rule in scanner.scan(content).matching_rules:
                raise RejectedError(f"pattern:{rule.identifier}", rule.identifier)

    return look


def _scanner(family: str) -> "yara_x.Scanner":
    import yara_x

    scanner = yara_x.Scanner(load_rules())
    scanner.set_timeout(SCAN_TIMEOUT_S)
    scanner.set_global("family", family)
    return scanner
