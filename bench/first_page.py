"""When is page 1 of a PDF of 1,200 pages to be seen? PDF.js in Chromium, over a line with 50 ms to each answer: the original
next to the view copy that an upload makes of it, in one run.

    python -m bench.first_page [--pages 1200] [--latency 50] [--mbit 20]

It needs Chromium (or CHROMIUM), Node with npm, and what bench/pdfjs/package-lock.json names.
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

HERE = Path(__file__).parent / "pdfjs"
SIDE = 180  # of the grey picture on each page: 32 KB that nothing can make smaller, as in a scanned book
PATIENCE_S = 600
MB = 1024 * 1024


def book(pages: int) -> bytes:
    """As most programs write one: a flat list of pages, each behind the content of the one before it."""
    source = random.Random(7)  # noqa: S311  repeatable, not secret
    first = 10
    kids = b" ".join(b"%d 0 R" % (first + 3 * number) for number in range(pages))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    grey = b"/Type /XObject /Subtype /Image /ColorSpace /DeviceGray /BitsPerComponent 8 /Width %d /Height %d " % (
        SIDE,
        SIDE,
    )
    for number in range(pages):
        page = first + 3 * number
        words = b"BT /F 24 Tf 72 720 Td (Page %d of a long book) Tj ET q 200 0 0 200 72 400 cm /P Do Q" % (number + 1)
        resources = b"/Resources << /Font << /F 3 0 R >> /XObject << /P %d 0 R >> >>" % (page + 2)
        objects[page] = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R %s >>" % (
            page + 1,
            resources,
        )
        objects[page + 1] = sample_files.stream(words)
        objects[page + 2] = sample_files.stream(source.randbytes(SIDE * SIDE), grey, deflate=False)
    return sample_files.pdf(objects)


def missing() -> str | None:
    """Why this cannot be measured here."""
    if chromium() is None:
        return "no Chromium here: apt-get install chromium, or name one in CHROMIUM"
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "no Node with npm here"
    lock, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        command = ["npm", "ci", "--omit=optional", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return f"npm ci failed: {done.stderr[-300:]}"
        installed.touch()
    return None


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.first_page", description=__doc__)
    parser.add_argument("--pages", type=int, default=1_200)
    parser.add_argument("--latency", type=int, default=50, help="ms before each answer")
    parser.add_argument("--mbit", type=float, default=20, help="of each connection")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if reason := missing():
        print(f"skipped: {reason}")
        return
    with tempfile.TemporaryDirectory(prefix="bench-first-page-") as name:
        original, view = Path(name) / "original.pdf", Path(name) / "view.pdf"
        original.write_bytes(book(given.pages))
        begun = time.perf_counter()
        refusal = view_copy.make_view_copy(original, view)
        assert refusal is None, refusal
        sizes = f"{original.stat().st_size / MB:.1f} MB, its view copy {view.stat().st_size / MB:.1f} MB"
        print(f"{given.pages:,} pages, {sizes}, made in {time.perf_counter() - begun:.1f} s")
        print(
            f"{given.latency} ms to each answer, {given.mbit:g} Mbit/s on each connection, Chromium, the library loaded"
        )
        seen = measure({"original": original, "view copy": view}, given)
    print(f"\n{'page 1 painted':14} {'':20} {'ms':>8} {'requests':>9} {'KB':>9}")
    for name, modes in seen.items():
        for mode, at in modes.items():
            print(f"{name:14} {mode:20} {at['ms']:8,.0f} {at['requests']:9,} {at['bytes'] / 1024:9,.0f}")
            assert at["pages"] == given.pages
    for mode in seen["original"]:
        print(
            f"{mode}: the view copy is {seen['original'][mode]['ms'] / seen['view copy'][mode]['ms']:.0f} times faster"
        )


def measure(paths: dict[str, Path], given: Any) -> dict[str, dict[str, dict[str, float]]]:
    job = {
        "chromium": chromium(),
        "latencyMs": given.latency,
        "bytesPerS": given.mbit * 1_000_000 / 8,
        "rounds": given.rounds,
        "files": {name: str(path) for name, path in paths.items()},
    }
    command = ["node", str(HERE / "measure.mjs"), json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    answer: dict[str, dict[str, dict[str, float]]] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    main()
