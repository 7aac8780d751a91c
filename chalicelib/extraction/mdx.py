"""MDX: Markdown with modules and components of JavaScript. Their words are read, their code is left out.

Imports and exports at the beginning are code. A tag of a component, and a value in braces, are rules of the parser, so that
nothing inside of code changes. All look at a bounded part of the text.
"""

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

MAX_TAG_CHARACTERS = 1_000  # of a component with its properties, or of a value in braces
MAX_BRACES = 8  # in each other

# The source of modules ends with the first blank line.
_MODULE = re.compile(
    r"(?:import\s[^\n]{0,500}[\"'{];?|export\s(?:const|let|var|default|function|async)\b[^\n]{0,500})[ \t]*\n"
    r"(?:[ \t]*\S[^\n]*\n){0,200}"
)
_COMPONENT = re.compile(r"<[A-Z][\w.]{0,100}(?=[\s/>])[^<>{}\n]{0,200}(?:=\{|/>)|</[A-Z][\w.]{0,100}>|\{/\*")
_TAG_START = re.compile(r"</?(?:[A-Z][\w.]{0,100}(?=[\s/>])|(?=>))")
_DELIMITER = re.compile(r"[\"'`{}<>]")


def is_mdx(content: str) -> bool:
    """Return whether a Markdown text has modules or components."""
    return _MODULE.match(content) is not None or _COMPONENT.search(content) is not None


def with_module_code(content: str) -> str:
    """Return the text with the imports and exports at its beginning as code."""
    modules: list[str] = []
    position = 0
    while match := _MODULE.match(content, position):
        modules.append(match[0])
        position = match.end()
        while content.startswith("\n", position):
            position += 1
    return f"```js\n{''.join(modules)}```\n\n{content[position:]}" if modules else content


def enable(parser: "MarkdownIt") -> None:
    """Add the rules to a parser."""
    parser.block.ruler.before(
        "html_block", "component", _component_line, {"alt": ["paragraph", "reference", "blockquote"]}
    )
    parser.inline.ruler.before("escape", "component", _component)


def _component_line(state: "StateBlock", start_line: int, end_line: int, silent: bool) -> bool:
    """Take out a tag that is alone in its lines: what is around it is Markdown, not HTML."""
    begin = state.bMarks[start_line] + state.tShift[start_line]
    end = None if state.is_code_block(start_line) else _end_of_code(state.src, begin)
    if end is None or not state.src.startswith(("<", "{"), begin):
        return False
    line = start_line
    while line + 1 < end_line and state.eMarks[line] < end:
        line += 1
    if state.src[end : state.eMarks[line]].strip():
        return False
    if not silent:
        token = state.push("html_block", "", 0)
        token.content = _left_out(state.src[begin:end]) + "\n"
        token.map = [start_line, line + 1]
        state.line = line + 1
    return True


def _component(state: "StateInline", silent: bool) -> bool:
    end = _end_of_code(state.src, state.pos)
    if end is None:
        return False
    if not silent:
        state.push("html_inline", "", 0).content = _left_out(state.src[state.pos : end])
    state.pos = end
    return True


def _left_out(code: str) -> str:
    """Return the markup of code that is left out; of plain tags, which have no words, nothing."""
    if code.startswith("{/*"):
        return f"<!--{code[3:-3].replace('--', '- -')}-->"
    return f"<span hidden>{escape(code)}</span>" if "{" in code or "=" in code else ""


def _end_of_code(source: str, begin: int) -> int | None:
    """Return the end of the tag of a component, or of the value in braces, that begins here."""
    if not source.startswith("{", begin):
        start = _TAG_START.match(source, begin)
        return None if start is None else _end(source, start.end(), begin + MAX_TAG_CHARACTERS, closing=">")
    if source.startswith("{/*", begin):
        end = source.find("*/}", begin, begin + MAX_TAG_CHARACTERS)
        return None if end < 0 else end + len("*/}")
    return _end(source, begin, begin + MAX_TAG_CHARACTERS, closing="}")


def _end(source: str, position: int, limit: int, *, closing: str) -> int | None:
    depth = 0
    quote = ""
    for match in _DELIMITER.finditer(source, position, min(limit, len(source))):
        sign = match[0]
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'`":
            quote = sign
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
            if depth < 0 or depth > MAX_BRACES:
                return None
        if not quote and depth == 0 and sign == closing:
            return match.end()
        if not quote and depth == 0 and sign == "<":
            return None
    return None
