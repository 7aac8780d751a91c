"""The inspection of one file: its type, and whether it is safe.

The checks run in order, the cheapest first; the first rejection is the result.
"""

import base64
import hashlib
import importlib
from functools import partial
from pathlib import Path
from typing import Literal

from chalicelib.formats.errors import FormatError
from chalicelib.inspection import loaders, patterns, sniff, types
from chalicelib.inspection.active_content import KINDS
from chalicelib.inspection.model import (
    Findings,
    InspectionWarning,
    RejectedError,
    Rejection,
    Report,
    describe_failure,
)
from chalicelib.inspection.types import FileType
from chalicelib.platform import sandbox
from chalicelib.platform.telemetry.observability import logger

RTF = "application/rtf"

CPU_S = 10  # the largest file that is accepted takes 2 to 3 s
WALL_S = 25.0  # a busy machine gives the child a fraction of a processor; a file is judged by its CPU time
MEMORY_BYTES = 800 * 1024 * 1024  # on top of what the child inherits; 100,000 PDF objects take 300 MB in one parser


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
    """Inspect a file against its declaration: type, name, size, and the base64 of its SHA-256 when one was declared.

    A rejection is part of the report. An exception is a failure of ours (a missing package, a full disk) and means
    nothing about the file.
    """
    rejection = types.check_declaration(declared_type, filename)
    file_type = types.resolve(declared_type, filename)
    if file_type is None:
        return Report(declared_type, rejection)
    if rejection is None:
        file_type = _type_by_content(path, file_type)
    rejection = rejection or _check_content(path, size_bytes, sha256) or _check_signature(path, file_type)
    if rejection is not None:
        return Report(file_type.media_type, rejection)
    findings = _examine_in_sandbox(path, file_type, declared_type, wall_s)
    if findings.rejection is None and findings.active_content and active_content == "reject":
        labels = ", ".join(KINDS[kind].label for kind in findings.active_content)
        rejection = Rejection(
            "active_content",
            f"The file has active content: {labels}. Print it as a new PDF, which has none, and upload that.",
        )
        return Report(file_type.media_type, rejection, page_count=findings.page_count)
    return Report(
        file_type.media_type,
        findings.rejection,
        warnings=_warnings(file_type, findings) if findings.rejection is None else (),
        page_count=findings.page_count,
        withhold_original=bool(findings.active_content or findings.trailing_bytes or findings.is_repaired),
        duration_ms=findings.duration_ms,
        width=findings.width,
        height=findings.height,
        encoding=findings.encoding,
    )


def too_large_rejection(size_bytes: int) -> Rejection:
    """Return the rejection of a file above the size limit. It needs no download."""
    limit_mb = types.MAX_FILE_BYTES // 1024**2
    return Rejection(
        "too_large",
        f"The file has {size_bytes:,} bytes; the limit is {types.MAX_FILE_BYTES:,} ({limit_mb} MB). Split it.",
    )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in base64, as clients declare it."""
    with path.open("rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


def _check_content(path: Path, size_bytes: int, sha256: str | None) -> Rejection | None:
    """Check that the content is what was declared, byte for byte."""
    received_bytes = path.stat().st_size
    if received_bytes == 0:
        return Rejection("empty", "The file is empty. Check it on your side and upload it again.")
    if received_bytes > types.MAX_FILE_BYTES:
        return too_large_rejection(received_bytes)
    if received_bytes != size_bytes:
        return Rejection(
            "checksum_mismatch",
            f"{size_bytes:,} bytes were declared, {received_bytes:,} were received. Upload the file again.",
        )
    if sha256 is not None:
        digest = file_sha256(path)
        if digest != sha256:
            return Rejection(
                "checksum_mismatch",
                f"The SHA-256 of the received file is {digest}, not the declared {sha256[:64]}. Upload the file again.",
            )
    return None


def _type_by_content(path: Path, file_type: FileType) -> FileType:
    """Return the type of a file that was declared as plain text, which RTF is for many programs."""
    if file_type.media_type != types.PLAIN_TEXT:
        return file_type
    with path.open("rb") as file:
        signature = sniff.identify(file.read(sniff.HEAD_BYTES))
    return types.ACCEPTED_TYPES[RTF] if signature is not None and RTF in signature.media_types else file_type


def _check_signature(path: Path, file_type: FileType) -> Rejection | None:
    """Check that the file begins with the signature of its declared type: at offset 0, or near it."""
    with path.open("rb") as file:
        head = file.read(sniff.HEAD_BYTES)
    signature = sniff.identify(head)
    if file_type.is_text and (
        signature is None or ("application/pdf" in signature.media_types and sniff.only_mentions_pdf(path))
    ):
        return None
    if sniff.has_late_start(head, file_type.media_type):
        return None
    if signature is not None and not file_type.is_text and file_type.media_type in signature.media_types:
        return None
    actual = sniff.describe(head) or "not of any known type"
    return Rejection(
        "type_mismatch",
        f"The file was declared as {file_type.label}, but it is {actual}. {types.way_out(file_type, actual)}",
    )


def _examine_in_sandbox(path: Path, file_type: FileType, declared_type: str, wall_s: float) -> Findings:
    """Run all parsers in the sandbox."""
    try:
        findings = sandbox.run(
            examine_in_process,
            path,
            file_type,
            *(types.declared_charset(declared_type) if file_type.is_text else ()),
            prepare=partial(load_parsers, file_type),
            cpu_s=CPU_S,
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
        )
    except sandbox.SandboxError as error:
        logger.warning("file not examined", media_type=file_type.media_type, reason=str(error))
        return Findings(
            Rejection(
                "malformed",
                "The file is damaged, or built so that it cannot be checked: "
                f"the check {describe_failure(error)}. Open it in its program, save it again and upload that.",
            )
        )
    if findings.rejection is not None and findings.rejection.code.startswith("pattern:"):
        rule = findings.rejection.code.removeprefix("pattern:")
        sentence = patterns.rejection_sentences().get(rule, "It matches a known bad pattern.")
        return Findings(Rejection(findings.rejection.code, sentence), findings.page_count)
    return findings


def load_parsers(file_type: FileType) -> None:
    """Load what examining a file of this type needs: a missing package is our failure, not the file's."""
    for module in file_type.preload_modules:
        importlib.import_module(module)
    loaders.load_examiner(file_type.examiner)
    patterns.load_rules()


def examine_in_process(path: Path, file_type: FileType, charset: str | None = None) -> Findings:
    """Examine a file in this process: in the sandbox's child, or in a fuzzer. `charset` is that of its declared type."""
    sandbox.step("looking for a second format in it")
    content = sniff.find_polyglot_content(path, file_type.media_type)
    if content is not None:
        return Findings(
            Rejection("type_mismatch", f"The file is two things at once: it hides {content}. Upload a clean copy.")
        )
    try:
        media_type = f"{file_type.media_type}; charset={charset}" if charset else file_type.media_type
        findings = loaders.load_examiner(file_type.examiner).examine(path, media_type)
    except FormatError as error:
        return Findings(Rejection(error.code, error.detail))
    except RejectedError as error:
        return Findings(error.rejection)
    sandbox.step("looking for known bad patterns")
    rules = patterns.matching_rules(path, file_type.family)
    return Findings(Rejection(f"pattern:{rules[0]}", rules[0]), findings.page_count) if rules else findings


def _warnings(file_type: FileType, findings: Findings) -> tuple[InspectionWarning, ...]:
    warnings = []
    for name in findings.active_content:
        kind = KINDS[name]
        warnings.append(InspectionWarning(f"{name}_removed", f"Found and removed: {kind.label}. {kind.removed}"))
    if findings.trailing_bytes:
        warnings.append(
            InspectionWarning(
                "extra_bytes_removed",
                f"{findings.trailing_bytes:,} bytes before or behind {file_type.label} are not part of it. "
                "The copy you see has none.",
            )
        )
    return (*warnings, *findings.warnings)
