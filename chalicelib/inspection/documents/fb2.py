"""FictionBook 2 (FB2). Active content is found here and left out of the copy that `fb2_copy` writes."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from chalicelib.formats import fb2, xml_events
from chalicelib.formats.xml_events import EventKind, local_name
from chalicelib.inspection import patterns, sniff
from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.documents import markup_actions
from chalicelib.inspection.images import picture
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

ROOT = "FictionBook"
# Elements of these have a meaning of their own to browsers, which show XML.
_FOREIGN_NAMESPACES = (
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/XSL/Transform",
)
_FRAMES = frozenset({"iframe", "frame", "object", "embed", "applet"})
_REMOTE = ("http:", "https:", "//")
_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Some pictures of the book are on other servers. They are not fetched."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a book in this format, and find its active content."""
    del media_type
    sandbox.step("unpacking it")
    content = fb2.read_markup(path)
    sandbox.step("examining its elements")
    found, has_remote_pictures = find_active_content(content)
    return Findings(
        active_content=tuple(kind for kind in KINDS if kind in found),
        warnings=(_REMOTE_RESOURCES,) if has_remote_pictures else (),
    )


def find_active_content(content: bytes) -> tuple[set[str], bool]:
    """Return the kinds of active content, and whether readers would fetch pictures.

    Pictures are searched for known bad patterns. Raises RejectedError and FormatError.
    """
    scan = patterns.member_scanner("media")
    found, has_remote_pictures, has_body, is_first = set[str](), False, False, True
    if b"<?" in content:
        found.add("remote_parts")  # a style sheet, which browsers would apply
    base64: list[str] | None = None
    for event in xml_events.mixed_events(content, doctype=True):
        if event.kind is EventKind.TEXT:
            if base64 is not None:
                base64.append(event.value)
            continue
        name = event.local_name
        if event.kind is EventKind.END:
            if name == "binary" and base64 is not None:
                data, base64 = fb2.decode_picture("".join(base64)), None
                scan(data)
                found |= set() if is_picture(data) else {"attachments"}
            continue
        if is_first and name != ROOT:
            raise _not_a_book(f"its outermost element is “{name[:40]}”")
        is_first = False
        has_body = has_body or name == "body"
        base64 = [] if name == "binary" else base64
        if (kind := kind_of_element(event.value)) is not None:
            found.add(kind)
        found |= {kind for _, kind in active_attributes(event.attributes)}
        has_remote_pictures |= name == "image" and event.attribute("href").startswith(_REMOTE)
    if not has_body:
        raise _not_a_book("there is no text in it")
    return found, has_remote_pictures


def is_picture(data: bytes) -> bool:
    """Return whether it begins as a picture that browsers show. Nothing at all counts as one: it is shown nowhere."""
    signature = sniff.identify(data[: sniff.HEAD_BYTES])
    return not data or (signature is not None and not picture.PILLOW_FORMATS.keys().isdisjoint(signature.media_types))


def kind_of_element(name: str) -> str | None:
    """Return the kind of active content that an element is, or None. The name has its namespace before a "}"."""
    namespace, _, local = name.rpartition("}")
    namespace, local = namespace.lstrip("{"), local.lower()
    if local == "script":
        return markup_actions.SCRIPTS
    return markup_actions.FRAMES if namespace in _FOREIGN_NAMESPACES or local in _FRAMES else None


def active_attributes(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names of active attributes, and the kind of each."""
    for key, value in attributes.items():
        name = local_name(key).lower()
        if name.startswith("on") or (markup_actions.is_script_address(value) and name == "href"):
            yield key, markup_actions.SCRIPTS
        elif name == "href" and value.strip().lower().startswith(("file:", "\\\\")):
            yield key, "remote_goto"


def _not_a_book(problem: str) -> RejectedError:
    return RejectedError(
        "type_mismatch", f"The file was declared as a FictionBook (FB2), but {problem}. Upload it as what it is."
    )
