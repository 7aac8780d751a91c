"""Fuzz the inspection: libFuzzer changes valid files until an inspection goes wrong.

    python -m tests.fuzz_inspection --seconds 30 [--family pdf|book|rtf|text|media]

It begins with the tests' valid files, one of each kind, and looks for inputs that reach new code of ours. Each input is parsed
in this process, for coverage; if that accepts it or raises, it also goes through the real inspection, in its sandbox. It fails

- when an exception leaves `examine`, or a rejection has no code and sentence;
- when an accepted file, or its view copy, contains what must never pass.

A parser that crashes the fuzzer's own process is no failure as long as the sandbox contains it; fuzzing then continues. Inputs
that failed are kept in build/fuzz-inspection; `--replay FILE` inspects one again.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from types import FrameType
from typing import Any

INSIDE = "--inside"


def _instrumented() -> contextlib.AbstractContextManager[Any]:
    """In the fuzzer's process, instrument the modules imported inside: libFuzzer learns which lines were reached."""
    if INSIDE not in sys.argv:
        return contextlib.nullcontext()
    import atheris

    packages = ["chalicelib.inspection", "chalicelib.formats"]
    instrumented: contextlib.AbstractContextManager[Any] = atheris.instrument_imports(include=packages)
    return instrumented


with _instrumented():
    from chalicelib.extraction import extract
    from chalicelib.inspection import examine, loaders, types
    from chalicelib.inspection.model import Findings, Report
    from chalicelib.inspection.previews import view_copy

    for _kind in types.ACCEPTED_TYPES.values():
        loaders.load_examiner(_kind.examiner)
from tests.support import sample_files, valid_files  # noqa: E402 - they import what is to be instrumented

FAILED_INPUTS = Path("build/fuzz-inspection")
MAX_BYTES = 20_000  # small files reach the same code, and more of them are tried
MEMORY_BYTES = 4 * 1024**3  # of the fuzzer; beyond it a MemoryError is raised, before the machine runs out
SLOW_S = 2.0  # after which a parser in this process is interrupted; the sandbox has limits of its own
# As what an object is or does, as the name of an entry, or as an object of its own that another may refer to. Elsewhere a name
# says nothing: a font may be called /JavaScript.
NEVER_IN_A_PDF = re.compile(
    rb"(?:/(?:S|Subtype|Type) |^)/(?:JavaScript|Launch|EmbeddedFile|RichMedia|SubmitForm|ImportData|GoToE)(?![\w.#-])"
    rb"|/(?:JavaScript|EmbeddedFiles|XFA)(?= ?[\[(<\d])"
)
NEVER_ANYWHERE = (sample_files.EICAR,)
NEVER_IN_MEDIA = (b"<?php ", b"<script>", b"!This program cannot be run in DOS mode.")
NEVER_IN_A_BOOK = (b"vbaProject.bin", b"word/embeddings/")
NEVER_IN_NAMES = (*NEVER_IN_A_BOOK, b"Basic/Standard/Module", b"Scripts/")
NEVER_IN_A_COPY = {
    "application/rtf": re.compile(rb"(?<!\\)\\(?:obj|template|mmdatasource|ffentrymcr)", re.IGNORECASE),
    "application/x-fictionbook+xml": re.compile(rb"<[\w.:-]*script[\s/>]|<\?xml-stylesheet|\shref=\"javascript:"),
}
WORDS = (
    *(b"/JavaScript", b"/JS", b"/Launch", b"/OpenAction", b"/AA", b"/EmbeddedFile", b"/ObjStm", b"/#4aavaScript", b"/Kids"),
    *(b"endobj", b"stream", b"%%EOF", b"xref", b"trailer", b"PK\x03\x04", b"PK\x05\x06", b"mimetype", b"<!DOCTYPE", b"<!ENTITY"),
    *(b"<?php ", b"<script>", b"DDEAUTO", b"TargetMode=\"External\"", b"vbaProject.bin", b"IHDR", b"IDAT", b"iCCP", b"\xff\xd8"),
    *(b"\xff\xda", b"ANMF", b"VP8X", b"ID3\x03", b"APIC", b"OggS", b"fLaC", b"moov", b"stsd", b"ipco", b"\x1a\x45\xdf\xa3"),
    *(b"{\\rtf1", b"\\bin9 ", b"\\objdata", b"\\object", b"{\\*\\template ", b"\\fldinst", b"\\u104 ?", b"\\'5c", b"<binary"),
    *(b"<section>", b"<title>", b"l:href=", b"xlink:href=", b"Basic/Standard/Module1.xml", b"<office:script", b"text:note"),
    sample_files.EICAR,
)  # fmt: skip


class EscapeError(Exception):
    """Forbidden content in an accepted file, or a rejection without a reason."""


class _Slow(BaseException):
    """An input that takes a parser too long."""


def valid_inputs() -> dict[str, tuple[str, str, bytes]]:
    """Return media type, file name and content by name."""
    rows = {name: (kind, filename, build()) for name, (kind, filename, build) in valid_files.files().items()}
    pdfs = {
        "PDF": sample_files.one_page(),
        "PDF with a script": sample_files.one_page(more={10: b"<< /S /JavaScript /JS (app.alert(1)) >>"}),
    }
    rows |= {name: ("application/pdf", "a.pdf", content) for name, content in pdfs.items()}
    rows["text"] = ("text/plain", "a.txt", "Ships believe it – é.\n".encode())
    rows["text in Windows-1252"] = ("text/plain", "a.txt", "Ships believe it – é.\n".encode("cp1252"))
    return {name: row for name, row in sorted(rows.items()) if len(row[2]) < MAX_BYTES}


# The first byte of an input selects its declared type.
KINDS = sorted({(kind, filename) for kind, filename, _ in valid_inputs().values()})


def check(data: bytes, folder: Path) -> Report | None:
    """Inspect one input and its view copy for real, and extract its text.

    Raises EscapeError; any other exception is a failure, too.
    """
    declaration = _declaration(data)
    if declaration is None:
        return None
    media_type, filename = declaration
    path, view = folder / "object", folder / "view"
    path.write_bytes(data[1:])
    report = examine.examine(path, declared_type=media_type, filename=filename, size_bytes=len(data) - 1, sha256=None)
    if report.rejection is not None:
        if not report.rejection.code or len(report.rejection.detail) < 20:
            raise EscapeError(f"a rejection without a reason: {report.rejection}")
        return report
    kind = types.ACCEPTED_TYPES[report.media_type]
    if not report.withhold_original:
        _check_accepted(kind, path)
    if kind.is_shown_as_copy(report) and view_copy.make_view_copy(path, view, kind, encoding=report.encoding) is None:
        _check_view(report.media_type, view)
        path = view
    if kind.has_text:
        extract.extract_in_sandbox(path, report.media_type)
    return report


def _declaration(data: bytes) -> tuple[str, str] | None:
    return KINDS[data[0] % len(KINDS)] if len(data) > 1 else None


def _check_accepted(kind: types.FileType, path: Path) -> None:
    content = path.read_bytes()
    for bad in (*NEVER_ANYWHERE, *(NEVER_IN_MEDIA if kind.family == "media" else ())):
        if bad in content:
            raise EscapeError(f"{kind.media_type} was accepted with {bad[:30]!r} in it")
    # by name: the text of a book may mention such a part
    if kind.family == "book" and content.startswith(b"PK"):
        names = _part_names(path)
        if any(bad in names for bad in NEVER_IN_A_BOOK):
            raise EscapeError(f"{kind.media_type} was accepted with a part that is active content")


def _check_view(media_type: str, view: Path) -> None:
    """Search the copy independently of the code that made it."""
    if media_type == "application/pdf":
        import pikepdf

        with pikepdf.open(view) as pdf:
            for item in (pdf.trailer, *pdf.objects):
                written = (
                    (item.stream_dict if isinstance(item, pikepdf.Stream) else item).unparse(resolved=True)
                    if isinstance(item, pikepdf.Object)
                    else b""
                )
                if match := NEVER_IN_A_PDF.search(written):
                    raise EscapeError(f"the view copy has {match[0]!r}")
    elif media_type in NEVER_IN_A_COPY:
        if match := NEVER_IN_A_COPY[media_type].search(view.read_bytes()):
            raise EscapeError(f"the view copy has {match[0]!r}")
    elif zipfile.is_zipfile(view) and not media_type.endswith("comicbook+zip"):
        names = _part_names(view)
        if any(bad in names for bad in NEVER_IN_NAMES):
            raise EscapeError("the view copy has a part that is active content")
    elif media_type.startswith("text/"):
        view.read_text("utf-8")
    elif any(bad in view.read_bytes() for bad in (*NEVER_ANYWHERE, *NEVER_IN_MEDIA)):
        raise EscapeError("the view copy of a picture contains what followed the picture")


def _part_names(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return "\n".join(archive.namelist()).encode()


# ---- the fuzzer's process ----


def fuzz(arguments: list[str], family: str | None) -> None:
    """Run libFuzzer, which ends the process."""
    import atheris

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGVTALRM, _interrupt)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-inspection-"))
    for module in {module for kind in types.ACCEPTED_TYPES.values() for module in kind.preload_modules}:
        importlib.import_module(module)

    def test_one_input(data: bytes) -> None:
        declaration = _declaration(data)
        if declaration is None:
            return
        kind = types.get_by_media_type(declaration[0])
        assert kind is not None
        if family in (None, kind.family) and _is_interesting(data, kind, folder):
            check(data, folder)

    atheris.Setup([sys.argv[0], *arguments], test_one_input)
    atheris.Fuzz()


def _is_interesting(data: bytes, kind: types.FileType, folder: Path) -> bool:
    """Parse in this process, for coverage. Returns whether the sandbox should inspect it, too: not if it is rejected."""
    path = folder / "inside"
    path.write_bytes(data[1:])
    signal.setitimer(signal.ITIMER_VIRTUAL, SLOW_S)
    try:
        if examine._check_signature(path, kind) is not None:
            return False
        findings: Findings = examine.examine_in_process(path, kind)
    except (Exception, _Slow):  # noqa: BLE001 - the sandbox decides
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return findings.rejection is None


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise _Slow


# ---- the supervising process ----


def run(seconds: float, family: str | None) -> int:
    """Fuzz for this long, however often the fuzzer's process dies. Returns the exit code."""
    deadline, contained = time.monotonic() + seconds, 0
    with tempfile.TemporaryDirectory(prefix="fuzz-inspection-") as name:
        work = Path(name)
        corpus, artifacts = work / "corpus", work / "artifacts"
        corpus.mkdir()
        artifacts.mkdir()
        for number, (media_type, filename, content) in enumerate(valid_inputs().values()):
            kind = types.get_by_media_type(media_type)
            if kind is not None and family in (None, kind.family):
                (corpus / f"valid-{number}").write_bytes(bytes([KINDS.index((media_type, filename))]) + content)
        words = work / "words"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS))
        while (remaining_s := deadline - time.monotonic()) > 1:
            command = [
                sys.executable,
                "-m",
                "tests.fuzz_inspection",
                INSIDE,
                *(["--family", family] if family else []),
            ]
            command += [
                "--",
                f"-max_total_time={int(remaining_s)}",
                f"-max_len={MAX_BYTES}",
                f"-artifact_prefix={artifacts}/",
            ]
            command += [f"-dict={words}", "-rss_limit_mb=0", "-timeout=60", "-print_final_stats=1", str(corpus)]
            process = subprocess.run(
                command, capture_output=True, text=True, check=False, env=os.environ | {"TMPDIR": str(work)}
            )
            _show(process.stderr)
            inputs = list(artifacts.iterdir())
            if process.returncode == 0 and not inputs:
                break
            if not inputs:
                print(process.stdout[-2_000:] + process.stderr[-4_000:])
                return 1
            for artifact in inputs:
                if not _is_contained(artifact, process.stderr):
                    return 1
                contained += 1
                artifact.unlink()
    print(f"nothing escaped; {contained} inputs killed the fuzzer and were contained by the sandbox")
    return 0


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def _is_contained(file: Path, output: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            report = check(file.read_bytes(), Path(folder))
        except Exception as error:  # noqa: BLE001 - any exception is a finding
            FAILED_INPUTS.mkdir(parents=True, exist_ok=True)
            kept = FAILED_INPUTS / file.name
            kept.write_bytes(file.read_bytes())
            print(output[-4_000:], f"\nESCAPED: {type(error).__name__}: {error}\nkept as {kept}", sep="")
            return False
    print(f"contained: {report.rejection if report else None}")
    return True


def _show(output: str) -> None:
    for line in output.splitlines():
        if line.startswith("stat::") or " DONE " in line:
            print(line)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz_inspection", description="Fuzz the inspection of files."
    )
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--family", choices=["pdf", "book", "rtf", "text", "media"])
    parser.add_argument("--replay", type=Path, help="inspect one kept input")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("passed_on", nargs="*", help=argparse.SUPPRESS)
    arguments: Any = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("skipped: atheris has no wheel for this Python or system")
        return
    if arguments.replay:
        with tempfile.TemporaryDirectory() as folder:
            print(check(arguments.replay.read_bytes(), Path(folder)))
    elif arguments.inside:
        fuzz(arguments.passed_on, arguments.family)
    else:
        raise SystemExit(run(arguments.seconds, arguments.family))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
