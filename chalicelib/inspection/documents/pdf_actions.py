"""Active content in PDFs: what it is, where it stands, and how it is taken out.

It is looked for twice, and the union counts: by walking every object a parser can reach (object streams included),
and by a scan of the raw bytes that knows nothing of structure, so that neither a damaged table nor a `#4a`-escaped
name hides anything.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pikepdf

MAX_OBJECT_STREAM_BYTES = 64 * 1024 * 1024  # all object streams of one file, inflated; 100,000 objects are about 20 MB


_PLAYERS = ("Rendition", "Movie", "Sound", "Screen", "3D")


@dataclass(frozen=True, slots=True)
class ActiveContentKind:
    """One kind of active content, as `label` names it to people. `names` betray it; `removed` says what became of it
    in the view copy.
    """

    label: str
    names: tuple[str, ...]
    removed: str


ACTIVE_CONTENT_KINDS = {
    "javascript": ActiveContentKind("scripts", ("JavaScript", "JS"), "The copy you see has none."),
    "launch": ActiveContentKind("actions that start programs", ("Launch",), "The copy you see has none."),
    "attachments": ActiveContentKind(
        "attached files",
        ("EmbeddedFile", "EmbeddedFiles", "EF", "FileAttachment"),
        "The copy you see has none; upload them on their own if you need them.",
    ),
    "rich_media": ActiveContentKind(
        "embedded video, sound or 3D",
        ("RichMedia", "RichMediaContent", "RichMediaSettings", "RichMediaExecute", "GoTo3DView", *_PLAYERS),
        "The copy you see has none.",
    ),
    "xfa": ActiveContentKind("a dynamic form (XFA)", ("XFA",), "The copy you see shows its printed pages only."),
    "form_actions": ActiveContentKind(
        "form fields that send or load data", ("SubmitForm", "ImportData"), "In the copy you see they do neither."
    ),
    "remote_goto": ActiveContentKind("links that open other files", ("GoToE", "GoToR"), "The copy you see has none."),
    "automatic_actions": ActiveContentKind(
        "actions that run by themselves", ("AA", "OpenAction"), "The copy you see has none."
    ),
}

_KIND_OF = {name: kind for kind, row in ACTIVE_CONTENT_KINDS.items() for name in row.names}
# Names this short turn up by chance in 100 MB of compressed picture, and some are harmless elsewhere (a font may be
# called /AA): they count by context, in the walk, and outside streams only in the scan.
_CONTEXTUAL = frozenset({"JS", "EF", "AA", "3D", "OpenAction", "Movie", "Sound", "Screen"})
_ANYWHERE = frozenset(_KIND_OF) - _CONTEXTUAL

_ACTIONS = frozenset(
    {"JavaScript", "Launch", "SubmitForm", "ImportData", "GoToE", "GoToR"}
    | {"Rendition", "Movie", "Sound", "GoTo3DView", "RichMediaExecute"}
)
_ANNOTATIONS = frozenset({"FileAttachment", "RichMedia", "Movie", "Sound", "Screen", "3D"})
_HARMLESS_OPENING = frozenset({"GoTo", "Named"})  # to a page, or "print preview": how many ordinary files open


# ---- the walk ----

_WORTH_A_LOOK = re.compile(rb"/(?:" + "|".join(sorted(_KIND_OF)).encode() + rb")(?![^\s()<>\[\]{}/%])")


def find_in_objects(pdf: "pikepdf.Pdf") -> set[str]:
    """The kinds of active content in all objects of an open document."""
    return {kind for thing in _suspects(pdf) for _, _, kind in _finds(thing)}


def remove_active_content(pdf: "pikepdf.Pdf") -> None:
    """Take all active content out of an open document. Afterwards `find_in_objects` finds nothing."""
    import pikepdf

    emptied = False
    for thing in _suspects(pdf):
        for holder, key, _ in list(_finds(thing)):
            if key is None:
                _empty(holder)
                emptied = True
            elif isinstance(holder, pikepdf.Array):
                _drop(holder, key)
            elif key in holder:
                del holder[key]
    if emptied:
        for page in pdf.pages:
            _drop_emptied_annotations(page)


def _suspects(pdf: "pikepdf.Pdf") -> Iterator["pikepdf.Object"]:
    """Every object whose written form shows one of the names. qpdf writes names unescaped, and takes 3 µs an object."""
    import pikepdf

    # A number or a null that is an object of its own is no `Object` here.
    things = [thing for thing in (pdf.trailer, *pdf.objects) if isinstance(thing, pikepdf.Object)]
    # /S 12 0 R, and 12 is /JavaScript: then the name shows nowhere near its use, and all have to be looked at.
    named_from_afar = any(_name(thing) in _KIND_OF for thing in things)
    for thing in things:
        own = thing.stream_dict if isinstance(thing, pikepdf.Stream) else thing
        if named_from_afar or _WORTH_A_LOOK.search(own.unparse(resolved=True)):
            yield thing


def _finds(top: "pikepdf.Object") -> Iterator[tuple["pikepdf.Object", str | None, str]]:
    """(holder, key, kind) of each find in one object and what is nested directly in it. Key None: the holder itself
    is the danger.
    """
    import pikepdf

    waiting = [top]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, pikepdf.Array):
            for item in holder.as_list():
                if isinstance(item, pikepdf.Name) and str(item)[1:] in _ANYWHERE:
                    yield holder, str(item), _KIND_OF[str(item)[1:]]
                elif isinstance(item, pikepdf.Object) and not item.is_indirect:
                    waiting.append(item)
            continue
        if not isinstance(holder, (pikepdf.Dictionary, pikepdf.Stream)):
            continue
        own = holder.stream_dict if isinstance(holder, pikepdf.Stream) else holder
        role = _role(own)
        if role is not None:
            yield holder, None, role
        for key, value in own.items():
            kind = _kind_of_entry(key[1:], value)
            if kind is not None:
                yield own, key, kind
            if isinstance(value, pikepdf.Object) and not value.is_indirect:
                waiting.append(value)


def _role(dictionary: "pikepdf.Object") -> str | None:
    """The kind of a dictionary that is dangerous as a whole: an action, an annotation, an attached file."""
    for key, dangerous in (("/S", _ACTIONS), ("/Subtype", _ANNOTATIONS), ("/Type", frozenset({"EmbeddedFile"}))):
        name = _name(dictionary.get(key))
        if name in dangerous:
            return _KIND_OF[name]
    return None


def _kind_of_entry(key: str, value: object) -> str | None:
    import pikepdf

    if key in _ANYWHERE:
        return _KIND_OF[key]
    if _name(value) in _ANYWHERE:
        return _KIND_OF[_name(value)]
    if key == "JS" and isinstance(value, (pikepdf.String, pikepdf.Stream)):
        return "javascript"
    if key == "EF" and isinstance(value, pikepdf.Dictionary):
        return "attachments"
    if key == "AA" and isinstance(value, pikepdf.Dictionary):
        # Triggers with actions; a font or a picture that somebody called /AA is a dictionary too, but none of actions.
        triggers = [each for each in value.as_dict().values() if isinstance(each, pikepdf.Dictionary)]
        return "automatic_actions" if any("/S" in each for each in triggers) else None
    if (
        key == "OpenAction"
        and isinstance(value, pikepdf.Dictionary)
        and _name(value.get("/S")) not in _HARMLESS_OPENING
    ):
        return "automatic_actions"
    return None


def _name(value: object) -> str:
    import pikepdf

    return str(value)[1:] if isinstance(value, pikepdf.Name) else ""


def _empty(thing: "pikepdf.Object") -> None:
    """An action or annotation without entries does nothing, wherever it is referred to from; a stream loses its bytes
    too.
    """
    import pikepdf

    if isinstance(thing, pikepdf.Stream):
        thing.write(b"")
        thing = thing.stream_dict
    for key in list(thing.keys()):
        if key != "/Length":
            del thing[key]


def _drop(array: "pikepdf.Object", name: str) -> None:
    for index in reversed(range(len(array))):
        if _name(array[index]) == name[1:]:
            del array[index]


def _drop_emptied_annotations(page: "pikepdf.Page") -> None:
    import pikepdf

    annotations = page.obj.get("/Annots")
    if not isinstance(annotations, pikepdf.Array):
        return
    for index in reversed(range(len(annotations))):
        each = annotations[index]
        if isinstance(each, pikepdf.Dictionary) and not each.keys():
            del annotations[index]


# ---- the scan ----


def _spelled(name: str) -> str:
    """The name as a pattern in which each character may also be written as `#` and two hexadecimal digits."""
    return "".join(f"(?:{re.escape(letter)}|#(?i:{ord(letter):02x}))" for letter in name)


def _pattern(names: Iterable[str]) -> re.Pattern[bytes]:
    choices = "|".join(f"(?P<n{name}>{_spelled(name)})" for name in sorted(names))
    return re.compile(f"/(?:{choices})".encode() + rb"(?![^\x00\s()<>\[\]{}/%])")


_LONG = _pattern(_ANYWHERE)
_SHORT = _pattern({"JS", "EF"})
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_STRING = re.compile(rb"\((?:[^()\\]|\\.)*\)", re.DOTALL)  # qpdf escapes every bracket inside
_OBJECT_STREAM_START = re.compile(rb"\s*\d+\s+\d+(?:\s+\d+\s+\d+)*(?:\s*[<\[(/]|[\s\d]*\Z)")


class InflationLimitError(Exception):
    """The file's object streams inflate to more than is allowed."""


def find_in_bytes(data: "bytes | mmap") -> set[str]:
    """The kinds whose names stand in the raw bytes, escaped or not, or in anything that looks like an object stream.

    Knows nothing of strings, so a file that only writes of "HTML/JavaScript" is suspected too. Raises `InflationLimitError`
    when those streams hold more than `MAX_OBJECT_STREAM_BYTES`.
    """
    outside = {kind for part in _outside_streams(data) for kind in _names(_LONG, part) | _names(_SHORT, part)}
    return outside | {_KIND_OF[str(match.lastgroup)[1:]] for match in _LONG.finditer(data)}


def find_in_rewritten_bytes(data: "bytes | mmap") -> set[str]:
    """`find_in_bytes` for a file that qpdf has written: there strings are plain to see, and what stands in them is no name."""
    found: set[str] = set()
    for part in _outside_streams(data):
        bare = _STRING.sub(b"()", part)
        found |= _names(_LONG, bare) | _names(_SHORT, bare)
    return found


def _outside_streams(data: "bytes | mmap") -> Iterator[bytes]:
    """The file without the content of its streams, piece by piece, and its object streams inflated."""
    position = 0
    allowance = MAX_OBJECT_STREAM_BYTES
    for stream in _STREAM.finditer(data):
        if stream.start() < position:
            continue
        yield data[position : stream.start()]
        inflated = _inflate_objects(data, stream.end(), allowance)
        allowance -= len(inflated)
        yield inflated
        end = data.find(b"endstream", stream.end())
        position = len(data) if end < 0 else end
    yield data[position : len(data)]


def _names(pattern: re.Pattern[bytes], part: bytes) -> set[str]:
    return {_KIND_OF[str(match.lastgroup)[1:]] for match in pattern.finditer(part)}


def _inflate_objects(data: "bytes | mmap", start: int, allowance: int) -> bytes:
    """The inflated stream at `start` if it begins as object streams do, with pairs of numbers; else nothing."""
    head = data[start : start + 4096]
    if not head or head[0] & 0x0F != 8:  # not a zlib header
        return b""
    try:
        if not _OBJECT_STREAM_START.match(zlib.decompressobj().decompress(head, 64)):
            return b""
        decompressor = zlib.decompressobj()
        end = data.find(b"endstream", start)
        inflated = decompressor.decompress(data[start : len(data) if end < 0 else end], allowance + 1)
    except zlib.error:
        return b""
    if len(inflated) > allowance:
        raise InflationLimitError
    return inflated
