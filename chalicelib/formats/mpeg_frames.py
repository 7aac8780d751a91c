"""Headers of MPEG audio frames, Layer III (ISO/IEC 11172-3, 13818-3)."""

from functools import lru_cache
from typing import NamedTuple

MPEG1 = 3  # the version bits; 2 is MPEG-2, 0 is MPEG-2.5, and 1 is reserved
SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
KBPS_MPEG1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # by index, from 1
KBPS_MPEG2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)


class FrameHeader(NamedTuple):
    """The header of one frame. `length` is in bytes; `side_end` is the offset behind the side information."""

    length: int
    sample_rate: int
    channels: int
    kbps: int
    samples: int
    side_end: int


@lru_cache(maxsize=1_024)  # a file has a handful of different headers and up to 150,000 frames an hour
def parse_header(four_bytes: bytes) -> FrameHeader | None:
    """Parse a frame header; None unless it is Layer III with a known bit rate."""
    if len(four_bytes) < 4 or four_bytes[0] != 0xFF or four_bytes[1] & 0xE6 != 0xE2:
        return None
    version, no_crc = four_bytes[1] >> 3 & 3, four_bytes[1] & 1
    rate_index, kbps_index, padding = four_bytes[2] >> 2 & 3, four_bytes[2] >> 4, four_bytes[2] >> 1 & 1
    if version not in SAMPLE_RATES or rate_index == 3 or kbps_index in (0, 15):
        return None
    is_mpeg1, is_mono = version == MPEG1, four_bytes[3] >> 6 == 3
    kbps = (KBPS_MPEG1 if is_mpeg1 else KBPS_MPEG2)[kbps_index - 1]
    sample_rate = SAMPLE_RATES[version][rate_index]
    samples = samples_per_frame(sample_rate)
    length = samples // 8 * kbps * 1_000 // sample_rate + padding
    crc_bytes = 0 if no_crc else 2
    side_end = 4 + crc_bytes + side_information_bytes(is_mpeg1=is_mpeg1, is_mono=is_mono)
    return FrameHeader(length, sample_rate, 1 if is_mono else 2, kbps, samples, side_end)


def samples_per_frame(sample_rate: int) -> int:
    """Return 1,152 for MPEG-1 (32 kHz and above), 576 for MPEG-2 and 2.5."""
    return 1_152 if sample_rate >= 32_000 else 576


def side_information_bytes(*, is_mpeg1: bool, is_mono: bool) -> int:
    """Return the length of a frame's side information."""
    if is_mpeg1:
        return 17 if is_mono else 32
    return 9 if is_mono else 17
