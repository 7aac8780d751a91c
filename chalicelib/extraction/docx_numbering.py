"""Numbers of list entries in a Word document, which the document does not hold (ECMA-376, part 1, 17.9)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from chalicelib.extraction.block_structure import EntryNumber
from chalicelib.formats import xml_events
from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import attribute, local_name

LEVELS = 9  # of a list
MAX_NUMBER = 1_000_000
# Formats of numbers by the `type` of an <ol>. Formats that it has not are shown as figures.
_TYPES = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}
_FIGURES = "1"
_BULLETS = frozenset({"bullet", "none"})


@dataclass(slots=True)
class _Level:
    format: str = "decimal"
    start: int = 1


@dataclass(slots=True)
class DocxNumbering:
    """Lists by their ids, and how far each is counted. Lists of one definition are counted together."""

    _definitions: dict[str, dict[int, _Level]] = field(default_factory=dict)
    _definition_ids: dict[str, str] = field(default_factory=dict)  # by the ids of lists
    _restarts: dict[tuple[str, int], int] = field(default_factory=dict)  # of a list's level, before its first entry
    _counts: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    @classmethod
    def read(cls, content: bytes) -> "DocxNumbering":
        """Return the lists of the part `numbering.xml`; none if it is damaged."""
        numbering = cls()
        try:
            numbering._read(content)
        except FormatError:
            return cls()
        return numbering

    def _read(self, content: bytes) -> None:
        levels: dict[int, _Level] = {}
        level = _Level()
        list_id, index = "", 0
        for is_start, element in xml_events.events(content):
            kind, value = local_name(element.tag), attribute(element, "val")
            if not is_start:
                continue
            if kind == "abstractNum":
                levels = self._definitions[attribute(element, "abstractNumId")] = {}
            elif kind == "num":
                levels, list_id = {}, attribute(element, "numId")
            elif kind == "abstractNumId":
                self._definition_ids[list_id] = value
            elif kind in {"lvl", "lvlOverride"}:
                index = _number(attribute(element, "ilvl"), 0)
                level = levels[index] = _Level()
            elif kind == "numFmt":
                level.format = value
            elif kind == "start":
                level.start = _number(value, 1)
            elif kind == "startOverride":
                self._restarts[list_id, index] = _number(value, 1)

    def next_entry(self, list_id: str, level: int) -> EntryNumber | None:
        """Count an entry; return its number, or None if it has a bullet."""
        definition_id = self._definition_ids.get(list_id, "")
        definition = self._definitions.get(definition_id, {}).get(level)
        if definition is None:
            return None
        counts = self._counts[definition_id]
        for deeper in range(level + 1, LEVELS):
            counts.pop(deeper, None)
        restart = self._restarts.pop((list_id, level), None)
        if restart is not None or level not in counts:
            counts[level] = definition.start if restart is None else restart
        else:
            counts[level] += 1
        if definition.format in _BULLETS:
            return None
        return EntryNumber(f"{list_id} {level}", _TYPES.get(definition.format, _FIGURES), counts[level])


def level_number(value: str) -> int:
    """Return the number of a level, from 0."""
    return min(_number(value, 0), LEVELS - 1)


def _number(value: str, default: int) -> int:
    return min(int(value), MAX_NUMBER) if value.isdecimal() and len(value) < LEVELS else default
