"""Preformatted text: program code, or prose whose line breaks were typed."""

import re
from collections.abc import Iterator
from statistics import median

MAX_WRAPPED_LINE = 120  # characters; longer lines were not wrapped by hand
MIN_MEDIAN_WRAPPED_LINE = 40  # characters; shorter lines are verse, addresses and lists
MIN_CODE_LINES_SHARE = 0.4  # of the lines: the others are comments, texts and brackets
TAB_WIDTH = 4  # spaces

_PROSE_LANGUAGES = frozenset({"", "text", "txt", "plain", "plaintext", "md", "markdown", "none"})
# A line of code by how it begins, by how it ends, or by the signs in it.
_CODE_BEGINS = re.compile(
    r"\s*(?:(?:def|class|import|from|return|elif|const|let|var|function|public|private|static|void|int|use|package|fn|func|struct"
    r"|enum|impl|namespace|using|typedef|try|except|catch|SELECT|INSERT|UPDATE|CREATE|sudo|apt|npm|pip|git|cd|curl|docker)\b"
    r"|[$#>%]\s|>>>|\.\.\.\s|//|/\*|#(?:include|define|!)|<[/!?]?[a-z]|@\w|[{}\[\]()]|--?\w)"
)
_CODE_ENDS = re.compile(r"(?:[;{}\[(\\]|\)[:{;]?|=>|\*/)$")
_CODE_SIGNS = re.compile(
    r"[\w\])]\s?(?:[=!<>+*/|&-]?=|->|=>|::|&&|\|\|)\s?[\w\"'(\[{-]|\w\(|\w\[\w|\w\.\w{1,40}\(|</|\$\w|_\w{1,40}_|\w_\w|[{};]"
)
_WORD = re.compile(r"[(\[“\"'‘]?[^\W\d_]+(?:['’-][^\W\d_]+)*[)\]”\"'’]?[.,;:!?…]{0,3}")
MIN_PROSE_WORDS = 3  # of a line whose words are all words: "return to me, my love;"


def looks_like_code(text: str, language: str = "") -> bool:
    """Return whether preformatted text is code. `language` is the one that its author gives, such as "python"."""
    if language.lower() not in _PROSE_LANGUAGES:
        return True
    lines = [line for line in text.splitlines() if line.strip()]
    code = sum(1 for line in lines if _is_code(line))
    return bool(lines) and code >= MIN_CODE_LINES_SHARE * len(lines)


def _is_code(line: str) -> bool:
    line = line[:400]  # enough to tell
    words = line.split()
    plain = sum(1 for word in words if _WORD.fullmatch(word))
    if plain >= max(MIN_PROSE_WORDS, 0.8 * len(words)):
        return False
    if _CODE_BEGINS.match(line) or _CODE_ENDS.search(line.rstrip()) or _CODE_SIGNS.search(line):
        return plain < 2 * MIN_PROSE_WORDS or plain < len(words) / 2
    return plain == 0 and sum(map(str.isalnum, line)) < len(line) / 2


def paragraphs(text: str) -> Iterator[list[str]]:
    """Yield the lines of each paragraph of prose. Lines that were wrapped by hand are joined."""
    lines = [line.expandtabs(TAB_WIDTH).strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    paragraph: list[str] = []
    for line in (*lines, ""):
        if line:
            paragraph.append(line)
        elif paragraph:
            yield [" ".join(paragraph)] if _is_wrapped(paragraph) else paragraph
            paragraph = []


def _is_wrapped(lines: list[str]) -> bool:
    lengths = [len(line) for line in lines[:-1]]
    return bool(lengths) and max(lengths) <= MAX_WRAPPED_LINE and median(lengths) >= MIN_MEDIAN_WRAPPED_LINE
