"""Photo files of any common kind → upright 8-bit RGB arrays, or an error that says what is wrong."""

from __future__ import annotations

import io
import os
import struct
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.Image import Transpose

MAX_PIXELS = 128_000_000  # where nothing else is asked for
Image.MAX_IMAGE_PIXELS = None  # Pillow's own bound: ours is checked for every format, before anything is decoded
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000", "PPM")
HEIF = "HEIF"
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
JPEG_START, END_OF_IMAGE, START_OF_SCAN = b"\xff\xd8", b"\xff\xd9", 0xDA
# SOF0 … SOF15 carry the size; DHT, JPG and DAC share the number range and do not.
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
READ_REDUCED = {  # these decode to BGR only
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
ORIENTATION = 0x0112  # of EXIF and TIFF; what makes a picture so oriented upright:
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
BACK = UPRIGHT | {6: UPRIGHT[8], 8: UPRIGHT[6]}
# Bits that cameras give a pixel's value, where a file has room for 16.
BITS = (8, 10, 12, 14, 16)
BITS_PER_SAMPLE, PHOTOMETRIC, WHITE_IS_ZERO, RGB = 258, 262, 0, 2  # of TIFF


@dataclass(frozen=True)
class Decoded:
    """A photo as (H, W, 3) uint8 RGB."""

    pixels: np.ndarray
    factor: int = 1  # by which whole number it is smaller than the file's
    bits: int = 8  # of a value in the file; 10 to 14 where a file of 16 bits holds no larger value


class ImageError(ValueError):
    """An image file that can't be used; the message names the file and the reason."""

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(path, reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"{os.fspath(self.args[0])}: {self.reason}"


def read_rgb(path: str | os.PathLike[str]) -> np.ndarray:
    """Image file → (H, W, 3) uint8 RGB, upright by its EXIF orientation.

    Grey, palette, CMYK, alpha (over white) and 16-bit files are converted. Raises FileNotFoundError, or
    ImageError for an empty, truncated or foreign file and for more than `MAX_PIXELS` pixels.
    """
    with warnings.catch_warnings(action="ignore"):  # Pillow's, on odd but usable files
        return decode(Path(path).read_bytes(), path).pixels


def decode(
    data: bytes,
    path: str | os.PathLike[str],
    *,
    size: int | None = None,
    upright: bool = True,
    max_pixels: int = MAX_PIXELS,
) -> Decoded:
    """The bytes of a photo's file as an array; `path` only names it in errors. Raises ImageError.

    With a `size`, an ordinary JPEG is decoded at 1/2, 1/4 or 1/8 of its size (libjpeg's scaled inverse DCT, a
    proper low-pass), never below twice `size`: for a later `resize`, at up to twice the speed, and with pixels
    that differ from the slow way by 0.3 of 255 in the mean.

    Without `upright` pixels are as stored, whatever EXIF says of the orientation. Values of 16 bits are divided by the
    smallest of 2⁸ − 1, 2¹⁰ − 1, 2¹² − 1, 2¹⁴ − 1 and 2¹⁶ − 1 that none of the file's exceeds, as 255 stands for 1 in
    8 bits: a camera's 12 bits are then not nearly black.
    """
    if not data:
        raise ImageError(path, "the file is empty")
    if data.startswith(JPEG_START) and (frame := _jpeg_frame(data)):
        bits, height, width, channels, scan = frame
        _check_size(width, height, path, max_pixels)
        # OpenCV decodes a truncated JPEG silently, with a grey bottom; its end marker is what is missing.
        if data.rfind(END_OF_IMAGE, scan) < 0:
            raise ImageError(path, "truncated JPEG: no end-of-image marker")
        if bits == 8 and channels in (1, 3):
            factor = _shrink_factor(height, width, size)
            return Decoded(_decode_with_opencv(data, path, factor, upright), factor)
    return _decode_with_pillow(data, path, upright, max_pixels)


def _shrink_factor(height: int, width: int, size: int | None) -> int:
    """The largest factor that divides the image and its margins around a centred square exactly."""
    for factor in (8, 4, 2):
        if size and min(height, width) >= 2 * factor * size and not (height | width) % (2 * factor):
            return factor
    return 1


def _jpeg_frame(data: bytes) -> tuple[int, ...]:
    """(bits, height, width, channels, offset of the first scan) from a JPEG's header, () if malformed."""
    position, frame = 2, ()
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker == START_OF_SCAN:
            return (*frame, position) if frame else ()
        if marker in FRAME_HEADERS and position + 10 <= len(data):
            frame = struct.unpack_from(">BHHB", data, position + 4)
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return ()


def _check_size(width: int, height: int, path: str | os.PathLike[str], max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageError(
            path,
            f"{width}×{height} pixels are {width * height / 1e6:.0f} megapixels, more than prepare.max_megapixels = "
            f"{max_pixels / 1e6:g} allows; raise it (decoding takes 3 bytes a pixel), or shrink the photo",
        )


def _decode_with_opencv(data: bytes, path: str | os.PathLike[str], factor: int, upright: bool) -> np.ndarray:
    """The fast way, for ordinary 8-bit JPEGs."""
    flags = READ_REDUCED.get(factor, cv2.IMREAD_COLOR_RGB) | (0 if upright else cv2.IMREAD_IGNORE_ORIENTATION)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ImageError(path, f"the JPEG data can't be decoded: {error}") from error
    if image is None:
        raise ImageError(path, "the JPEG data can't be decoded")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if factor in READ_REDUCED else image


def _decode_with_pillow(data: bytes, path: str | os.PathLike[str], upright: bool, max_pixels: int) -> Decoded:
    """The slow and exact way, for every file that is not an ordinary 8-bit grey or RGB JPEG."""
    is_heif = data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS
    if is_heif:
        _learn_heif()
    try:
        with Image.open(io.BytesIO(data), formats=known_formats()) as image:
            _check_size(*image.size, path, max_pixels)
            orientation = image.getexif().get(ORIENTATION, 1)
            image.load()
            # A TIFF has been turned by now; other kinds have not.
            turn = UPRIGHT if image.getexif().get(ORIENTATION, 1) == orientation else BACK
            pixels, bits = _to_rgb(image, data, path)
            if orientation in turn and upright == (turn is UPRIGHT):
                pixels = np.asarray(Image.fromarray(pixels).transpose(turn[orientation]))
            return Decoded(pixels.copy(), bits=bits)
    except UnidentifiedImageError as error:
        if is_heif and HEIF not in known_formats():
            raise ImageError(path, "HEIC needs another package: pip install pi-heif; or save it as JPEG") from error
        raise ImageError(path, "not an image of a known kind (" + ", ".join(known_formats()) + ")") from error
    except (ImageError, MemoryError):
        raise
    except Exception as error:  # of a damaged file: Pillow and its libraries have no class for them all
        raise ImageError(path, f"can't be decoded: {error}") from error


def _learn_heif() -> None:
    """Let Pillow read HEIC, where the extra is installed."""
    with suppress(ImportError):
        import pi_heif

        pi_heif.register_heif_opener()


def known_formats() -> tuple[str, ...]:
    """Pillow's names of the kinds that can be read here."""
    return (*FORMATS, HEIF) if HEIF in Image.OPEN else FORMATS


def _to_rgb(image: Image.Image, data: bytes, path: str | os.PathLike[str]) -> tuple[np.ndarray, int]:
    """(H, W, 3) uint8, and the bits of a value; `image` is `data`, decoded."""
    if image.mode.startswith("I;16"):
        grey, bits = _eight_bits(np.asarray(image))
        if _tags(image).get(PHOTOMETRIC) == WHITE_IS_ZERO:  # which Pillow sees to in 8 bits only
            grey = 255 - grey
        return np.repeat(grey[..., None], 3, axis=2), bits
    if image.mode in ("I", "F"):
        raise ImageError(path, f"{image.mode}: 32-bit pixels have no agreed range; save it with 8 or 16 bits")
    if _has_deep_colours(image, data):
        return _deep_to_rgb(data, path)
    if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
        # Only Adobe stores inks inverted, but Pillow takes every CMYK JPEG for Adobe's.
        image = Image.eval(image, lambda ink: 255 - ink)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("RGB")), 8


def _has_deep_colours(image: Image.Image, data: bytes) -> bool:
    """Whether it is a PNG or TIFF of 16 bits in several channels, of which Pillow keeps the upper eight."""
    if image.format == "PNG":
        return data[24] == 16
    tags = _tags(image)
    return max(tags.get(BITS_PER_SAMPLE, (8,))) > 8 and tags.get(PHOTOMETRIC) == RGB


def _tags(image: Image.Image) -> Mapping[int, Any]:
    """Those of a TIFF; other kinds have none."""
    return getattr(image, "tag_v2", {})


def _deep_to_rgb(data: bytes, path: str | os.PathLike[str]) -> tuple[np.ndarray, int]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint16 or image.ndim != 3:
        raise ImageError(path, "pixels of more than 8 bits that can't be decoded; save it with 8 bits")
    colours, bits = _eight_bits(image[..., 2::-1])
    if image.shape[2] == 4:
        alpha = _eight_bits(image[..., 3])[0][..., None].astype(np.float32) / 255
        colours = np.rint(colours * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return colours, bits


def _eight_bits(values: np.ndarray) -> tuple[np.ndarray, int]:
    """uint16 of any shape → uint8, and by how many bits it was scaled: see `decode`."""
    highest = int(values.max())
    bits = next(bits for bits in BITS if highest < 2**bits)
    return np.rint(values * np.float32(255 / (2**bits - 1))).astype(np.uint8), bits
