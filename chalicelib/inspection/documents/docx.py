"""DOCX: an OPC container with one Word document in it. What acts or fetches is refused; links to click on are welcome."""

import re
from collections.abc import Mapping
from pathlib import Path

from chalicelib.inspection import patterns
from chalicelib.inspection.documents import xml
from chalicelib.inspection.documents.zips import ZipContainer
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError
from chalicelib.platform import sandbox

MAIN_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MAX_FIELD_CODE_CHARACTERS = 100_000  # of field codes in one part; a document with an index of 5,000 entries has 80,000

# Relationships that are fetched or run when the document is opened, by the last word of their type.
_FETCHED = {"oleobject", "attachedtemplate", "frame", "subdocument", "package", "afchunk", "externallink", "control"}
_HARMLESS_FETCHES = {"image", "video", "audio", "media"}
_DDE = re.compile(r"^\s*DDE(?:AUTO)?\b", re.IGNORECASE | re.MULTILINE)  # a field's first word; a link may hold it, too
_INCLUDES = re.compile(
    r"\b(?:INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK)\b\s+\S*\s*\"?(?:https?:|\\\\|file:|//)", re.IGNORECASE
)
_FIELDS = frozenset({"instrText", "fldSimple", "fldChar"})
_RESAVE = "Save a copy without it, or print it as a PDF, and upload that."

# Names that betray what a part is, in lower case.
_PARTS = (
    (re.compile(r"vbaproject\.bin$|vbadata\.xml$|(^|/)macrosheets/"), "macros"),
    (re.compile(r"(^|/)activex/"), "ActiveX controls"),
    (re.compile(r"(^|/)embeddings/"), "embedded objects"),
    (re.compile(r"(^|/)customui/"), "changes to Word's own buttons"),
    (re.compile(r"\.(?:exe|dll|scr|js|jse|vbs|vbe|wsf|hta|bat|cmd|ps1|lnk|jar)$"), "programs"),
)


def examine(path: Path, media_type: str) -> Findings:
    """Whether it is a whole Word document without macros, embedded objects, DDE fields and remote templates."""
    del media_type
    remote_pictures = False
    with ZipContainer(path) as container:
        sandbox.step("reading what is in it")
        _check_types(container.read("[Content_Types].xml"))
        for name in container.names:
            _check_name(name)
        if "word/document.xml" not in container.names and not any(
            name.startswith("word/document") and name.endswith(".xml") for name in container.names
        ):
            raise RejectedError("type_mismatch", "The file was announced as a Word document, but there is none in it.")
        sandbox.step("looking at its parts")
        scan = patterns.member_scanner()
        for member in container.members():
            name = member.name.lower()
            if name.endswith(".rels"):
                remote_pictures |= _check_relations(member.content)
            elif name.startswith("word/") and name.endswith(".xml"):
                _check_fields(member.content)
            scan(member.content)
    note = InspectionWarning(
        "remote_resources", "Some pictures of the document lie on other servers. They are not fetched here."
    )
    return Findings(warnings=(note,) if remote_pictures else ())


def _check_types(content: bytes) -> None:
    kinds = {element.get("ContentType", "") for element in xml.start_elements(content)}
    if any("macroEnabled" in kind or "vbaProject" in kind for kind in kinds):
        raise _active("macros")
    if MAIN_CONTENT_TYPE not in kinds:
        raise RejectedError(
            "type_mismatch", "The file was announced as a Word document, but says that it is something else."
        )


def _check_name(name: str) -> None:
    found = next((label for pattern, label in _PARTS if pattern.search(name.lower())), None)
    if found is not None:
        raise _active(found)


def _check_relations(content: bytes) -> bool:
    """Whether pictures lie elsewhere. Raises RefusedError for what is fetched or run."""
    remote = False
    for element in xml.start_elements(content):
        if xml.local_name(element.tag) != "Relationship":
            continue
        kind = element.get("Type", "").rsplit("/", 1)[-1].lower()
        outside = element.get("TargetMode", "").lower() == "external"
        if kind in {"vbaproject", "control", "afchunk"} or (outside and kind in _FETCHED):
            raise _active("parts that come from elsewhere or act by themselves")
        if outside and kind in _HARMLESS_FETCHES:
            remote = True
        elif outside and kind != "hyperlink":
            raise _active("parts that come from elsewhere")
    return remote


def _check_fields(content: bytes) -> None:
    """Field codes, put together again: "DD" and "EAUTO" in two runs are one code."""
    codes: list[str] = []
    length = 0

    def note(kind: str, attributes: Mapping[str, str], text: str) -> None:
        nonlocal length
        if kind == "fldSimple":
            instruction = next((value for name, value in attributes.items() if xml.local_name(name) == "instr"), "")
            text = f"\n{instruction}\n"
        elif kind == "fldChar":  # where a field begins or ends, or another begins inside it
            text = "\n"
        codes.append(text)
        length += len(text)
        if length > MAX_FIELD_CODE_CHARACTERS:
            raise RejectedError("bomb", "The document has more field codes than a document needs. Save it again.")

    xml.visit_elements(content, _FIELDS, note)
    if _DDE.search(joined := "".join(codes)):
        raise _active("fields that start programs (DDE)")
    if _INCLUDES.search(joined):
        raise _active("fields that fetch something from elsewhere")


def _active(what: str) -> RejectedError:
    return RejectedError("active_content", f"The document has {what} in it. {_RESAVE}")
