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

from frugalgan.data.cores import cores
from frugalgan.data.index import Picture, write_index
from frugalgan.data.sources import AFHQ, CAT_DATASET, NOTE
from frugalgan.data.sources.drawing.photos import draw_face, draw_scene

FACE_SIZE = 512  # pixels, as AFHQ
_JPEG_QUALITY = 92
# Part of each picture's random stream, so they must never change.
_STREAMS = {"scene": 0, "cat": 1, "dog": 2, "train": 0, "val": 1}
_BATCH = 8  # pictures per message to a worker
SHARED = "FRUGALGAN_DRAWN"  # a folder for pictures that several data sets of one run of `frugalgan repro` have
SEED = 0  # of every picture's random stream


@dataclass(frozen=True)
class Drawing:
    """One picture to draw: `kind` is scene, cat or dog; `index` counts within kind and split; `path` below raw."""

    kind: str
    split: str
    index: int
    path: Path


def draw_all(folder: Path, *, subject: str, count: int, workers: int | None = None) -> None:
    """Draws into the empty `folder` and indexes it: `count` faces of each animal that `subject` (cat, dog, any) names,
    one tenth more, rounded up, that are held out, and of cats half as many scenes with key points.

    A picture depends on kind, split and index alone: not on the number of workers, nor on `count`. Raises ValueError
    where there is nothing to draw. `workers`: processes; None is one per available core.
    """
    if not count:
        raise ValueError("drawn pictures: count is 0; set it above 0 in params.yaml (datasets)")
    numbers = {kind: count if subject in (kind, "any") else 0 for kind in ("cat", "dog")}
    pictures = plan(scenes=numbers["cat"] // 2, cats=numbers["cat"], dogs=numbers["dog"])
    for parent in {picture.path.parent for picture in pictures}:
        (folder / parent).mkdir(parents=True)
    (folder / NOTE).write_text("These pictures are drawn, not photographs: rendered by frugalgan.\n", encoding="utf-8")
    _draw_all(pictures, folder, SEED, workers or cores())
    write_index(
        folder,
        (
            Picture(
                drawn.path.as_posix(),
                split="" if drawn.kind == "scene" else "train" if drawn.split == "train" else "heldout",
                label="dog" if drawn.kind == "dog" else "cat",
                has_points=drawn.kind == "scene",
            )
            for drawn in pictures
        ),
    )


def plan(*, scenes: int, cats: int, dogs: int) -> list[Drawing]:
    """Every picture to draw, with its place in the upstream layouts."""
    folder = CAT_DATASET / "CAT_00"
    pictures = [Drawing("scene", "train", i, folder / f"{i + 1:08d}_000.jpg") for i in range(scenes)]
    for kind, count in (("cat", cats), ("dog", dogs)):
        for split, number in (("train", count), ("val", _tenth(count))):
            folder = AFHQ / split / kind
            pictures += [Drawing(kind, split, i, folder / f"drawn_{kind}_{i + 1:06d}.jpg") for i in range(number)]
    return pictures


def draw(picture: Drawing, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64] | None]:
    """The picture, (H, W, 3) uint8 BGR, and for scenes its nine key points (9, 2) in pixels."""
    rng = np.random.default_rng([seed, _STREAMS[picture.kind], _STREAMS[picture.split], picture.index])
    if picture.kind == "scene":
        return draw_scene(rng)
    return draw_face(picture.kind, rng, FACE_SIZE), None


def _tenth(count: int) -> int:
    return -(-count // 10)


def _draw_all(pictures: list[Drawing], folder: Path, seed: int, workers: int) -> None:
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


def _draw_batch(pictures: list[Drawing], folder: Path, seed: int) -> int:
    """Draws and writes `pictures`; returns how many."""
    for picture in pictures:
        path, (data, points) = folder / picture.path, _once(picture, seed)
        path.write_bytes(data)
        if points:
            path.with_name(path.name + ".cat").write_bytes(points)
    return len(pictures)


def _once(picture: Drawing, seed: int) -> tuple[bytes, bytes]:
    """Its JPEG file, and its key points as the CAT data set has them; from the folder SHARED where it is there."""
    if not (folder := os.environ.get(SHARED)):
        return _files(picture, seed)
    image = Path(folder, f"{picture.kind}_{picture.split}_{picture.index}_{seed}")
    points = image.with_suffix(".cat")
    if not image.is_file():
        data = _files(picture, seed)
        for path, part in ((points, data[1]), (image, data[0])):  # the image last
            begun = path.with_name(f"{path.name}~{os.getpid()}")  # another process may draw it, too
            begun.write_bytes(part)
            begun.replace(path)
    return image.read_bytes(), points.read_bytes()


def _files(picture: Drawing, seed: int) -> tuple[bytes, bytes]:
    image, key_points = draw(picture, seed)
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if key_points is None:
        return data.tobytes(), b""
    line = " ".join(str(value) for value in (len(key_points), *key_points.ravel()))
    return data.tobytes(), f"{line} ".encode("ascii")  # the space as upstream
