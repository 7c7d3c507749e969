"""Picture transformations with known results, as domains: what a picture looks like in the new style is then known.

Each takes and gives (S, S, 3) uint8 RGB, and is a function of the picture alone: where it needs random numbers, these
are of a fixed seed.
"""

from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np

NONE = "none"
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)
BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) / 16 + 1 / 32
Style = Callable[[np.ndarray], np.ndarray]


def styled(images: np.ndarray, style: str) -> np.ndarray:
    """(N, C, S, S) uint8, C = 1 or 3, in that style. Raises ValueError for an unknown one."""
    if style == NONE:
        return images
    if style not in STYLES:
        raise ValueError(f"style {style!r}: must be {NONE} or one of {', '.join(STYLES)}")
    return np.stack([_of_planes(STYLES[style], image) for image in images]) if len(images) else images


def in_turn(images: np.ndarray, styles: Sequence[str]) -> np.ndarray:
    """(N, C, S, S) uint8, the first in the first style, the second in the second, and from the first again."""
    found = images.copy()
    for place, style in enumerate(styles):
        found[place :: len(styles)] = styled(images[place :: len(styles)], style)
    return found


def _of_planes(style: Style, image: np.ndarray) -> np.ndarray:
    """(C, S, S) → (C, S, S): a grey image as RGB, and back by luma."""
    found = style(np.ascontiguousarray(np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0)))
    found = cv2.cvtColor(found, cv2.COLOR_RGB2GRAY)[:, :, None] if len(image) == 1 else found
    return np.ascontiguousarray(found.transpose(2, 0, 1))


def _bytes(picture: np.ndarray) -> np.ndarray:
    """Values in 0 … 255, of which there may be one a pixel."""
    picture = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)


def _luma(picture: np.ndarray) -> np.ndarray:
    """(S, S) float32 in 0 … 255."""
    return picture.astype(np.float32) @ LUMA


def _edges(picture: np.ndarray) -> np.ndarray:
    """(S, S) float32 in 0 … 1: how steep the luma is."""
    luma = _luma(picture)
    slope = np.hypot(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    return np.clip(slope / 400, 0, 1)


def _between(share: np.ndarray, dark: tuple[int, int, int], light: tuple[int, int, int]) -> np.ndarray:
    """(S, S) in 0 … 1 → colours from `dark` to `light`."""
    share = share[:, :, None]
    return _bytes((1 - share) * np.array(dark, np.float32) + share * np.array(light, np.float32))


def _by_colour_map(picture: np.ndarray, number: int) -> np.ndarray:
    return cv2.applyColorMap(_bytes(_luma(picture))[:, :, 0], number)[:, :, ::-1].copy()


def _coloured(picture: np.ndarray, factors: tuple[float, float, float]) -> np.ndarray:
    return _bytes(picture * np.array(factors, np.float32))


def _hue(picture: np.ndarray, turn: int) -> np.ndarray:
    """`turn` of 180."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    hsv[:, :, 0] = (hsv[:, :, 0].astype(np.int32) + turn) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def _pencil(picture: np.ndarray) -> np.ndarray:
    """Luma divided by its blur: paper is white, lines stay."""
    luma = _luma(picture)
    return _bytes(255 * (luma + 8) / (cv2.GaussianBlur(luma, (0, 0), len(luma) / 16) + 8) * 0.95)


def _cartoon(picture: np.ndarray) -> np.ndarray:
    flat = cv2.bilateralFilter(cv2.bilateralFilter(picture, 5, 60, 3), 5, 60, 3)
    flat = _posterised(flat, 6).astype(np.float32)
    return _bytes(flat * (1 - 0.9 * (_edges(picture) > 0.35))[:, :, None])


def _posterised(picture: np.ndarray, levels: int) -> np.ndarray:
    step = 255 / (levels - 1)
    return _bytes(np.rint(picture / step) * step)


def _pixels(picture: np.ndarray) -> np.ndarray:
    side = len(picture)
    small = cv2.resize(picture, (side // 4, side // 4), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_NEAREST)


def _dithered(picture: np.ndarray) -> np.ndarray:
    side = len(picture)
    limits = np.tile(BAYER, (-(-side // 4), -(-side // 4)))[:side, :side]
    return _bytes(255.0 * (_luma(picture) / 255 > limits))


def _etched(picture: np.ndarray) -> np.ndarray:
    """Slanted lines, broader where the picture is darker."""
    rows, columns = np.mgrid[: len(picture), : len(picture)]
    wave = 0.5 + 0.5 * np.sin((rows + columns) * np.pi / 2)
    return _between((_luma(picture) / 255 > 0.85 * wave).astype(np.float32), (40, 30, 25), (244, 236, 216))


def _vignette(picture: np.ndarray) -> np.ndarray:
    axis = np.linspace(-1, 1, len(picture), dtype=np.float32)
    distance = axis[:, None] ** 2 + axis[None] ** 2
    return _bytes(picture * np.exp(-1.2 * distance)[:, :, None])


def _old_film(picture: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1895)
    grain = rng.normal(0, 18, picture.shape[:2]).astype(np.float32)
    scratches = (rng.random(len(picture)) < 1 / 16).astype(np.float32) * 70
    return _vignette(_bytes(picture @ SEPIA.T + (grain + scratches[None])[:, :, None]))


def _snow(picture: np.ndarray) -> np.ndarray:
    flakes = np.random.default_rng(24).random(picture.shape[:2]).astype(np.float32) < 0.06
    cold = _coloured(picture, (0.85, 0.95, 1.15)).astype(np.float32)
    return _bytes(np.where(flakes[:, :, None], 250.0, 0.8 * cold + 40))


def _relief(picture: np.ndarray) -> np.ndarray:
    kernel = np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]], np.float32)
    return _bytes(128 + 0.6 * cv2.filter2D(_luma(picture), cv2.CV_32F, kernel))


def _solarised(picture: np.ndarray) -> np.ndarray:
    return np.where(picture > 127, 255 - picture, picture).astype(np.uint8)


def _saturated(picture: np.ndarray) -> np.ndarray:
    luma = _luma(picture)[:, :, None]
    return _bytes(luma + 2.2 * (picture - luma))


def _washed(picture: np.ndarray) -> np.ndarray:
    """Watercolour: flat areas, pale, on paper."""
    return _bytes(80 + 0.7 * cv2.pyrMeanShiftFiltering(picture, 3, 30))


# Name → transformation, from those that change colours alone to those that change shapes.
STYLES: dict[str, Style] = {
    "grey": lambda picture: _bytes(_luma(picture)),
    "sepia": lambda picture: _bytes(picture @ SEPIA.T),
    "negative": lambda picture: 255 - picture,
    "night": partial(_coloured, factors=(0.25, 0.35, 0.7)),
    "warm": partial(_coloured, factors=(1.25, 1.0, 0.7)),
    "cold": partial(_coloured, factors=(0.7, 0.95, 1.3)),
    "green_hue": partial(_hue, turn=60),
    "violet_hue": partial(_hue, turn=120),
    "saturated": _saturated,
    "solarised": _solarised,
    "posterised": partial(_posterised, levels=4),
    "duotone": lambda picture: _between(_luma(picture) / 255, (40, 20, 90), (255, 200, 90)),
    "jet": partial(_by_colour_map, number=cv2.COLORMAP_JET),
    "viridis": partial(_by_colour_map, number=cv2.COLORMAP_VIRIDIS),
    "ocean": partial(_by_colour_map, number=cv2.COLORMAP_OCEAN),
    "hot": partial(_by_colour_map, number=cv2.COLORMAP_HOT),
    "vignette": _vignette,
    "old_film": _old_film,
    "snow": _snow,
    "soft": lambda picture: cv2.GaussianBlur(picture, (0, 0), len(picture) / 24),
    "watercolour": _washed,
    "oil": lambda picture: cv2.medianBlur(picture, 5),
    "cartoon": _cartoon,
    "pencil": _pencil,
    "etching": _etched,
    "dithered": _dithered,
    "pixels": _pixels,
    "relief": _relief,
    "edges": lambda picture: _bytes(255 * _edges(picture)),
    "blueprint": lambda picture: _between(_edges(picture), (20, 50, 140), (235, 240, 255)),
    "chalk": lambda picture: _between(np.sqrt(_edges(picture)), (30, 60, 45), (240, 240, 225)),
}
