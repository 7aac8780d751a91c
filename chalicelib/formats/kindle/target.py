"""Places in a Kindle book that links lead to, and the markup of a book with all of them resolved."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """Part of the markup, from 0, and the id of an element in it, or ""."""

    part: int
    fragment: str = ""


@dataclass(frozen=True, slots=True)
class KindleMarkup:
    """Parts in order, in which links have the addresses that `address` returns; and title, level and target of contents."""

    parts: list[str]
    contents: list[tuple[str, int, Target]] = field(default_factory=list)


def address(target: Target) -> str:
    """Return the address of a target, from any part."""
    return f"{part_name(target.part)}{'#' if target.fragment else ''}{target.fragment}"


def part_name(part: int) -> str:
    """Return the file name of a part."""
    return f"part{part:04}.xhtml"
