"""Pictures of HTML: what a picture stands for, by its text alternative (`alt`)."""

import re
from collections.abc import Collection
from enum import StrEnum

from chalicelib.extraction import picture_names
from chalicelib.extraction.display.model import digest
from chalicelib.extraction.html_blocks import BlockWriter, Context
from chalicelib.extraction.html_roles import Attributes, Role
from chalicelib.extraction.inline import INITIAL, Piece

MAX_SYMBOL_CHARACTERS = 3  # an initial ("“W"), an emoji, or a character that fonts lack
_ORNAMENT = re.compile(r"[\s*•·⁂❦❧~—–-]{1,20}")


class Meaning(StrEnum):
    """Meaning of a picture in the text."""

    LETTERS = "letters"  # part of a word or sentence
    DESCRIPTION = "description"
    FORMULA = "formula"  # in LaTeX
    DECORATION = "decoration"


def meaning(attributes: Attributes, role: Role, *, is_in_heading: bool) -> tuple[Meaning, str]:
    """Return what a picture stands for, and its text. A picture in a heading is a part of the heading."""
    raw = attributes.get("alt") or attributes.get("aria-label") or ""
    text = raw.strip()
    if not text:
        return Meaning.DECORATION, ""
    if Role.FORMULA in role or text.startswith(("\\", "{\\")):
        return Meaning.FORMULA, text
    if len(text) <= MAX_SYMBOL_CHARACTERS or Role.INITIAL in role or _ORNAMENT.fullmatch(text):
        return Meaning.LETTERS, raw
    if picture_names.is_name(text):
        return Meaning.DECORATION, text
    return (Meaning.LETTERS, f" {text} ") if is_in_heading else (Meaning.DESCRIPTION, text)


def add(
    writer: BlockWriter, attributes: Attributes, role: Role, context: Context, captions: Collection[str], name: str
) -> str | None:
    """Add what a picture stands for; return the LaTeX of a formula instead.

    `captions` are those of the open figures, `name` is that of the picture in the document.
    """
    kind, text = meaning(attributes, role, is_in_heading=bool(context.level) or context.is_ruby)
    if kind is Meaning.FORMULA:
        return text
    is_described = kind is Meaning.DESCRIPTION and " ".join(text.split()) not in captions  # or a caption says the same
    if not context.omission:
        writer.source = _record(writer, kind, text, name, is_described=is_described)
    if kind is Meaning.LETTERS and context.reason:
        writer.add_text(text, context)
    elif kind is Meaning.LETTERS:
        writer.add_piece(Piece(text, (INITIAL,) if text.strip().isupper() else ()), context)
    elif kind is Meaning.DECORATION:
        writer.builder.leave_out("figure", "decorative", text)
        writer.needs_space()
    elif is_described:
        writer.add_figure(text, context)
    writer.source = ()
    return None


def _record(writer: BlockWriter, kind: Meaning, text: str, name: str, *, is_described: bool) -> tuple[str, ...]:
    """Record the picture in the structure; return the kind of the span of its description, if that is read."""
    structure = writer.builder.structure
    if kind is Meaning.LETTERS:
        return (structure.add_text(text),)
    description = "" if kind is Meaning.DECORATION else " ".join(text.split())
    source = structure.add_picture(digest(name), description)
    return (source,) if is_described else ()
