"""Word documents (DOCX). Active content is found here and left out of the copy that `docx_copy` writes."""

from collections.abc import Mapping
from pathlib import Path

from chalicelib.formats import ooxml, xml_events
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.inspection import patterns
from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.documents import docx_actions
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

CONTENT_TYPES = "[Content_Types].xml"
MAX_FIELD_CODE_CHARACTERS = 100_000  # in one part; a document with an index of 5,000 entries has 80,000

_FIELD_ELEMENTS = frozenset({"instrText", "fldSimple", "fldChar"})
_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Some pictures of the document are on other servers. They are not fetched."
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole Word document, and find its active content."""
    del media_type
    with ZipContainer(path) as container:
        sandbox.step("reading its list of parts")
        _check_content_types(container.read(CONTENT_TYPES))
        if not any(name.startswith("word/document") and name.endswith(".xml") for name in container.names):
            raise RejectedError(
                "type_mismatch",
                "The file was declared as a Word document, but there is none in it. Save it again in Word and upload that.",
            )
        sandbox.step("examining its parts")
        found, fetches_resources = find_active_content(container)
    return Findings(
        active_content=tuple(kind for kind in KINDS if kind in found),
        warnings=(_REMOTE_RESOURCES,) if fetches_resources else (),
    )


def find_active_content(container: ZipContainer) -> tuple[set[str], bool]:
    """Return the kinds of active content, and whether Word would fetch pictures or recordings.

    All other parts are searched for known bad patterns. Raises RejectedError and FormatError.
    """
    active_parts = {name: kind for name in container.names if (kind := docx_actions.kind_of_part(name))}
    found, fetches_resources = set(active_parts.values()), False
    if "macroEnabled" in container.read(CONTENT_TYPES).decode("utf-8", "replace"):
        found.add("macros")
    check_patterns = patterns.member_scanner()
    for member in container.members(without=active_parts):
        name = member.name.lower()
        if name.endswith(".rels"):
            for relationship in ooxml.relationships(member.content):
                kind = docx_actions.kind_of_relationship(relationship)
                found |= {kind} if kind else set()
                fetches_resources |= docx_actions.is_fetched(relationship)
        elif name.startswith("word/") and name.endswith(".xml") and has_active_field(member.content):
            found.add("field_codes")
        check_patterns(member.content)
    return found, fetches_resources


def has_active_field(content: bytes) -> bool:
    """Return whether a part has a field that starts a program or fetches something.

    Codes are joined: "DD" and "EAUTO" in two runs are one code. Raises RejectedError and FormatError.
    """
    codes: list[str] = []
    length = 0

    def collect(name: str, attributes: Mapping[str, str], text: str) -> None:
        nonlocal length
        if name == "fldSimple":
            instruction = next(
                (value for key, value in attributes.items() if xml_events.local_name(key) == "instr"), ""
            )
            text = f"\n{instruction}\n"
        elif name == "fldChar":  # the border of a field, or of one inside it
            text = "\n"
        codes.append(text)
        length += len(text)
        if length > MAX_FIELD_CODE_CHARACTERS:
            raise RejectedError(
                "bomb",
                f"A part of the document has more than {MAX_FIELD_CODE_CHARACTERS:,} characters of field codes. "
                "Print it as a PDF and upload that.",
            )

    xml_events.visit_elements(content, _FIELD_ELEMENTS, collect)
    return docx_actions.is_active_field("".join(codes))


def _check_content_types(content: bytes) -> None:
    content_types = {element.get("ContentType", "") for element in xml_events.start_elements(content)}
    if content_types.isdisjoint(docx_actions.MAIN_CONTENT_TYPES):
        raise RejectedError(
            "type_mismatch",
            "The file was declared as a Word document, but names another type inside. Upload it as that type.",
        )
