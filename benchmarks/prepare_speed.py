"""How fast `prepare` is beside a bare cv2.imread + cv2.resize loop over the same files with the same workers."""

import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import cv2
import typer

from frugalgan.config.params import check
from frugalgan.config.sections import Dataset
from frugalgan.config.study import PARAMS, load
from frugalgan.data.cores import cores
from frugalgan.data.index import read_index
from frugalgan.data.prepare import prepare
from frugalgan.data.settings import Prepare
from frugalgan.data.sources import fetch


def bare_loop(files: list[str], size: int, workers: int) -> None:
    """What nobody can do without: decode and resize, with one thread per photo as `prepare` has it."""
    cv2.setNumThreads(1)

    def one(file: str) -> None:
        image = cv2.imread(file)
        assert image is not None, file
        cv2.resize(image, (size, size))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, files))


def seconds(run: Callable[[], object]) -> float:
    """Wall time of one call, its progress bar swallowed."""
    start = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        run()
    return time.perf_counter() - start


def main(
    source: Annotated[str, typer.Argument(help="a folder of pictures, or drawn")],
    subject: Annotated[str, typer.Option(help="cat, dog or any")] = "cat",
    crop: Annotated[str, typer.Option(help="eyes, thesis or centre")] = "eyes",
    size: Annotated[int, typer.Option(help="image size in pixels")] = 64,
    rounds: Annotated[int, typer.Option(help="how often each is timed, in turns")] = 5,
    workers: Annotated[int, typer.Option(help="0: one per core")] = 0,
) -> None:
    """Print the median seconds of both, and the speed of `prepare` as a multiple of the bare loop's."""
    asked = {"source": source, "subject": subject, "crop": crop, "size": size, "colour": True, "labels": False}
    values = next(iter(load().raw["datasets"].values())) | asked
    dataset = check(Dataset, values, PARAMS, "this benchmark's data set")
    workers = workers or cores()
    settings = Prepare(max_rejected=1.0, max_megapixels=128.0)
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        raw, out = Path(folder, "fetched"), Path(folder, "out")
        fetch(dataset, raw)
        files = [str(raw / picture.path) for picture in read_index(raw)]
        for _ in range(rounds):
            bare.append(seconds(lambda: bare_loop(files, size, workers)))
            ours.append(seconds(lambda: prepare(raw, out, dataset, settings, workers=workers)))
    slow, fast = statistics.median(bare), statistics.median(ours)
    print(f"{len(files)} pictures → {size} px, {workers} workers, median of {rounds}")
    print(f"bare imread + resize {slow:.2f} s, prepare {fast:.2f} s: {slow / fast:.2f} times the bare loop's speed")


if __name__ == "__main__":
    typer.run(main)
