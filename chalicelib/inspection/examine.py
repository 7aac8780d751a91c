"""What is this file, and is it safe? The steps in order, cheapest first; the first refusal is the answer."""

import base64
import hashlib
import importlib
from pathlib import Path
from typing import Literal, Protocol, cast

from chalicelib.inspection import patterns, sniff, types
from chalicelib.inspection.documents import pdf_actions
from chalicelib.inspection.model import Findings, InspectionWarning, RejectedError, Rejection, Report
from chalicelib.platform import sandbox

CPU_S = 10  # the largest file that is accepted takes 2 to 3 s
WALL_S = 25.0  # a busy machine gives the child a fraction of a processor; CPU time is what judges a file
MEMORY_BYTES = 800 * 1024 * 1024  # on top of what the child inherits; 100,000 PDF objects take 300 MB in one parser

MB = 1024 * 1024


class Examiner(Protocol):
    """A module that knows one family of types."""

    def examine(self, path: Path, media_type: str) -> Findings: ...


def examine(
    path: Path,
    *,
    declared_type: str,
    filename: str,
    size_bytes: int,
    sha256: str | None,
    active_content: Literal["disarm", "reject"] = "disarm",
    wall_s: float = WALL_S,
) -> Report:
    """Inspect one file against what was announced: type, name, size, and the base64 of its SHA-256 when there is one.

    A refusal is in the report. An exception means that *we* failed (a module missing, the disk full); nothing is
    known about the file then.
    """
    refusal = types.check_declaration(declared_type, filename)
    kind = types.get_by_media_type(declared_type)
    if kind is None:
        return Report(declared_type, refusal)
    refusal = refusal or _check_arrival(path, size_bytes, sha256) or _check_signature(path, kind)
    if refusal is not None:
        return Report(kind.media_type, refusal)
    findings = _look_inside(path, kind, wall_s)
    if findings.rejection is None and findings.active_content and active_content == "reject":
        labels = ", ".join(pdf_actions.ACTIVE_CONTENT_KINDS[each].label for each in findings.active_content)
        refusal = Rejection(
            "active_content",
            f"The file has active content: {labels}. Print it as a new PDF, which has none, and upload that.",
        )
        return Report(kind.media_type, refusal, page_count=findings.page_count)
    return Report(
        kind.media_type,
        findings.rejection,
        warnings=_notes(findings) if findings.rejection is None else (),
        page_count=findings.page_count,
        withhold_original=bool(findings.active_content or findings.trailing_bytes),
        duration_ms=findings.duration_ms,
        width=findings.width,
        height=findings.height,
    )


def too_large_rejection(size_bytes: int) -> Rejection:
    """Also for a file that need not even be fetched."""
    return Rejection(
        "too_large",
        f"The file has {size_bytes:,} bytes; at most {types.MAX_FILE_BYTES:,} ({types.MAX_FILE_BYTES // MB} MB) "
        "are taken. Split it.",
    )


def _check_arrival(path: Path, size_bytes: int, sha256: str | None) -> Rejection | None:
    """Whether what arrived is what was announced, byte for byte."""
    arrived = path.stat().st_size
    if arrived == 0:
        return Rejection("empty", "The file is empty. Check it on your side and upload it again.")
    if arrived > types.MAX_FILE_BYTES:
        return too_large_rejection(arrived)
    if arrived != size_bytes:
        return Rejection(
            "checksum_mismatch", f"{size_bytes:,} bytes were announced, {arrived:,} arrived. Upload the file again."
        )
    if sha256 is not None:
        with path.open("rb") as file:
            digest = base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()
        if digest != sha256:
            return Rejection(
                "checksum_mismatch",
                f"The SHA-256 of what arrived is {digest}, not the announced {sha256[:64]}. Upload the file again.",
            )
    return None


def _check_signature(path: Path, kind: types.FileType) -> Rejection | None:
    """Whether the first bytes are those of the announced type, at offset 0 and nowhere else."""
    with path.open("rb") as file:
        head = file.read(sniff.HEAD_BYTES)
    signature = sniff.identify(head)
    if signature is None and kind.is_text:
        return None
    if signature is not None and not kind.is_text and kind.media_type in signature.media_types:
        return None
    found = sniff.describe(head) or "not of any known type"
    return Rejection(
        "type_mismatch",
        f"The file was announced as {kind.label}, but it is {found}. "
        "Upload it under its real type and name, or save it again with the program it comes from.",
    )


def _look_inside(path: Path, kind: types.FileType, wall_s: float) -> Findings:
    """Everything that parses, in the sandbox. What the child needs is loaded here: a missing package is our failure,
    not the file's.
    """
    for module in (*kind.preload_modules, "yara_x", kind.examiner):
        importlib.import_module(module)
    sentences = patterns.rejection_sentences()
    try:
        findings = sandbox.run(_inspect, path, kind.media_type, cpu_s=CPU_S, memory_bytes=MEMORY_BYTES, wall_s=wall_s)
    except sandbox.SandboxError as error:
        return Findings(
            Rejection(
                "malformed",
                f"The file is damaged, or built so that it cannot be checked: the check {error}. "
                "Open it in its program, save it again and upload that.",
            )
        )
    if findings.rejection is not None and findings.rejection.code.startswith("pattern:"):
        rule = findings.rejection.code.removeprefix("pattern:")
        sentence = sentences.get(rule, "It matches a known bad pattern.")
        return Findings(Rejection(findings.rejection.code, sentence), findings.page_count)
    return findings


def _inspect(path: Path, media_type: str) -> Findings:
    """Runs in the child."""
    kind = types.ACCEPTED_TYPES[media_type]
    sandbox.step("looking for a second format in it")
    foreign = sniff.find_polyglot_content(path, media_type)
    if foreign is not None:
        return Findings(
            Rejection("type_mismatch", f"The file is two things at once: it hides {foreign}. Upload a clean copy.")
        )
    try:
        findings = cast(Examiner, importlib.import_module(kind.examiner)).examine(path, media_type)
    except RejectedError as refused:
        return Findings(refused.rejection)
    if findings.rejection is not None:
        return findings
    sandbox.step("looking for known bad patterns")
    rules = patterns.matching_rules(path, kind.family)
    return Findings(Rejection(f"pattern:{rules[0]}", rules[0]), findings.page_count) if rules else findings


def _notes(findings: Findings) -> tuple[InspectionWarning, ...]:
    removed = [
        InspectionWarning(f"{kind}_removed", f"Found and taken out: {found.label}. {found.removed}")
        for kind, found in ((each, pdf_actions.ACTIVE_CONTENT_KINDS[each]) for each in findings.active_content)
    ]
    if findings.trailing_bytes:
        told = f"{findings.trailing_bytes:,} bytes that are no part of the picture followed its end. The copy you see has none."
        removed.append(InspectionWarning("extra_bytes_removed", told))
    return (*removed, *findings.warnings)
