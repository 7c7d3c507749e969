"""Raw photos → face crops, on all cores."""

import hashlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from tqdm import tqdm

from frugalgan.faces import CropBox, FaceError, crop_centre, crop_eyes, crop_thesis, parse_cat
from frugalgan.photos import ImageError, decode_rgb, decode_shrunk
from frugalgan.raw_photos import RawPhoto

Crop = Literal["thesis", "eyes"]


@dataclass(frozen=True)
class CroppedPhoto:
    """What became of a photo: its crop box, or the reason why there is none; sha256 of the file ("" if unread)."""

    sha256: str
    box: CropBox | None
    reason: str


def crop_all(
    raw: Path, photos: list[RawPhoto], slots: Path, *, crop: Crop, size: int, workers: int | None
) -> list[CroppedPhoto]:
    """Crop every photo, on `workers` threads (all cores if None); what became of each, in the order of `photos`.

    Face i is written to the file `slots` at byte i · 3 · size² as (3, size, size) uint8, so that memory stays
    flat however many photos. Threads, as OpenCV, hashlib and files release the interpreter lock for nearly all
    of the time: as fast as processes, without their start.
    """
    slots.touch()
    os.truncate(slots, len(photos) * 3 * size * size)  # sparse: an unusable photo's slot takes no room

    def crop_into_slot(index: int) -> CroppedPhoto:
        cropped, face = crop_photo(raw, photos[index], crop=crop, size=size)
        if face is not None:
            with slots.open("r+b") as file:
                file.seek(index * face.size)
                file.write(face.transpose(2, 0, 1).tobytes())
        return cropped

    workers = min(workers or cores(), len(photos))
    opencv_threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # one photo a thread; OpenCV's own threads would only compete
    pool = ThreadPoolExecutor(workers)
    try:
        # Pillow warns of odd but usable files; the filter is the process's, so it is set once, not per thread.
        with warnings.catch_warnings(category=UserWarning, action="ignore"):
            results = pool.map(crop_into_slot, range(len(photos)))
            return list(tqdm(results, "crop photos", len(photos), unit="image", smoothing=0.05))
    finally:
        pool.shutdown(cancel_futures=True)
        cv2.setNumThreads(opencv_threads)


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def crop_photo(raw: Path, photo: RawPhoto, *, crop: Crop, size: int) -> tuple[CroppedPhoto, np.ndarray | None]:
    """Read one photo once → what became of it, and its face as (size, size, 3) uint8 RGB, None if unusable."""
    path, sha256 = raw / photo.path, ""
    try:
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if photo.has_points:
            cut = crop_eyes if crop == "eyes" else crop_thesis
            face, box = cut(decode_rgb(data, path), _read_points(path), size)
        else:
            image, factor = decode_shrunk(data, path, size)
            face, box = crop_centre(image, size, factor=factor)
    except ImageError as error:
        return CroppedPhoto(sha256, None, error.reason), None
    except FaceError as error:
        return CroppedPhoto(sha256, None, str(error)), None
    except OSError as error:
        return CroppedPhoto(sha256, None, f"can't be read: {error.strerror}"), None
    except cv2.error as error:
        return CroppedPhoto(sha256, None, f"can't be cropped: {error.err}"), None
    return CroppedPhoto(sha256, box, ""), face


def _read_points(photo: Path) -> np.ndarray:
    annotation = photo.with_name(photo.name + ".cat")
    if not annotation.is_file():
        raise FaceError(f"no key points: {annotation.name} is missing")
    try:
        return parse_cat(annotation.read_text(encoding="ascii", errors="replace"))
    except FaceError as error:
        raise FaceError(f"{annotation.name}: {error}") from None
