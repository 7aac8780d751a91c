"""Rich Text Format (RTF 1.9.1): groups, control words and text, one token at a time.

Nothing is interpreted but binary data, whose length its control word states.
"""

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

from chalicelib.formats.errors import FormatError

MAX_TOKENS = 3_000_000  # a token takes 1 µs to read and 3 µs to examine; books without pictures have a million
MAX_DEPTH = 256  # groups in each other; tables in tables in text boxes have 30
_RESAVE = "Save it again in its program, or as DOCX, and upload that."

# A control word, a byte in hexadecimal, a control symbol; a brace; line ends, which mean nothing; text.
_TOKEN = re.compile(
    rb"\\(?:([A-Za-z]{1,32})(-?\d{1,10})? ?|'([0-9A-Fa-f]{2})|([^A-Za-z]))|([{}])|[\r\n\x00]+|([^\\{}\r\n\x00]+)",
    re.DOTALL,
)


class TokenKind(IntEnum):
    GROUP_START = 0
    GROUP_END = 1  # `parameter`: where the file goes on behind it
    WORD = 2  # `value` is its name in lower case, `parameter` its number
    SYMBOL = 3  # `value` is the character behind the backslash
    BYTE = 4  # `parameter`: a byte of text, written in hexadecimal
    TEXT = 5
    BINARY = 6


class RtfToken(NamedTuple):
    kind: TokenKind
    value: bytes = b""
    parameter: int | None = None


_START = RtfToken(TokenKind.GROUP_START)


def tokens(content: bytes) -> Iterator[RtfToken]:
    """Yield the tokens up to the end of the outermost group. Raises FormatError.

    Names of control words are in lower case: programs disagree about others, so `\\Object` counts as `\\object`.
    """
    at, depth = 0, 0
    for _ in range(MAX_TOKENS):
        match = _TOKEN.match(content, at)
        if match is None:  # a backslash at the end
            break
        at = match.end()
        word, parameter, hexadecimal, symbol, brace, text = match.groups()
        if word is not None:
            name = word.lower()
            if name == b"bin":
                size = int(parameter or 0)
                if not 0 <= size <= len(content) - at:
                    break
                yield RtfToken(TokenKind.BINARY, content[at : at + size])
                at += size
            else:
                yield RtfToken(TokenKind.WORD, name, None if parameter is None else int(parameter))
        elif text is not None:
            yield RtfToken(TokenKind.TEXT, text)
        elif brace == b"{":
            depth += 1
            if depth > MAX_DEPTH:
                raise FormatError("bomb", f"The document nests more than {MAX_DEPTH} groups in each other. {_RESAVE}")
            yield _START
        elif brace == b"}":
            yield RtfToken(TokenKind.GROUP_END, parameter=at)
            depth -= 1
            if depth <= 0:
                return
        elif hexadecimal is not None:
            yield RtfToken(TokenKind.BYTE, parameter=int(hexadecimal, 16))
        elif symbol is not None:
            yield RtfToken(TokenKind.SYMBOL, symbol)
    else:
        raise FormatError("bomb", f"The document has more than {MAX_TOKENS:,} parts. Split it.")
    raise FormatError("malformed", f"The document is damaged: its end is missing. {_RESAVE}")


def codepage(number: int | None) -> str:
    """Return Python's name of a code page, Windows-1252 if it is not known."""
    return _CODEPAGES.get(number or 0, f"cp{number}" if number in _KNOWN_CODEPAGES else "cp1252")


_CODEPAGES = {
    708: "iso8859-6",
    936: "gbk",
    1361: "johab",
    10000: "mac-roman",
    10007: "mac-cyrillic",
    20866: "koi8-r",
    65001: "utf-8",
}
_KNOWN_CODEPAGES = frozenset(
    {
        437,
        720,
        737,
        775,
        850,
        852,
        855,
        857,
        858,
        860,
        861,
        862,
        863,
        864,
        865,
        866,
        869,
        874,
        932,
        949,
        950,
        *range(1250, 1259),
    }
)
# Code pages of the character sets of fonts. Others have the document's.
CHARSETS = {
    77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
    186: 1257, 204: 1251, 222: 874, 238: 1250, 255: 437,
}  # fmt: skip
