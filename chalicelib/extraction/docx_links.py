"""Links of a Word document: hyperlinks, and fields whose results lead to somewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.extraction import fields
from chalicelib.formats.xml_events import attribute

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


@dataclass(slots=True)
class _Field:
    """Open field. `target` is that around it, until its result begins."""

    target: str
    instruction: list[str] = field(default_factory=list)


@dataclass(slots=True)
class DocxLinks:
    """Links that are open in a part. `addresses` are those of its hyperlinks, by the ids of their relationships."""

    addresses: Mapping[str, str]
    _hyperlinks: list[str] = field(default_factory=list)
    _fields: list[_Field] = field(default_factory=list)

    @property
    def target(self) -> str:
        """Address that text leads to now, or "#" and the name of a bookmark, or an empty string."""
        if self._fields and self._fields[-1].target:
            return self._fields[-1].target
        return self._hyperlinks[-1] if self._hyperlinks else ""

    def start(self, element: "Element") -> None:
        """Open a `hyperlink` or a `fldSimple`. `end` closes it."""
        instruction = attribute(element, "instr")
        address = self.addresses.get(attribute(element, "id"), "")
        self._hyperlinks.append(
            fields.target(instruction) if instruction else fields.with_anchor(address, attribute(element, "anchor"))
        )

    def end(self) -> None:
        self._hyperlinks.pop()

    def read_field_character(self, kind: str) -> None:
        """Apply the beginning of a field, of its result ("separate"), or its end."""
        if kind == "begin":
            self._fields.append(_Field(self._fields[-1].target if self._fields else ""))
        elif kind == "separate" and self._fields:
            instruction = "".join(self._fields[-1].instruction)
            self._fields[-1].instruction.clear()
            self._fields[-1].target = fields.target(instruction) or self._fields[-1].target
        elif kind == "end" and self._fields:
            self._fields.pop()

    def add_instruction(self, text: str) -> None:
        if self._fields:
            self._fields[-1].instruction.append(text)
