"""Where stages leave what they make, below the project's folder; dvc.yaml has the same paths as outputs."""

from pathlib import Path

DATA, MODELS, SAMPLES, METRICS, RESULTS, CODE = map(Path, ("data", "models", "samples", "metrics", "results", "code"))
OWNED = (DATA, MODELS, SAMPLES, METRICS, RESULTS, CODE)  # folders whose contents DVC replaces
EVALUATIONS = METRICS / "evaluations"


def fetched(dataset: str) -> Path:
    """Pictures as their source has them."""
    return DATA / "fetched" / dataset


def prepared(dataset: str) -> Path:
    """The same as arrays."""
    return DATA / "prepared" / dataset


def reference(dataset: str) -> Path:
    """Features of real images, .npz."""
    return DATA / "reference" / f"{dataset}.npz"


def floor(dataset: str) -> Path:
    """What real images score against other real ones, JSON."""
    return METRICS / "real" / f"{dataset}.json"


def weights(model: str) -> Path:
    """A folder of trained weights per seed."""
    return MODELS / model / "weights"


def record(model: str) -> Path:
    """A folder per seed of how the training went."""
    return MODELS / model / "record"


def samples(model: str) -> Path:
    """The model's images."""
    return SAMPLES / model


def summary(model: str) -> Path:
    """The numbers of a model that people compare, JSON."""
    return METRICS / f"{model}.json"


def evaluation(model: str) -> Path:
    """All numbers of a model, with what they must carry, JSON."""
    return EVALUATIONS / f"{model}.json"


def pictures(model: str) -> Path:
    """A folder of pictures of how a model does."""
    return RESULTS / "pictures" / model
