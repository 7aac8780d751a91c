"""Names of files in archives."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.platform import bidi, file_names
from chalicelib.platform.aws import storage
from chalicelib.platform.file_names import MAX_BYTES, MAX_CHARACTERS

CYRILLIC = "Свидетельство о внесении записи " * 5 + "2026.pdf"
HOSTILE = [
    CYRILLIC, "漢" * 120, "😀" * 255, "e\u0301" * 120 + ".txt", "CON.txt", "nul.txt", "LPT1.tar.txt", "COM¹.txt", "aux",
    "PRN .txt", "conin$", "con .", "..", "...", " ", "", "a.b.c" * 60, "x" * 300 + ".pdf", "a" + ".x" * 200, "." + "x" * 300,
    ".bashrc", "a\u202etxt.exe", "\u2066\u2069", "a\r\nb\u2028c", "a/../../b", "C:\\Windows\\x", "a\x00b\x85c",
    "\ud800.txt", 'a"b|c?d*e<f>', "name. ", "x.漢漢漢漢漢漢",
]  # fmt: skip
WINDOWS_DEVICE = re.compile(r"^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|$)", re.IGNORECASE)


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("book.pdf", "book.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("a\\b:c*d?.txt", "a_b_c_d_.txt"),
        ("...", "file"),
        ("ünï.pdf", "ünï.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("漢" * 120 + ".mp3", "漢" * 65 + ".mp3"),
        ("CON.txt", "_CON.txt"),
        ("COM¹.txt", "_COM¹.txt"),
        ("LPT1.tar.txt", "_LPT1.tar.txt"),
        ("console.txt", "console.txt"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("a\r\nb.txt", "a__b.txt"),
    ],
)
def test_file_names_are_safe_in_every_file_system(filename: str, name: str) -> None:
    assert file_names.safe(filename) == name


@given(st.text(max_size=400) | st.sampled_from(HOSTILE) | st.sampled_from(HOSTILE).map(lambda name: f"{name}.mp3"))
def test_any_name_becomes_one_that_every_file_system_takes(filename: str) -> None:
    name = file_names.safe(filename)
    assert 0 < len(name) <= MAX_CHARACTERS
    assert len(name.encode()) <= MAX_BYTES
    assert not re.search(r'[\x00-\x1f\x7f/\\:*?"<>|]', name)
    assert name == name.strip(" ").rstrip(".")
    assert not WINDOWS_DEVICE.match(name), name
    assert not set(name) & set(bidi.CONTROLS)
    assert file_names.safe(name) == name


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_an_archive_with_hostile_names_is_unpacked_by_python_and_unzip(tmp_path: Path) -> None:
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for number, filename in enumerate(HOSTILE):
            written.writestr(f"media/{number:036}/{file_names.safe(filename)}", b"content")
    with zipfile.ZipFile(archive) as read:
        assert all(len(name.encode()) <= 255 for name in read.namelist())
        read.extractall(tmp_path / "python")
    completed = subprocess.run(["unzip", "-q", archive, "-d", tmp_path / "unzip"], timeout=60, check=False)
    assert completed.returncode == 0
    for tool in ("python", "unzip"):
        assert sum(1 for path in (tmp_path / tool).rglob("*") if path.is_file()) == len(HOSTILE)


@pytest.mark.parametrize("title", ["漢" * 300, "CON", "a/b: c?", "name. "])
def test_a_download_has_a_name_that_every_file_system_takes(title: str) -> None:
    header = storage.content_disposition(f"{title}.mp3", inline=False)
    name = unquote(header.partition("filename*=UTF-8''")[2])
    assert name == file_names.safe(f"{title}.mp3")
    assert name.endswith(".mp3")
