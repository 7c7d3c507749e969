"""Pictures of a trained autoencoder: its losses, what it makes of images, and where it puts them."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import LogLocator, NullFormatter

from frugalgan.data.arrays import load_array
from frugalgan.data.facts import HELDOUT, HELDOUT_LABELS, IMAGES, LABELS
from frugalgan.data.images import write_png
from frugalgan.evaluation.autoencoders import by_label, encode, manifold, random_decodes, reconstructions
from frugalgan.files import FileError
from frugalgan.networks.parts import ENCODER
from frugalgan.networks.store import load_model, read_networks

COLUMNS, ROWS = 20, 5  # of grids: the columns two of each digit where the decoder is conditional
PAIRS = 3  # of rows, images and their reconstructions
SIDE = 15  # of the manifold, odd: the code (0, 0) is in the middle
ENCODED = 2000  # held-out images at most, whose codes are drawn
PLACES = {"kimg", "seconds"}  # columns of tables of losses that are no losses


def losses(record: Path, file: Path) -> None:
    """history.csv of folder `record` and heldout.csv, where images are held out: a panel per term of the loss,
    logarithmic where all are positive. No file for a model without losses. Raises FileError.
    """
    curves = {"training": _table(record / "history.csv")}
    if (record / "heldout.csv").is_file():
        curves["held out"] = _table(record / "heldout.csv")
    terms = list(dict.fromkeys(name for rows in curves.values() for name in rows if name not in PLACES))
    if not terms:
        return
    figure = Figure(figsize=(5 * len(terms), 3.5), layout="constrained")
    for axis, term in zip(figure.subplots(1, len(terms), squeeze=False)[0], terms, strict=True):
        shown = {label: rows for label, rows in curves.items() if term in rows}
        for label, rows in shown.items():
            axis.plot(rows["kimg"], rows[term], "-" if label == "training" else "o-", markersize=4, label=label)
        if all((rows[term] > 0).all() for rows in shown.values()):
            axis.set_yscale("log")
            # some numbers within a decade, too: often there is no more than one
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_minor_formatter(NullFormatter())
        axis.set_title(term, fontsize=9)
        axis.set_xlabel("thousands of real images seen")
        axis.legend(fontsize=7)
    figure.savefig(file, dpi=150)


def codes_by_label(codes: np.ndarray, labels: np.ndarray, file: Path) -> None:
    """(N, 2) codes in the colours of their (N,) labels; circles are 1 and 2 standard deviations of the normal."""
    figure = Figure(figsize=(6, 5.5), layout="constrained")
    axis = figure.subplots()
    for label in np.unique(labels):
        axis.scatter(*codes[labels == label].T, s=12, color=f"C{label}", label=str(label), linewidths=0)
    for radius in (1, 2):
        axis.add_patch(Circle((0, 0), radius, fill=False, color="grey", alpha=0.5))
    axis.set_aspect("equal", adjustable="datalim")
    axis.set_xlabel("first number of the code")
    axis.set_ylabel("second number of the code")
    axis.legend(fontsize=7, title="label", title_fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(file, dpi=150)


def write_pictures(weights: Path, record: Path, prepared: Path, folder: Path, *, seed: int) -> None:
    """Into `folder`: pictures of the autoencoder in folder `weights`, on held-out images of the folder `prepared` (on
    training images where none are held out) and codes of `seed`; nothing for a model without encoder.

    losses.png (of the tables in folder `record`), reconstructions.png and random.png of each; by_label.png of a
    conditional one; manifold.png and codes.png of one that is not and whose codes are of two numbers. Raises FileError,
    ModelError.
    """
    if ENCODER not in read_networks(weights):
        return
    networks = load_model(weights)
    images, labels = _heldout(prepared)
    columns = min(COLUMNS, len(images))
    shown = PAIRS * columns
    pictures = {
        "reconstructions": reconstructions(networks, images[:shown], labels[:shown], columns=columns),
        "random": random_decodes(networks, n=ROWS * COLUMNS, columns=COLUMNS, seed=seed),
    }
    is_plane = networks.G.latent_size == 2 and not networks.G.classes
    if networks.G.classes:
        pictures["by_label"] = by_label(networks, columns=COLUMNS, seed=seed)
    if is_plane:
        pictures["manifold"] = manifold(networks, side=SIDE)
    for name, picture in pictures.items():
        write_png(folder / f"{name}.png", picture)
    losses(record, folder / "losses.png")
    if is_plane and labels.any():
        codes_by_label(encode(networks, images, labels), labels, folder / "codes.png")


def _heldout(prepared: Path) -> tuple[np.ndarray, np.ndarray]:
    """(N, C, S, S) images, some at most, and their (N,) labels, 0 where they have none."""
    for part, labels_file in ((HELDOUT, HELDOUT_LABELS), (IMAGES, LABELS)):
        if (prepared / part).is_file() and len(images := load_array(prepared / part)[:ENCODED]):
            there = (prepared / labels_file).is_file()
            labels = load_array(prepared / labels_file)[:ENCODED] if there else np.zeros(len(images), np.uint8)
            return images, labels
    raise FileError(f"{prepared / IMAGES}: no images; run `dvc repro`")


def _table(file: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise FileError(f"{file}: not a table of losses ({error}); train the model again") from None
