"""What inspection does with generated files: how many of a format it takes, and what is in the copies that it hands out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.inspection import examine, types
from chalicelib.inspection.previews import view_copy
from tests.support import clean_copies
from tests.support.corpus import openers, specimens
from tests.support.corpus.specimen import Specimen


@dataclass
class Outcome:
    """Counts for one format. `opened` are the files that a program of the field opens; only these count as `taken`."""

    files: int = 0
    opened: int = 0
    taken: int = 0
    copies: int = 0
    withheld: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    dangers: Counter[str] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        return self.taken / self.opened if self.opened else 0.0


def measure(name: str, count: int, folder: Path, seed: int = 1) -> Outcome:
    """Inspect generated files of one format, and look into the copy of each that has one."""
    outcome = Outcome()
    for specimen in specimens.generate(name, count, seed):
        outcome.files += 1
        if not openers.opens(name, specimen.content, specimen.oddities):
            continue
        outcome.opened += 1
        _take(specimen, folder, outcome)
    return outcome


def _take(specimen: Specimen, folder: Path, outcome: Outcome) -> None:
    source, copy = folder / "source", folder / "copy"
    source.write_bytes(specimen.content)
    report = examine.examine(
        source,
        declared_type=specimen.media_type,
        filename=specimen.filename,
        size_bytes=len(specimen.content),
        sha256=None,
    )
    rejection = report.rejection
    file_type = types.ACCEPTED_TYPES.get(report.media_type)
    if rejection is None and file_type is not None and file_type.is_shown_as_copy(report):
        rejection = view_copy.make_view_copy(source, copy, file_type, encoding=report.encoding)
        if rejection is None:
            outcome.copies += 1
            for danger in clean_copies.dangers(copy.read_bytes(), file_type.view_media_type):
                outcome.dangers[f"{danger} ({', '.join(specimen.oddities)})"] += 1
    outcome.withheld += report.withhold_original
    if rejection is None:
        outcome.taken += 1
    else:
        outcome.refusals[f"{rejection.detail} ({', '.join(specimen.oddities)})"] += 1
