"""Fur: palettes and which markings there are. Cats and dogs draw from the same ones."""

from dataclasses import dataclass

import numpy as np

from frugalgan.data.sources.drawing.canvas import Array, bgr

# Base, dark and light fur of one animal.
PALETTES: dict[str, tuple[str, str, str]] = {
    "black": ("2f2b29", "151211", "57504a"),
    "blue": ("7c8189", "474b54", "b6b9be"),
    "brown": ("8d7253", "2f251c", "d3bd99"),
    "silver": ("aaa9a5", "37363a", "e2e0db"),
    "ginger": ("cd8742", "8a4718", "f3d5a6"),
    "cream": ("e0c7a2", "b08a5c", "f8eedd"),
    "white": ("ebe7df", "c4bcae", "fdfcf9"),
    "chocolate": ("65422d", "2d1a10", "9a7152"),
    "fawn": ("bd9466", "543925", "e6cba9"),
}
WHITE = bgr("f4f1ea")
MARKINGS = (
    "solid",
    "tabby",
    "bicolour",
    "tabby and white",
    "points",
    "tortoiseshell",
    "spots",
    "patch",
    "tan",
)
# How often each of MARKINGS occurs; tan points above the eyes are a dog's.
FREQUENCIES = {
    "cat": (0.2, 0.28, 0.14, 0.12, 0.1, 0.08, 0.03, 0.05, 0.0),
    "dog": (0.24, 0.07, 0.2, 0.03, 0.12, 0.05, 0.07, 0.1, 0.12),
}


@dataclass(frozen=True)
class Coat:
    """Colours ((3,) BGR in [0, 1]) and markings of one animal; `shaggy` is the length of its fur in eye distances."""

    base: Array
    dark: Array
    light: Array
    marking: str
    muzzle: Array
    ears: Array
    shaggy: float


def draw_coat(rng: np.random.Generator, kind: str) -> Coat:
    """A random coat for `kind` (cat or dog)."""
    marking = str(rng.choice(MARKINGS, p=FREQUENCIES[kind]))
    names = list(PALETTES)
    if marking == "points":
        names = ["cream", "fawn", "white", "cream"]
    elif marking == "tan":
        names = ["black", "chocolate", "black"]
    elif marking in ("bicolour", "tabby and white", "patch", "spots"):
        names.remove("white")
    warmth = rng.normal(0, 0.03)
    tint = np.array([1 - warmth, 1, 1 + warmth], np.float32) * np.float32(rng.uniform(0.85, 1.08))
    base, dark, light = (bgr(code) * tint for code in PALETTES[str(rng.choice(names))])
    if marking == "points":
        dark = bgr(str(rng.choice(["3a2a22", "4b4a52", "7a4a2c"])))
    elif marking == "tan":
        light = bgr("b3763c") * tint
    if marking in ("spots", "patch"):
        base, dark = WHITE * np.float32(rng.uniform(0.93, 1)), base
    muzzle = light if rng.random() < 0.65 else base + np.float32(0.35) * (light - base)
    if marking in ("bicolour", "tabby and white"):
        muzzle = WHITE
    elif marking == "points":
        muzzle = dark
    dark_ears = rng.random() < 0.5
    ears = dark if marking in ("points", "patch") or (kind == "dog" and dark_ears) else base
    return Coat(base, dark, light, marking, muzzle, ears, float(rng.uniform(0.03, 0.13)))
