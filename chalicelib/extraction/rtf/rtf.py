"""RTF → blocks: paragraphs, lists and tables in order; notes behind the paragraph that refers to them."""

from collections import Counter
from pathlib import Path

from chalicelib.extraction import fields
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.cleanup import superscript_text
from chalicelib.extraction.inline import EMPHASIS, LANGUAGE_PREFIX, Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.rtf import words
from chalicelib.extraction.rtf.body import RtfBody
from chalicelib.extraction.rtf.fonts import FontTable, TextDecoder
from chalicelib.extraction.rtf.state import Destination, GroupState, RtfBlock, RtfStyle, Story
from chalicelib.extraction.styled_blocks import StyledBlocks
from chalicelib.formats import rtf
from chalicelib.formats.rtf import RtfToken, TokenKind

_TOGGLES = {b"b": "is_emphasis", b"i": "is_italic", b"super": "is_raised", b"v": "is_hidden", b"strike": "is_deleted",
            b"striked": "is_deleted", b"deleted": "is_deleted"}  # fmt: skip
_LINK_PARTS = frozenset({Destination.FIELD, Destination.BOOKMARK})


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the text of the document. Raises FormatError."""
    builder = BlockBuilder(limit)
    builder.show_blocks()
    reader = _RtfReader(builder)
    for token in rtf.tokens(path.read_bytes()):
        reader.read(token)
        if builder.is_truncated:
            break
    reader.finish()
    return builder


class _RtfReader:
    """Reads one token after the other. What a group changes is as it was before when it ends."""

    def __init__(self, builder: BlockBuilder) -> None:
        self._builder = builder
        self._body = RtfBody(StyledBlocks(builder))
        self._fonts = FontTable()
        self._decoder = TextDecoder()
        self._style = RtfStyle()  # that is being defined
        self._default_language = 0
        self._letters_by_language: Counter[int] = Counter()
        self._groups = [GroupState()]
        self._aside: list[str] = []  # text of a header, a comment, a property of a shape, or a part of a link
        self._shape_property = ""
        self._characters_to_skip = 0
        self._has_note_number = False  # the note that comes next

    @property
    def _group(self) -> GroupState:
        return self._groups[-1]

    def read(self, token: RtfToken) -> None:
        kind, value, parameter = token
        if kind is TokenKind.TEXT or kind is TokenKind.BYTE:
            self._read_bytes(value if kind is TokenKind.TEXT else bytes([parameter or 0]))
            return
        if kind is TokenKind.WORD and value == b"u" and parameter is not None:
            self._decoder.add_unit(parameter)
            self._characters_to_skip = self._group.skipped_after_unicode
            return
        self._flush_text()
        self._characters_to_skip = 0
        if kind is TokenKind.GROUP_START:
            self._groups.append(self._group.inner())
        elif kind is TokenKind.GROUP_END:
            self._end_group()
        elif kind is TokenKind.SYMBOL:
            self._read_symbol(value)
        elif kind is TokenKind.WORD:
            self._read_word(value, parameter)
        self._group.is_first = kind is TokenKind.GROUP_START or (kind is TokenKind.SYMBOL and value == b"*")

    def finish(self) -> None:
        """Add what is still open, and settle the language."""
        self._flush_text()
        self._body.finish()
        spoken = {number: count for number, count in self._letters_by_language.items() if words.language_tag(number)}
        if spoken:
            self._builder.language = words.language_tag(max(spoken, key=lambda number: spoken[number]))

    # ---- text ----

    def _read_bytes(self, content: bytes) -> None:
        skipped = min(self._characters_to_skip, len(content))
        self._characters_to_skip -= skipped
        if content[skipped:]:
            self._group.is_first = False
            self._decoder.add_bytes(content[skipped:], self._fonts.codec(self._group.font))

    def _flush_text(self) -> None:
        if text := self._decoder.take():
            self._add_text(text)

    def _add_text(self, text: str) -> None:
        group = self._group
        if group.destination is Destination.TEXT:
            self._add_to_story(text)
        elif group.destination is Destination.FONTS:
            return
        elif group.destination is Destination.STYLES:
            name, semicolon, _ = text.partition(";")
            self._style.name += name
            if semicolon:
                self._style = RtfStyle()
        elif group.destination is not Destination.SKIPPED:
            self._aside.append(text)

    def _add_to_story(self, text: str) -> None:
        group, pieces = self._group, self._body.story.open.pieces
        if group.is_hidden or group.is_deleted:
            self._builder.leave_out(BlockKind.PARAGRAPH, "hidden" if group.is_hidden else "deleted", text)
            return
        if group.is_raised:
            text = superscript_text(self._body.story.text_before(), text)
        tag = words.language_tag(group.language or self._default_language)
        kinds = (EMPHASIS,) if group.is_emphasis or group.is_italic else ()
        pieces.append(Piece(text, (*kinds, f"{LANGUAGE_PREFIX}{tag}") if tag else kinds, group.link))
        self._letters_by_language[group.language or self._default_language] += sum(map(str.isalpha, text))

    def _read_symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._group.is_optional = True
        elif symbol in {b"\n", b"\r"}:
            self._read_word(b"par", None)
        elif symbol in words.SYMBOLS:
            self._add_text(words.SYMBOLS[symbol])

    # ---- groups ----

    def _end_group(self) -> None:
        group = self._groups.pop() if len(self._groups) > 1 else self._group
        is_changed = self._group.destination is not group.destination
        if group.destination is Destination.SHAPE_NAME and is_changed:
            self._shape_property = self._take_aside()
        elif group.destination is Destination.SHAPE_VALUE and is_changed:
            description = self._take_aside()
            if words.is_description(self._shape_property):
                self._body.story.open.followers.append(RtfBlock([Piece(description)], BlockKind.FIGURE))
        elif group.destination in {Destination.HEADER, Destination.COMMENT} and is_changed:
            self._leave_out_aside(group.destination)
        elif group.destination is Destination.FIELD and is_changed:
            self._group.link = fields.target(self._take_aside()) or self._group.link  # of the group with the result
        elif group.destination is Destination.BOOKMARK and is_changed:
            self._body.add_anchor(self._take_aside().strip())
        self._body.end_stories(len(self._groups) - 1)

    def _take_aside(self) -> str:
        text = "".join(self._aside)
        self._aside.clear()
        return text

    def _leave_out_aside(self, destination: Destination) -> None:
        reason = "running_header" if destination is Destination.HEADER else "comment"
        self._builder.leave_out(BlockKind.PARAGRAPH, reason, self._take_aside())

    def _start_group(self, name: bytes) -> bool:
        """Apply the first word of a group, if it says what the group is."""
        group = self._group
        if name == b"footnote" and group.destination is Destination.TEXT:
            self._body.start_note(len(self._groups) - 1, has_number=self._has_note_number)
            self._has_note_number = self._group.is_raised = False
        elif name in {b"shptxt", b"dptxbxtext"}:
            self._start_story(Story())
        elif name in words.LISTS and group.destination is Destination.TEXT:
            self._body.story.paragraph.has_list_mark = True
        if name in words.DESTINATIONS:
            group.destination = words.DESTINATIONS[name]
            if group.destination in {Destination.HEADER, Destination.COMMENT}:
                group.base = group.destination
            elif group.destination is Destination.TEXT:
                group.destination = group.base
            elif group.destination in _LINK_PARTS and group.base is not Destination.TEXT:
                group.destination = Destination.SKIPPED
            return True
        if group.is_optional and name != b"footnote":
            group.destination = Destination.SKIPPED
        return name == b"footnote"

    def _start_story(self, story: Story) -> None:
        self._body.start_story(story, len(self._groups) - 1)
        self._group.is_raised = False

    # ---- words ----

    def _read_word(self, name: bytes, parameter: int | None) -> None:
        group = self._group
        if group.is_first and self._start_group(name):
            return
        if group.destination is Destination.FONTS:
            self._fonts.read_word(name, parameter)
        elif group.destination is Destination.STYLES:
            self._read_style_word(name, parameter)
        elif name in words.PARAGRAPH_ENDS:
            if group.destination is Destination.TEXT:
                self._body.end_paragraph(is_section=name != b"par")
            elif self._aside:
                self._aside.append(" ")
        elif name in words.CHARACTERS:
            self._add_text(words.CHARACTERS[name])
        elif name in _TOGGLES:
            setattr(group, _TOGGLES[name], parameter != 0)
        elif group.destination is Destination.TEXT:
            self._body.read_word(name, parameter)
        self._read_character_word(name, parameter)

    def _read_character_word(self, name: bytes, parameter: int | None) -> None:
        group = self._group
        match name:
            case b"plain":
                group.reset_formatting(self._default_language)
            case b"chftn":
                self._has_note_number = not self._body.story.note
            case b"nosupersub":
                group.is_raised = False
            case b"up":
                group.is_raised = parameter != 0
            case b"f":
                group.font = parameter or 0
            case b"uc":
                group.skipped_after_unicode = min(max(parameter or 0, 0), 10)
            case b"lang" | b"langnp":
                group.language = parameter or 0
            case b"deflang":
                self._default_language = parameter or 0
            case b"ansicpg":
                self._fonts.default_codec = rtf.codepage(parameter)
            case b"mac" | b"pc" | b"pca":
                self._fonts.default_codec = {b"mac": "mac-roman", b"pc": "cp437", b"pca": "cp850"}[name]

    def _read_style_word(self, name: bytes, parameter: int | None) -> None:
        if name == b"s":
            self._style = self._body.styles[parameter or 0] = RtfStyle()
        elif name in {b"cs", b"ds", b"ts"}:
            self._style = RtfStyle()
        elif name == b"outlinelevel":
            self._style.outline_level = parameter
