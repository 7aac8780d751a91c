"""View copies of pictures: what they keep, and what they leave out."""

from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from chalicelib.inspection import types
from chalicelib.inspection.images import picture
from chalicelib.inspection.previews import view_copy
from tests.support import heif_files, media_files, valid_files
from tests.support.inspections import inspect

pytestmark = pytest.mark.independent

PngImagePlugin.MAX_TEXT_CHUNK = picture.MAX_METADATA_BYTES  # as the inspection sets it in its own process
VALID = valid_files.files()
TYPES_WITH_COPIES = {"image/png", "image/jpeg", "image/webp", "image/gif"}
PICTURES = [name for name, (media_type, _, _) in VALID.items() if media_type in TYPES_WITH_COPIES]


def view(folder: Path, content: bytes, media_type: str) -> Path:
    (folder / "source").write_bytes(content)
    assert view_copy.make_view_copy(folder / "source", folder / "view", types.ACCEPTED_TYPES[media_type]) is None
    return folder / "view"


@pytest.mark.parametrize("name", PICTURES)
def test_the_view_copy_of_a_picture_looks_like_it_and_passes_inspection(name: str, tmp_path: Path) -> None:
    media_type, filename, build = VALID[name]
    copy = view(tmp_path, build(), media_type)
    again = inspect(tmp_path, copy.read_bytes(), media_type, filename)
    assert again.rejection is None
    assert not again.withhold_original
    intact = tmp_path / "intact"  # Pillow alone opens no picture with a wrong checksum, which browsers do
    intact.write_bytes((tmp_path / "source").read_bytes().replace(b"lightxouse", b"lighthouse"))
    with Image.open(intact) as source, Image.open(copy) as shown:
        assert shown.format == source.format
        if name != "GIF of 600 frames":  # of which the first is shown
            assert getattr(shown, "n_frames", 1) == getattr(source, "n_frames", 1)
        if name != "JPEG of a phone":  # which was turned
            assert shown.size == source.size
            ours, theirs = shown.convert("L").resize((8, 8)), source.convert("L").resize((8, 8))
            if source.mode != "I;16":
                assert max(abs(a - b) for a, b in zip(ours.tobytes(), theirs.tobytes(), strict=True)) <= 12


def test_width_and_height_are_those_of_the_upright_picture(tmp_path: Path) -> None:
    held_upright = media_files.saved(media_files.drawn(size=(64, 48)), "JPEG", exif=media_files.exif_with_location())
    filmed_upright = media_files.mp4(
        media_files.track(b"vide", b"avc1", size=(320, 240), matrix=media_files.QUARTER), media_files.SOUND
    )
    photograph = inspect(tmp_path, held_upright, "image/jpeg", "a.jpg")
    film = inspect(tmp_path, filmed_upright, "video/mp4", "a.mp4")
    assert (photograph.width, photograph.height) == (48, 64)
    assert (film.width, film.height) == (240, 320)


@pytest.mark.parametrize("name", [name for name in VALID if name.startswith(("HEIC", "AVIF"))])
def test_a_format_few_browsers_show_gets_a_copy_that_all_browsers_show(name: str, tmp_path: Path) -> None:
    media_type, filename, build = VALID[name]
    content = build()
    report = inspect(tmp_path, content, media_type, filename)
    copy = view(tmp_path, content, report.media_type)
    with Image.open(copy) as shown:
        assert Image.MIME[shown.format or ""] == types.ACCEPTED_TYPES[report.media_type].view_media_type
        assert shown.size == (report.width, report.height)
        assert not shown.getexif()
        assert not shown.info.get("icc_profile")
        middle, corner = (
            shown.convert("RGB").getpixel((shown.width // 2, shown.height // 2)),
            shown.convert("RGB").getpixel((1, 1)),
        )
        assert middle != corner, "the picture is not blank"
    for metadata in (b"Exif", b"telephone"):
        assert metadata not in copy.read_bytes()


def test_the_view_copy_of_a_heic_with_several_pictures_is_its_main_picture(tmp_path: Path) -> None:
    with Image.open(view(tmp_path, heif_files.two_pictures(), "image/heic")) as shown:
        red = shown.convert("RGB").getpixel((1, 1))
    assert isinstance(red, tuple)
    assert abs(red[0] - 200) < 12, "the shade of the second picture"


def test_a_heic_of_tiles_is_assembled(tmp_path: Path) -> None:
    with Image.open(view(tmp_path, heif_files.tiled(), "image/heic")) as shown:
        corners = [
            shown.convert("RGB").getpixel((column * 64 + 2, row * 64 + 2)) for row in range(2) for column in range(3)
        ]
    reds = [pixel[0] for pixel in corners if isinstance(pixel, tuple)]
    assert all(abs(red - 30 * number) < 12 for number, red in enumerate(reds)), reds


def test_an_avif_stays_transparent(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    with Image.open(view(tmp_path, media_files.saved(clear, "AVIF"), "image/avif")) as shown:
        assert shown.convert("RGBA").getchannel("A").getextrema() == (0, 0)


def test_a_transparent_heic_is_shown_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    with Image.open(view(tmp_path, heif_files.heic(clear), "image/heic")) as shown:
        assert shown.getpixel((30, 20)) == (255, 255, 255)


@pytest.mark.parametrize("media_type", ["image/heic", "image/avif"])
def test_boxes_that_no_decoder_reads_are_rejected(media_type: str, tmp_path: Path) -> None:
    brand, codec = (b"heic", b"hvc1") if media_type == "image/heic" else (b"avif", b"av01")
    content = heif_files.heif(brand, codec, compatible=b"mif1" + brand)
    rejection = inspect(tmp_path, content, media_type, f"a.{media_type[6:]}").rejection
    assert rejection is not None
    assert rejection.code == "malformed"


@pytest.mark.parametrize("media_type", ["image/heic", "image/avif"])
def test_a_picture_that_opens_but_cannot_be_decoded_is_rejected_at_its_view_copy(
    media_type: str, tmp_path: Path
) -> None:
    whole = (
        heif_files.heic(media_files.drawn())
        if media_type == "image/heic"
        else media_files.saved(media_files.drawn(), "AVIF")
    )
    at = whole.index(b"mdat") + 4
    content = whole[:at] + b"\x55" * (len(whole) - at)
    assert inspect(tmp_path, content, media_type, f"a.{media_type[6:]}").rejection is None
    (tmp_path / "source").write_bytes(content)
    rejection = view_copy.make_view_copy(tmp_path / "source", tmp_path / "view", types.ACCEPTED_TYPES[media_type])
    assert rejection is not None
    assert rejection.code == "malformed"
    assert not (tmp_path / "view").exists()


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("PNG", "LA"), ("PNG", "P"), ("GIF", "P"), ("AVIF", "RGB")]
)
def test_a_very_large_picture_is_shown_at_half_its_width_and_height(kind: str, mode: str, tmp_path: Path) -> None:
    drawn = media_files.drawn(size=(64, 48)).resize((6_001, 4_201))
    content = media_files.saved(
        drawn.quantize(16) if mode == "P" else drawn.convert("L").convert(mode) if mode != "RGB" else drawn, kind
    )
    media_type = f"image/{kind.lower()}"
    report = inspect(tmp_path, content, media_type, f"a.{kind.lower()}")
    assert [warning.code for warning in report.warnings] == ["shown_smaller"]
    assert (report.width, report.height) == (6_001, 4_201)
    with Image.open(view(tmp_path, content, media_type)) as copy:
        assert copy.size == (3_001, 2_101)
        seen, drawn_there = copy.convert("L").resize((8, 6)), drawn.convert("L").resize((8, 6))
        pairs = zip(seen.tobytes(), drawn_there.tobytes(), strict=True)
        assert max(abs(one - other) for one, other in pairs) < 40


def test_a_webp_whose_decoder_needs_400_mb_is_rejected(tmp_path: Path) -> None:
    small, large = (media_files.saved(Image.new("L", (side, 4_096)), "WEBP", method=0) for side in (4_096, 4_160))
    assert inspect(tmp_path, small, "image/webp", "a.webp").rejection is None
    rejection = inspect(tmp_path, large, "image/webp", "a.webp").rejection
    assert rejection is not None
    assert rejection.code == "too_many_pixels"
    assert "17 megapixels" in rejection.detail


def test_the_view_copy_of_a_photo_is_upright_and_has_no_location(tmp_path: Path) -> None:
    content = media_files.saved(
        media_files.drawn(), "JPEG", exif=media_files.exif_with_location(), comment=b"a secret place"
    )
    copy = view(tmp_path, content, "image/jpeg").read_bytes()
    for metadata in (b"Exif", b"telephone", b"secret"):
        assert metadata in content
        assert metadata not in copy
    with Image.open(tmp_path / "view") as shown:
        assert shown.size == (48, 64)
        assert not shown.getexif()


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("GIF", "image/gif")])
def test_the_view_copy_of_a_picture_has_no_metadata(kind: str, media_type: str, tmp_path: Path) -> None:
    options: dict[str, object] = (
        {"comment": b"a secret place"} if kind == "GIF" else {"exif": media_files.exif_with_location()}
    )
    content = media_files.saved(media_files.drawn(), kind, **options)
    metadata = b"secret" if kind == "GIF" else b"telephone"
    assert metadata in content
    assert metadata not in view(tmp_path, content, media_type).read_bytes()


@pytest.mark.parametrize("name", ["PNG RGB", "JPEG RGB", "WebP animated", "GIF animated"])
def test_bytes_behind_a_picture_are_reported_and_not_in_the_view_copy(name: str, tmp_path: Path) -> None:
    """Phones put films and second pictures there: no reason to reject it, but the original is withheld."""
    media_type, filename, build = VALID[name]
    content = build() + b"something of my own" * 100
    report = inspect(tmp_path, content, media_type, filename)
    assert report.rejection is None
    assert report.withhold_original
    assert [warning.code for warning in report.warnings] == ["extra_bytes_removed"]
    assert b"of my own" not in view(tmp_path, content, media_type).read_bytes()


def test_the_view_copy_of_a_very_large_animation_is_its_first_frame(tmp_path: Path) -> None:
    content = media_files.animation("GIF", frames=60, size=(900, 900))
    with Image.open(view(tmp_path, content, "image/gif")) as shown:
        assert shown.size == (900, 900)
        assert getattr(shown, "n_frames", 1) == 1


def test_a_photo_with_a_gain_map_is_shown_without_it(tmp_path: Path) -> None:
    content = media_files.jpeg_with_gain_map()
    report = inspect(tmp_path, content, "image/jpeg", "a.jpg")
    assert report.rejection is None
    assert [warning.code for warning in report.warnings] == ["extra_bytes_removed"]
    with Image.open(view(tmp_path, content, "image/jpeg")) as shown:
        assert (shown.format, shown.size, getattr(shown, "n_frames", 1)) == ("JPEG", (64, 48), 1)
