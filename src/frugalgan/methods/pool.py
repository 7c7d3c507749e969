"""The teacher's images, made once and read by every student: a folder of z.npy, images.npy and pool.json."""

from pathlib import Path

import numpy as np
from tqdm import trange

from frugalgan.data.batches import stream_seed
from frugalgan.data.growing_array import GrowingArray
from frugalgan.files import FileError, replaced, write_json
from frugalgan.methods.teachers import PooledTeacher
from frugalgan.networks.sampling import BATCH, images_of, latents
from frugalgan.networks.store import load_generator
from frugalgan.provenance import file_sha256

IMAGES, Z, FACTS = "images.npy", "z.npy", "pool.json"


def write_pool(model: Path, out: Path, *, n: int, seed: int) -> None:
    """n pairs of z, from `seed`, and the image that the generator of folder `model` makes of it.

    Folder `out` appears whole. Raises FileError or ModelError.
    """
    G = load_generator(model)
    side = G.image_size
    facts = {"n": n, "seed": seed, "generator_sha256": file_sha256(model / "generator.safetensors")}
    with replaced(out) as folder:
        folder.mkdir()
        z = latents(n, G.latent_size, stream_seed(seed, "pool"))
        np.save(folder / Z, z.numpy())
        with GrowingArray(folder / IMAGES, (G.channels, side, side)) as pixels:
            for first in trange(0, n, BATCH, desc="teacher's images", unit="batch"):
                for image in images_of(G, z[first : first + BATCH]).numpy():
                    pixels.append(image)
        facts |= {f"{name}_sha256": file_sha256(folder / name) for name in (Z, IMAGES)}
        write_json(folder / FACTS, facts)


def load_pool(folder: Path) -> PooledTeacher:
    """The pool in `folder`, memory-mapped. Raises FileError."""
    try:
        return PooledTeacher(np.load(folder / Z), np.load(folder / IMAGES, mmap_mode="r"))
    except (OSError, ValueError, EOFError) as error:
        raise FileError(f"{folder}: not a pool of z and images: {error}; `dvc repro --force pool` makes it") from None
