"""OpenDocument texts (ODT). Active content is found here and left out of the copy that `odt_copy` writes."""

from pathlib import Path

from chalicelib.formats import opendocument, xml_events
from chalicelib.formats.xml_events import attribute, local_name
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.inspection import patterns
from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.documents import markup_actions, odt_actions
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Some pictures of the document are on other servers. They are not fetched."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole OpenDocument text without a password, and find its active content."""
    del media_type
    with ZipContainer(path) as container:
        sandbox.step("reading its list of parts")
        if opendocument.media_type(container) not in opendocument.TEXT_TYPES:
            raise RejectedError(
                "type_mismatch",
                "The file was declared as an OpenDocument text, but names another type inside. Upload it as that type, "
                "or save it as ODT.",
            )
        opendocument.check_encryption(container)
        sandbox.step("examining its parts")
        found, fetches_pictures = find_active_content(container)
        _check_text(container)
    return Findings(
        active_content=tuple(kind for kind in KINDS if kind in found),
        warnings=(_REMOTE_RESOURCES,) if fetches_pictures else (),
    )


def find_active_content(container: ZipContainer) -> tuple[set[str], bool]:
    """Return the kinds of active content, and whether programs would fetch pictures.

    All other parts are searched for known bad patterns. Raises RejectedError and FormatError.
    """
    active_parts = {
        entry.filename: kind
        for entry in container.entries
        if (kind := odt_actions.kind_of_part(entry.filename)) and entry.file_size
    }
    removed = {name for name in container.names if odt_actions.is_removed_part(name)}
    found, fetches_pictures = set(active_parts.values()), False
    check_patterns = patterns.member_scanner()
    for member in container.members(without=removed):
        name = member.name.lower()
        if name.endswith(".xml"):
            kinds, fetches = kinds_in(member.content)
            found |= kinds
            fetches_pictures |= fetches
        elif name.endswith(".svg"):
            found |= markup_actions.find_kinds(member.content, is_xml=True)
        check_patterns(member.content)
    return found, fetches_pictures


def kinds_in(content: bytes) -> tuple[set[str], bool]:
    """Return the kinds of active content in one part, and whether programs would fetch pictures. Raises FormatError."""
    found, fetches_pictures = set[str](), False
    for element in xml_events.start_elements(content, doctype=True) if content.strip() else ():
        if kind := odt_actions.kind_of_element(element.tag, attribute(element, "language")):
            found.add(kind)
        for name, value in element.attrib.items():
            if local_name(name) == "href":
                kind = odt_actions.kind_of_address(element.tag, value)
                found |= {kind} if kind else set()
                fetches_pictures |= odt_actions.is_fetched(element.tag, value)
    return found, fetches_pictures


def _check_text(container: ZipContainer) -> None:
    elements = xml_events.start_elements(container.read(opendocument.CONTENT), doctype=True)
    if not any(element.tag.endswith("office:1.0}text") for element in elements):
        raise RejectedError(
            "type_mismatch",
            "The file was declared as an OpenDocument text, but there is no text in it. Save it again as ODT and upload that.",
        )
