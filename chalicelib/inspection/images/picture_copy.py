"""The view copy of a picture: its pixels, upright and in sRGB, encoded again.

Everything else in the file is left out: location, camera, comments, thumbnails, bytes behind its end.
"""

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.inspection import sniff
from chalicelib.inspection.images import picture
from chalicelib.platform import sandbox

if TYPE_CHECKING:
    from PIL.Image import Image

# of all frames together, which take 4 bytes each while they are encoded; above it, the first frame is shown alone
MAX_ANIMATED_PIXELS = 40_000_000
MAX_ANIMATED_FRAMES = 500  # each takes 3 ms to encode, however small it is
JPEG_QUALITY = 90  # no visible difference, at about the size that cameras write
WEBP_QUALITY = 90
LARGE_PIXELS = 10_000_000  # above it, speed counts for more than the copy's size
STRIP_ROWS = 512  # even; 25 megapixels wide enough are 16 MB


def write_view_copy(source: Path, target: Path) -> None:
    """Write the picture to `target` in its own format. Raises what the decoder raises."""
    with source.open("rb") as file:
        signature = sniff.identify(file.read(sniff.HEAD_BYTES))
    assert signature is not None  # noqa: S101 - it has been examined
    media_type = signature.media_types[0]
    sandbox.step("decoding the picture")
    with source.open("rb") as file, picture.open_picture(file, media_type) as original:
        frame_count = getattr(original, "n_frames", 1)
        pixels = frame_count * original.width * original.height
        is_animated = 1 < frame_count <= MAX_ANIMATED_FRAMES and pixels <= MAX_ANIMATED_PIXELS
        out = io.BytesIO()
        sandbox.step("encoding the copy")
        if is_animated:
            _write_animation(original, media_type, out)
        else:
            original.seek(0)
            write_still(to_upright_srgb(fit_in_memory(original)), media_type, out)
    target.write_bytes(out.getbuffer())


def thumbnail_image(source: Path) -> "Image | None":
    """Open the picture itself, decoded at a smaller size where the format allows."""
    from PIL import Image

    with source.open("rb") as file:
        original = Image.open(file, formats=list(picture.PILLOW_FORMATS.values()))
        if original.width * original.height > picture.MAX_PIXELS:
            return None
        original.draft("RGB", (1024, 1024))  # a JPEG can be decoded at a smaller size
        return to_upright_srgb(original)


def fit_in_memory(original: "Image") -> "Image":
    """Return the picture, at half its width and height when it has more than `picture.MAX_VIEW_PIXELS`."""
    if not picture.has_downscaled_view(original):
        return original
    full_size = original.size
    original.draft(original.mode, (original.width // 2, original.height // 2))
    if original.size != full_size:  # a JPEG is decoded at that size, and is never in memory whole
        return original
    half = half_size(original.size, lambda top, bottom: original.crop((0, top, original.width, bottom)))
    half.info = {key: value for key, value in original.info.items() if key in {"exif", "icc_profile"}}
    return half


def half_size(size: tuple[int, int], rows: Callable[[int, int], "Image"]) -> "Image":
    """Return a picture at half its width and height.

    `rows(top, bottom)` is called strip by strip, so that the picture is never in memory whole at 4 bytes a pixel.
    """
    from PIL import Image

    width, height = size
    half = None
    for top in range(0, height, STRIP_ROWS):
        strip = _to_writable_mode(rows(top, min(top + STRIP_ROWS, height)))
        if strip.mode in {"1", "P"}:  # the mean of two palette colours is not in the palette
            strip = strip.convert("L" if strip.mode == "1" else "RGBA" if "transparency" in strip.info else "RGB")
        small = strip.reduce(2)
        if half is None:
            half = Image.new(small.mode, ((width + 1) // 2, (height + 1) // 2))
        half.paste(small, (0, top // 2))
    assert half is not None  # noqa: S101 - every picture has rows
    return half


def _to_writable_mode(pixels: "Image") -> "Image":
    """Return the picture in a mode that all four formats can write."""
    if pixels.mode.startswith("I"):  # 16 bits of grey
        return pixels.point(lambda value: value / 256).convert("L") if pixels.mode == "I;16" else pixels.convert("L")
    if pixels.mode not in {"1", "L", "LA", "RGB", "RGBA", "P", "CMYK"}:
        return pixels.convert("RGBA" if "A" in pixels.mode or "a" in pixels.mode else "RGB")
    return pixels


def to_upright_srgb(original: "Image") -> "Image":
    """Return the pixels alone: upright, in sRGB, in a mode that all four formats can write."""
    from PIL import Image, ImageCms, ImageOps

    profile = original.info.get("icc_profile")
    picture.read_orientation(original)  # damaged EXIF data is forgotten
    ImageOps.exif_transpose(original, in_place=True)  # a copy would be 100 MB more
    pixels = _to_writable_mode(original)
    if profile and pixels.mode in {"RGB", "RGBA", "CMYK"}:
        # An invalid profile is left out like any other metadata.
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            converted = ImageCms.profileToProfile(
                pixels,
                ImageCms.getOpenProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB" if pixels.mode == "CMYK" else pixels.mode,
            )
            pixels = converted if isinstance(converted, Image.Image) else pixels
    return pixels.convert("RGB") if pixels.mode == "CMYK" else pixels


def write_still(pixels: "Image", media_type: str, out: io.BytesIO) -> None:
    """Encode one picture, without metadata."""
    pixels.info = {key: value for key, value in pixels.info.items() if key == "transparency"}
    if media_type == "image/jpeg":
        mode = "L" if pixels.mode in {"1", "L"} else "RGB"
        converted = pixels if pixels.mode == mode else pixels.convert(mode)  # convert copies even without a change
        converted.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    elif media_type == "image/webp":
        # Large pictures full of detail do not fit the format at high quality.
        quality = WEBP_QUALITY if pixels.width * pixels.height <= LARGE_PIXELS else WEBP_QUALITY - 20
        pixels.save(out, "WEBP", quality=quality, method=2)
    elif media_type == "image/gif":
        pixels.save(out, "GIF")
    else:
        # Twice as fast as the default of 6, and 2 % larger; at 6, 48 megapixels would take 15 s.
        pixels.save(out, "PNG", compress_level=4 if pixels.width * pixels.height <= LARGE_PIXELS else 1)


def _write_animation(original: "Image", media_type: str, out: io.BytesIO) -> None:
    durations: list[int] = []
    frames = []
    for frame in _frames(original):
        durations.append(int(frame.info.get("duration", 0) or 100))
        pixels = frame.convert("RGBA")
        pixels.info = {}
        frames.append(pixels)
    loop = int(original.info.get("loop", 0) or 0)
    options = {"quality": WEBP_QUALITY, "method": 0} if media_type == "image/webp" else {"disposal": 2}
    frames[0].save(
        out,
        picture.PILLOW_FORMATS[media_type],
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=loop,
        **options,
    )


def _frames(original: "Image") -> Iterator["Image"]:
    for index in range(getattr(original, "n_frames", 1)):
        original.seek(index)
        yield original
