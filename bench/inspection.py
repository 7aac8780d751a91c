"""Time and memory of inspections, compared with `file`, clamdscan, pdftotext and pypdf.

python -m bench.inspection
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from chalicelib.extraction import extract
from chalicelib.inspection import examine, types
from chalicelib.inspection.previews import thumbnail, view_copy
from chalicelib.platform import sandbox
from tests.support import clamd, heif_files, media_files, pdf_books, sample_files, valid_files

MB = 1024 * 1024
ROUNDS = 7
TARGET_SMALL_MS = 100  # p95 of files under 1 MB
TARGET_LARGE_MS = 4_000  # 100 MB
TARGET_PEAK_MB = 400


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)  # noqa: S311  repeatable, not secret


def subjects() -> dict[str, tuple[str, str, Callable[[], bytes]]]:
    """Return media type, file name and builder by name: the tests' valid files, and large ones."""
    large: dict[str, tuple[str, str, Callable[[], bytes]]] = {
        "PDF of one page": ("application/pdf", "a.pdf", sample_files.one_page),
        "PDF of 99 MB": (
            "application/pdf",
            "a.pdf",
            lambda: sample_files.one_page(
                more={10: sample_files.stream(noise(99 * MB), b"/Type /XObject /Subtype /Image", deflate=False)}
            ),
        ),
        "text of 100 MB": ("text/plain", "a.txt", lambda: (b"A line of a very long text.\n" * (4 * MB))[: 100 * MB]),
        "PNG of 12 megapixels": (
            "image/png",
            "a.png",
            lambda: media_files.saved(media_files.drawn(size=(4_000, 3_000)), "PNG", compress_level=1),
        ),
        "JPEG of 12 megapixels": (
            "image/jpeg",
            "a.jpg",
            lambda: media_files.saved(media_files.drawn(size=(4_000, 3_000)), "JPEG"),
        ),
        "JPEG of 48 megapixels": ("image/jpeg", "a.jpg", lambda: media_files.saved(grainy("RGB", 48), "JPEG")),
        "JPEG of 48 megapixels, progressive, 4:4:4": (
            "image/jpeg",
            "a.jpg",
            lambda: media_files.saved(grainy("RGB", 48), "JPEG", progressive=True, subsampling=0),
        ),
        "JPEG of 48 megapixels, CMYK": ("image/jpeg", "a.jpg", lambda: media_files.saved(grainy("CMYK", 48), "JPEG")),
        "PNG of 48 megapixels, RGBA": (
            "image/png",
            "a.png",
            lambda: media_files.saved(grainy("RGBA", 48), "PNG", compress_level=1),
        ),
        "WebP of 16 megapixels": (
            "image/webp",
            "a.webp",
            lambda: media_files.saved(grainy("RGB", 16), "WEBP", method=0),
        ),
        "HEIC of 12 megapixels": (
            "image/heic",
            "a.heic",
            lambda: heif_files.heic(grainy("RGB", 12), preset="ultrafast"),
        ),
        "HEIC of 48 megapixels": (
            "image/heic",
            "a.heic",
            lambda: heif_files.heic(grainy("RGB", 48), preset="ultrafast"),
        ),
        "AVIF of 36 megapixels": (
            "image/avif",
            "a.avif",
            lambda: media_files.saved(grainy("RGB", 35.9), "AVIF", speed=10),
        ),
        "AVIF of 36 megapixels, RGBA": (
            "image/avif",
            "a.avif",
            lambda: media_files.saved(grainy("RGBA", 35.9), "AVIF", speed=10),
        ),
        "DOCX of 500,000 paragraphs": (
            media_files.DOCX,
            "a.docx",
            lambda: media_files.docx({"word/document.xml": media_files.word("".join(map(paragraph, range(500_000))))}),
        ),
        "MP3 of 99 MB": ("audio/mpeg", "a.mp3", lambda: repeated(media_files.mp3(20, 44_100, 128), 99 * MB)),
        "WAV of 99 MB": (
            "audio/wav",
            "a.wav",
            lambda: media_files.riff(b"WAVE", media_files.wav_format(), (b"data", noise(99 * MB))),
        ),
        "MP4 of 99 MB": (
            "video/mp4",
            "a.mp4",
            lambda: media_files.mp4(media_files.VIDEO, media_files.SOUND, content=noise(99 * MB)),
        ),
        "EPUB of 40 MB": (
            media_files.EPUB,
            "a.epub",
            lambda: media_files.epub({f"OEBPS/{n}.ttf": noise(4 * MB) for n in range(10)}),
        ),
    }
    return valid_files.files() | large


def grainy(mode: str, megapixels: float) -> Image.Image:
    """Return an image like a camera's: soft shapes with grain."""
    height = round((megapixels * 1_000_000 * 3 / 4) ** 0.5)
    grain = Image.effect_noise((400, 300), 60)
    bands = [grain, grain.transpose(Image.Transpose.ROTATE_180), grain.transpose(Image.Transpose.FLIP_TOP_BOTTOM)]
    return Image.merge("RGB", bands).resize((height * 4 // 3, height)).convert(mode)


def paragraph(number: int) -> str:
    digest = hashlib.sha256(str(number).encode()).hexdigest()  # words that compress like natural ones
    return f"<w:p><w:r><w:t>Word {number} of many: {digest}</w:t></w:r></w:p>"


def repeated(content: bytes, size: int) -> bytes:
    """Return MP3 frames repeated up to a size; the decoder accepts each repetition's first frame."""
    return content * (size // len(content))


def measure(path: Path, media_type: str, filename: str) -> dict[str, float]:
    """Measure one file; call once per process, because the peak memory is that of all its children."""
    durations = []
    for _ in range(ROUNDS if path.stat().st_size < 10 * MB else 3):
        started = time.perf_counter()
        report = examine.examine(
            path, declared_type=media_type, filename=filename, size_bytes=path.stat().st_size, sha256=None
        )
        durations.append((time.perf_counter() - started) * 1000)
        assert report.rejection is None, report.rejection
    started = time.perf_counter()
    kind = types.ACCEPTED_TYPES[report.media_type]
    with tempfile.TemporaryDirectory() as folder:
        view, small = Path(folder) / "view", Path(folder) / "small"
        if kind.view_copy:
            assert view_copy.make_view_copy(path, view, kind) is None
        thumbnail.make_thumbnail(view if kind.view_copy else path, small, kind)
    copies_ms = (time.perf_counter() - started) * 1000
    sandbox.stop()  # its memory, and that of its children, counts when it has ended
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "ms": statistics.median(durations),
        "worst_ms": max(durations[1:]),
        "first_ms": durations[0],
        "copies_ms": copies_ms,
        "peak_mb": peak,
    }


def run_timed(command: list[str]) -> float | None:
    """Return the milliseconds of a program's second run; None if it is not installed."""
    if shutil.which(command[0]) is None:
        return None
    for _ in range(2):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        duration = (time.perf_counter() - started) * 1000
    return duration


def compare_types(folder: Path, only: str) -> None:
    daemon = clamd.ClamdDaemon(folder / "clamd") if clamd.PROGRAM and shutil.which("clamdscan") else None
    if daemon:
        daemon.start()
    print(f"{'file':44} {'KB':>9} {'median':>8} {'worst':>8} {'copies':>9} {'peak':>7} {'file':>8} {'clamdscan':>10}")
    rows = []
    try:
        for name, (media_type, filename, build) in subjects().items():
            if not re.search(only, name):
                continue
            path = folder / "subject"
            path.write_bytes(build())
            result = json.loads(
                subprocess.run(
                    [sys.executable, "-m", "bench.inspection", "--one", str(path), media_type, filename],
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout.splitlines()[-1]  # after the log lines
            )
            file_ms = run_timed(["file", "--mime-type", str(path)])
            scanner = ["clamdscan", "--stream", "-c", str(folder / "clamd" / "clamd.conf"), "--no-summary", str(path)]
            clamd_ms = run_timed(scanner) if daemon else None
            size = path.stat().st_size
            rows.append((size, result))
            print(
                f"{name:44} {size / 1024:9,.0f} {result['ms']:6.1f}ms {result['worst_ms']:6.1f}ms {result['copies_ms']:7.0f}ms "
                f"{result['peak_mb']:5.0f}MB "
                f"{format_ms(file_ms):>8} {format_ms(clamd_ms):>10}"
            )
    finally:
        if daemon:
            daemon.stop()
    small = [result["worst_ms"] for size, result in rows if size < MB]
    big = [result["ms"] for size, result in rows if size > 90 * MB]
    if len(small) > 1:
        p95 = statistics.quantiles(small, n=20)[-1]
        print(f"\nunder 1 MB: p95 of the slowest runs {p95:.0f} ms of {len(small)} files (target: {TARGET_SMALL_MS})")
    if big:
        print(f"about 100 MB: slowest median {max(big):,.0f} ms (target: {TARGET_LARGE_MS:,})")
    print(f"peak: {max(result['peak_mb'] for _, result in rows):.0f} MB (target: {TARGET_PEAK_MB})")


def format_ms(milliseconds: float | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds:.1f}ms"


def compare_book(folder: Path, pages: int) -> None:
    book = pdf_books.make_book(pages, pdf_books.PageDesign(has_outline=True))
    source, view = folder / "book.pdf", folder / "view.pdf"
    source.write_bytes(book.pdf)
    print(f"\na book of {book.pages:,} pages, {len(book.pdf) / MB:.1f} MB")

    def timed(label: str, action: Callable[[], object]) -> None:
        started = time.perf_counter()
        action()
        duration = time.perf_counter() - started
        print(f"{label:44} {duration:6.2f} s {book.pages / duration:9,.0f} pages/s")

    def with_pypdf() -> None:
        from pypdf import PdfReader

        for page in PdfReader(source).pages:
            page.extract_text()

    timed("inspection", lambda: measure_once(source))
    timed("view copy", lambda: view_copy.make_view_copy(source, view))
    timed("text extraction from the view copy", lambda: extract.extract_in_sandbox(view, "application/pdf"))
    if shutil.which("pdftotext"):
        timed("pdftotext", lambda: subprocess.run(["pdftotext", source, os.devnull], check=True))
    timed("pypdf extract_text", with_pypdf)
    sandbox.stop()
    print(f"peak of our processes: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


def measure_once(path: Path) -> None:
    report = examine.examine(
        path, declared_type="application/pdf", filename="a.pdf", size_bytes=path.stat().st_size, sha256=None
    )
    assert report.rejection is None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pages", type=int, default=1_200)
    arguments.add_argument("--only", default="", metavar="PATTERN", help="only files with matching names, and no book")
    arguments.add_argument("--one", nargs=3, metavar=("PATH", "TYPE", "NAME"), help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.one:
        path, media_type, filename = options.one
        print(json.dumps(measure(Path(path), media_type, filename)))
        return
    with tempfile.TemporaryDirectory(prefix="bench-inspection-") as name:
        if not options.only:
            compare_book(Path(name), options.pages)
            print()
        compare_types(Path(name), options.only)


if __name__ == "__main__":
    main()
