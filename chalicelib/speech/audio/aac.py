"""AAC-LC of a recording's MP3 frames: what an M4B file consists of. FFmpeg's decoder and encoder, through PyAV.

A long recording is encoded range by range, each alone, and the packets of all are one stream: ranges begin at a multiple of
GRID_FRAMES, where a frame of MP3 and a packet of AAC begin at the same sample, and each encoder is warmed up with what precedes
its range. So the samples that two packets share are the same in both, and their windows add up at the border, too.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from chalicelib.speech.audio.mp3 import SPEECH_FORMAT

if TYPE_CHECKING:
    import av
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.fifo import AudioFifo

PACKET_SAMPLES = 1_024
FRAME_SAMPLES = 576  # of MP3 at 24 kHz
GRID_FRAMES = 16  # and 9 packets: 9,216 samples
GRID_PACKETS = GRID_FRAMES * FRAME_SAMPLES // PACKET_SAMPLES
PRIMING_SAMPLES = 1_024  # that the first packet adds; a file's edit list leaves them out
BIT_RATE = 64_000  # as the MP3, so that a second compression is not heard
CODER = "fast"  # 250× real time on one processor, three times as fast as the default, and nearer to the original at this rate

# AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): AAC-LC, 24 kHz, mono; the rest says that there is no spectral band replication.
CONFIG = bytes.fromhex("130856e500")
_TIME_BASE = Fraction(1, SPEECH_FORMAT.sample_rate)


def packet_count(frame_count: int) -> int:
    """Return the number of packets of a whole recording: its samples, and those of priming."""
    return -(-frame_count * FRAME_SAMPLES // PACKET_SAMPLES) + 1


def encode(frames: Iterable[bytes], *, skip: int, count: int) -> tuple[array[int], bytes]:
    """Encode MP3 frames and return the sizes and the bytes of `count` packets behind the first `skip`.

    Frames that cannot be decoded are silent: the stream keeps its length.
    """
    import av

    encoder: AudioCodecContext = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SPEECH_FORMAT.sample_rate, "mono", "fltp"
    encoder.bit_rate, encoder.options = BIT_RATE, {"aac_coder": CODER}
    sizes, packets = array("H"), bytearray()
    for number, packet in enumerate(_packets(frames, encoder)):
        if skip <= number < skip + count:
            sizes.append(len(packet))
            packets += packet
    if len(sizes) != count or encoder.extradata != CONFIG:
        raise ValueError(f"{len(sizes)} packets instead of {count}, with the configuration {encoder.extradata!r}")
    return sizes, bytes(packets)


def _packets(frames: Iterable[bytes], encoder: AudioCodecContext) -> Iterator[bytes]:
    import av

    fifo = av.AudioFifo()
    for decoded in _decoded(frames):
        fifo.write(decoded)
        yield from _encoded(fifo, encoder, is_last=False)
    yield from _encoded(fifo, encoder, is_last=True)


def _encoded(fifo: AudioFifo, encoder: AudioCodecContext, *, is_last: bool) -> Iterator[bytes]:
    while (samples := fifo.read(PACKET_SAMPLES, partial=is_last)) is not None:
        yield from map(bytes, encoder.encode(samples))
    if is_last:
        yield from map(bytes, encoder.encode(None))


def _decoded(frames: Iterable[bytes]) -> Iterator[av.AudioFrame]:
    import av

    decoder: AudioCodecContext = av.CodecContext.create("mp3float", "r")  # type: ignore[assignment]
    for frame in frames:
        try:
            decoded = decoder.decode(av.Packet(frame))
        except av.InvalidDataError:  # it refers to bytes of frames that precede the range
            decoded = []
        for samples in decoded or [_silence()]:
            samples.pts, samples.time_base = None, _TIME_BASE  # the encoder counts
            yield samples


def _silence() -> av.AudioFrame:
    import av

    frame = av.AudioFrame(format="fltp", layout="mono", samples=FRAME_SAMPLES)
    frame.sample_rate = SPEECH_FORMAT.sample_rate
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    return frame
