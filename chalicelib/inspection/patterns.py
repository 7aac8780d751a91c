"""Known bad patterns, found by YARA-X with the project's own rules in `rules/*.yar`. A match rejects; each rule says
why in its `sentence`.
"""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yara_x

RULES = Path(__file__).with_name("rules")
SCAN_TIMEOUT_S = 5  # 100 MB take 0.05 s


@functools.cache
def compiled() -> "yara_x.Rules":
    """All rules. Takes 15 ms once per process; a rule that does not compile raises here, before any file is looked
    at.
    """
    import yara_x

    compiler = yara_x.Compiler(error_on_slow_pattern=True)
    for source in sorted(RULES.glob("*.yar")):
        compiler.add_source(source.read_text(encoding="utf-8"), origin=source.name)
    return compiler.build()


def sentences() -> dict[str, str]:
    """What each rule tells the owner of a file that it rejects."""
    return {rule.identifier: str(dict(rule.metadata)["sentence"]) for rule in compiled()}


def find(path: Path) -> list[str]:
    """The rules that match the file, in the order of the rule files."""
    import yara_x

    scanner = yara_x.Scanner(compiled())
    scanner.set_timeout(SCAN_TIMEOUT_S)
    return [rule.identifier for rule in scanner.scan_file(str(path)).matching_rules]
