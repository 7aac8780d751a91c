"""Active content in PDFs: its kinds, where it can be, and how it is removed.

It is searched for twice, and the union counts: in every object that a parser can reach (object streams included), and
in the raw bytes without regard to structure, so that neither a damaged table nor a `#4a`-escaped name hides anything.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from mmap import mmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pikepdf

MAX_OBJECT_STREAM_BYTES = 64 * 1024 * 1024  # all object streams of one file, inflated; 100,000 objects are about 20 MB


_PLAYERS = ("Rendition", "Movie", "Sound", "Screen", "3D")


# The PDF names that reveal each kind of active content.
NAMES = {
    "javascript": ("JavaScript", "JS"),
    "launch": ("Launch",),
    "attachments": ("EmbeddedFile", "EmbeddedFiles", "EF", "FileAttachment"),
    "rich_media": ("RichMedia", "RichMediaContent", "RichMediaSettings", "RichMediaExecute", "GoTo3DView", *_PLAYERS),
    "xfa": ("XFA",),
    "form_actions": ("SubmitForm", "ImportData"),
    "remote_goto": ("GoToE", "GoToR"),
    "automatic_actions": ("AA", "OpenAction"),
}

_KIND_OF = {name: kind for kind, names in NAMES.items() for name in names}
# Names this short occur by chance in 100 MB of compressed picture, and some are harmless elsewhere (a font may be
# called /AA). In objects they count by context; in the raw bytes, outside streams only.
_CONTEXTUAL = frozenset({"JS", "EF", "AA", "3D", "OpenAction", "Movie", "Sound", "Screen"})
_ANYWHERE = frozenset(_KIND_OF) - _CONTEXTUAL

_ACTIONS = frozenset(
    {"JavaScript", "Launch", "SubmitForm", "ImportData", "GoToE", "GoToR"}
    | {"Rendition", "Movie", "Sound", "GoTo3DView", "RichMediaExecute"}
)
_ANNOTATIONS = frozenset({"FileAttachment", "RichMedia", "Movie", "Sound", "Screen", "3D"})
_HARMLESS_OPENING = frozenset({"GoTo", "Named"})  # to a page, or "print preview": many ordinary files open so


# ---- in objects ----

_SUSPICIOUS_NAME = re.compile(rb"/(?:" + "|".join(sorted(_KIND_OF)).encode() + rb")(?![^\s()<>\[\]{}/%])")


def find_in_objects(pdf: "pikepdf.Pdf") -> set[str]:
    """Return the kinds of active content in all objects of an open document."""
    return {kind for candidate in _suspects(pdf) for _, _, kind in _occurrences(candidate)}


def remove_active_content(pdf: "pikepdf.Pdf") -> None:
    """Remove all active content from an open document. Afterwards `find_in_objects` returns an empty set."""
    import pikepdf

    has_emptied_objects = False
    for candidate in _suspects(pdf):
        for holder, key, _ in list(_occurrences(candidate)):
            if key is None:
                _empty(holder)
                has_emptied_objects = True
            elif isinstance(holder, pikepdf.Array):
                _keep(holder, lambda item, name=key[1:]: _name(item) != name)  # type: ignore[misc]  # mypy knows no defaults
            elif key in holder:
                del holder[key]
    if has_emptied_objects:
        cleaned: set[tuple[int, int]] = set()  # pages may share one array
        for page in pdf.pages:
            annotations = page.obj.get("/Annots")
            if isinstance(annotations, pikepdf.Array) and annotations.objgen not in cleaned:
                _keep(annotations, lambda item: not isinstance(item, pikepdf.Dictionary) or bool(item.keys()))
                if annotations.is_indirect:
                    cleaned.add(annotations.objgen)


def _suspects(pdf: "pikepdf.Pdf") -> Iterator["pikepdf.Object"]:
    """Yield every object with one of the names in its written form. qpdf writes names unescaped, at 3 µs an object."""
    import pikepdf

    # A number or a null that is an indirect object is not an `Object` here.
    objects = [item for item in (pdf.trailer, *pdf.objects) if isinstance(item, pikepdf.Object)]
    # /S 12 0 R, and 12 is /JavaScript: then the name is not in the object that uses it, and all must be examined.
    has_indirect_name = any(_name(item) in _KIND_OF for item in objects)
    for item in objects:
        dictionary = item.stream_dict if isinstance(item, pikepdf.Stream) else item
        if has_indirect_name or _SUSPICIOUS_NAME.search(dictionary.unparse(resolved=True)):
            yield item


def _occurrences(top: "pikepdf.Object") -> Iterator[tuple["pikepdf.Object", str | None, str]]:
    """Yield (holder, key, kind) of each occurrence in one object and in its direct values.

    The key is None when the holder as a whole is dangerous.
    """
    import pikepdf

    pending = [top]
    while pending:
        holder = pending.pop()
        if isinstance(holder, pikepdf.Array):
            items = holder.as_list()
            for name in sorted({_name(item) for item in items} & _ANYWHERE):
                yield holder, f"/{name}", _KIND_OF[name]
            pending += (item for item in items if isinstance(item, pikepdf.Object) and not item.is_indirect)
            continue
        if not isinstance(holder, (pikepdf.Dictionary, pikepdf.Stream)):
            continue
        dictionary = holder.stream_dict if isinstance(holder, pikepdf.Stream) else holder
        kind = _kind_of_dictionary(dictionary)
        if kind is not None:
            yield holder, None, kind
        for key, value in dictionary.items():
            kind = _kind_of_entry(key[1:], value)
            if kind is not None:
                yield dictionary, key, kind
            if isinstance(value, pikepdf.Object) and not value.is_indirect:
                pending.append(value)


def _kind_of_dictionary(dictionary: "pikepdf.Object") -> str | None:
    """Return the kind of a dictionary that is dangerous as a whole: an action, an annotation, an attached file."""
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
        # A dictionary of triggers contains actions; a font or a picture with the name /AA does not.
        triggers = [entry for entry in value.as_dict().values() if isinstance(entry, pikepdf.Dictionary)]
        return "automatic_actions" if any("/S" in trigger for trigger in triggers) else None
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


def _empty(holder: "pikepdf.Object") -> None:
    """Remove all entries, and a stream's bytes: an action or annotation without entries does nothing."""
    import pikepdf

    if isinstance(holder, pikepdf.Stream):
        holder.write(b"")
        holder = holder.stream_dict
    for key in list(holder.keys()):
        if key != "/Length":
            del holder[key]


def _keep(array: "pikepdf.Object", is_kept: Callable[[object], bool]) -> None:
    """Remove the other items, in one pass: to delete each where it is would move all behind it."""
    kept = [item for item in array.as_list() if is_kept(item)]
    if len(kept) < len(array):
        for index in reversed(range(len(array))):
            del array[index]
        array.extend(kept)


# ---- in raw bytes ----


def _escapable(name: str) -> str:
    """Return a pattern for a name with each character plain or escaped: `#` and two hexadecimal digits."""
    return "".join(f"(?:{re.escape(letter)}|#(?i:{ord(letter):02x}))" for letter in name)


def _pattern(names: Iterable[str]) -> re.Pattern[bytes]:
    choices = "|".join(f"(?P<n{name}>{_escapable(name)})" for name in sorted(names))
    return re.compile(f"/(?:{choices})".encode() + rb"(?![^\x00\s()<>\[\]{}/%])")


_LONG_NAME = _pattern(_ANYWHERE)
_SHORT_NAME = _pattern({"JS", "EF"})
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_STRING = re.compile(rb"\([^()\\]*(?:\\.[^()\\]*)*(\)?)", re.DOTALL)  # qpdf escapes every bracket inside
_OBJECT_STREAM_START = re.compile(rb"\s*\d+\s+(?:\d[\s\d]*\Z|\d+(?:\s+\d+\s+\d+)*\s*[<\[(/])")


class InflationLimitError(Exception):
    """The file's object streams inflate to more than MAX_OBJECT_STREAM_BYTES."""


def find_in_bytes(data: "bytes | mmap") -> set[str]:
    """Return the kinds with names in the raw bytes, escaped or not, object streams included.

    Strings are searched too, so a file that only mentions "HTML/JavaScript" is suspected.
    Raises InflationLimitError.
    """
    outside = {kind for part in _outside_streams(data) for kind in _names(_LONG_NAME, part) | _names(_SHORT_NAME, part)}
    return outside | {_KIND_OF[str(match.lastgroup)[1:]] for match in _LONG_NAME.finditer(data)}


def find_in_rewritten_bytes(data: "bytes | mmap") -> set[str]:
    """Return the same for a file written by qpdf, in which strings can be skipped."""
    kinds: set[str] = set()
    for part in _outside_streams(data):
        names = _without_strings(part)
        kinds |= _names(_LONG_NAME, names) | _names(_SHORT_NAME, names)
    return kinds


def _without_strings(part: bytes) -> bytes:
    """Empty all strings. One that does not end is kept, so that names behind its bracket are found."""
    return _STRING.sub(lambda string: b"()" if string[1] else string[0], part)


def _outside_streams(data: "bytes | mmap") -> Iterator[bytes]:
    """Yield the file in parts: without the content of its streams, and with its object streams inflated."""
    offset = 0
    allowance = MAX_OBJECT_STREAM_BYTES
    for stream in _STREAM.finditer(data):
        if stream.start() < offset:
            continue
        yield data[offset : stream.start()]
        inflated = _inflate_objects(data, stream.end(), allowance)
        allowance -= len(inflated)
        yield inflated
        end = data.find(b"endstream", stream.end())
        offset = len(data) if end < 0 else end
    yield data[offset : len(data)]


def _names(pattern: re.Pattern[bytes], part: bytes) -> set[str]:
    return {_KIND_OF[str(match.lastgroup)[1:]] for match in pattern.finditer(part)}


def _inflate_objects(data: "bytes | mmap", start: int, allowance: int) -> bytes:
    """Return the inflated stream at `start` if it looks like an object stream, else nothing.

    Object streams begin with pairs of numbers.
    """
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
