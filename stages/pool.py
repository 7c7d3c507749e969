"""A trained model's images, made once, for students that learn from them instead of from the model."""

import shutil
from typing import Annotated

import typer

from frugalgan.command import run_stage
from frugalgan.config import places
from frugalgan.config.params import unknown
from frugalgan.config.study import load
from frugalgan.files import replaced
from frugalgan.methods.pool import write_pool


def main(name: Annotated[str, typer.Argument(metavar="POOL", help="a key of `pools` in params.yaml")]) -> None:
    """Write so many pairs of z and the model's image per seed below models/POOL."""
    study = load()
    if name not in study.pools:
        raise unknown(study.params, "pools", name, study.pools)
    pool = study.pools[name]
    places.claim(places.weights(name), places.samples(name))
    for seed in study.seeds(pool.source):
        source, out = places.weights(pool.source) / str(seed), places.weights(name) / str(seed)
        write_pool(source, out, n=pool.images, seed=seed)
    places.keep_only(places.weights(name), study.seeds(pool.source))
    with replaced(places.samples(name)) as folder:  # students are compared with the model itself
        shutil.copytree(places.samples(pool.source), folder)


if __name__ == "__main__":
    run_stage(main)
