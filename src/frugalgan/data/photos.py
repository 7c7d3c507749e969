"""Photo files of any common kind → upright 8-bit RGB arrays, or an error that says what is wrong."""

from __future__ import annotations

import io
import os
import struct
import warnings
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# Pillow's own bound against decompression bombs, used for every format: 89 million pixels.
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 2**26
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")
JPEG_START, END_OF_IMAGE, START_OF_SCAN = b"\xff\xd8", b"\xff\xd9", 0xDA
# SOF0 … SOF15 carry the size; DHT, JPG and DAC share the number range and do not.
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
READ_REDUCED = {  # these decode to BGR only
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


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
        return decode_rgb(Path(path).read_bytes(), path)


def decode_rgb(data: bytes, path: str | os.PathLike[str]) -> np.ndarray:
    """As `read_rgb`, from the bytes of the file; `path` only names it in errors."""
    return decode_shrunk(data, path, None)[0]


def decode_shrunk(data: bytes, path: str | os.PathLike[str], size: int | None) -> tuple[np.ndarray, int]:
    """As `decode_rgb`, and by which whole factor the image is smaller than the file's.

    With a `size`, an ordinary JPEG is decoded at 1/2, 1/4 or 1/8 of its size (libjpeg's scaled inverse DCT, a
    proper low-pass), never below twice `size`: for a later `resize`, at up to twice the speed, and with pixels
    that differ from the slow way by 0.3 of 255 in the mean.
    """
    if not data:
        raise ImageError(path, "the file is empty")
    if data.startswith(JPEG_START) and (frame := _jpeg_frame(data)):
        bits, height, width, channels, scan = frame
        _check_size(width, height, path)
        # OpenCV decodes a truncated JPEG silently, with a grey bottom; its end marker is what is missing.
        if data.rfind(END_OF_IMAGE, scan) < 0:
            raise ImageError(path, "truncated JPEG: no end-of-image marker")
        if bits == 8 and channels in (1, 3):
            factor = _shrink_factor(height, width, size)
            return _decode_with_opencv(data, path, factor), factor
    return _decode_with_pillow(data, path), 1


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


def _check_size(width: int, height: int, path: str | os.PathLike[str]) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError(path, f"{width}×{height} pixels are more than the {MAX_PIXELS} allowed")


def _decode_with_opencv(data: bytes, path: str | os.PathLike[str], factor: int) -> np.ndarray:
    """The fast way, for ordinary 8-bit JPEGs; turns the image upright too."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), READ_REDUCED.get(factor, cv2.IMREAD_COLOR_RGB))
    except cv2.error as error:
        raise ImageError(path, f"the JPEG data can't be decoded: {error}") from error
    if image is None:
        raise ImageError(path, "the JPEG data can't be decoded")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if factor in READ_REDUCED else image


def _decode_with_pillow(data: bytes, path: str | os.PathLike[str]) -> np.ndarray:
    """The slow and exact way, for every file that is not an ordinary 8-bit grey or RGB JPEG."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(*image.size, path)
            image.load()
            upright = ImageOps.exif_transpose(image)
            if image.mode == "CMYK" and image.format == "JPEG" and "adobe" not in image.info:
                # Only Adobe stores inks inverted, but Pillow takes every CMYK JPEG for Adobe's.
                upright = Image.eval(upright, lambda ink: 255 - ink)
            return _pillow_to_rgb(upright, path)
    except UnidentifiedImageError as error:
        raise ImageError(path, "not an image of a known kind (" + ", ".join(FORMATS) + ")") from error
    except Image.DecompressionBombError as error:
        raise ImageError(path, f"more pixels than the {MAX_PIXELS} allowed") from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(path, f"can't be decoded: {error}") from error


def _pillow_to_rgb(image: Image.Image, path: str | os.PathLike[str]) -> np.ndarray:
    if image.mode.startswith("I;16"):
        grey = np.round(np.asarray(image, np.float32) / 257).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode in ("I", "F"):
        raise ImageError(path, f"{image.mode}: 32-bit pixels have no agreed range; save it with 8 or 16 bits")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "white"), image))[..., :3].copy()
    return np.asarray(image.convert("RGB")).copy()
