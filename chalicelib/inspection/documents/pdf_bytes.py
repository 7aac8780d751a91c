"""Active content in the bytes of a PDF, whatever its cross-reference table says.

The table may be damaged, and a viewer that repairs the file may bring back an object that the table does not have. So
each object is looked at from its `obj` on, wherever that is in the file, and object streams are inflated.
"""

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from mmap import mmap

from chalicelib.inspection.documents.pdf_actions import ACTION_ENTRIES, ACTIONS, ANNOTATIONS, FILE_KEYS

MAX_OBJECT_STREAM_BYTES = 64 * 1024 * 1024  # all object streams of one file, inflated; 100,000 objects are about 20 MB

MAX_ELEMENT_BYTES = 4_096  # of a dictionary before and behind its /S; an element with more is suspected
_ATTACHED = (b"EmbeddedFile", b"EF")


def _escapable(name: bytes) -> bytes:
    """Return a pattern for a name with each character plain or escaped: `#` and two hexadecimal digits."""
    return b"".join(b"(?:%c|#(?i:%02x))" % (letter, letter) for letter in name)


def _one_of(names: tuple[bytes, ...]) -> bytes:
    return b"(" + b"|".join(sorted(names)) + b")"


_END = rb"(?![^\x00\s()<>\[\]{}/%])"
_GAP = rb"[\x00\s]*"
_REFERENCE = rb"\d+[\x00\s]+\d+[\x00\s]+R"
_SUSPECT = re.compile(
    b"/(?:" + b"|".join(map(_escapable, sorted({*ACTIONS, *ANNOTATIONS, *_ATTACHED, b"XFA", b"JS"}))) + b")" + _END
)
_OBJECT = re.compile(rb"(?<![A-Za-z])(?:obj|trailer)(?![A-Za-z])")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_OBJECT_STREAM_START = re.compile(rb"\s*\d+\s+(?:\d[\s\d]*\Z|\d+(?:\s+\d+\s+\d+)*\s*[<\[(/])")
_OBJECT_STREAM_HEADER = re.compile(rb"[\d\s]*")
_OBJECT_START = re.compile(rb"[\s>\])a-z\d][<\[(/tfn\d+.-]")  # with the byte before

# In an object without its strings and comments:
_OBJECT_DELIMITER = re.compile(rb"[(%]|(?<![^\x00\s()<>\[\]{}/%])(?:stream|endobj)" + _END)
_OBJECT_STREAM_DELIMITER = re.compile(rb"[(%]")
_STRING_MARK = re.compile(rb"\\.|[()]", re.DOTALL)
_LINE_END = re.compile(rb"[\r\n]|\Z")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_NAME_ALONE = re.compile(_GAP + b"/" + _one_of((*ACTIONS, *ANNOTATIONS)) + _END)
_ACTION = re.compile(b"/S" + _GAP + b"/" + _one_of(tuple(name for name in ACTIONS if name != b"Thread")) + _END)
_ACTION_ENTRY = re.compile(_one_of(tuple(key.encode() for key in ACTION_ENTRIES)) + _END)
_PARENT = re.compile(
    b"/P" + _GAP + _REFERENCE
)  # of a dictionary before and behind its /S; an element with more is suspected
_INDIRECT_SCRIPT = re.compile(b"/S" + _GAP + _REFERENCE)
_SCRIPT = re.compile(b"/JS" + _END)
_ANNOTATION = re.compile(b"/Subtype" + _GAP + b"/" + _one_of(tuple(ANNOTATIONS)) + _END)
_ATTACHMENT = re.compile(
    rb"/Type" + _GAP + b"/EmbeddedFile" + _END
    + rb"|/EF" + _GAP + b"<<" + _GAP + _one_of(tuple(key.encode() for key in FILE_KEYS)) + _END
)  # fmt: skip
_INDIRECT_ATTACHMENT = re.compile(b"/EF" + _GAP + _REFERENCE)
_FILE_NAME = re.compile(rb"/(?:Filespec|UF)" + _END)
_XFA = re.compile(b"/XFA" + _GAP + rb"(?:\[|" + _REFERENCE + b")")
_FIELDS = re.compile(b"/Fields" + _END)


class InflationLimitError(Exception):
    """The file's object streams inflate to more than MAX_OBJECT_STREAM_BYTES."""


def find(data: "bytes | mmap") -> set[str]:
    """Return the kinds of active content in all objects and object streams. Raises InflationLimitError."""
    starts = [match.end() for match in _OBJECT.finditer(data)]
    kinds: set[str] = set()
    last = -1
    for match in _SUSPECT.finditer(data):
        index = bisect_right(starts, match.start()) - 1
        if index > last:
            last = index
            end = starts[index + 1] if index + 1 < len(starts) else len(data)
            kinds |= _kinds(_without_strings(data, starts[index], end))
    for inflated in _object_streams(data):
        if _SUSPECT.search(inflated):
            for start, end in pairwise(_boundaries(inflated)):
                if _SUSPECT.search(inflated, start, end):
                    kinds |= _kinds(_without_strings(inflated, start, end, _OBJECT_STREAM_DELIMITER))
    return kinds


def _boundaries(inflated: bytes) -> list[int]:
    """Return where the objects of a stream begin, and its end; the whole as one object if its header is not plain."""
    header = _OBJECT_STREAM_HEADER.match(inflated)
    numbers = list(map(int, header.group().split())) if header else []
    offsets = [header.end() + offset for offset in numbers[1::2]] if header else []
    is_plain = len(numbers) % 2 == 0 and all(
        start < end <= len(inflated) and _OBJECT_START.match(inflated, start - 1)
        for start, end in pairwise([*offsets, len(inflated)])
    )
    return [*offsets, len(inflated)] if offsets and is_plain else [0, len(inflated)]


def _kinds(text: bytes) -> set[str]:
    """Return the kinds in the text of objects. Names count where they say what an object is, not as mere names."""
    kinds = {ACTIONS[match[1]] for match in _ACTION.finditer(text) if not _is_structure_element(text, match)}
    kinds |= {ANNOTATIONS[match[1]] for match in _ANNOTATION.finditer(text)}
    if alone := _NAME_ALONE.match(text):  # /S 12 0 R, and this is 12
        kinds.add(ACTIONS.get(alone[1]) or ANNOTATIONS[alone[1]])
    if _INDIRECT_SCRIPT.search(text) and _SCRIPT.search(text):
        kinds.add("javascript")
    if _ATTACHMENT.search(text) or (_INDIRECT_ATTACHMENT.search(text) and _FILE_NAME.search(text)):
        kinds.add("attachments")
    if _XFA.search(text) and _FIELDS.search(text):
        kinds.add("xfa")
    return kinds


def _is_structure_element(text: bytes, name: re.Match[bytes]) -> bool:
    """Return whether /S is in a dictionary that has a parent, nothing to act with, and no dictionaries in it."""
    before = text[max(0, name.start() - MAX_ELEMENT_BYTES) : name.start()].rpartition(b"<<")
    behind = text[name.end() : name.end() + MAX_ELEMENT_BYTES].partition(b">>")
    if not before[1] or b">>" in before[2] or not behind[1] or b"<<" in behind[0]:
        return False
    entries = before[2] + behind[0]
    return bool(_PARENT.search(entries)) and not _ACTION_ENTRY.search(entries)


def _without_strings(
    data: "bytes | mmap", at: int, end: int, delimiters: re.Pattern[bytes] = _OBJECT_DELIMITER
) -> bytes:
    """Return an object up to its stream or end, without comments, with empty strings and with unescaped names.

    A string that does not end is kept, so that names behind its bracket are found.
    """
    parts = []
    while delimiter := delimiters.search(data, at, end):
        parts.append(data[at : delimiter.start()])
        if delimiter.group() == b"(":
            string_end = _find_string_end(data, delimiter.end(), end)
            if string_end < 0:
                at = delimiter.end()
                break
            parts.append(b"()")
            at = string_end
        elif delimiter.group() == b"%":
            line_end = _LINE_END.search(data, delimiter.end(), end)
            at = line_end.start() if line_end else end
        else:
            end = at = delimiter.start()
            break
    parts.append(data[at:end])
    return _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), b"".join(parts))


def _find_string_end(data: "bytes | mmap", at: int, end: int) -> int:
    """Return the offset behind the string's closing bracket, or -1. Strings may have brackets in pairs (7.3.4.2)."""
    depth = 1
    for mark in _STRING_MARK.finditer(data, at, end):
        depth += {b"(": 1, b")": -1}.get(mark.group(), 0)
        if depth == 0:
            return mark.end()
    return -1


def _object_streams(data: "bytes | mmap") -> Iterator[bytes]:
    """Yield each object stream, inflated."""
    offset = 0
    allowance = MAX_OBJECT_STREAM_BYTES
    for stream in _STREAM.finditer(data):
        if stream.start() < offset:
            continue
        end = data.find(b"endstream", stream.end())
        offset = len(data) if end < 0 else end
        inflated = _inflate_objects(data, stream.end(), offset, allowance)
        allowance -= len(inflated)
        yield inflated


def _inflate_objects(data: "bytes | mmap", start: int, end: int, allowance: int) -> bytes:
    """Return the inflated stream if it looks like an object stream, else nothing.

    Object streams begin with pairs of numbers.
    """
    head = data[start : start + 4096]
    if not head or head[0] & 0x0F != 8:  # not a zlib header
        return b""
    try:
        if not _OBJECT_STREAM_START.match(zlib.decompressobj().decompress(head, 64)):
            return b""
        inflated = zlib.decompressobj().decompress(data[start:end], allowance + 1)
    except zlib.error:
        return b""
    if len(inflated) > allowance:
        raise InflationLimitError
    return inflated
