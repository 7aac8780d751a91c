"""Dialects of Markdown beyond CommonMark: formulas, footnotes, task lists, alerts, wiki links, attributes, sub- and superscripts.

Each is a rule of the parser, so that nothing inside of code changes. All look at a bounded part of the text.
"""

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

MAX_FORMULA_CHARACTERS = 2_000  # of one formula, twice the longest display
MAX_FORMULA_LINES = 100

_DISPLAY = {"$$": "$$", r"\[": r"\]"}
_INLINE = {r"\(": r"\)", r"\[": r"\]"}
_DOLLARS = re.compile(r"\$(?![\s$])([^$\n]{1,2000})(?<!\s)\$(?!\d)")  # as pandoc: "$5 and $6" is no formula
_MATHEMATICAL = frozenset("\\^_{=")  # in a formula that begins with a digit; otherwise it is a price
_FOOTNOTE_MARK = re.compile(r"\[\^[^\]\s]{1,50}\]")
_INLINE_FOOTNOTE = re.compile(r"\^\[([^\[\]]{1,2000})\]")
_WIKI_LINK = re.compile(r"\[\[([^\[\]|\n]{1,200})(?:\|([^\[\]|\n]{1,200}))?\]\]")
_ATTRIBUTES = re.compile(r"\{:?\s?[#.][\w:.-]{1,100}(?:\s[\w\s#.:=\"'-]{0,200})?\}")
_HIGHLIGHT = re.compile(r"==(?=[^\s=])([^=\n]{1,500})==")
_SUBSCRIPT = re.compile(r"~([^~\s]{1,50})~(?!~)")
_SUPERSCRIPT = re.compile(r"\^([^\^\s\[]{1,50})\^")
_COMMENT = re.compile(r"%%([^%\n]{1,2000})%%")
_SHORTCODE = re.compile(r"\{\{[<%]([^{}\n]{1,500})[>%]\}\}")
# In the HTML that the parser returns: what lists and quotations begin with.
_TASK_MARK = re.compile(r"(<li>\s?(?:<p>)?)\[[ xX]\]\s")
_ALERT = re.compile(r"(<blockquote>\s<p>)\[!(\w{1,30})\][+-]?\s?")


def enable(parser: "MarkdownIt") -> None:
    """Add the rules to a parser."""
    parser.block.ruler.before(
        "fence", "display_formula", _display_formula, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    for name, rule in (("formula", _formula), ("brackets", _brackets), ("signs", _signs)):
        parser.inline.ruler.before("escape", name, rule)
    parser.inline.ruler.before("newline", "definition", _definition)


def without_marks(page: str) -> str:
    """Return a rendered page without the marks of task lists; the kind of an alert is a word of its text."""
    return _ALERT.sub(lambda alert: f"{alert[1]}{alert[2].capitalize()}: ", _TASK_MARK.sub(r"\1", page))


def footnote(text: str) -> str:
    """Return the Markdown of a footnote as an element around it."""
    return f'\n\n<aside role="doc-footnote">\n\n{text}\n\n</aside>\n\n'


# ---- blocks ----


def _display_formula(state: "StateBlock", start_line: int, end_line: int, silent: bool) -> bool:
    begin = state.bMarks[start_line] + state.tShift[start_line]
    closing = _DISPLAY.get(state.src[begin : begin + 2])
    if closing is None or state.is_code_block(start_line):
        return False
    for line in range(start_line, min(end_line, start_line + MAX_FORMULA_LINES)):
        end = state.eMarks[line]
        text = state.src[begin:end].rstrip()
        if text.endswith(closing) and len(text) >= 4 and (line > start_line or text.find(closing, 2) == len(text) - 2):
            break
        if end - begin > MAX_FORMULA_CHARACTERS or (line == start_line and closing in text[2:]):
            return False
    else:
        return False
    if not silent:
        token = state.push("html_block", "", 0)
        token.content = f'<div class="math display">{escape(text)}</div>\n'
        token.map = [start_line, line + 1]
        state.line = line + 1
    return True


# ---- inline ----


def _formula(state: "StateInline", silent: bool) -> bool:
    source, begin = state.src, state.pos
    if source[begin] == "$":
        match = _DOLLARS.match(source, begin)
        if match is None or (match[1][0].isdigit() and _MATHEMATICAL.isdisjoint(match[1])):
            return False
        latex, end = match[1], match.end()
    elif closing := _INLINE.get(source[begin : begin + 2]):
        end = source.find(closing, begin + 2, begin + MAX_FORMULA_CHARACTERS)
        if end < 0:
            return False
        latex, end = source[begin + 2 : end], end + 2
    else:
        return False
    return _push(state, end, rf'<span class="math inline">\({escape(latex)}\)</span>', silent=silent)


def _brackets(state: "StateInline", silent: bool) -> bool:
    """Drop footnote marks, and write wiki links as the text that a reader sees."""
    if state.src[state.pos] != "[":
        return False
    if mark := _FOOTNOTE_MARK.match(state.src, state.pos):
        return _push(state, mark.end(), "", silent=silent)
    if link := _WIKI_LINK.match(state.src, state.pos):
        return _push(state, link.end(), escape(link[2] or link[1]), silent=silent)
    return False


def _signs(state: "StateInline", silent: bool) -> bool:
    for pattern, opening, closing in _SIGNS.get(state.src[state.pos], ()):
        if match := pattern.match(state.src, state.pos):
            text = escape(match[1]) if pattern.groups else ""
            return _push(state, match.end(), f"{opening}{text}{closing}", silent=silent)
    return False


_SIGNS = {
    "{": ((_SHORTCODE, "<span hidden>", "</span>"), (_ATTRIBUTES, "", "")),
    "%": ((_COMMENT, "<span hidden>", "</span>"),),
    "=": ((_HIGHLIGHT, "<mark>", "</mark>"),),
    "~": ((_SUBSCRIPT, "<sub>", "</sub>"),),
    "^": ((_INLINE_FOOTNOTE, '<span role="doc-footnote">', "</span>"), (_SUPERSCRIPT, "<sup>", "</sup>")),
}


def _definition(state: "StateInline", silent: bool) -> bool:
    """Part a term from its definition, which begins with a colon."""
    if not state.src.startswith("\n: ", state.pos):
        return False
    return _push(state, state.pos + 3, "<br>", silent=silent)


def _push(state: "StateInline", end: int, markup: str, *, silent: bool) -> bool:
    if not silent and markup:
        state.push("html_inline", "", 0).content = markup
    state.pos = end
    return True
