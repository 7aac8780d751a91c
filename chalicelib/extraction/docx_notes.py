"""Note marks of a Word document: numbers, which the document does not hold, or marks of their own."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.extraction.docx_paragraphs import Run
from chalicelib.extraction.inline import NoteMark

MAX_MARK_CHARACTERS = 12
MAX_ROMAN = 3_999
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"),
    (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(slots=True)
class DocxNoteMarks:
    """Marks by the names of notes: "footnote 2". Footnotes have the numbers 1, 2, 3, endnotes i, ii, iii: Word's defaults."""

    _marks: dict[str, str] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)

    def of_run(self, run: Run) -> Iterator[NoteMark]:
        """Yield the marks that a run is. A note that has a mark keeps it."""
        own = " ".join("".join(run.text).split())[:MAX_MARK_CHARACTERS] if run.has_own_mark else ""
        for note in run.notes:
            yield NoteMark(self._marks.setdefault(note, own) or self._numbered(note), note)

    def of_note(self, note: str) -> NoteMark:
        """Return the mark at the beginning of a note."""
        return NoteMark(self._marks.get(note, ""))

    def _numbered(self, note: str) -> str:
        kind = note.partition(" ")[0]
        self._counts[kind] += 1
        count = self._counts[kind]
        self._marks[note] = _roman(count) if kind == "endnote" else str(count)
        return self._marks[note]


def _roman(number: int) -> str:
    if number > MAX_ROMAN:
        return str(number)
    digits = ""
    for value, letters in _ROMAN:
        digits += letters * (number // value)
        number %= value
    return digits
