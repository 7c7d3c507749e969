"""Drawn pictures in place of photographs: no download, any number, the same for the same seed."""

import multiprocessing
import os
import signal
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from frugalgan.sources import AFHQ, CAT_DATASET, new_raw_folder
from frugalgan.sources.drawing.photos import draw_face, draw_scene

FACE_SIZE = 512  # pixels, as AFHQ
_JPEG_QUALITY = 92
# Part of each picture's random stream, so they must never change.
_STREAMS = {"scene": 0, "cat": 1, "dog": 2, "train": 0, "val": 1}
_BATCH = 8  # pictures per message to a worker
_NOTE = """These pictures are drawn, not photographs: rendered by frugalgan (data.source: drawn) from seed {seed}.
cat-dataset/   {scenes} scenes, each with a cat and its nine key points
animal-faces/  faces, {size} x {size} pixels; cats: {cats} train, {val_cats} val; dogs: {dogs} train, {val_dogs} val
"""


@dataclass(frozen=True)
class Picture:
    """One picture to draw: `kind` is scene, cat or dog; `index` counts within kind and split; `path` below raw."""

    kind: str
    split: str
    index: int
    path: Path


def fetch(raw: Path, *, seed: int, scenes: int, cats: int, dogs: int, workers: int | None = None) -> None:
    """Draws `scenes` photos of cats with key points and `cats` and `dogs` faces (train split) into `raw`.

    The val split gets one tenth more, rounded up. A picture depends on seed, kind, split and index alone: not on the
    number of workers, nor on the other counts.

    Args:
        raw: folder to make; must not exist, or be empty.
        seed: any integer ≥ 0.
        workers: processes; None is one per available core.

    Raises:
        ValueError: a negative number, or nothing to draw.
        FileExistsError: `raw` holds something.
    """
    numbers = {"seed": seed, "scenes": scenes, "cats": cats, "dogs": dogs}
    for name, number in numbers.items():
        if number < 0:
            raise ValueError(f"drawn pictures: {name} is {number}; it must be 0 or more")
    pictures = plan(scenes=scenes, cats=cats, dogs=dogs)
    if not pictures:
        raise ValueError("drawn pictures: scenes, cats and dogs are all 0; set at least one of them above 0")
    with new_raw_folder(raw) as folder:
        for parent in {picture.path.parent for picture in pictures}:
            (folder / parent).mkdir(parents=True)
        note = _NOTE.format(**numbers, val_cats=_tenth(cats), val_dogs=_tenth(dogs), size=FACE_SIZE)
        (folder / "README.txt").write_text(note, encoding="utf-8")
        _draw_all(pictures, folder, seed, workers or _cores())


def plan(*, scenes: int, cats: int, dogs: int) -> list[Picture]:
    """Every picture to draw, with its place in the upstream layouts."""
    folder = CAT_DATASET / "CAT_00"
    pictures = [Picture("scene", "train", i, folder / f"{i + 1:08d}_000.jpg") for i in range(scenes)]
    for kind, count in (("cat", cats), ("dog", dogs)):
        for split, number in (("train", count), ("val", _tenth(count))):
            folder = AFHQ / split / kind
            pictures += [Picture(kind, split, i, folder / f"drawn_{kind}_{i + 1:06d}.jpg") for i in range(number)]
    return pictures


def draw(picture: Picture, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
    """The picture, (H, W, 3) uint8 BGR, and for scenes its nine key points (9, 2) in pixels."""
    rng = np.random.default_rng([seed, _STREAMS[picture.kind], _STREAMS[picture.split], picture.index])
    if picture.kind == "scene":
        return draw_scene(rng)
    return draw_face(picture.kind, rng, FACE_SIZE), None


def _tenth(count: int) -> int:
    return -(-count // 10)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _draw_all(pictures: list[Picture], folder: Path, seed: int, workers: int) -> None:
    batches = [pictures[i : i + _BATCH] for i in range(0, len(pictures), _BATCH)]
    with tqdm(total=len(pictures), desc="drawing", unit="picture") as bar:
        if workers == 1:
            for batch in batches:
                bar.update(_draw_batch(batch, folder, seed))
            return
        # Spawned, not forked: a fork of a process with threads (OpenCV's, torch's) can hang.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(workers, len(batches)), context, _start_worker) as pool:
            jobs: list[Future[int]] = [pool.submit(_draw_batch, batch, folder, seed) for batch in batches]
            try:
                for job in as_completed(jobs):
                    bar.update(job.result())
            finally:
                pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    cv2.setNumThreads(1)  # the processes are the parallelism
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle


def _draw_batch(pictures: list[Picture], folder: Path, seed: int) -> int:
    """Draws and writes `pictures`; returns how many."""
    for picture in pictures:
        image, key_points = draw(picture, seed)
        path = folder / picture.path
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        path.write_bytes(data.tobytes())
        if key_points is not None:
            line = " ".join(str(value) for value in (len(key_points), *key_points.ravel()))
            path.with_name(path.name + ".cat").write_text(line + " ", encoding="ascii")  # the space as upstream
    return len(pictures)
