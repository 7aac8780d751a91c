"""Make the display form of an extracted document: render its structure, sanitise it, and prove it against the text.

It runs in a child of its own: the one that had the document is no longer trusted, and what it wrote is data here.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from chalicelib.extraction.display import encoding, plain, render, sanitize
from chalicelib.extraction.display.model import (
    MAX_SECTION_PICTURES,
    Event,
    PictureFile,
    PlacedPicture,
    Section,
    ShownPicture,
)
from chalicelib.extraction.display.render import SectionDraft
from chalicelib.extraction.model import ChapterSpan, ExtractedText
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

CPU_S = 30  # 4 million characters take 6 s
WALL_S = 35.0
MEMORY_BYTES = 1024 * 1024 * 1024


def make_in_sandbox(
    text: ExtractedText,
    structure: Path,
    target: Path,
    *,
    pictures: Mapping[str, PictureFile],
    placed: Sequence[PlacedPicture] = (),
    wall_s: float = WALL_S,
) -> list[Section]:
    """Write the HTML of all sections to `target`, one behind the other, and return them; none if it fails.

    A display form is optional: a document without one is shown as its text.
    """
    if not text.blocks:
        return []
    try:
        return sandbox.run(
            _write,
            structure,
            sandbox.Output(target),
            text,
            dict(pictures),
            list(placed),
            prepare=load,
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
        )
    except sandbox.SandboxError as error:
        logger.warning("no display form", reason=str(error))
        return []


def load() -> None:
    """Load what making needs. Raises ImportError."""
    for module in ("latex2mathml.converter", "nh3", "selectolax.lexbor"):
        importlib.import_module(module)


def _write(
    structure: Path,
    target: Path,
    text: ExtractedText,
    pictures: dict[str, PictureFile],
    placed: list[PlacedPicture],
) -> list[Section]:
    """Write the sections. Runs in the child. A structure that does not fit to the text gives way to the plain form."""
    sandbox.step("writing its display form")
    if structure.stat().st_size:
        try:
            events = encoding.read(structure, len(text.text))
            is_placed = any(isinstance(event, ShownPicture) for event in encoding.read(structure, len(text.text)))
            return _write_sections(target, text, events if is_placed else plain.with_pictures(events, placed), pictures)
        except ValueError:
            sandbox.step("writing its plain form")
    return _write_sections(target, text, plain.structure(text.blocks, text.spans, placed), pictures)


def _write_sections(
    target: Path, text: ExtractedText, events: Iterable[Event], pictures: Mapping[str, PictureFile]
) -> list[Section]:
    sections: list[Section] = []
    at = 0
    with target.open("wb") as file:
        for draft in render.render(events, text.text, text.blocks, text.chapters, pictures):
            markup = sanitize.clean(draft.html())
            if not sanitize.has_runs(markup, text.text, draft.runs):
                raise ValueError("the sanitiser changed the text")
            content = markup.encode()
            title = _title(text.chapters, draft)
            names = tuple(draft.pictures)[: 2 * MAX_SECTION_PICTURES]
            sections.append(Section(title, draft.start, draft.end, at, len(content), names))
            file.write(content)
            at += len(content)
    return sections


def _title(chapters: Sequence[ChapterSpan], draft: SectionDraft) -> str:
    """Return the title of the chapter in which a section begins, or else of the first one in it."""
    begun = [chapter.title for chapter in chapters if chapter.start <= draft.start]
    inside = [chapter.title for chapter in chapters if draft.start <= chapter.start < draft.end]
    return begun[-1] if begun else inside[0] if inside else ""
