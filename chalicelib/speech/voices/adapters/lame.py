"""LAME: encode samples as MP3.

The package is LGPL and an extra: it is never part of the Lambda bundle.
"""

import struct

from chalicelib.speech.audio import mp3

ENCODER_DELAY_MS = 46  # LAME puts 1,105 samples before its first input sample (measured in three decoders at 24 kHz)
QUALITY = 7  # 0 is best and slowest; a synthetic voice at 64 kbit/s sounds no better below

_PCM, _EXTENSIBLE = 1, 0xFFFE


def encode(samples: bytes, sample_rate: int) -> bytes:
    """Encode 16-bit mono samples of any usual rate in the format of speech.

    Raises ImportError without the package.
    """
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(mp3.SPEECH_FORMAT.channels)
    encoder.set_in_sample_rate(sample_rate)
    encoder.set_out_sample_rate(mp3.SPEECH_FORMAT.sample_rate)
    encoder.set_bit_rate(mp3.SPEECH_FORMAT.kbps)
    encoder.set_quality(QUALITY)
    return bytes(encoder.encode(samples) + encoder.flush())


def decode_wav(data: bytes) -> tuple[bytes, int]:
    """Return the samples of a WAV file and their rate.

    A size that a streaming server left open means: until the end. Raises ValueError for anything but 16-bit mono PCM.
    """
    position, wave_format = 12, None
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        start = position + 8
        if name == b"fmt " and size >= 16:
            wave_format = struct.unpack_from("<HHIIHH", data, start)
        elif name == b"data":
            if (
                wave_format is None
                or wave_format[0] not in (_PCM, _EXTENSIBLE)
                or (wave_format[1], wave_format[5]) != (1, 16)
            ):
                raise ValueError("WAV that is not 16-bit mono PCM")
            is_open_ended = size in (0, 0xFFFFFFFF)
            samples = data[start:] if is_open_ended else data[start : start + size]
            if not is_open_ended and len(samples) < size:
                raise ValueError(f"WAV of which {size - len(samples)} bytes are missing")
            return samples[: len(samples) // 2 * 2], wave_format[2]
        position = start + size + size % 2
    raise ValueError("WAV without samples")
