"""Active content in the objects of a PDF: what it is by its structure, and how it is removed.

A name alone reveals nothing: a font may be called /Launch, and a link may lead to a page about JavaScript. What counts
is an object that acts (ISO 32000-2, 12.6), is attached, or takes its content from elsewhere.
"""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from chalicelib.inspection.documents import unsafe_links

if TYPE_CHECKING:
    import pikepdf

MAX_ACTIONS_IN_SEQUENCE = 16  # on opening; a longer sequence, or one that loops, is removed

# /S of a dangerous action → kind.
ACTIONS = {
    b"JavaScript": "javascript",
    b"Launch": "launch",
    b"SubmitForm": "form_actions",
    b"ImportData": "form_actions",
    b"GoToR": "remote_goto",
    b"GoToE": "remote_goto",
    b"Thread": "remote_goto",  # with /F; without, it leads to an article of the same document
    b"Rendition": "rich_media",
    b"Movie": "rich_media",
    b"Sound": "rich_media",
    b"GoTo3DView": "rich_media",
    b"RichMediaExecute": "rich_media",
}
# What these actions act with. In a tagged document, /S is the kind of a paragraph or heading, and authors invent names for it.
ACTION_ENTRIES = ("/JS", "/F", "/Win", "/Mac", "/Unix", "/Sound", "/Annotation", "/AN", "/OP", "/TA", "/TI")
# /Subtype of a dangerous annotation → kind.
ANNOTATIONS = {
    b"FileAttachment": "attachments",
    b"RichMedia": "rich_media",
    b"Movie": "rich_media",
    b"Sound": "rich_media",
    b"Screen": "rich_media",
    b"3D": "rich_media",
}
FILE_KEYS = ("/F", "/UF", "/DOS", "/Mac", "/Unix")  # of the dictionary /EF: where an attached file's content is
# Name trees of the document (ISO 32000-2, table 32) → kind.
_NAME_TREES = {
    "/JavaScript": "javascript",
    "/EmbeddedFiles": "attachments",
    "/Renditions": "rich_media",
    "/AlternatePresentations": "rich_media",
}
_HARMLESS_ACTIONS = frozenset({b"URI", b"GoTo", b"GoToDp", b"Named", b"Hide", b"ResetForm", b"SetOCGState", b"Trans"})
_PAGE_TURNS = frozenset({b"NextPage", b"PrevPage", b"FirstPage", b"LastPage"})  # of a named action; another is "Print"

# What qpdf writes for objects that may be active. A link is looked at if it is not plainly one to the web.
_SUSPECT = re.compile(
    rb"/(?:"
    + b"|".join(
        sorted({*ACTIONS, *ANNOTATIONS, *(tree[1:].encode() for tree in _NAME_TREES)} | {b"JS", b"EF", b"XFA", b"AA"})
    )
    + rb"|EmbeddedFile|OpenAction)(?![^\s()<>\[\]{}/%])|(?<!/S )/URI(?! \((?:https?:|mailto:))(?![^\s()<>\[\]{}/%])"
)


def find(pdf: "pikepdf.Pdf") -> set[str]:
    """Return the kinds of active content in all objects of an open document."""
    return {kind for suspect in _suspects(pdf) for _, _, kind in _occurrences(suspect)}


def remove(pdf: "pikepdf.Pdf") -> None:
    """Remove all active content from an open document. Afterwards `find` returns an empty set."""
    import pikepdf

    removed: set[str] = set()
    has_emptied_objects = False
    for suspect in _suspects(pdf):
        for holder, key, kind in list(_occurrences(suspect)):
            removed.add(kind)
            if key is None:
                _empty(holder)
                has_emptied_objects = True
            elif key in holder:
                del holder[key]
    for kind, key in (("attachments", "/Collection"), ("xfa", "/NeedsRendering")):
        if kind in removed and key in pdf.Root:  # viewers would show an empty list of files, or wait for the form
            del pdf.Root[key]
    if has_emptied_objects:
        cleaned: set[tuple[int, int]] = set()  # pages may share one array
        for page in pdf.pages:
            annotations = page.obj.get("/Annots")
            if isinstance(annotations, pikepdf.Array) and annotations.objgen not in cleaned:
                _keep(annotations, lambda item: not isinstance(item, pikepdf.Dictionary) or bool(item.keys()))
                if annotations.is_indirect:
                    cleaned.add(annotations.objgen)


def _suspects(pdf: "pikepdf.Pdf") -> Iterator["pikepdf.Object"]:
    """Yield every object that may be active by what is written in it. qpdf writes 300,000 objects a second."""
    import pikepdf

    # A number or a null that is an indirect object is not an `Object` here.
    objects = [item for item in (pdf.trailer, *pdf.objects) if isinstance(item, pikepdf.Object)]
    # /S 12 0 R, and 12 is /JavaScript: then the name is not in the object that uses it, and all must be examined.
    has_indirect_name = any(isinstance(item, pikepdf.Name) for item in objects)
    for item in objects:
        is_stream = isinstance(item, pikepdf.Stream)
        dictionary = item.stream_dict if is_stream else item
        if (
            has_indirect_name
            or (is_stream and ("/F" in dictionary or "/Ref" in dictionary))
            or _SUSPECT.search(dictionary.unparse(resolved=True))
        ):
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
            pending += (item for item in holder.as_list() if isinstance(item, pikepdf.Object) and not item.is_indirect)
            continue
        if not isinstance(holder, (pikepdf.Dictionary, pikepdf.Stream)):
            continue
        dictionary = holder.stream_dict if isinstance(holder, pikepdf.Stream) else holder
        kind = _kind_of_dictionary(dictionary)
        if kind is not None:
            yield holder, None, kind
        if isinstance(holder, pikepdf.Stream):
            yield from ((dictionary, key, "external_files") for key in _external_entries(dictionary))
        # Names are bytes (7.3.5): keys that are not UTF-8 have surrogates, which only [] accepts.
        for key, value in ((key, dictionary[key]) for key in dictionary.keys()):  # noqa: SIM118  not a dict
            kind = _kind_of_entry(dictionary, key, value)
            if kind is not None:
                yield dictionary, key, kind
            if isinstance(value, pikepdf.Object) and not value.is_indirect:
                pending.append(value)


def _kind_of_dictionary(dictionary: "pikepdf.Object") -> str | None:
    """Return the kind of a dictionary that is dangerous as a whole: an action, an annotation, an attached file."""
    import pikepdf

    action = _name(dictionary.get("/S"))
    if action in ACTIONS and not _is_structure_element(dictionary) and (action != b"Thread" or "/F" in dictionary):
        return ACTIONS[action]
    uri = dictionary.get("/URI")
    if action == b"URI" and isinstance(uri, pikepdf.String) and unsafe_links.is_unsafe(bytes(uri)):
        return "unsafe_links"
    subtype = _name(dictionary.get("/Subtype"))
    if subtype in ANNOTATIONS:
        return ANNOTATIONS[subtype]
    return "attachments" if _name(dictionary.get("/Type")) == b"EmbeddedFile" else None


def _is_structure_element(dictionary: "pikepdf.Object") -> bool:
    import pikepdf

    return isinstance(dictionary.get("/P"), pikepdf.Dictionary) and not any(key in dictionary for key in ACTION_ENTRIES)


def _kind_of_entry(holder: "pikepdf.Object", key: str, value: object) -> str | None:
    import pikepdf

    match key:
        case "/JS":
            is_script = isinstance(value, pikepdf.String) or (isinstance(value, pikepdf.Stream) and "/S" in holder)
            return "javascript" if is_script else None  # other streams are resources with this name
        case "/EF" if isinstance(value, pikepdf.Dictionary):
            return "attachments" if any(isinstance(value.get(name), pikepdf.Stream) for name in FILE_KEYS) else None
        case "/XFA" if isinstance(value, (pikepdf.Array, pikepdf.Stream, pikepdf.String)):
            return None if _is_drawing(value) else "xfa"
        case "/AA" if isinstance(value, pikepdf.Dictionary):
            # A dictionary of triggers contains actions; a font or a picture with the name /AA does not.
            return "automatic_actions" if any(_is_action(value[trigger]) for trigger in value.keys()) else None  # noqa: SIM118
        case "/OpenAction" if _is_action(value) and not _is_harmless_opening(value):
            return "automatic_actions"
        case "/URI" if isinstance(value, pikepdf.Dictionary):  # the address to which those of all links are relative
            base = value.get("/Base")
            return "unsafe_links" if isinstance(base, pikepdf.String) and unsafe_links.is_unsafe(bytes(base)) else None
        case _ if key in _NAME_TREES and isinstance(value, pikepdf.Dictionary):
            return _NAME_TREES[key] if "/Names" in value or "/Kids" in value else None
    return None


def _is_action(value: object) -> bool:
    import pikepdf

    if not isinstance(value, pikepdf.Dictionary):
        return False
    name = _name(value.get("/S"))
    return name in ACTIONS or name in _HARMLESS_ACTIONS


def _is_harmless_opening(action: object) -> bool:
    """Return whether an action only leads to a page, and those behind it do, too."""
    import pikepdf

    pending = [action]
    for _ in range(MAX_ACTIONS_IN_SEQUENCE):
        if not pending:
            return True
        action = pending.pop()
        if not isinstance(action, pikepdf.Dictionary):
            return False
        name = _name(action.get("/S"))
        if name not in (b"GoTo", b"GoToDp") and not (name == b"Named" and _name(action.get("/N")) in _PAGE_TURNS):
            return False
        following = action.get("/Next", pikepdf.Array())
        pending += following.as_list() if isinstance(following, pikepdf.Array) else [following]
    return False


def _external_entries(dictionary: "pikepdf.Object") -> Iterator[str]:
    """Yield the keys by which a stream takes its content from another file (7.3.8.2, 8.10.4)."""
    import pikepdf

    if isinstance(dictionary.get("/F"), (pikepdf.String, pikepdf.Dictionary)):  # a name is a filter's, misspelled
        yield from (key for key in ("/F", "/FFilter", "/FDecodeParms") if key in dictionary)
    reference = dictionary.get("/Ref")
    if isinstance(reference, pikepdf.Dictionary) and "/F" in reference:
        yield "/Ref"


def _is_drawing(value: "pikepdf.Object") -> bool:
    import pikepdf

    return isinstance(value, pikepdf.Stream) and _name(value.stream_dict.get("/Subtype")) in (b"Form", b"Image")


def _name(value: object) -> bytes:
    import pikepdf

    return bytes(value)[1:] if isinstance(value, pikepdf.Name) else b""


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
