"""Tags before and after MPEG frames: ID3, APE and Lyrics3. They are bounded and not parsed further."""

import mmap
import re
import zlib

from chalicelib.formats import id3
from chalicelib.inspection.model import RejectedError

MAX_TAG_BYTES = 16 * 1024 * 1024  # one tag, with its cover; the largest covers have 5 MB
MAX_TAGS = 4  # at each end; some programs write a second one instead of changing the first
MAX_TAG_FRAMES = 2_000  # an audiobook with 500 chapters has 1,000
MAX_INFLATED_BYTES = 16 * 1024 * 1024  # all compressed frames of a tag; 314 KB can hold 300 MB
_PADDING = re.compile(rb"\0*")
_WINDOW_BYTES = 1024 * 1024  # of the end of a recording, in which padding is looked for


def skip_leading_tags(data: mmap.mmap) -> int:
    """Return the offset behind the leading tags. Raises RejectedError for a tag that is too large, or unpacks so."""
    at = 0
    for _ in range(MAX_TAGS):
        if data[at : at + 3] != b"ID3":
            break
        at = _skip_id3(data, at)
    if data[at : at + 3] == b"ID3":
        raise _bad_tag()
    padding = _PADDING.match(data, at)  # behind the tag; some programs forget to count it
    return padding.end() if padding else at


def find_audio_end(data: mmap.mmap, start: int) -> int:
    """Return where the frames end and the trailing tags begin: ID3v1, APE and Lyrics3, in any order."""
    end = len(data)
    for _ in range(MAX_TAGS):
        if end - start >= 128 and data[end - 128 : end - 125] == b"TAG":
            end -= 128
        elif end - start >= 32 and data[end - 32 : end - 24] == b"APETAGEX":
            size = int.from_bytes(data[end - 20 : end - 16], "little")
            header_bytes = 32 if int.from_bytes(data[end - 12 : end - 8], "little") & 0x80000000 else 0
            if size > MAX_TAG_BYTES or size + header_bytes > end - start:
                raise _bad_tag()
            end -= size + header_bytes
        elif end - start >= 15 and data[end - 9 : end] == b"LYRICS200" and data[end - 15 : end - 9].isdigit():
            size = int(data[end - 15 : end - 9])
            if size + 15 > end - start:
                raise _bad_tag()
            end -= size + 15
        else:
            break
    while end > start:
        window_start = max(start, end - _WINDOW_BYTES)
        content_bytes = len(data[window_start:end].rstrip(b"\0"))
        end = window_start + content_bytes
        if content_bytes:
            break
    return end


def _skip_id3(data: mmap.mmap, at: int) -> int:
    header = id3.read_tag_header(data, at)
    if header is None or not header.has_valid_size:
        raise _bad_tag()
    end = at + header.total_bytes
    if header.body_bytes > MAX_TAG_BYTES or end > len(data):
        raise _bad_tag()
    if header.version in (3, 4):
        body = at + id3.HEADER_BYTES
        _check_frames(data, body, body + header.body_bytes, header.version)
    return end


def _check_frames(data: mmap.mmap, at: int, end: int, version: int) -> None:
    count = inflated_bytes = 0
    while at + 10 <= end and data[at : at + 4].isalnum():
        raw_size = data[at + 4 : at + 8]
        size = id3.read_synchsafe(raw_size) if version == 4 else int.from_bytes(raw_size, "big")
        is_compressed = data[at + 9] & (0x08 if version == 4 else 0x80)
        if size > end - at - 10:
            return  # the remainder is not a frame; it is skipped with the tag
        if is_compressed:
            inflated_bytes += _inflated_bytes(data[at + 10 : at + 10 + size])
            if inflated_bytes > MAX_INFLATED_BYTES:
                raise RejectedError(
                    "bomb",
                    f"The recording's tags (title, cover) unpack to more than {MAX_INFLATED_BYTES // 1024**2} MB. "
                    "Remove its tags and upload it again.",
                )
        at += 10 + size
        count += 1
        if count > MAX_TAG_FRAMES:
            raise _bad_tag()


def _inflated_bytes(content: bytes) -> int:
    """Return the size of a compressed frame, unpacked; at most one byte above the limit."""
    largest = 0
    for start in (0, 1, 4, 5, 6):  # behind the decompressed size, group and encryption bytes
        try:
            inflated = zlib.decompressobj().decompress(content[start:], MAX_INFLATED_BYTES + 1)
        except zlib.error:
            continue
        largest = max(largest, len(inflated))
    return largest


def _bad_tag() -> RejectedError:
    return RejectedError(
        "malformed",
        "The recording's tags (title, cover) are damaged, or larger than tags need to be. "
        "Remove its tags and upload it again.",
    )
