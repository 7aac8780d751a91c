"""The view copy of a picture: its pixels, upright and in sRGB, written anew. What else was in the file (place, camera,
comments, thumbnails, bytes behind its end) is gone.
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

MAX_ANIMATED_PIXELS = (
    40_000_000  # of all frames together; they take 4 bytes each while written. Above, a still is shown
)
JPEG_QUALITY = 90  # no difference to be seen, at about the size of what cameras write
WEBP_QUALITY = 90
LARGE_PIXELS = 10_000_000  # above, speed counts for more than the copy's size
STRIP_ROWS = 512  # even; 25 megapixels wide enough are 16 MB


def write_view_copy(source: Path, target: Path) -> None:
    """Write the picture to `target` in its own format. Raises what the decoder raises."""
    with source.open("rb") as file:
        signature = sniff.identify(file.read(sniff.HEAD_BYTES))
    assert signature is not None  # noqa: S101 - it has been examined
    media_type = signature.media_types[0]
    sandbox.step("decoding the picture")
    with picture.open_picture(source, media_type) as original:
        frames = getattr(original, "n_frames", 1)
        animated = frames > 1 and frames * original.width * original.height <= MAX_ANIMATED_PIXELS
        out = io.BytesIO()
        sandbox.step("writing it anew")
        if animated:
            _write_animation(original, media_type, out)
        else:
            original.seek(0)
            write_still(to_upright_srgb(fit_in_memory(original)), media_type, out)
    target.write_bytes(out.getbuffer())


def thumbnail_image(source: Path) -> "Image | None":
    """The picture itself, small enough to be shown as a thumbnail of it."""
    from PIL import Image

    found = Image.open(source, formats=list(picture.PILLOW_FORMATS.values()))
    if found.width * found.height > picture.MAX_PIXELS:
        return None
    found.draft("RGB", (1024, 1024))  # JPEG can be decoded smaller than it is
    return to_upright_srgb(found)


def fit_in_memory(original: "Image") -> "Image":
    """The picture itself, or half its width and height when there are more pixels than the memory is meant for."""
    if not picture.has_downscaled_view(original):
        return original
    whole = original.size
    original.draft(original.mode, (original.width // 2, original.height // 2))
    if original.size != whole:  # JPEG is decoded at that size, and never stands in memory whole
        return original
    half = half_size(original.size, lambda top, bottom: original.crop((0, top, original.width, bottom)))
    half.info = {key: value for key, value in original.info.items() if key in {"exif", "icc_profile"}}
    return half


def half_size(size: tuple[int, int], rows: Callable[[int, int], "Image"]) -> "Image":
    """A picture at half its width and height; `rows(top, bottom)` are called for in strips, so that it never stands in
    memory whole in colours of 4 bytes.
    """
    from PIL import Image

    width, height = size
    half = None
    for top in range(0, height, STRIP_ROWS):
        strip = _plain(rows(top, min(top + STRIP_ROWS, height)))
        if strip.mode in {"1", "P"}:  # between two colours of a palette lies nothing
            strip = strip.convert("L" if strip.mode == "1" else "RGBA" if "transparency" in strip.info else "RGB")
        small = strip.reduce(2)
        if half is None:
            half = Image.new(small.mode, ((width + 1) // 2, (height + 1) // 2))
        half.paste(small, (0, top // 2))
    assert half is not None  # noqa: S101 - no picture is without rows
    return half


def _plain(turned: "Image") -> "Image":
    """The picture in a mode that all four formats can write."""
    if turned.mode.startswith("I"):  # 16 bits of grey
        return turned.point(lambda value: value / 256).convert("L") if turned.mode == "I;16" else turned.convert("L")
    if turned.mode not in {"1", "L", "LA", "RGB", "RGBA", "P", "CMYK"}:
        return turned.convert("RGBA" if "A" in turned.mode or "a" in turned.mode else "RGB")
    return turned


def to_upright_srgb(original: "Image") -> "Image":
    """The pixels alone, turned as the camera was held, in a mode that all four formats can write."""
    from PIL import Image, ImageCms, ImageOps

    profile = original.info.get("icc_profile")
    turned = original
    ImageOps.exif_transpose(turned, in_place=True)  # a copy would be 100 MB more
    turned = _plain(turned)
    if profile and turned.mode in {"RGB", "RGBA", "CMYK"}:
        # A profile that means nothing is left out like any other metadata.
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            converted = ImageCms.profileToProfile(
                turned,
                ImageCms.getOpenProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB" if turned.mode == "CMYK" else turned.mode,
            )
            turned = converted if isinstance(converted, Image.Image) else turned
    return turned.convert("RGB") if turned.mode == "CMYK" else turned


def write_still(pixels: "Image", media_type: str, out: io.BytesIO) -> None:
    pixels.info = {key: value for key, value in pixels.info.items() if key == "transparency"}
    if media_type == "image/jpeg":
        mode = "L" if pixels.mode in {"1", "L"} else "RGB"
        written = pixels if pixels.mode == mode else pixels.convert(mode)  # which copies also where nothing is to do
        written.save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    elif media_type == "image/webp":
        # Large pictures full of detail do not fit the format at high quality.
        quality = WEBP_QUALITY if pixels.width * pixels.height <= LARGE_PIXELS else WEBP_QUALITY - 20
        pixels.save(out, "WEBP", quality=quality, method=2)
    elif media_type == "image/gif":
        pixels.save(out, "GIF")
    else:
        # Twice as fast as the usual 6, 2 % larger; 48 megapixels would take 15 s of the time that there is.
        pixels.save(out, "PNG", compress_level=4 if pixels.width * pixels.height <= LARGE_PIXELS else 1)


def _write_animation(original: "Image", media_type: str, out: io.BytesIO) -> None:
    durations: list[int] = []
    frames = []
    for frame in _frames(original):
        durations.append(int(frame.info.get("duration", 0) or 100))
        plain = frame.convert("RGBA")
        plain.info = {}
        frames.append(plain)
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
    for number in range(getattr(original, "n_frames", 1)):
        original.seek(number)
        yield original
