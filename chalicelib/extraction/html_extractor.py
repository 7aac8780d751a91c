"""Walk over elements of HTML, which gives each text its kind, its spans, or the reason why it is left out."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.extraction import (
    html_formulas,
    html_kinds,
    html_notes,
    html_pictures,
    html_preformatted,
    html_roles,
    html_structure,
    html_tables,
    inline,
)
from chalicelib.extraction.blocks import BlockBuilder
from chalicelib.extraction.formulas import delimited, plain
from chalicelib.extraction.formulas.notation import MAX_SOURCE_CHARACTERS, Notation
from chalicelib.extraction.html_blocks import BlockWriter, Context
from chalicelib.extraction.html_notes import NoteLinks, Resolve
from chalicelib.extraction.html_parser import declared_language
from chalicelib.extraction.html_roles import BLOCK_TAGS, HEADINGS, Attributes, Role
from chalicelib.extraction.inline import LINE_BREAK, Piece
from chalicelib.extraction.model import BlockKind
from chalicelib.extraction.passage_languages import PassageLanguages

Node = Any

_PREFORMATTED_TAGS = frozenset({"pre", "listing", "xmp", "plaintext"})
_INLINE_TAGS = frozenset({"span", "b", "strong", "i", "em", "a", "font"})  # which may be all of a heading's line
_CELL_TAGS = frozenset({"td", "th"})


@dataclass(frozen=True, slots=True)
class Profile:
    """Profile of a document: what is known before the walk over it.

    `is_book`: an e-book, where asides and headers hold text. `document` is its name, as `resolve` gives it. `main`: the id of
    the element outside of which there is only navigation.
    """

    is_book: bool = False
    document: str = ""
    resolve: Resolve = html_notes.resolve_in_page
    links: NoteLinks = field(default_factory=NoteLinks)
    main: int | None = None
    kind: BlockKind = BlockKind.PARAGRAPH
    reason: str = ""
    languages: PassageLanguages | None = None


class HtmlTextExtractor:
    """Writes the text of elements to a BlockBuilder. `anchors` maps the id of an element to the index of its block."""

    def __init__(self, builder: BlockBuilder, profile: Profile | None = None) -> None:
        self._builder = builder
        self._structure = builder.structure
        self._profile = profile or Profile()
        self._writer = BlockWriter(builder)
        reason = self._profile.reason or ("navigation" if self._profile.main is not None else "")
        self._context = Context(
            self._profile.kind, is_fixed=self._profile.kind is not BlockKind.PARAGRAPH, reason=reason
        )
        self._superscripts: list[int] = []  # indices of pieces at which the open ones start
        self._captions: list[str] = []  # of the open figures
        self._layout_tables: frozenset[int] = frozenset()  # ids of tables that only lay out the page
        self._layout_forms: frozenset[int] = frozenset()
        self._languages = self._profile.languages or PassageLanguages(builder.language)

    @property
    def anchors(self) -> dict[str, int]:
        return self._writer.anchors

    def extract(self, root: Node) -> None:
        """Add the content of `root`."""
        self._layout_tables = html_tables.layout_tables(root)
        self._layout_forms = html_roles.layout_forms(root)
        if tag := declared_language(root):
            self._context = replace(self._context, language=self._languages.of_passage(tag))
        self._visit(root)

    def _visit(self, root: Node) -> None:
        depth = self._structure.depth
        ancestors: list[tuple[Node, Context]] = []
        node = root.first_child
        if root.mem_id == self._profile.main:
            self._context = replace(self._context, reason=self._profile.reason)
        while (node is not None or ancestors) and not self._builder.is_truncated:
            if node is None:
                node, context = ancestors.pop()
                self._leave(node.tag, context)
            else:
                context = self._context
                if self._enter(node):
                    ancestors.append((node, context))
                    node = node.first_child
                    continue
                self._context = context
            node = node.next
        self._writer.finish(self._context)
        self._structure.close_to(depth)

    # ---- elements ----

    def _enter(self, node: Node) -> bool:
        """Apply an element's start; return True if its children are to be visited. The context is then that inside."""
        tag = node.tag or "!"  # damaged markup may have nodes without a name
        if tag == "-text":
            self._add_text(node.text_content)
            return False
        if tag.startswith(("-", "!")):
            return False
        attributes = node.attributes
        if tag in {"title", "desc"}:  # of a drawing
            self._add_description(node.text().strip())
            return False
        if tag in html_roles.SILENT_TAGS:
            script = html_formulas.find_in_script(node, tag, attributes)
            if script is not None:
                self._add_formula(script.source, script.notation, is_block=script.is_block)
            return False
        role = html_roles.roles(attributes, is_book=self._profile.is_book) if attributes else Role.NONE
        if Role.SILENT in role and tag != "mjx-container":
            return False
        is_line = self._is_line(node, tag, role)
        if is_line:
            self._writer.add_line_break()
        elif (tag in BLOCK_TAGS or tag in HEADINGS) and not (self._context.reason and tag in _CELL_TAGS):
            self._flush()
        for anchor in (attributes.get("id"), attributes.get("name") if tag == "a" else None):
            if anchor:
                self._writer.pending_anchors.append(anchor)
        if self._is_skipped(node, tag, role, attributes):
            return False
        if is_line:
            self._context = replace(self._context, is_line=True)
        if attributes and (tag_of_passage := attributes.get("lang") or attributes.get("xml:lang")):
            self._context = replace(self._context, language=self._languages.of_passage(tag_of_passage))
        if node.mem_id == self._profile.main:
            self._context = replace(self._context, reason=self._profile.reason)
        if not self._context.reason:
            self._apply_reason(node, tag, role)
        if not self._context.is_fixed:
            is_note = (tag in BLOCK_TAGS) and self._is_note(node)
            self._context = html_kinds.inside(
                self._context, tag, role, attributes, is_book=self._profile.is_book, is_note=is_note
            )
        if not self._enter_element(node, tag, role, attributes):
            return False
        self._open_shown(node, tag, attributes)
        return True

    def _is_line(self, node: Node, tag: str, role: Role) -> bool:
        """Return whether an element is a line of verse, not a block."""
        if not self._context.is_verse or self._context.is_line:
            return False
        if Role.LINE in role:
            return True
        if tag not in {"div", "p"} or (node.next is None and node.prev is None):
            return False
        return Role.STANZA in html_roles.roles(node.parent.attributes, is_book=self._profile.is_book)

    def _is_skipped(self, node: Node, tag: str, role: Role, attributes: Attributes) -> bool:
        """Return whether an element is a mark in the text: it is neither read nor an omission."""
        if tag == "a" and (target := attributes.get("href")):
            if self._context.kind is BlockKind.FOOTNOTE and html_notes.is_back_link(node, target):
                return True
            before = self._writer.text_before()
            is_mark = html_notes.is_mark(node, target, role, before, is_raised=bool(self._superscripts))
        elif Role.NOTE_MARK in role and not role & (Role.NOTE | Role.NOTES):
            length = len(html_notes.beginning(node, html_notes.MAX_MARK_CHARACTERS + 1))
            is_mark = length <= html_notes.MAX_MARK_CHARACTERS
            if not is_mark:
                return False
        else:
            is_mark = tag == "sup" and "reference" in (attributes.get("class") or "").split()
        if is_mark:
            self._show_note_mark(node, tag)
        if is_mark or (tag == "a" and attributes.get("href")):
            return is_mark
        return Role.BACK_LINK in role or (bool(self._context.reason) and _is_page_mark(node, tag, role))

    def _apply_reason(self, node: Node, tag: str, role: Role) -> None:
        reason = html_roles.omission_reason(tag, role, is_book=self._profile.is_book)
        if (tag == "footer" and self._context.kind is BlockKind.QUOTE) or node.mem_id in self._layout_forms:
            reason = ""
        if _is_page_mark(node, tag, role) or (Role.LINE_NUMBER in role and "".join(node.text().split()).isdecimal()):
            reason = "running_header"
        if reason:
            self._context = replace(self._context, reason=reason)

    def _is_note(self, node: Node) -> bool:
        profile = self._profile
        anchors: Iterator[str] = iter(self._writer.pending_anchors)
        return html_notes.is_note(node, profile.links, profile.document, profile.resolve, anchors)

    def _enter_element(self, node: Node, tag: str, role: Role, attributes: Attributes) -> bool:
        """Apply what the tag itself means; return True if its children are to be visited."""
        if tag == "svg":
            self._enter_svg()
            return True
        formula = html_formulas.find(node, tag, role, attributes)
        if formula is not None:
            self._add_formula(formula.source, formula.notation, is_block=formula.is_block, mathml=formula.mathml)
            return False
        if tag in {"img", "image"}:
            name = self._picture_name(tag, attributes)
            latex = html_pictures.add(self._writer, attributes, role, self._context, self._captions, name)
            if latex:
                self._add_formula(latex, Notation.LATEX, is_block=False)
            return False
        if tag in {"br", "hr"}:
            if tag == "hr" and not (self._context.reason or self._context.is_fixed) and self._writer.cell is None:
                self._builder.add_scene_break()
            else:
                self._writer.add_piece(Piece(LINE_BREAK), self._context)
            return False
        if tag in _PREFORMATTED_TAGS and not self._context.reason:
            html_preformatted.add(self._writer, node, self._context)
            return False
        if tag == "table" and not self._context.reason and node.mem_id not in self._layout_tables:
            self._structure.open(("table", {}))
            for caption in node.css("caption"):
                self._structure.open(("caption", {}))
                HtmlTextExtractor(self._builder, self._part_profile(BlockKind.CAPTION)).extract(caption)
                self._structure.close()
            count = len(self._builder.blocks)
            html_tables.add(self._builder, node, self._cell)
            self._writer.resolve_anchors(count)
            self._structure.close()
            return False
        self._apply_inline(node, tag, role, attributes)
        return True

    def _apply_inline(self, node: Node, tag: str, role: Role, attributes: Attributes) -> None:
        context = self._context
        if tag == "sup":
            self._superscripts.append(len(self._writer.pieces))
        elif tag == "q":
            self._add_part("“")
        elif tag == "figure":
            caption = node.css_first("figcaption")
            self._captions.append(" ".join(caption.text().split()) if caption is not None else "")
        elif tag == "header" and not self._profile.is_book:
            self._context = replace(context, is_header=True)
        elif tag == "ruby":
            self._context = replace(context, is_ruby=True)
        elif tag == "a" and attributes.get("href"):
            self._context = replace(context, is_link=True)
        elif context.level and tag in _INLINE_TAGS:
            self._part_heading(node)
        kinds = html_kinds.spans(tag, role)
        new_kinds = [kind for kind in kinds if kind not in context.spans]  # emphasis inside emphasis is emphasis
        if new_kinds and not context.level:
            self._context = replace(self._context, spans=(*context.spans, *new_kinds))

    def _part_heading(self, node: Node) -> None:
        """Part the number and the title of a heading that are elements without a space: "ONE", "The Calm"."""
        previous, before = node.prev, self._writer.text_before()
        if previous is None or previous.tag not in _INLINE_TAGS or not before[-1:].isalnum():
            return
        word = (previous.text() or "").strip()
        begins_word = html_notes.beginning(node, 1)[:1]
        if (begins_word.isupper() or begins_word.isdigit()) and (len(word) > 1 or word.isdigit()):
            self._writer.pieces.append(Piece(" "))

    def _leave(self, tag: str, outside: Context) -> None:
        context = self._context
        if tag == "sup":
            start = self._superscripts.pop() if self._superscripts else len(self._writer.pieces)
            self._writer.apply_superscript(start)
        elif tag == "q":
            self._add_part("”")
        elif tag == "figure" and self._captions:
            self._captions.pop()
        if context.is_line and not outside.is_line:
            self._writer.add_line_break()
        elif tag in BLOCK_TAGS or tag in HEADINGS:
            if context.is_line:
                self._writer.add_line_break()
            elif not (context.reason and tag in _CELL_TAGS):
                self._flush()
            else:
                self._writer.add_text(" ", context)
        elif context.reason and not outside.reason:
            self._writer.end_omission(context.reason)
        self._structure.close()
        self._context = outside

    def _flush(self) -> None:
        self._writer.flush(self._context)
        self._superscripts.clear()

    # ---- content that is not text ----

    def _add_text(self, text: str) -> None:
        """Add raw text, in which there may be formulas between delimiters."""
        end = 0
        if ("$" in text or "\\" in text) and inline.CODE not in self._context.spans:
            for formula in delimited.find(text):
                self._add_part(text[end : formula.start])
                self._add_formula(formula.source, Notation.LATEX, is_block=formula.is_display)
                end = formula.end
        self._add_part(text[end:] if end else text)

    def _add_part(self, text: str) -> None:
        reason = self._context.omission
        if not reason:
            self._writer.source = (self._structure.add_text(text),)
        elif reason in html_structure.SHOWN_REASONS:
            self._structure.add_unread(text)
        self._writer.add_text(text, self._context)
        self._writer.source = ()

    def _add_formula(self, source: str, notation: Notation, *, is_block: bool, mathml: str = "") -> None:
        if self._context.reason:
            self._writer.add_text(plain.symbols(source[:MAX_SOURCE_CHARACTERS], notation), self._context)
            return
        if is_block and self._writer.cell is None:
            self._flush()
        latex = source[:MAX_SOURCE_CHARACTERS] if notation is Notation.LATEX else ""
        symbols = "" if mathml or latex else plain.symbols(source[:MAX_SOURCE_CHARACTERS], notation)
        self._writer.source = (self._structure.add_formula(mathml, latex, symbols),)
        self._writer.add_piece(self._builder.formula(source, notation, self._context.language or None), self._context)
        self._writer.source = ()
        if is_block and self._writer.cell is None:
            self._flush()

    def _add_description(self, text: str) -> None:
        if not self._context.omission:
            self._structure.end_block()
            self._writer.source = (self._structure.add_text(text),)
            self._structure.end_block()
        self._writer.add_figure(text, self._context)
        self._writer.source = ()

    def _enter_svg(self) -> None:
        """Read the words in a drawing; in a page they are the labels of a figure."""
        if not self._profile.is_book and not self._context.is_fixed:
            self._flush()
            self._context = replace(self._context, kind=BlockKind.FIGURE)

    # ---- the display form ----

    def _open_shown(self, node: Node, tag: str, attributes: Attributes) -> None:
        """Record the element in the structure, and the note that it is."""
        context = self._context
        if context.omission and context.omission not in html_structure.SHOWN_REASONS:
            self._structure.open()
            return
        target = attributes.get("href") if tag == "a" else None
        if target and not html_structure.is_external(target) and "://" not in target:
            self._structure.open_link(self._profile.resolve(target))
            return
        is_block = tag in BLOCK_TAGS
        element = html_structure.element(tag, attributes, is_line=context.is_line, is_block=is_block)
        if target and html_structure.is_external(target):
            element = ("a", {"href": target.strip()})
        elements = [element] if element is not None else []
        if is_block and context.kind is BlockKind.FOOTNOTE and not self._structure.is_in_note:
            note = self._note(node)
            if note is not None:
                aside = ("aside", {"data-note-id": self._structure.note_number(note)})
                elements.insert(1 if tag in {"li", "dd"} else 0, aside)
        self._structure.open(*elements)

    def _note(self, node: Node) -> html_notes.Place | None:
        """Return the place of a note that marks lead to."""
        names = [*self._writer.pending_anchors, *html_notes.leading_ids(node)]
        places = ((self._profile.document, name) for name in names)
        return next((place for place in places if place in self._profile.links.targets), None)

    def _show_note_mark(self, node: Node, tag: str) -> None:
        if self._context.omission:
            return
        link = node if tag == "a" else node.css_first("a[href]")
        target = (link.attributes.get("href") or "") if link is not None else ""
        place = self._profile.resolve(target) if target and "://" not in target else None
        mark = html_notes.beginning(node, html_notes.MAX_MARK_CHARACTERS)
        self._structure.add_note_mark(mark, place, is_raised=bool(self._superscripts))

    def _picture_name(self, tag: str, attributes: Attributes) -> str:
        names = ("src",) if tag == "img" else ("xlink:href", "href")
        target = next(filter(None, map(attributes.get, names)), "")
        return self._profile.resolve(target)[0] if self._profile.is_book else target

    # ---- tables ----

    def _cell(self, cell: Node) -> list[Piece]:
        """Return the content of a table's cell."""
        pieces: list[Piece] = []
        extractor = HtmlTextExtractor(self._builder, self._part_profile(BlockKind.TABLE))
        extractor._context = replace(self._context, kind=BlockKind.TABLE, is_fixed=True)
        if tag := declared_language(cell):
            extractor._context = replace(extractor._context, language=self._languages.of_passage(tag))
        extractor._writer.cell = pieces
        extractor._visit(cell)
        return pieces

    def _part_profile(self, kind: BlockKind) -> Profile:
        return replace(self._profile, kind=kind, main=None, languages=self._languages)


def _is_page_mark(node: Node, tag: str, role: Role) -> bool:
    """Return whether an element is the number of a printed page: by its class or id, if that is all it holds."""
    if Role.PAGE_MARK not in role and not (tag in {"a", "span"} and html_roles.is_page_anchor(node.attributes)):
        return False
    return html_roles.is_page_mark(html_notes.beginning(node, html_roles.MAX_PAGE_MARK_CHARACTERS + 1))
