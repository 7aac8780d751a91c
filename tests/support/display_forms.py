"""Display forms of documents, read by another parser than those that make them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lxml.html

from chalicelib.extraction import extract
from chalicelib.extraction.display import make, sanitize
from chalicelib.extraction.display.model import PictureFile, Section
from chalicelib.extraction.model import ExtractedText


@dataclass(frozen=True, slots=True)
class Shown:
    """Display form of a document, and its text. `trees` are the sections as another parser has them."""

    text: ExtractedText
    sections: list[Section]
    html: list[str]

    @property
    def whole(self) -> str:
        return "".join(self.html)

    def trees(self) -> Iterator[lxml.html.HtmlElement]:
        for markup in self.html:
            yield lxml.html.fragment_fromstring(f"<div>{markup}</div>")

    def runs(self) -> list[tuple[int, str]]:
        """Return the text runs in the order of the display form, each with its offset."""
        return [
            (int(span.get("data-start")), span.text_content())
            for tree in self.trees()
            for span in tree.xpath(".//span[@data-start][not(@data-end)]")
        ]

    def ranges(self) -> list[tuple[int, int]]:
        """Return the parts of the text that elements are shown for."""
        return [
            (int(element.get("data-start")), int(element.get("data-end")))
            for tree in self.trees()
            for element in tree.xpath(".//*[@data-end]")
        ]

    def unshown(self) -> str:
        """Return what of the text, except its spaces, is not shown."""
        text = list(self.text.text)
        for start, end in [*((start, start + len(run)) for start, run in self.runs()), *self.ranges()]:
            text[start:end] = " " * (end - start)
        return " ".join("".join(text).split())


def show(folder: Path, content: bytes, media_type: str, pictures: dict[str, PictureFile] | None = None) -> Shown:
    """Make the display form of a document in this process."""
    source, structure, target = folder / "file", folder / "structure", folder / "display"
    source.write_bytes(content)
    text = extract.extract(source, media_type, structure=structure)
    make.load()
    sections = make._write(structure, target, text, pictures or {}, [])
    stored = target.read_bytes()
    return Shown(text, sections, [stored[section.at : section.at + section.size].decode() for section in sections])


def forbidden(shown: Shown) -> list[str]:
    """Return the elements and attributes that are in no list, by another parser."""
    found: list[str] = []
    for tree in shown.trees():
        for element in tree.iterdescendants():
            tag = str(element.tag)
            allowed = (
                sanitize._ATTRIBUTES.get(tag, set()) | sanitize._ATTRIBUTES["*"] | ({"rel"} if tag == "a" else set())
            )
            if tag not in sanitize._TAGS:
                found.append(tag)
            found += [f"{tag} {name}" for name in element.attrib if name not in allowed]
            href = element.get("href", "https://")
            if not href.lower().startswith(("https://", "http://", "mailto:")):
                found.append(href)
    return found
