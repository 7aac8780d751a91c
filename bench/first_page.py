"""Time until page 1 of a long PDF is painted by PDF.js in Chromium over a slow connection.

Compares the original with the view copy that an upload makes of it, in one run.

    python -m bench.first_page [--pages 1200] [--latency 50] [--mbit 20]

Needs Chromium (or its path in CHROMIUM) and Node with npm, which installs bench/pdfjs/package-lock.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from chalicelib.inspection.previews import view_copy
from tests.support import sample_files

PDFJS_FOLDER = Path(__file__).parent / "pdfjs"
IMAGE_SIDE = 180  # pixels of the grey image on each page: 32 KB that cannot be compressed, as in a scanned book
TIMEOUT_S = 600
MB = 1024 * 1024


def make_book(pages: int) -> bytes:
    """Return a PDF as most programs write it: a flat list of pages in order."""
    source = random.Random(7)  # noqa: S311  repeatable, not secret
    first_object = 10
    kids = b" ".join(b"%d 0 R" % (first_object + 3 * number) for number in range(pages))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    grey = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d " % (
        IMAGE_SIDE,
        IMAGE_SIDE,
    )
    for number in range(pages):
        page = first_object + 3 * number
        words = b"BT /F 24 Tf 72 720 Td (Page %d of a long book) Tj ET q 200 0 0 200 72 400 cm /P Do Q" % (number + 1)
        resources = b"/Resources << /Font << /F 3 0 R >> /XObject << /P %d 0 R >> >>" % (page + 2)
        objects[page] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R %s >>" % (
            page + 1,
            resources,
        )
        objects[page + 1] = sample_files.stream(words)
        objects[page + 2] = sample_files.stream(source.randbytes(IMAGE_SIDE * IMAGE_SIDE), grey, deflate=False)
    return sample_files.pdf(objects)


def missing_requirement() -> str | None:
    """Return why the benchmark cannot run on this machine, or None."""
    if chromium() is None:
        return "Chromium is not installed: apt-get install chromium, or set CHROMIUM to its path"
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node with npm is not installed"
    lock, installed = PDFJS_FOLDER / "package-lock.json", PDFJS_FOLDER / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        command = ["npm", "ci", "--omit=optional", "--no-audit", "--no-fund"]
        process = subprocess.run(command, cwd=PDFJS_FOLDER, capture_output=True, text=True, check=False)
        if process.returncode != 0:
            return f"npm ci failed: {process.stderr[-300:]}"
        installed.touch()
    return None


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.first_page", description=__doc__)
    parser.add_argument("--pages", type=int, default=1_200)
    parser.add_argument("--latency", type=int, default=50, help="ms before each response")
    parser.add_argument("--mbit", type=float, default=20, help="bandwidth of each connection")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if reason := missing_requirement():
        print(f"skipped: {reason}")
        return
    with tempfile.TemporaryDirectory(prefix="bench-first-page-") as name:
        original, view = Path(name) / "original.pdf", Path(name) / "view.pdf"
        original.write_bytes(make_book(arguments.pages))
        started = time.perf_counter()
        rejection = view_copy.make_view_copy(original, view)
        assert rejection is None, rejection
        sizes = f"{original.stat().st_size / MB:.1f} MB, its view copy {view.stat().st_size / MB:.1f} MB"
        print(f"{arguments.pages:,} pages, {sizes}, made in {time.perf_counter() - started:.1f} s")
        print(
            f"{arguments.latency} ms latency, {arguments.mbit:g} Mbit/s per connection, Chromium, PDF.js already loaded"
        )
        results = measure({"original": original, "view copy": view}, arguments)
    print(f"\n{'page 1 painted':14} {'':20} {'ms':>8} {'requests':>9} {'KB':>9}")
    for name, modes in results.items():
        for mode, result in modes.items():
            print(f"{name:14} {mode:20} {result['ms']:8,.0f} {result['requests']:9,} {result['bytes'] / 1024:9,.0f}")
            assert result["pages"] == arguments.pages
    for mode, original_result in results["original"].items():
        factor = original_result["ms"] / results["view copy"][mode]["ms"]
        print(f"{mode}: the view copy is {factor:.0f} times faster")


def measure(paths: dict[str, Path], arguments: Any) -> dict[str, dict[str, dict[str, float]]]:
    job = {
        "chromium": chromium(),
        "latencyMs": arguments.latency,
        "bytesPerS": arguments.mbit * 1_000_000 / 8,
        "rounds": arguments.rounds,
        "files": {name: str(path) for name, path in paths.items()},
    }
    command = ["node", str(PDFJS_FOLDER / "measure.mjs"), json.dumps(job)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert process.returncode == 0, process.stderr[-2_000:]
    results: dict[str, dict[str, dict[str, float]]] = json.loads(process.stdout)
    return results


if __name__ == "__main__":
    main()
