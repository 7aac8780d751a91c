"""RTF → blocks: paragraphs, lists and tables in order; notes behind the paragraph that refers to them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from chalicelib.extraction.blocks import BlockBuilder, RawCell
from chalicelib.extraction.cleanup import ANCHOR_CHARACTERS, superscript_text
from chalicelib.extraction.inline import EMPHASIS, LANGUAGE_PREFIX, Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.rtf import words
from chalicelib.extraction.rtf.fonts import FontTable, TextDecoder
from chalicelib.extraction.rtf.state import Destination, GroupState, RtfBlock, RtfStyle, Story
from chalicelib.formats import rtf
from chalicelib.formats.rtf import RtfToken, TokenKind

_TOGGLES = {b"b": "is_emphasis", b"i": "is_italic", b"super": "is_raised", b"v": "is_hidden", b"strike": "is_deleted",
            b"striked": "is_deleted", b"deleted": "is_deleted"}  # fmt: skip


def extract(path: Path, limit: int) -> BlockBuilder:
    """Return the text of the document. Raises FormatError."""
    builder = BlockBuilder(limit)
    reader = _RtfReader(builder)
    for token in rtf.tokens(path.read_bytes()):
        reader.read(token)
        if builder.is_truncated:
            break
    reader.finish()
    return builder


class _RtfReader:
    """Reads one token after the other. Groups nest, and so do stories: a note is in a paragraph of the body."""

    def __init__(self, builder: BlockBuilder) -> None:
        self._builder = builder
        self._fonts = FontTable()
        self._decoder = TextDecoder()
        self._styles: dict[int, RtfStyle] = {}
        self._style = RtfStyle()  # that is being defined
        self._default_language = 0
        self._letters_by_language: Counter[int] = Counter()
        self._groups = [GroupState()]
        self._stories = [Story()]
        self._story_depths = [0]
        self._rows: list[list[RawCell]] = []
        self._row: list[RawCell] = []
        self._row_is_header = False
        self._row_followers: list[RtfBlock] = []
        self._aside: list[str] = []  # text of a header, a comment, or a property of a shape
        self._shape_property = ""
        self._characters_to_skip = 0

    @property
    def _group(self) -> GroupState:
        return self._groups[-1]

    @property
    def _story(self) -> Story:
        return self._stories[-1]

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
        self._end_paragraph()
        self._end_table()
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
        group, pieces = self._group, self._story.open.pieces
        if group.is_hidden or group.is_deleted:
            self._builder.leave_out(BlockKind.PARAGRAPH, "hidden" if group.is_hidden else "deleted", text)
            return
        if group.is_raised:
            before = "".join(piece.text for piece in pieces[-ANCHOR_CHARACTERS:])[-ANCHOR_CHARACTERS:]
            text = superscript_text(before, text)
        tag = words.language_tag(group.language or self._default_language)
        kinds = (EMPHASIS,) if group.is_emphasis or group.is_italic else ()
        pieces.append(Piece(text, (*kinds, f"{LANGUAGE_PREFIX}{tag}") if tag else kinds))
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
                self._story.open.followers.append(RtfBlock([Piece(description)], BlockKind.FIGURE))
        elif group.destination in {Destination.HEADER, Destination.COMMENT} and is_changed:
            self._leave_out_aside(group.destination)
        while self._story_depths[-1] > len(self._groups) - 1:
            self._end_paragraph()
            story = self._stories.pop()
            self._story_depths.pop()
            self._story.open.followers += story.blocks

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
            self._start_story(Story(BlockKind.FOOTNOTE))
        elif name in {b"shptxt", b"dptxbxtext"}:
            self._start_story(Story())
        elif name in words.LISTS and group.destination is Destination.TEXT:
            self._story.paragraph.has_list_mark = True
        if name in words.DESTINATIONS:
            group.destination = words.DESTINATIONS[name]
            if group.destination in {Destination.HEADER, Destination.COMMENT}:
                group.base = group.destination
            elif group.destination is Destination.TEXT:
                group.destination = group.base
            return True
        if group.is_optional and name != b"footnote":
            group.destination = Destination.SKIPPED
        return name == b"footnote"

    def _start_story(self, story: Story) -> None:
        self._stories.append(story)
        self._story_depths.append(len(self._groups) - 1)
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
                self._end_paragraph(is_section=name != b"par")
            elif self._aside:
                self._aside.append(" ")
        elif name in words.CHARACTERS:
            self._add_text(words.CHARACTERS[name])
        elif name in _TOGGLES:
            setattr(group, _TOGGLES[name], parameter != 0)
        elif group.destination is Destination.TEXT:
            self._read_table_word(name)
            self._read_paragraph_word(name, parameter)
        self._read_character_word(name, parameter)

    def _read_character_word(self, name: bytes, parameter: int | None) -> None:
        group = self._group
        match name:
            case b"plain":
                group.reset_formatting(self._default_language)
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

    def _read_paragraph_word(self, name: bytes, parameter: int | None) -> None:
        paragraph = self._story.paragraph
        match name:
            case b"pard":
                self._story.paragraph = type(paragraph)()
            case b"s":
                paragraph.style = parameter or 0
            case b"outlinelevel":
                paragraph.outline_level = parameter
            case b"intbl":
                paragraph.is_in_table = True
            case b"ls":
                paragraph.is_list_item = bool(parameter)

    def _read_style_word(self, name: bytes, parameter: int | None) -> None:
        if name == b"s":
            self._style = self._styles[parameter or 0] = RtfStyle()
        elif name in {b"cs", b"ds", b"ts"}:
            self._style = RtfStyle()
        elif name == b"outlinelevel":
            self._style.outline_level = parameter

    def _read_table_word(self, name: bytes) -> None:
        if len(self._stories) > 1:  # a table in a note or a text box is read as paragraphs
            if name in {b"cell", b"row", b"nestcell"}:
                self._end_paragraph()
        elif name == b"cell":
            self._end_cell()
        elif name == b"row":
            self._rows.append(self._row)
            self._row = []
        elif name == b"trowd":
            self._row_is_header = False
        elif name == b"trhdr":
            self._row_is_header = True
        elif name in {b"nestcell", b"nestrow"}:
            self._story.open.pieces.append(Piece(" "))

    # ---- blocks ----

    def _end_paragraph(self, *, is_section: bool = False) -> None:
        story = self._story
        paragraph, block = story.paragraph, story.open
        if paragraph.is_in_table and len(self._stories) == 1 and not is_section:
            block.pieces.append(Piece(" "))
            return
        style = self._styles.get(paragraph.style, RtfStyle())
        block.level = words.heading_level(style, paragraph.outline_level) if story.kind is None else 0
        kind = words.block_kind(style)
        if (paragraph.is_list_item or paragraph.has_list_mark) and kind is None and not block.level:
            kind = BlockKind.LIST_ITEM
        paragraph.has_list_mark = False
        block.kind = story.kind or kind or BlockKind.PARAGRAPH
        if block.kind in {BlockKind.TOC, BlockKind.CAPTION, BlockKind.REFERENCE}:
            block.level = 0
        story.open = RtfBlock()
        if len(self._stories) > 1:
            story.blocks.append(block)
        else:
            self._end_table()
            self._add([block])

    def _end_cell(self) -> None:
        block = self._story.open
        self._story.open = RtfBlock()
        self._row.append(RawCell(block.pieces, self._row_is_header))
        self._row_followers += block.followers

    def _end_table(self) -> None:
        rows = [*self._rows, self._row] if self._row else self._rows
        followers = self._row_followers
        self._rows, self._row, self._row_followers = [], [], []
        if rows:
            self._builder.add_table(rows)
        self._add(followers)

    def _add(self, blocks: Iterable[RtfBlock]) -> None:
        for block in blocks:
            self._builder.add_block(block.pieces, block.kind, level=block.level)
            self._add(block.followers)
