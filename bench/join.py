"""Time to join an hour of segments, compared with ffmpeg's concat: `python -m bench.join`.

Three ways, in turn, on the same files, each from reading the segments to a finished file on disk:

- `finish`: the platform's. Segments are stored as plain frames, and their rows contain the frame counts, so the header is
  written first and the frames are copied unchanged;
- `join`: from files as providers send them, with tags and headers, parsed frame by frame;
- `ffmpeg -f concat -c copy`: from the plain frames, its best case: for files with tags and headers it logs a line per frame.

Checks the result: the duration that a player reads from the header, and whether everything can be decoded without an error.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.timing import measure
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.mp3 import AudioChapter
from tests.fakes.speechify import mp3_of
from tests.support.mp3_join import join_segments

SEGMENT_MS = 72_000  # 1,200 characters
HOUR_MS = 3_600_000
RUNS = 9


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--runs", type=int, default=RUNS)
    runs = arguments.parse_args().runs
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        raise SystemExit("ffmpeg is not installed: apt-get install ffmpeg")
    with tempfile.TemporaryDirectory() as folder:
        _compare(Path(folder), runs)


def _compare(folder: Path, runs: int) -> None:
    files, plain_files, parts = _segments(folder)
    true_ms = mp3.duration_ms(sum(part.frame_count for part in parts))
    runs_by_name: dict[str, tuple[Path, Callable[[], None]]] = {}
    for name, join in {
        "finish": lambda target: _finish(target, plain_files, parts),
        "join": lambda target: _join(target, files),
        "ffmpeg": lambda target: _ffmpeg(target, plain_files, folder / "list.txt"),
    }.items():
        target = folder / f"{name}.mp3"
        runs_by_name[name] = (target, lambda join=join, target=target: join(target))  # type: ignore[misc]
    timings = measure(*(run for _, run in runs_by_name.values()), times=runs, warm=1)
    ffmpeg_ms = timings[-1].p50
    print(
        f"{len(files)} segments, {true_ms / 1_000:.3f} s, {sum(f.stat().st_size for f in files) / 1e6:.1f} MB; ms as p50 / p99"
    )
    print(f"{'':8} {'ms':>20} {'of ffmpeg':>10} {'length off by':>14} {'decoding':>10}")
    for (name, (target, _)), timing in zip(runs_by_name.items(), timings, strict=True):
        error_ms = _reported_ms(target) - true_ms
        print(
            f"{name:8} {timing!s:>20} {timing.p50 / ffmpeg_ms:>9.2f}× {error_ms:>11.0f} ms {_decoding_errors(target):>10}"
        )


def _segments(folder: Path) -> tuple[list[Path], list[Path], list[mp3.Mp3Part]]:
    """Return segments as sent by a provider, as plain frames, and as rows."""
    files, plain_files, parts = [], [], []
    for number in range(HOUR_MS // SEGMENT_MS):
        content = mp3_of(SEGMENT_MS + 24 * number)  # each has another length
        audio = mp3.parse(content)
        files.append(folder / f"{number}.mp3")
        plain_files.append(folder / f"{number}-clean.mp3")
        files[-1].write_bytes(content)
        plain_files[-1].write_bytes(audio.frames)
        parts.append(audio.part)
    return files, plain_files, parts


def _finish(target: Path, plain_files: Sequence[Path], parts: Sequence[mp3.Mp3Part]) -> None:
    total = sum(part.frame_count for part in parts)
    head = mp3.header(
        frame_count=total,
        audio_bytes=sum(part.byte_count for part in parts),
        title="An hour",
        chapters=[AudioChapter("The first half", 0, mp3.duration_ms(total) // 2)],
        language="en",
        parts=parts,
    )
    with target.open("wb") as out:
        out.write(head)
        for path in plain_files:
            out.write(path.read_bytes())


def _join(target: Path, files: Sequence[Path]) -> None:
    target.write_bytes(join_segments((path.read_bytes() for path in files), title="An hour"))


def _ffmpeg(target: Path, files: Sequence[Path], listing: Path) -> None:
    listing.write_text("".join(f"file '{path}'\n" for path in files))
    command = ["ffmpeg", "-v", "fatal", "-nostdin", "-y", "-f", "concat", "-safe", "0", "-i", str(listing)]
    subprocess.run([*command, "-c", "copy", "-metadata", "title=An hour", str(target)], check=True, timeout=300)


def _reported_ms(path: Path) -> float:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", str(path)]
    completed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return 1_000 * float(json.loads(completed.stdout)["format"]["duration"])


def _decoding_errors(path: Path) -> str:
    command = ["ffmpeg", "-v", "warning", "-nostdin", "-i", str(path), "-f", "null", "-"]
    completed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    return f"{len(completed.stderr.splitlines())} errors" if completed.stderr else "clean"


if __name__ == "__main__":
    main()
