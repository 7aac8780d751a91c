"""Word documents (DOCX): active content and content fetched from elsewhere are rejected; hyperlinks are fine."""

import re
from collections.abc import Mapping
from pathlib import Path

from chalicelib.formats import ooxml, xml_events
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.inspection import patterns
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

MAIN_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MAX_FIELD_CODE_CHARACTERS = 100_000  # in one part; a document with an index of 5,000 entries has 80,000

# Kinds of relationships. Word follows the first two sets when it opens the document.
_ACTIVE_RELATIONSHIPS = {"vbaproject", "control", "afchunk"}
_ACTIVE_WHEN_EXTERNAL = {"oleobject", "attachedtemplate", "frame", "subdocument", "package", "externallink"}
_HARMLESS_WHEN_EXTERNAL = {"image", "video", "audio", "media"}

_DDE = re.compile(
    r"^[^\S\n]*DDE(?:AUTO)?\b", re.IGNORECASE | re.MULTILINE
)  # as a field's first word; a link may contain it
# An address in the field's first word, or at the start of its second.
_INCLUDES = re.compile(
    r"\b(?:INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK)\b\s+(?:\S*?|\S+\s+\"?)(?:https?:|\\\\|file:|//)", re.IGNORECASE
)
_FIELD_ELEMENTS = frozenset({"instrText", "fldSimple", "fldChar"})
_REMOTE_RESOURCES = InspectionWarning(
    "remote_resources", "Some pictures of the document are on other servers. They are not fetched."
)

# Parts with active content, by their names in lower case.
_ACTIVE_PARTS = (
    (re.compile(r"vbaproject\.bin$|vbadata\.xml$|(^|/)macrosheets/"), "macros"),
    (re.compile(r"(^|/)activex/"), "ActiveX controls"),
    (re.compile(r"(^|/)embeddings/"), "embedded objects"),
    (re.compile(r"(^|/)customui/"), "changes to Word's own buttons"),
    (re.compile(r"\.(?:exe|dll|scr|js|jse|vbs|vbe|wsf|hta|bat|cmd|ps1|lnk|jar)$"), "programs"),
)


def examine(path: Path, media_type: str) -> Findings:
    """Check that the file is a whole Word document without active content."""
    del media_type
    has_remote_content = False
    with ZipContainer(path) as container:
        sandbox.step("reading its list of parts")
        _check_content_types(container.read("[Content_Types].xml"))
        for name in container.names:
            _check_part_name(name)
        if not any(name.startswith("word/document") and name.endswith(".xml") for name in container.names):
            raise RejectedError(
                "type_mismatch",
                "The file was declared as a Word document, but there is none in it. Save it again in Word and upload that.",
            )
        sandbox.step("examining its parts")
        check_patterns = patterns.member_scanner()
        for member in container.members():
            name = member.name.lower()
            if name.endswith(".rels"):
                has_remote_content |= _check_relationships(member.content)
            elif name.startswith("word/") and name.endswith(".xml"):
                _check_fields(member.content)
            check_patterns(member.content)
    return Findings(warnings=(_REMOTE_RESOURCES,) if has_remote_content else ())


def _check_content_types(content: bytes) -> None:
    content_types = {element.get("ContentType", "") for element in xml_events.start_elements(content)}
    if any("macroEnabled" in content_type or "vbaProject" in content_type for content_type in content_types):
        raise _active_content("macros")
    if MAIN_CONTENT_TYPE not in content_types:
        raise RejectedError(
            "type_mismatch",
            "The file was declared as a Word document, but names another type inside. Upload it as that type.",
        )


def _check_part_name(name: str) -> None:
    content = next((label for pattern, label in _ACTIVE_PARTS if pattern.search(name.lower())), None)
    if content is not None:
        raise _active_content(content)


def _check_relationships(content: bytes) -> bool:
    """Return whether pictures or recordings are on other servers. Raises RejectedError for what Word fetches or runs."""
    has_remote_content = False
    for relationship in ooxml.relationships(content):
        kind, is_external = relationship.kind, relationship.is_external
        if kind in _ACTIVE_RELATIONSHIPS or (is_external and kind in _ACTIVE_WHEN_EXTERNAL):
            raise _active_content("parts that come from elsewhere or run automatically")
        if is_external and kind in _HARMLESS_WHEN_EXTERNAL:
            has_remote_content = True
        elif is_external and kind != "hyperlink":
            raise _active_content("parts that come from elsewhere")
    return has_remote_content


def _check_fields(content: bytes) -> None:
    """Check field codes, joined: "DD" and "EAUTO" in two runs are one code."""
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
    if _DDE.search(joined := "".join(codes)):
        raise _active_content("fields that start programs (DDE)")
    if _INCLUDES.search(joined):
        raise _active_content("fields that fetch something from elsewhere")


def _active_content(content: str) -> RejectedError:
    return RejectedError(
        "active_content",
        f"The document contains {content}. Save a copy without that, or print the document as a PDF, and upload the result.",
    )
