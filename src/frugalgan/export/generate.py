"""Images and films of a trained generator."""

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from frugalgan.data.images import enlarged_grid, write_png
from frugalgan.device import choose_device
from frugalgan.files import check_target, replaced
from frugalgan.networks import Network
from frugalgan.networks.sampling import images_of, latents, truncating
from frugalgan.networks.store import NETWORKS, load_generator

SHOWN, COLUMNS = 40, 8  # images of the grid
STOPS, FRAMES, RATE = 6, 30, 30  # of a film: z that it passes, frames between two of them, frames a second
SIDE = 256  # px of a film, at least


class GenerateError(ValueError):
    """Images cannot be drawn; the message says why and what to do."""


def weights_in(folder: Path) -> Path:
    """The weights below a folder: that of `frugalgan train`, a model's of the pipeline, or of one seed."""
    places = [folder, folder / "weights", *sorted((folder / "weights").glob("[0-9]*")), *sorted(folder.glob("[0-9]*"))]
    for place in places:
        if (place / NETWORKS).is_file():
            return place
    of_project = folder.resolve().parent.name == "models"
    cure = "`dvc repro` trains it, `dvc pull` brings it" if of_project else "`frugalgan train` makes one"
    raise GenerateError(f"{folder}: no trained model in it: {cure}")


def load(folder: Path, label: int | None, device: str = "auto") -> tuple[Network, Tensor | None]:
    """The generator, on the GPU where there is one, and the label as a tensor. Raises GenerateError."""
    G = load_generator(weights_in(folder)).to(choose_device(device))
    if label is None:
        return G, None
    if not 0 <= label < G.classes:
        said = f"0 to {G.classes - 1}" if G.classes else "none: it knows no labels"
        raise GenerateError(f"--label {label}: the model has {said}")
    return G, torch.tensor([label])


def write_images(
    G: Network, out: Path, *, n: int, seed: int, label: Tensor | None = None, truncation: float | None = None
) -> None:
    """PNG files image_00000.png … of z from `seed`, and grid.png, into the new or empty folder `out`."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise GenerateError(f"{out}: holds other things: name a new or an empty folder")
    check_target(out, folder=True)
    drawn = _drawn(G, latents(n, G.latent_size, seed), label, seed, truncation)
    pixels = drawn.numpy()
    with replaced(out) as folder:
        folder.mkdir()
        for number, image in enumerate(pixels):
            write_png(folder / f"image_{number:05d}.png", _picture(image))
        write_png(folder / "grid.png", enlarged_grid(pixels[:SHOWN], columns=COLUMNS))


def _drawn(G: Network, z: Tensor, label: Tensor | None, seed: int, truncation: float | None) -> Tensor:
    """Images of z, of one label or of each in turn, with less variety where a truncation is given."""
    labels = None if label is None else label.expand(len(z))
    if truncation is not None:
        z = truncating(G, truncation, seed)(z)
    return images_of(G, z, labels)


def check_film(file: Path) -> None:
    """Raise GenerateError or IsADirectoryError where no film can be written to `file`, before anything is drawn."""
    if file.suffix.lower() not in (".mp4", ".gif"):
        raise GenerateError(f"{file}: a film is .mp4 or .gif")
    check_target(file, folder=False)


def write_film(
    G: Network, file: Path, *, seed: int, label: Tensor | None = None, truncation: float | None = None
) -> None:
    """A walk through STOPS z and back to the first, .mp4 or .gif: along great circles, where images are as likely.

    Raises what `check_film` does, and OSError where the film could not be written whole.
    """
    check_film(file)
    stops = latents(STOPS, G.latent_size, seed)
    path = torch.cat([between(a, b, FRAMES) for a, b in zip(stops, stops.roll(-1, 0), strict=True)])
    one = torch.zeros(1, dtype=torch.int64) if label is None and G.classes else label
    drawn = _drawn(G, path, one, seed, truncation).numpy()
    times = max(1, math.ceil(SIDE / drawn.shape[-1]))
    small = [_picture(image) for image in drawn]
    frames = [cv2.resize(picture, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC) for picture in small]
    with replaced(file) as temporary:
        if file.suffix.lower() == ".gif":
            pictures = [_indexed(picture, frame) for picture, frame in zip(small, frames, strict=True)]
            pictures[0].save(temporary, save_all=True, append_images=pictures[1:], duration=1000 // RATE, loop=0)
            return
        side = frames[0].shape[0]
        writer = cv2.VideoWriter(str(temporary), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (side, side))
        if not writer.isOpened():
            raise GenerateError(f"{file}: OpenCV cannot write .mp4 here: name a .gif")
        for frame in frames:
            writer.write(np.ascontiguousarray(frame[:, :, ::-1]))
        writer.release()
        if (written := _frames_in(temporary)) != len(frames):  # OpenCV does not tell of a disk that is full
            raise OSError(f"{file}: {written} of {len(frames)} frames could be written: is the disk full?")


def _frames_in(film: Path) -> int:
    """How many frames of an .mp4 can be read."""
    return sum(1 for _ in iter(cv2.VideoCapture(str(film)).grab, False))


def between(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """(steps, k): from a (k,) towards b, which is not among them, at equal angles; lengths change evenly."""
    angle = torch.arccos(torch.clamp(torch.dot(a / a.norm(), b / b.norm()), -1, 1))
    share = torch.arange(steps)[:, None] / steps
    if angle < 1e-4:
        return torch.lerp(a, b, share)
    directions = (torch.sin((1 - share) * angle) * a / a.norm() + torch.sin(share * angle) * b / b.norm()) / angle.sin()
    return directions * torch.lerp(a.norm(), b.norm(), share)


def _indexed(picture: np.ndarray, frame: np.ndarray) -> Image.Image:
    """A frame in 256 colours, which are chosen before it is enlarged: from all its pixels that takes up to 30 times as
    long, and looks no better. Without dithering, which would flicker from frame to frame."""
    small = Image.fromarray(picture).quantize()
    if picture.shape == frame.shape:
        return small
    return Image.fromarray(frame).quantize(palette=small, dither=Image.Dither.NONE)


def _picture(image: np.ndarray) -> np.ndarray:
    """(C, S, S) uint8, C = 1 or 3 → (S, S, 3)."""
    return np.ascontiguousarray(np.broadcast_to(image, (3, *image.shape[1:])).transpose(1, 2, 0))
