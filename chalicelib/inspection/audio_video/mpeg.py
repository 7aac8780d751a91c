"""What stands in front of and behind MPEG frames: ID3 and APE tags. They are bounded here and never parsed further."""

import mmap
import zlib

from chalicelib.inspection.model import RejectedError

MAX_TAG_BYTES = 16 * 1024 * 1024  # one tag, with its cover; the largest covers have 5 MB
MAX_TAGS = 4  # in front; some programs write a second one instead of changing the first
MAX_TAG_FRAMES = 2_000  # an audiobook with 500 chapters has 1,000
MAX_INFLATED_BYTES = 16 * 1024 * 1024  # one compressed entry of a tag; 314 KB can hold 300 MB


def skip_leading_tags(data: mmap.mmap) -> int:
    """Where the first tags end. Raises RefusedError for a tag that is too large or unpacks to too much."""
    at = 0
    for _ in range(MAX_TAGS):
        if data[at : at + 3] != b"ID3":
            break
        at = _skip_id3(data, at)
    if data[at : at + 3] == b"ID3":
        raise _bad_tag()
    while at < len(data) and data[at] == 0:  # padding behind the tag, which some programs forget to count
        at += 1
    return at


def find_audio_end(data: mmap.mmap, start: int) -> int:
    """Where the frames end and the tags behind them begin: ID3v1, APE and Lyrics3, in any order."""
    end = len(data)
    for _ in range(MAX_TAGS):
        if end - start >= 128 and data[end - 128 : end - 125] == b"TAG":
            end -= 128
        elif end - start >= 32 and data[end - 32 : end - 24] == b"APETAGEX":
            size = int.from_bytes(data[end - 20 : end - 16], "little")
            head = 32 if int.from_bytes(data[end - 12 : end - 8], "little") & 0x80000000 else 0
            if size > MAX_TAG_BYTES or size + head > end - start:
                raise _bad_tag()
            end -= size + head
        elif end - start >= 15 and data[end - 9 : end] == b"LYRICS200" and data[end - 15 : end - 9].isdigit():
            size = int(data[end - 15 : end - 9])
            if size + 15 > end - start:
                raise _bad_tag()
            end -= size + 15
        else:
            break
    while end > start and data[end - 1] == 0:
        end -= 1
    return end


def _skip_id3(data: mmap.mmap, at: int) -> int:
    header = data[at : at + 10]
    if len(header) < 10 or any(byte & 0x80 for byte in header[6:10]):
        raise _bad_tag()
    version, flags = header[3], header[5]
    size = _synchsafe(header[6:10])
    end = at + 10 + size + (10 if flags & 0x10 else 0)
    if size > MAX_TAG_BYTES or end > len(data):
        raise _bad_tag()
    if version in (3, 4):
        _check_frames(data, at + 10, at + 10 + size, version)
    return end


def _check_frames(data: mmap.mmap, at: int, end: int, version: int) -> None:
    count = 0
    while at + 10 <= end and data[at : at + 4].isalnum():
        raw = data[at + 4 : at + 8]
        size = _synchsafe(raw) if version == 4 else int.from_bytes(raw, "big")
        packed = data[at + 9] & (0x08 if version == 4 else 0x80)
        if size > end - at - 10:
            return  # what follows is nobody's; it is skipped with the tag
        if packed:
            _check_inflated(data[at + 10 : at + 10 + size])
        at += 10 + size
        count += 1
        if count > MAX_TAG_FRAMES:
            raise _bad_tag()


def _check_inflated(content: bytes) -> None:
    for start in (0, 1, 4, 5, 6):  # behind the decompressed size, group and encryption bytes
        try:
            if len(zlib.decompressobj().decompress(content[start:], MAX_INFLATED_BYTES + 1)) > MAX_INFLATED_BYTES:
                raise RejectedError(
                    "bomb", "The recording's tag unpacks to far more than a tag needs. Remove its tags."
                )
        except zlib.error:
            continue


def _synchsafe(raw: bytes) -> int:
    value = 0
    for byte in raw:
        value = value << 7 | byte & 0x7F
    return value


def _bad_tag() -> RejectedError:
    return RejectedError(
        "malformed",
        "The recording's tags (title, cover) are damaged, or larger than tags need to be. "
        "Remove its tags and upload it again.",
    )
