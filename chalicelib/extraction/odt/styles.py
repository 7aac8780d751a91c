"""OdtStyles of OpenDocument texts (ODF 1.3, part 3, 16): what a paragraph or a run is, and its language."""

import re
from dataclasses import dataclass, field

from chalicelib.extraction import styled_blocks
from chalicelib.extraction.model import BlockKind
from chalicelib.formats.xml_events import XmlEvent

MAX_STYLE_CHAIN = 50  # styles that are based on each other; programs write five

_ENCODED = re.compile(r"_([0-9a-f]{2,4})_")  # of a character in a style's name
_RAISED = re.compile(r"super|[1-9]")  # "super 58%" or "33% 58%"; "-33% 58%" is lowered


@dataclass(slots=True)
class OdtStyle:
    """Properties that a style states itself; None and "" are inherited from its parent."""

    parent: str = ""
    outline_level: int | None = None
    language: str = ""
    is_hidden: bool | None = None
    is_emphasis: bool | None = None
    is_raised: bool | None = None
    is_struck: bool | None = None


@dataclass(frozen=True, slots=True)
class ResolvedStyle:
    """Properties of a style and of those that it is based on. `level` and `kind` are those of a paragraph."""

    level: int
    kind: BlockKind | None
    is_rule: bool
    language: str
    is_hidden: bool
    is_emphasis: bool
    is_raised: bool
    is_struck: bool


@dataclass(slots=True)
class OdtStyles:
    """OdtStyles by family and name, and the language of text that states none."""

    by_name: dict[tuple[str, str], OdtStyle] = field(default_factory=dict)
    language: str = ""
    _resolved: dict[tuple[str, str], ResolvedStyle] = field(default_factory=dict)
    _open: OdtStyle | None = None
    _is_default: bool = False

    def start_element(self, event: XmlEvent) -> None:
        """Read an element of `styles.xml`, or of the automatic styles."""
        name = event.local_name
        if name == "style":
            self._resolved.clear()
            self._open = OdtStyle(event.attribute("parent-style-name"))
            level = event.attribute("default-outline-level")
            if level.isdecimal():
                self._open.outline_level = int(level[:3])
            self.by_name[event.attribute("family"), event.attribute("name")] = self._open
        elif name == "default-style":
            self._open, self._is_default = OdtStyle(), event.attribute("family") == "paragraph"
        elif name == "text-properties" and self._open is not None:
            self._read_properties(self._open, event)

    def end_element(self, name: str) -> None:
        """Leave an element."""
        if name == "default-style" and self._is_default and self._open is not None:
            self.language, self._is_default = self._open.language or self.language, False
        if name in {"style", "default-style"}:
            self._open = None

    def _read_properties(self, style: OdtStyle, event: XmlEvent) -> None:
        language, country = event.attribute("language"), event.attribute("country")
        if language and language not in {"none", "zxx"}:
            style.language = f"{language}-{country}" if country and country != "none" else language
        if display := event.attribute("display"):
            style.is_hidden = display == "none"
        if slant := event.attribute("font-style"):
            style.is_emphasis = slant != "normal"
        if weight := event.attribute("font-weight"):
            style.is_emphasis = weight != "normal" or bool(style.is_emphasis)
        if position := event.attribute("text-position"):
            style.is_raised = _RAISED.match(position) is not None
        if line := event.attribute("text-line-through-style"):
            style.is_struck = line != "none"

    def resolve(self, family: str, name: str) -> ResolvedStyle:
        """Return what a style says, itself or by those that it is based on."""
        resolved = self._resolved.get((family, name))
        if resolved is None:
            chain = self._chain(family, name)
            resolved = self._resolved[family, name] = ResolvedStyle(
                _heading_level(chain),
                _block_kind(chain),
                any(styled_blocks.is_rule(name) for name, _ in chain),
                next((style.language for _, style in chain if style.language), ""),
                *(_inherited(chain, name) for name in ("is_hidden", "is_emphasis", "is_raised", "is_struck")),
            )
        return resolved

    def _chain(self, family: str, name: str) -> list[tuple[str, OdtStyle]]:
        """Return the style and those that it is based on, with their names as people see them."""
        chain: list[tuple[str, OdtStyle]] = []
        while name and len(chain) < MAX_STYLE_CHAIN:
            style = self.by_name.get((family, name), OdtStyle())
            chain.append((_ENCODED.sub(_decoded, name), style))
            name = style.parent
        return chain


def _heading_level(chain: list[tuple[str, OdtStyle]]) -> int:
    """Return the level of a paragraph that is a heading by its style alone, 0 for other paragraphs."""
    for name, style in chain:
        if (level := styled_blocks.heading_level(name)) is not None:
            return level
        if style.outline_level is not None:
            return styled_blocks.outline_heading_level(style.outline_level) if style.outline_level else 0
    return 0


def _block_kind(chain: list[tuple[str, OdtStyle]]) -> BlockKind | None:
    """Return the kind of a paragraph that its style names, or None."""
    return next((kind for name, _ in chain if (kind := styled_blocks.kind_of(name)) is not None), None)


def _inherited(chain: list[tuple[str, OdtStyle]], name: str) -> bool:
    """Return what the first style of the chain says that says anything."""
    return bool(next((value for _, style in chain if (value := getattr(style, name)) is not None), False))


def _decoded(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))
