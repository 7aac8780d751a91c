"""Known bad patterns, found by YARA-X with the project's own rules in `rules/*.yar`.

A match rejects the file with the rule's `sentence`. Rules depend on the family of types (the global `family`): a book
about programming may quote what a picture must never contain. The parts of a book are scanned one by one, unpacked, as
the family `member`.
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
    """Load all rules: compiled ones (25 ms once per process), or else their sources (170 ms).

    A rule that does not compile raises here, before any file is scanned.
    """
    import yara_x

    compiled = RULES_DIR / compiled_file_name()
    if not compiled.exists():
        return compile_rules(RULES_DIR)
    with compiled.open("rb") as file:
        return yara_x.Rules.deserialize_from(file)


def compile_rules(folder: Path) -> "yara_x.Rules":
    """Compile the rules in a folder."""
    import yara_x

    compiler = yara_x.Compiler(error_on_slow_pattern=True)
    compiler.define_global("family", "")
    for source in sorted(folder.glob("*.yar")):
        compiler.add_source(source.read_text(encoding="utf-8"), origin=source.name)
    return compiler.build()


def write_compiled_rules(folder: Path) -> Path:
    """Compile a folder's rules into a file in it, for a bundle. The bytes depend on the rules only, not on the processor."""
    target = folder / compiled_file_name(folder)
    with target.open("wb") as file:
        compile_rules(folder).serialize_into(file)
    return target


def compiled_file_name(folder: Path = RULES_DIR) -> str:
    """Return the file name of the compiled rules. It has the versions of sources and engine, so no other build loads it."""
    return f"compiled-{rules_version(folder)}-{importlib.metadata.version('yara-x')}.yrx"


@functools.cache
def rules_version(folder: Path = RULES_DIR) -> str:
    """Return the version of the rules: the first digits of a digest of their sources."""
    digest = hashlib.sha256()
    for source in sorted(folder.glob("*.yar")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:12]


def rejection_sentences() -> dict[str, str]:
    """Return each rule's sentence for the owner of a rejected file."""
    return {rule.identifier: str(dict(rule.metadata)["sentence"]) for rule in load_rules()}


def matching_rules(path: Path, family: str) -> list[str]:
    """Return the rules that match the file, in the order of the rule files."""
    return [rule.identifier for rule in _scanner(family).scan(path.read_bytes()).matching_rules]


def member_scanner(family: str = "member") -> Callable[[bytes], None]:
    """Return a function that scans one unpacked part of a container. It raises RejectedError at a match.

    `family` is "member" for all parts but the pictures of a comic book, which may have as little in them as other pictures.
    """
    scanner = _scanner(family)

    def scan(content: bytes) -> None:
        if content:
            for rule in scanner.scan(content).matching_rules:
                raise RejectedError(f"pattern:{rule.identifier}", rule.identifier)

    return scan


def _scanner(family: str) -> "yara_x.Scanner":
    import yara_x

    scanner = yara_x.Scanner(load_rules())
    scanner.set_timeout(SCAN_TIMEOUT_S)
    scanner.set_global("family", family)
    return scanner
