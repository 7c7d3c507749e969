"""The two Kaggle data sets of the thesis, through `kagglehub`; public, so no account is needed."""

from pathlib import Path

from frugalgan.data.sources import AFHQ, CAT_DATASET, SourceError
from frugalgan.data.sources.folder import Found, copy, find_pictures

# Data set → the folder that its pictures get, and the subjects that it has.
DATASETS = {
    "crawford/cat-dataset": (CAT_DATASET, ("cat",)),
    "andrewmvd/animal-faces": (AFHQ.parent, ("cat", "dog", "any")),
}
_HINT = "check the network, or set the data set's source to a folder of pictures or to drawn"


def download(folder: Path, *, subject: str) -> None:
    """Downloads what has pictures of `subject` (cat, dog, any) into kagglehub's own cache, copies them into the empty
    `folder`, and indexes them. Raises SourceError where a data set can't be downloaded or does not hold what it should.
    """
    found: dict[Path, Found] = {}
    for dataset, (part, subjects) in DATASETS.items():
        if subject in subjects:
            pictures = find_pictures(_download(dataset), subject=subject)
            found |= {part / place: picture for place, picture in pictures.items()}
    copy(found, folder)


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
        raise SourceError(f"Kaggle data set {dataset}: download failed ({error}); {_HINT}") from error
