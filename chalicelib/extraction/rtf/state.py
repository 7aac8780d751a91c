"""State of an RTF reader: what a group changes is as it was before when the group ends."""

from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice

from chalicelib.extraction.cleanup import ANCHOR_CHARACTERS
from chalicelib.extraction.inline import Piece
from chalicelib.extraction.model import BlockKind


class Destination(Enum):
    """Use of the text of a group."""

    TEXT = auto()
    SKIPPED = auto()
    FONTS = auto()
    STYLES = auto()
    HEADER = auto()
    COMMENT = auto()
    FIELD = auto()  # its instruction
    BOOKMARK = auto()
    SHAPE_NAME = auto()
    SHAPE_VALUE = auto()


@dataclass(slots=True)
class RtfStyle:
    """A paragraph style. `level` is None if it is no heading."""

    name: str = ""
    outline_level: int | None = None


@dataclass(slots=True)
class GroupState:
    """Formatting of the text in a group. `base` is the destination of the text around it that is not skipped.

    `skipped_after_unicode` characters stand behind each `\\u` for old programs."""

    destination: Destination = Destination.TEXT
    base: Destination = Destination.TEXT
    is_optional: bool = False
    is_first: bool = True  # nothing of the group was read
    font: int = 0
    language: int = 0
    skipped_after_unicode: int = 1
    is_emphasis: bool = False
    is_italic: bool = False
    is_raised: bool = False
    is_hidden: bool = False
    is_deleted: bool = False
    link: str = ""  # where the text leads to

    def inner(self) -> "GroupState":
        """Return the state in which a group inside begins."""
        return GroupState(
            self.destination,
            self.base,
            False,
            True,
            self.font,
            self.language,
            self.skipped_after_unicode,
            self.is_emphasis,
            self.is_italic,
            self.is_raised,
            self.is_hidden,
            self.is_deleted,
            self.link,
        )

    def reset_formatting(self, language: int) -> None:
        """Apply `\\plain`."""
        self.font, self.language = 0, language
        self.is_emphasis = self.is_italic = self.is_raised = self.is_hidden = self.is_deleted = False


@dataclass(slots=True)
class ParagraphState:
    """Properties of a paragraph, from one `\\pard` to the next."""

    style: int = 0
    outline_level: int | None = None
    is_in_table: bool = False
    is_list_item: bool = False
    is_hanging: bool = False  # its first line begins to the left of the others
    has_list_mark: bool = False  # of this paragraph alone


@dataclass(slots=True)
class RtfBlock:
    """A block that is read. `followers` stand behind it: notes, descriptions of pictures, text boxes."""

    pieces: list[Piece] = field(default_factory=list)
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    followers: list["RtfBlock"] = field(default_factory=list)
    note: str = ""  # of which it is a part


@dataclass(slots=True)
class Story:
    """A sequence of paragraphs: the body, a note, or a text box. `kind` is that of all its paragraphs, if they have one.

    `note` is the name of a note, empty for other stories.
    """

    kind: BlockKind | None = None
    note: str = ""
    paragraph: ParagraphState = field(default_factory=ParagraphState)
    open: RtfBlock = field(default_factory=RtfBlock)
    blocks: list[RtfBlock] = field(default_factory=list)

    def text_before(self) -> str:
        """Return the last characters of the open block."""
        texts = (piece.text for piece in reversed(self.open.pieces) if not piece.is_mark)
        return "".join(reversed(list(islice(texts, ANCHOR_CHARACTERS))))[-ANCHOR_CHARACTERS:]
