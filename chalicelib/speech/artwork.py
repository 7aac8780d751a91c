"""The artwork of a recording: a square JPEG, as podcast directories require, with the document's cover or the product's sign."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

MEDIA_TYPE = "image/jpeg"
SIDE_PIXELS = 1_400  # the least that Apple's directory takes; 3,000 are the most
QUALITY = 80  # 60 to 300 KB; Apple recommends less than 512 KB

_GROUND = "#0f5c63"  # colours and shapes of the page's icon (web/public/icon.svg), whose side is 64
_SIGN = (
    ("#ffc94d", ((42, 15), (58, 10), (58, 26), (42, 21))),
    ("#ffc94d", ((22, 15), (6, 10), (6, 26), (22, 21))),
    ("#ffffff", ((27, 24), (37, 24), (41, 52), (23, 52))),
    ("#ffc94d", ((26, 14), (38, 14), (38, 22), (26, 22))),
    ("#ffffff", ((24, 10.5), (32, 6), (40, 10.5), (40, 13), (24, 13))),
)
_ICON_SIDE = 64


def render(cover: bytes) -> bytes:
    """Return the artwork: the whole cover, a JPEG of ours, on a ground of its own colour; without one the product's sign."""
    image = _framed(cover) if cover else _sign()
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _framed(cover: bytes) -> Image:
    from PIL import Image, ImageOps

    picture = Image.open(io.BytesIO(cover), formats=["JPEG"]).convert("RGB")
    ground = picture.resize((1, 1)).resize((SIDE_PIXELS, SIDE_PIXELS))  # its average
    fitted = ImageOps.contain(picture, (SIDE_PIXELS, SIDE_PIXELS))
    ground.paste(fitted, ((SIDE_PIXELS - fitted.width) // 2, (SIDE_PIXELS - fitted.height) // 2))
    return ground


def _sign() -> Image:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (SIDE_PIXELS, SIDE_PIXELS), _GROUND)
    draw, scale = ImageDraw.Draw(image), SIDE_PIXELS / _ICON_SIDE
    for colour, points in _SIGN:
        draw.polygon([(x * scale, y * scale) for x, y in points], fill=colour)
    return image
