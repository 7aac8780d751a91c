"""What a release leaves out of FFmpeg, with the package that is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from infra.packaging import shared_objects
from infra.packaging.shared_objects import SharedObject

INSTALLED = Path(str(distribution("av").locate_file("")))
ENCODE = """
import sys
from itertools import repeat
sys.path.insert(0, sys.argv[1])
import av
from chalicelib.speech.audio import aac, mp3
assert av.__file__.startswith(sys.argv[1])
frame = mp3.silence(24).frames
sizes, packets = aac.encode(repeat(frame, 16), skip=0, count=aac.packet_count(16))
print(len(sizes), sum(sizes) == len(packets) > 0)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="its shared objects are not ELF")


def test_ffmpeg_makes_audio_books_without_what_is_under_the_gpl(tmp_path: Path) -> None:
    for name in ("av", "av.libs"):
        shutil.copytree(INSTALLED / name, tmp_path / name)
    deleted = shared_objects.delete(tmp_path / "av.libs", shared_objects.GPL + shared_objects.UNUSED)
    assert {name.partition("-")[0] for name in deleted} >= {*shared_objects.GPL, "libvpx"}
    needed = {name for path in (tmp_path / "av.libs").iterdir() for name in SharedObject(path).needed()}
    assert "libc.so.6" in needed
    assert not [name for name in needed if name.startswith(shared_objects.GPL + shared_objects.UNUSED)]
    # Every import is resolved when an object is loaded, as by a loader that is not lazy.
    environment = {**os.environ, "LD_BIND_NOW": "1", "PYTHONPATH": str(Path.cwd())}
    run = subprocess.run(
        [sys.executable, "-c", ENCODE, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert (run.stdout.split(), run.stderr) == (["10", "True"], "")


def test_a_library_that_is_no_longer_there_fails_the_build(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="libx264"):
        shared_objects.delete(tmp_path, shared_objects.GPL)
