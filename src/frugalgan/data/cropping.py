"""Raw photos → face crops, on all cores."""

import hashlib
import warnings
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from tqdm import tqdm

from frugalgan.data.cores import cores
from frugalgan.data.crops import CropBox, FaceError, crop_centre, crop_eyes, crop_thesis, parse_cat
from frugalgan.data.index import Picture
from frugalgan.data.photos import ImageError, decode

Crop = Literal["eyes", "thesis", "centre"]


# Photos that a thread takes at a time, and such tasks in flight per thread: what bounds the memory.
TASK_PHOTOS, TASKS_PER_WORKER = 8, 3
LARGEST_ANNOTATION = 4096  # bytes; a real one has about 80


@dataclass(frozen=True)
class CroppedPhoto:
    """A photo's face as (3, size, size) uint8 RGB and its crop box; or neither, and the reason why.

    `sha256` is that of the file, "" if it could not be read.
    """

    photo: Picture
    sha256: str
    face: np.ndarray | None = None
    box: CropBox | None = None
    reason: str = ""
    bits: int = 8  # of a value in the file


def crop_all(
    raw: Path, photos: list[Picture], *, crop: Crop, size: int, max_pixels: int, workers: int | None
) -> Iterator[CroppedPhoto]:
    """Crop every photo, on `workers` threads (all cores if None), in the order of `photos`, with a progress bar.

    Only a few faces per worker wait at any time. Threads, as OpenCV, hashlib and files release the interpreter
    lock for nearly all of the time: as fast as processes, without their start.
    """

    def crop_some(first: int) -> list[CroppedPhoto]:
        some = photos[first : first + TASK_PHOTOS]
        return [crop_photo(raw, photo, crop=crop, size=size, max_pixels=max_pixels) for photo in some]

    workers = workers or cores()
    opencv_threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # one photo a thread; OpenCV's own threads would only compete
    pool, tasks = ThreadPoolExecutor(workers), deque[Future[list[CroppedPhoto]]]()
    try:
        # Pillow warns of odd but usable files; the filter is the process's, so it is set once, not per thread.
        with (
            warnings.catch_warnings(action="ignore"),
            tqdm(desc="crop photos", total=len(photos), unit="image") as bar,
        ):
            for first in range(0, len(photos), TASK_PHOTOS):
                tasks.append(pool.submit(crop_some, first))
                if len(tasks) >= TASKS_PER_WORKER * workers:
                    yield from tasks.popleft().result()
                    bar.update(TASK_PHOTOS)
            for task in tasks:
                yield from (cropped := task.result())
                bar.update(len(cropped))
    finally:
        pool.shutdown(cancel_futures=True)
        cv2.setNumThreads(opencv_threads)


def crop_photo(raw: Path, photo: Picture, *, crop: Crop, size: int, max_pixels: int) -> CroppedPhoto:
    """Read one photo, once, and crop it; whatever makes it unusable becomes the `reason`.

    Key points are of the pixels as stored, so that they mean the same whatever EXIF says of the orientation.
    """
    path, sha256 = raw / photo.file, ""
    try:
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if photo.has_points and crop != "centre":
            cut = crop_eyes if crop == "eyes" else crop_thesis
            decoded = decode(data, path, upright=False, max_pixels=max_pixels)
            face, box = cut(decoded.pixels, _read_points(path, Path(photo.path).name), size)
        else:
            decoded = decode(data, path, size=size, max_pixels=max_pixels)
            face, box = crop_centre(decoded.pixels, size, factor=decoded.factor)
    except ImageError as error:
        return CroppedPhoto(photo, sha256, reason=error.reason)
    except FaceError as error:
        return CroppedPhoto(photo, sha256, reason=str(error))
    except OSError as error:
        return CroppedPhoto(photo, sha256, reason=f"can't be read: {error.strerror}")
    except cv2.error as error:
        return CroppedPhoto(photo, sha256, reason=f"can't be cropped: {error.err}")
    planes = np.empty((3, size, size), np.uint8)
    cv2.split(face, list(planes))  # five times as fast as a transposed copy
    return CroppedPhoto(photo, sha256, planes, box, bits=decoded.bits)


def _read_points(photo: Path, name: str) -> np.ndarray:
    """Of the file `photo`, whose source calls it `name`."""
    annotation = f"{name}.cat"
    try:
        with photo.with_name(f"{photo.name}.cat").open("rb") as file:
            data = file.read(LARGEST_ANNOTATION + 1)
        if len(data) > LARGEST_ANNOTATION:
            raise FaceError(f"more than {LARGEST_ANNOTATION} bytes, where one line of 19 numbers belongs")
        return parse_cat(data.decode("ascii", errors="replace"))
    except FileNotFoundError:
        raise FaceError(f"no key points: {annotation} is missing") from None
    except FaceError as error:
        raise FaceError(f"{annotation}: {error}") from None
