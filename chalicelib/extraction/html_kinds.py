"""Kinds of blocks and spans by the elements of HTML around their text."""

from dataclasses import replace

from chalicelib.extraction import html_roles, inline
from chalicelib.extraction.html_blocks import Context
from chalicelib.extraction.html_roles import BLOCK_TAGS, HEADINGS, Attributes, Role
from chalicelib.extraction.model import BlockKind

_KINDS = {
    "li": BlockKind.LIST_ITEM, "dt": BlockKind.LIST_ITEM, "dd": BlockKind.LIST_ITEM, "blockquote": BlockKind.QUOTE,
    "figcaption": BlockKind.CAPTION, "caption": BlockKind.CAPTION,
}  # fmt: skip
# In order: an element with several of these roles has the first one's kind, and all blocks inside have it.
_FIXED_KINDS = (
    (Role.NOTES | Role.NOTE, BlockKind.FOOTNOTE),
    (Role.CONTENTS, BlockKind.TOC),
    (Role.FRONT_MATTER, BlockKind.FRONT_MATTER),
)
# The same, where elements inside may have a kind of their own.
_KINDS_OF_ROLES = (
    (Role.REFERENCES, BlockKind.REFERENCE),
    (Role.CAPTION, BlockKind.CAPTION),
    (Role.QUOTE, BlockKind.QUOTE),
)


def inside(context: Context, tag: str, role: Role, attributes: Attributes, *, is_book: bool, is_note: bool) -> Context:
    """Return the context inside an element. `is_note`: a note mark leads to it."""
    is_block = tag in BLOCK_TAGS or tag in HEADINGS
    kind = next((kind for roles, kind in _FIXED_KINDS if role & roles), None)
    if kind is None and is_note:
        kind = BlockKind.FOOTNOTE
    if kind is None and tag == "nav" and is_book:
        kind = BlockKind.TOC
    if kind is not None and is_block:
        return replace(context, kind=kind, is_fixed=True, level=0)
    if kind is BlockKind.FOOTNOTE:
        return replace(context, is_note_in_line=True)
    if is_block and role & (Role.VERSE | Role.STANZA):
        return replace(context, kind=BlockKind.VERSE, is_verse=True)
    kind = next((kind for roles, kind in _KINDS_OF_ROLES if role & roles), None)
    if kind is not None and is_block:
        return replace(context, kind=kind)
    if tag in _KINDS and context.kind is not BlockKind.REFERENCE:
        return replace(context, kind=_KINDS[tag])
    level = html_roles.heading_level(tag, attributes)
    return replace(context, level=level) if level else context


def spans(tag: str, role: Role) -> list[str]:
    """Return the kinds of spans that an element is."""
    kinds = []
    if tag in html_roles.EMPHASIS_TAGS:
        kinds.append(inline.EMPHASIS)
    if tag in html_roles.CODE_TAGS:
        kinds.append(inline.CODE)
    if Role.CITATION in role:
        kinds.append(inline.CITATION)
    return kinds
