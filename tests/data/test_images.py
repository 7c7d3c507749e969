"""Facts about reading, resizing and arranging images. The truth about each file kind is Pillow's own picture."""

import io
import os
import struct
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from frugalgan.data.images import ImageError, enlarged_grid, grid, read_rgb, resize, to_uint8, to_unit, write_png
from frugalgan.data.photos import MAX_PIXELS, decode

SMOOTH = cv2.resize(
    np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8), (96, 64), interpolation=cv2.INTER_CUBIC
)
ALPHA = np.linspace(0, 255, 64 * 96).reshape(64, 96).astype(np.uint8)
OVER_WHITE = SMOOTH * (ALPHA[..., None] / 255) + 255 * (1 - ALPHA[..., None] / 255)
GREY = np.repeat(SMOOTH[..., :1], 3, axis=2)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_opencv(suffix: str, image: np.ndarray) -> bytes:
    return cv2.imencode(suffix, image)[1].tobytes()


def with_tag(tiff: bytes, tag: int, *, kind: int | None = None, value: int | None = None) -> bytes:
    """An entry of a little-endian TIFF's directory changed."""
    changed, at = bytearray(tiff), int.from_bytes(tiff[4:8], "little") + 2
    while int.from_bytes(changed[at : at + 2], "little") != tag:
        at += 12
    if kind is not None:
        struct.pack_into("<H", changed, at + 2, kind)
    if value is not None:
        struct.pack_into("<I", changed, at + 8, value)
    return bytes(changed)


def without_adobe_marker(jpeg: bytes) -> bytes:
    start = jpeg.index(b"\xff\xee")
    return jpeg[:start] + jpeg[start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big") :]


def inverted(image: Image.Image) -> Image.Image:
    return Image.eval(image, lambda value: 255 - value)


def difference(a: np.ndarray, b: np.ndarray) -> float:
    assert a.shape == b.shape
    return float(np.abs(a.astype(float) - b).max())


RGB = Image.fromarray(SMOOTH)
CMYK = RGB.convert("CMYK")
DEEP = SMOOTH[..., ::-1].astype(np.uint16) * 257
JPEG = encoded(RGB, "JPEG", quality=95)
PNG = encoded(RGB, "PNG")
TIFF = encoded(RGB, "TIFF")
AVIF = encoded(RGB, "AVIF", quality=100, subsampling="4:4:4")
STRIPS, PHOTOMETRIC = 273, 262  # tags of TIFF: where pixels begin, and what their values mean; 0 of these: 0 is white
KINDS = {
    "rgb.jpg": (encoded(RGB, "JPEG", quality=100, subsampling=0), SMOOTH, 4),
    "progressive.jpg": (encoded(RGB, "JPEG", quality=100, subsampling=0, progressive=True), SMOOTH, 4),
    "grey.jpg": (encoded(Image.fromarray(GREY[..., 0]), "JPEG", quality=100), GREY, 2),
    "cmyk_adobe.jpg": (encoded(CMYK, "JPEG", quality=100), SMOOTH, 4),
    "cmyk_plain.jpg": (without_adobe_marker(encoded(inverted(CMYK), "JPEG", quality=100)), SMOOTH, 4),
    "cmyk.tif": (encoded(CMYK, "TIFF"), SMOOTH, 1),
    "alpha.png": (encoded(Image.fromarray(np.dstack([SMOOTH, ALPHA])), "PNG"), OVER_WHITE, 1),
    "alpha.webp": (encoded(Image.fromarray(np.dstack([SMOOTH, ALPHA])), "WEBP", lossless=True), OVER_WHITE, 1),
    "palette.png": (encoded(RGB.quantize(64), "PNG"), np.asarray(RGB.quantize(64).convert("RGB")), 0),
    "16_bit.png": (with_opencv(".png", DEEP), SMOOTH, 0),
    "16_bit.tif": (with_opencv(".tiff", DEEP), SMOOTH, 0),
    "16_bit_grey.png": (with_opencv(".png", DEEP[..., 2].copy()), GREY, 0),
    "16_bit_grey.tif": (with_opencv(".tiff", DEEP[..., 2].copy()), GREY, 0),
    "white_is_zero.tif": (
        with_tag(encoded(Image.fromarray(255 - GREY[..., 0]), "TIFF"), PHOTOMETRIC, value=0),
        GREY,
        0,
    ),
    "16_bit_white_is_zero.tif": (
        with_tag(encoded(Image.fromarray(65535 - DEEP[..., 2]), "TIFF"), PHOTOMETRIC, value=0),
        GREY,
        0,
    ),
    "16_bit_alpha.png": (with_opencv(".png", np.dstack([DEEP, ALPHA.astype(np.uint16) * 257])), OVER_WHITE, 1),
    "palette.gif": (encoded(RGB.quantize(64), "GIF"), np.asarray(RGB.quantize(64).convert("RGB")), 0),
    "rgb.avif": (AVIF, SMOOTH, 4),
    "rgb.bmp": (encoded(RGB, "BMP"), SMOOTH, 0),
    "jpeg.named.png": (JPEG, np.asarray(Image.open(io.BytesIO(JPEG))), 1),
    "trailing.jpg": (JPEG + b"more" * 99, np.asarray(Image.open(io.BytesIO(JPEG))), 1),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_file_reads_as_the_same_picture(name: str, tmp_path: Path) -> None:
    data, truth, tolerance = KINDS[name]
    (tmp_path / name).write_bytes(data)
    image = read_rgb(tmp_path / name)
    assert image.dtype == np.uint8
    assert difference(image, truth) <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_exif_orientation_turns_the_photo_upright(kind: str, orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(RGB, kind, exif=exif)
    truth = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    (tmp_path / "photo").write_bytes(data)
    assert difference(read_rgb(tmp_path / "photo"), truth) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_pixels_as_stored_are_the_same_whatever_the_orientation(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": {"lossless": True}}.get(kind, {})
    plain = decode(encoded(RGB, kind, **options), "plain").pixels
    turned = encoded(RGB, kind, exif=exif, **options)
    assert np.array_equal(decode(turned, "turned", upright=False).pixels, plain)
    assert np.array_equal(decode(turned, "turned").pixels, plain) == (orientation == 1)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_bits_of_a_camera_are_found_and_scaled_by(bits: int, suffix: str, channels: int) -> None:
    """The truth is the picture of 8 bits that the values stand for."""
    most = 2**bits - 1
    bright = SMOOTH.astype(np.float64)
    bright[0, 0] = 255  # or the picture would be of fewer bits
    values = np.rint(bright / 255 * most).astype(np.uint16)
    stored = {1: values[..., 0], 3: values[..., ::-1], 4: np.dstack([values[..., ::-1], np.full((64, 96), most)])}
    decoded = decode(with_opencv(suffix, np.ascontiguousarray(stored[channels], np.uint16)), "camera")
    truth = np.repeat(bright[..., :1], 3, axis=2) if channels == 1 else bright
    assert decoded.bits == bits
    assert difference(decoded.pixels, truth) <= 1


def test_the_largest_photo_is_what_was_asked_for() -> None:
    for data in (PNG, JPEG, TIFF):
        assert decode(data, "photo", max_pixels=96 * 64).pixels.shape == (64, 96, 3)
        with pytest.raises(ImageError, match=r"photo: 96×64 pixels are .* more than prepare\.max_megapixels = 0\.006"):
            decode(data, "photo", max_pixels=6_000)


def test_a_phones_heic_is_read_or_the_package_that_reads_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pi_heif", reason="an extra: pip install pi-heif")
    data = (Path(__file__).parent / "phone.heic").read_bytes()  # the smooth picture, as libheif writes it
    assert np.abs(decode(data, "phone.heic").pixels.astype(float) - SMOOTH).mean() < 5
    with pytest.raises(ImageError, match=r"phone\.heic: not an image of a known kind \(.*HEIF\)"):
        decode(data[:100], "phone.heic")
    monkeypatch.delitem(Image.OPEN, "HEIF")
    monkeypatch.setitem(sys.modules, "pi_heif", None)  # as where it is not installed
    with pytest.raises(ImageError, match=r"phone\.heic: HEIC needs another package: pip install pi-heif; or save it"):
        decode(data, "phone.heic")


def png_of_size(width: int, height: int) -> bytes:
    chunks = {b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT": zlib.compress(b""), b"IEND": b""}
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg_of_size(width: int, height: int) -> bytes:
    frame = JPEG.index(b"\xff\xc0")
    return JPEG[: frame + 5] + struct.pack(">HH", height, width) + JPEG[frame + 9 :]


BAD = {
    "empty": (b"", "empty"),
    "text": (b"Not found", "not an image"),
    "jpeg_start_only": (b"\xff\xd8", "not an image"),
    "truncated_jpeg": (JPEG[:-2], "truncated"),
    "half_jpeg": (JPEG[: len(JPEG) // 2], "truncated"),
    "zero_filled_jpeg": (JPEG[: len(JPEG) // 2] + bytes(len(JPEG)), "truncated"),
    "half_png": (PNG[: len(PNG) // 2], "truncated"),
    "half_cmyk": (encoded(CMYK, "JPEG")[:-9], "truncated"),
    "half_webp": (encoded(RGB, "WEBP")[:-99], "decoded"),
    "giant_png": (png_of_size(60_000, 60_000), "pixels"),
    "giant_jpeg": (jpeg_of_size(60_000, 60_000), "60000×60000"),
    "large_png": (png_of_size(MAX_PIXELS // 9000 + 1, 9000), "pixels"),
    "float.tif": (with_opencv(".tiff", SMOOTH[..., 0].astype(np.float32)), "32-bit"),
    "strips_at_a_text.tif": (with_tag(TIFF, STRIPS, kind=2), "can't be decoded: 'str' object"),
    "strips_at_a_fraction.tif": (with_tag(TIFF, STRIPS, kind=10), "can't be decoded: 'IFDRational' object"),
    "strips_at_64_bits.tif": (
        with_tag(encoded(Image.new("RGB", (24, 16), "white"), "TIFF"), STRIPS, kind=16),
        "can't be decoded: Python int too large",
    ),
    "no_items.avif": (AVIF.replace(b"iinf", b"none"), "can't be decoded: .*image item"),
}


@pytest.mark.parametrize("name", BAD)
def test_unusable_files_are_errors_with_file_and_reason(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data, reason = BAD[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ImageError, match=reason) as caught:
        read_rgb(tmp_path / name)
    assert name in str(caught.value)
    assert capfd.readouterr().err == ""


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg"):
        read_rgb("nowhere.jpg")


def test_file_names_need_not_be_utf8(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.png")
    write_png(os.fsdecode(path), SMOOTH)
    assert np.array_equal(read_rgb(os.fsdecode(path)), SMOOTH)


SMALL = RGB.resize((24, 16))
GARBLED = {
    "avif": encoded(SMALL, "AVIF", speed=10),
    "bmp": encoded(SMALL, "BMP"),
    "cmyk.jpg": encoded(CMYK, "JPEG"),
    "gif": encoded(SMALL.quantize(64), "GIF"),
    "heic": (Path(__file__).parent / "phone.heic").read_bytes(),
    "jp2": encoded(SMALL, "JPEG2000"),
    "png": PNG,
    "tif": TIFF,
    "16_bit.tif": with_opencv(".tiff", DEEP),
    "webp": encoded(RGB, "WEBP"),
}


@pytest.mark.filterwarnings("ignore")  # Pillow's, on odd but usable files
@pytest.mark.parametrize("kind", GARBLED)
@pytest.mark.parametrize("part", [1.0, 0.1], ids=["everywhere", "at_the_start"])
def test_garbled_files_never_crash(kind: str, part: float) -> None:
    data, rng = GARBLED[kind], np.random.default_rng(0)
    for _ in range(50):
        garbled = bytearray(data)
        for position in rng.integers(0, max(1, int(part * len(data))), 8):
            garbled[position] = rng.integers(256)
        try:
            assert decode(bytes(garbled), "garbled").pixels.ndim == 3
        except ImageError as error:
            assert "garbled" in str(error)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["tif", "16_bit.tif"])
def test_tiffs_with_garbled_tags_never_crash(name: str) -> None:
    data, rng = GARBLED[name], np.random.default_rng(0)
    start = int.from_bytes(data[4:8], "little")
    end = start + 2 + 12 * int.from_bytes(data[start : start + 2], "little")
    for _ in range(300):
        garbled = bytearray(data)
        for position in rng.integers(start, end, 3):
            garbled[position] = rng.integers(20)  # as kinds of values, counts and small offsets are
        try:
            assert decode(bytes(garbled), "garbled").pixels.ndim == 3
        except ImageError as error:
            assert "garbled" in str(error)


def test_a_lack_of_memory_is_not_the_files_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image, "open", full)
    with pytest.raises(MemoryError):
        decode(PNG, "photo")


def test_a_shrunk_jpeg_is_close_to_the_slow_way() -> None:
    large = cv2.resize(SMOOTH, (512, 512), interpolation=cv2.INTER_CUBIC)
    data = encoded(Image.fromarray(large), "JPEG", quality=95)
    full = decode(data, "photo")
    for size, factor in ((128, 2), (64, 4), (32, 8), (200, 1)):
        shrunk = decode(data, "photo", size=size)
        assert (full.factor, shrunk.factor) == (1, factor)
        assert shrunk.pixels.shape == (512 // factor, 512 // factor, 3)
        gap = np.abs(resize(shrunk.pixels, size).astype(float) - resize(full.pixels, size))
        assert gap.mean() < 1
        assert gap.max() < 8


def test_ranges_are_exact_inverses_on_all_values() -> None:
    values = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    unit = to_unit(values)
    assert unit.dtype == torch.float32
    assert (unit.min(), unit.max()) == (-1, 1)
    assert torch.equal(to_uint8(unit), values)
    assert torch.equal(to_uint8(torch.tensor([-9.0, 9.0])), torch.tensor([0, 255], dtype=torch.uint8))


def test_a_fine_checkerboard_shrinks_to_grey() -> None:
    board = np.repeat((np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    for size in (64, 100, 511 // 3):
        assert np.abs(resize(board, size)[1:-1, 1:-1].astype(float) - 127.5).max() < 16  # of 127.5


def test_resize_keeps_mean_and_makes_squares() -> None:
    for shape in ((64, 96), (7, 300), (300, 7), (5, 5), (32, 32)):
        image = cv2.resize(SMOOTH, shape[::-1])
        assert resize(image, 32).shape == (32, 32, 3)
    assert np.array_equal(resize(SMOOTH[:32, :32], 32), SMOOTH[:32, :32])
    assert abs(resize(SMOOTH, 16).mean() - SMOOTH.mean()) < 1


def test_grid_places_images_row_by_row_on_white() -> None:
    images = np.stack([np.full((3, 4, 5), value, np.uint8) for value in (10, 20, 30)])
    canvas = grid(images, columns=2, padding=1)
    assert canvas.shape == (2 * 5 + 1, 2 * 6 + 1, 3)
    assert [canvas[1, 1, 0], canvas[1, 7, 0], canvas[6, 1, 0], canvas[6, 7, 0], canvas[0, 0, 0]] == [
        10,
        20,
        30,
        255,
        255,
    ]
    with pytest.raises(ValueError, match="grid takes"):
        grid(images[:0], columns=2)
    with pytest.raises(ValueError, match="column"):
        grid(images, columns=0)


def test_a_grid_of_grey_images_is_rgb() -> None:
    grey = np.arange(2 * 4, dtype=np.uint8).reshape(2, 1, 2, 2)
    assert np.array_equal(grid(grey, columns=2), grid(np.repeat(grey, 3, axis=1), columns=2))


@pytest.mark.parametrize(("size", "shown"), [(8, 128), (100, 200), (128, 128), (256, 256)])
def test_an_enlarged_grid_shows_images_that_a_person_can_see(size: int, shown: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (1, 3, size, size), np.uint8)
    inside = enlarged_grid(np.concatenate([image, image]), columns=2)[4:-4, 4 : 4 + shown]
    assert inside.shape == (shown, shown, 3)
    step = shown // size
    assert np.array_equal(inside[::step, ::step], image[0].transpose(1, 2, 0))
    assert np.array_equal(inside[step - 1 :: step, step - 1 :: step], image[0].transpose(1, 2, 0))


def test_write_png_keeps_colours_and_refuses_other_arrays(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", SMOOTH)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), SMOOTH)
    with pytest.raises(ValueError, match=r"b\.png"):
        write_png(tmp_path / "b.png", SMOOTH.astype(float))
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
