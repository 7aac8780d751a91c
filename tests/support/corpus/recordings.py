"""Recordings and videos, by ffmpeg where it is installed and by hand, with what taggers and recorders add."""

from __future__ import annotations

import functools
import random
import shutil
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support import media_files
from tests.support.corpus.specimen import Specimen, choose
from tests.support.media_files import box, id3, id3_frame, saved

FFMPEG = shutil.which("ffmpeg")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=330:duration=0.6")
PICTURES = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=8:duration=0.6")
TITLE = ("-metadata", "title=Der Leuchtturm", "-metadata", "artist=Ada Kell", "-metadata", "comment=of /JS and scripts")

Bytes = Callable[[random.Random, bytes], bytes]


@functools.cache
def encoded(suffix: str, *options: str) -> bytes | None:
    """Return what ffmpeg makes of a tone or a test picture; None where it is not installed."""
    if FFMPEG is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"out.{suffix}"
        command = [FFMPEG, "-v", "error", "-nostdin", *options, "-threads", "1", "-fflags", "+bitexact", str(target)]
        done = subprocess.run(command, check=False, capture_output=True)
        return target.read_bytes() if done.returncode == 0 else None


def _base(
    rng: random.Random,
    suffix: str,
    by_ffmpeg: Mapping[str, tuple[str, ...]],
    by_hand: Mapping[str, Callable[[], bytes]],
) -> tuple[str, bytes]:
    """Return a recording and how it was made."""
    name = rng.choice(sorted(by_ffmpeg))
    content = encoded(suffix, *by_ffmpeg[name])
    if content is None or rng.random() < 0.2:
        name = rng.choice(sorted(by_hand))
        content = by_hand[name]()
    return name, content


def _make(
    rng: random.Random,
    base: tuple[str, bytes],
    oddities: Mapping[str, Bytes],
    names: list[tuple[str, str]],
) -> Specimen:
    name, content = base
    chosen = choose(rng, oddities, most=2)
    for oddity in chosen:
        content = oddities[oddity](rng, content)
    media_type, filename = rng.choice(names)
    return Specimen(media_type, filename, content, (name, *chosen))


# ---- MP3, AAC and FLAC ----


def _id3_tag(rng: random.Random) -> bytes:
    cover = saved(media_files.drawn(), rng.choice(["PNG", "JPEG"]))
    frames = rng.sample(
        [
            id3_frame(b"TIT2", b"\0Lighthouse"),
            id3_frame(b"TPE1", b"\1" + "Ada Kell".encode("utf-16")),
            id3_frame(b"APIC", b"\0image/png\0\3\0" + cover),
            id3_frame(b"TXXX", bytes(4) + zlib.compress(bytes(900)), b"\0\x80"),
            id3_frame(b"CHAP", b"c0\0" + bytes(16)),
            id3_frame(b"PRIV", b"owner\0" + bytes(99)),
        ],
        k=rng.randint(0, 4),
    )
    return id3(*frames, padding=rng.choice([0, 10, 2_048]))


def _ape_tag() -> bytes:
    item = struct.pack("<II", 5, 0) + b"Title\0Light"
    footer = struct.pack("<8sIIII8x", b"APETAGEX", 2_000, len(item) + 32, 1, 0)
    return item + footer


_AT_FRONT: Mapping[str, Bytes] = {
    "an ID3 tag in front": lambda rng, content: _id3_tag(rng) + content,
    "two tags in front": lambda rng, content: _id3_tag(rng) + _id3_tag(rng) + content,
}
_AT_END: Mapping[str, Bytes] = {
    "an old tag behind": lambda _, content: content + b"TAG" + bytes(125),
    "an APE tag behind": lambda _, content: content + _ape_tag(),
    "zeros behind": lambda rng, content: content + bytes(rng.randint(1, 9_000)),
}
_IN_MP3: Mapping[str, Bytes] = {
    "a cut frame at the beginning": lambda rng, content: (
        content[rng.randint(1, 60) :] if content[:1] == b"\xff" else content
    ),
    "a cut frame at the end": lambda rng, content: content[: -rng.randint(1, 60)],
}


def mp3(rng: random.Random) -> Specimen:
    base = _base(
        rng,
        "mp3",
        {
            "128 kbit/s": (*SOUND, "-b:a", "128k"),
            "320 kbit/s": (*SOUND, "-ar", "44100", "-b:a", "320k", "-id3v2_version", "3", *TITLE),
            "a variable rate": (*SOUND, "-q:a", "4", *TITLE),
            "MPEG-2": (*SOUND, "-ar", "22050", "-b:a", "32k", "-write_xing", "0"),
            "MPEG-2.5": (*SOUND, "-ar", "8000", "-b:a", "16k"),
        },
        {"16 kHz": media_files.mp3, "44.1 kHz": lambda: media_files.mp3(0.5, 44_100, 128)},
    )
    oddities = {**_IN_MP3, **_AT_FRONT, **_AT_END}
    return _make(rng, base, oddities, [("audio/mpeg", "a.mp3"), ("audio/mp3", "a.mp3"), ("", "A.MP3")])


def aac(rng: random.Random) -> Specimen:
    base = _base(
        rng,
        "aac",
        {
            "48 kHz": (*SOUND, "-ar", "48000"),
            "stereo": (*SOUND, "-ac", "2", "-b:a", "64k"),
            "8 kHz": (*SOUND, "-ar", "8000"),
        },
        {"by hand": media_files.aac},
    )
    return _make(rng, base, _AT_FRONT, [("audio/aac", "a.aac"), ("audio/aacp", "a.aac"), ("audio/x-aac", "a.aac")])


def flac(rng: random.Random) -> Specimen:
    base = _base(
        rng,
        "flac",
        {
            "16 bits": (*SOUND, *TITLE),
            "24 bits": (*SOUND, "-sample_fmt", "s32", "-ar", "96000", "-bits_per_raw_sample", "24"),
            "stereo": (*SOUND, "-ac", "2", "-compression_level", "8"),
        },
        {
            "by hand": media_files.flac,
            "with padding": lambda: media_files.flac(more=b"\x81\0\0\x40" + bytes(64)),
            "with a cover": lambda: media_files.flac(more=media_files.flac_picture(saved(media_files.drawn(), "PNG"))),
        },
    )
    oddities = {**_AT_FRONT, "an old tag behind": _AT_END["an old tag behind"]}
    return _make(rng, base, oddities, [("audio/flac", "a.flac"), ("audio/x-flac", "a.flac"), ("", "a.flac")])


# ---- OGG and WAV ----


def ogg(rng: random.Random) -> Specimen:
    base = _base(
        rng,
        "ogg",
        {
            "Vorbis": (*SOUND, "-c:a", "libvorbis", *TITLE),
            "Opus": (*SOUND, "-c:a", "libopus", "-b:a", "24k", *TITLE),
            "FLAC": (*SOUND, "-c:a", "flac"),
            "Opus of a messenger": (*SOUND, "-c:a", "libopus", "-ac", "1", "-page_duration", "20000"),
        },
        {
            "Vorbis by hand": lambda: media_files.ogg_stream(media_files.VORBIS_HEAD, 44_100),
            "Opus by hand": lambda: media_files.ogg_stream(media_files.OPUS_HEAD, 48_312),
        },
    )
    oddities: Mapping[str, Bytes] = {
        "a second song": lambda _, content: content + media_files.ogg_stream(media_files.VORBIS_HEAD, 9_000, serial=9)
    }
    return _make(
        rng, base, oddities, [("audio/ogg", "a.ogg"), ("audio/ogg", "a.oga"), ("audio/opus", "a.opus"), ("", "a.ogg")]
    )


def _with_chunk(kind: bytes, content: bytes) -> Bytes:
    def add(rng: random.Random, wav: bytes) -> bytes:
        chunk = kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
        at = len(wav) if rng.random() < 0.5 and len(wav) % 2 == 0 else 12
        if at == len(wav) and wav[4:8] in (b"\xff" * 4, bytes(4)):
            at = 12
        whole = wav[:at] + chunk + wav[at:]
        size = wav[4:8] if wav[4:8] == b"\xff" * 4 else struct.pack("<I", len(whole) - 8)
        return whole[:4] + size + whole[8:]

    return add


def wav(rng: random.Random) -> Specimen:
    base = _base(
        rng,
        "wav",
        {
            **{
                codec: (*SOUND, "-c:a", codec)
                for codec in ("pcm_s16le", "pcm_s24le", "pcm_u8", "pcm_f32le", "pcm_mulaw")
            },
            "pcm_alaw": (*SOUND, "-c:a", "pcm_alaw"),
            "adpcm_ima_wav": (*SOUND, "-c:a", "adpcm_ima_wav"),
            "6 channels": (*SOUND, "-ac", "6"),
            "of a broadcaster": (*SOUND, "-write_bext", "1", *TITLE),
        },
        {
            "by hand": media_files.wav,
            "from a pipe": lambda: (
                media_files.riff(b"WAVE", media_files.wav_format(), size=0xFFFFFFFF)
                + b"data\xff\xff\xff\xff"
                + media_files.samples()
            ),
        },
    )
    oddities = {
        "a list of words": _with_chunk(b"LIST", b"INFOINAM\x05\0\0\0light\0"),
        "an odd part": _with_chunk(b"note", b"odd"),
        "markers": _with_chunk(b"cue ", bytes(4)),
        "a tag": _with_chunk(b"id3 ", id3(id3_frame(b"TIT2", b"\0x"))),
        "free space": _with_chunk(b"JUNK", bytes(28)),
    }
    return _make(
        rng, base, oddities, [("audio/wav", "a.wav"), ("audio/x-wav", "a.wav"), ("audio/wave", "a.wave"), ("", "a.wav")]
    )


# ---- MP4, M4A and WebM ----

_BOXES: Mapping[str, Bytes] = {
    "free space behind": lambda _, content: content + box(b"free", bytes(900)),
    "data of a program behind": lambda _, content: content + box(b"uuid", bytes(16), b"<x/>"),
    "a box without content": lambda _, content: content + box(b"skip"),
    "zeros behind": lambda rng, content: content + bytes(rng.randint(1, 9_000)),
}


def m4a(rng: random.Random) -> Specimen:
    base = _base(
        rng,
        "m4a",
        {
            "AAC": (*SOUND, "-c:a", "aac", *TITLE),
            "AAC for the web": (*SOUND, "-c:a", "aac", "-movflags", "+faststart"),
            "Apple Lossless": (*SOUND, "-c:a", "alac", *TITLE),
            "in fragments": (*SOUND, "-c:a", "aac", "-f", "mp4", "-movflags", "+frag_keyframe+empty_moov"),
            "FLAC": (*SOUND, "-c:a", "flac", "-f", "mp4", "-strict", "-2"),
            "AC-3": (*SOUND, "-c:a", "ac3", "-f", "mp4"),
        },
        {
            "by hand": lambda: media_files.mp4(media_files.SOUND, brand=b"M4A "),
            "an audiobook": lambda: media_files.mp4(
                media_files.SOUND,
                media_files.track(b"text", b"text"),
                media_files.track(b"vide", b"jpeg"),
                brand=b"M4B ",
                extra=media_files.itunes_cover(saved(media_files.drawn(), "PNG")),
            ),
        },
    )
    names = [
        ("audio/mp4", "a.m4a"),
        ("audio/x-m4a", "a.m4a"),
        ("audio/x-m4b", "a.m4b"),
        ("", "a.m4b"),
        ("audio/mp4", "a.mp4"),
    ]
    return _make(rng, base, _BOXES, names)


def mp4(rng: random.Random) -> Specimen:
    both = (*PICTURES, *SOUND)
    small = ("-pix_fmt", "yuv420p")
    base = _base(
        rng,
        "mp4",
        {
            "H.264": (*both, "-c:v", "libx264", *small, "-c:a", "aac", *TITLE),
            "H.264 for the web": (*both, "-c:v", "libx264", *small, "-movflags", "+faststart"),
            "H.265": (*PICTURES, "-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1", *small),
            "VP9": (*PICTURES, "-c:v", "libvpx-vp9", "-deadline", "realtime", *small),
            "MPEG-4": (*both, "-c:v", "mpeg4", "-c:a", "libmp3lame"),
            "in fragments": (
                *both,
                "-c:v",
                "libx264",
                *small,
                "-movflags",
                "+frag_keyframe+empty_moov+default_base_moof",
            ),
            "advice for servers": (*both, "-c:v", "libx264", *small, "-movflags", "+rtphint"),
            "a clock": (*PICTURES, "-c:v", "libx264", *small, "-timecode", "01:00:00:00"),
            "sound alone": (*SOUND, "-c:a", "aac"),
        },
        {
            "by hand": lambda: media_files.mp4(media_files.VIDEO, media_files.SOUND),
            "with subtitles": lambda: media_files.mp4(media_files.VIDEO, media_files.track(b"sbtl", b"tx3g")),
        },
    )
    return _make(
        rng, base, _BOXES, [("video/mp4", "a.mp4"), ("video/mp4", "a.m4v"), ("video/x-m4v", "a.m4v"), ("", "A.MP4")]
    )


def webm(rng: random.Random) -> Specimen:
    realtime = ("-deadline", "realtime", "-b:v", "50k")
    base = _base(
        rng,
        "webm",
        {
            "VP8 and Vorbis": (*PICTURES, *SOUND, "-c:v", "libvpx", *realtime, "-c:a", "libvorbis", *TITLE),
            "VP9 and Opus": (*PICTURES, *SOUND, "-c:v", "libvpx-vp9", *realtime, "-c:a", "libopus"),
            "of a voice recorder": (*SOUND, "-c:a", "libopus", "-live", "1"),
            "recorded live": (*PICTURES, "-c:v", "libvpx", *realtime, "-live", "1"),
            "with its index in front": (*PICTURES, "-c:v", "libvpx", *realtime, "-cues_to_front", "1"),
        },
        {
            "by hand": media_files.webm,
            "AV1 by hand": lambda: media_files.webm((b"V_AV1",)),
            "live by hand": lambda: media_files.webm(duration=None, live=True),
        },
    )
    return _make(rng, base, {}, [("video/webm", "a.webm"), ("audio/webm", "a.webm"), ("", "a.webm")])
