"""A trained generator → a folder with ONNX files, a page that runs it, and what these are worth."""

from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.evaluation.extractors.base import Extractor
from frugalgan.evaluation.features import FeatureSet
from frugalgan.evaluation.metrics.frechet import frechet_distance
from frugalgan.export.onnx_files import images, inputs, milliseconds, write_8_bits, write_onnx
from frugalgan.export.page_files import MODEL, PAGE, RUNTIME_FILES, WORKER, write_page
from frugalgan.files import replaced, write_json
from frugalgan.networks import Network

FLOAT, EIGHT, FACTS = "model_float32.onnx", MODEL, "export.json"
OWN = {FLOAT, EIGHT, FACTS, PAGE, WORKER, *RUNTIME_FILES}  # all that an export leaves


def write_export(
    G: Network,
    out: Path,
    *,
    title: str,
    labels: tuple[str, ...] = (),
    runtime: Path | None = None,
    page: bool = True,
    judge: tuple[Extractor, FeatureSet, int] | None = None,
) -> dict[str, Any]:
    """The folder `out`: float32 and 8 bits, export.json, and index.html if `page`; returns what export.json says.

    `judge`: a network, features of real images by it, and a seed of z: then distances of both files' images stand
    beside each other, of as many images as real ones. Raises ExportError.
    """
    with replaced(out) as folder:
        folder.mkdir()
        difference = write_onnx(G, folder / FLOAT)
        write_8_bits(G, folder / FLOAT, folder / EIGHT)
        files = {"float32": folder / FLOAT, "8_bits": folder / EIGHT}
        times = milliseconds(list(files.values()), G)
        facts: dict[str, Any] = {
            name: {"file": file.name, "bytes": file.stat().st_size, "milliseconds_per_image": round(time, 3)}
            for (name, file), time in zip(files.items(), times, strict=True)
        }
        facts["float32"]["largest_difference_from_torch"] = difference
        n = 256 if judge is None else judge[1].provenance.n
        drawn = {name: images(file, inputs(G, n, 0 if judge is None else judge[2])) for name, file in files.items()}
        change = np.abs(drawn["8_bits"].astype(np.int16) - drawn["float32"]).mean()
        facts["8_bits"]["mean_difference_of_255"] = round(float(change), 3)
        if judge is not None:
            for name, pixels in drawn.items():
                facts[name] |= _distances(judge[0], judge[1], pixels)
        write_json(folder / FACTS, facts)
        if page:
            write_page(folder, G, title=title, bits=8, labels=labels, runtime=runtime)
    return facts


def _distances(extractor: Extractor, real: FeatureSet, pixels: np.ndarray) -> dict[str, Any]:
    """The distance of all images, and the standard deviation over halves of them drawn at random."""
    features = extractor(pixels, batch_size=16)
    rng = np.random.default_rng(0)
    halves = [rng.permutation(len(features))[: len(features) // 2] for _ in range(5)]
    spread = float(np.std([frechet_distance(features[half], real.features) for half in halves], ddof=1))
    key = f"fd_{extractor.name}"
    return {key: round(frechet_distance(features, real.features), 3), f"{key}_sd_of_halves": round(spread, 3)}
