"""The two Kaggle data sets of the thesis, through `kagglehub`; public, so no account is needed."""

from pathlib import Path

from frugalgan.sources import AFHQ, CAT_DATASET, new_raw_folder
from frugalgan.sources.folder import SourceError, copy, find_files

# Data set → the part of the raw folder that comes from it.
DATASETS = {"crawford/cat-dataset": CAT_DATASET, "andrewmvd/animal-faces": AFHQ}
_MEND = (
    "check the network, or set data.source to a folder that has the photos (cat-dataset/CAT_*/, "
    "animal-faces/afhq/) or to drawn"
)


def fetch(raw: Path) -> None:
    """Downloads both data sets (kept in kagglehub's own cache) and copies their cats and dogs into `raw`.

    Raises:
        SourceError: a data set can't be downloaded, or does not hold what it should.
        FileExistsError: `raw` holds something.
    """
    with new_raw_folder(raw) as folder:
        for dataset, part in DATASETS.items():
            downloaded = _download(dataset)
            files = {place: path for place, path in find_files(downloaded).items() if place.is_relative_to(part)}
            if not files:
                raise SourceError(f"Kaggle data set {dataset}: nothing for {part} in {downloaded}; {_MEND}")
            copy(files, folder)


def _download(dataset: str) -> Path:
    """The folder where kagglehub unpacked `dataset`."""
    import kagglehub  # only here: importing it takes time, and no other source needs it
    from kagglehub import exceptions

    # Network and disk errors are OSErrors (those of `requests` too).
    failures = (
        OSError,
        exceptions.BackendError,
        exceptions.CredentialError,
        exceptions.DataCorruptionError,
        exceptions.NotFoundError,
        exceptions.UnauthenticatedError,
    )
    try:
        return Path(kagglehub.dataset_download(dataset))
    except failures as error:
        raise SourceError(f"Kaggle data set {dataset}: download failed ({error}); {_MEND}") from error
