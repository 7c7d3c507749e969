"""The two Kaggle data sets of the thesis, through `kagglehub`; public, so no account is needed."""

from pathlib import Path

from frugalgan.data.sources import AFHQ, CAT_DATASET, SourceError
from frugalgan.data.sources.folder import Found, Survey, copy, find_pictures

# Data set → the folder that its pictures get, and the subjects that it has.
DATASETS = {
    "crawford/cat-dataset": (CAT_DATASET, ("cat",)),
    "andrewmvd/animal-faces": (AFHQ.parent, ("cat", "dog", "any")),
}
_HINT = (
    "check the network; remove what is damaged from kagglehub's cache (~/.cache/kagglehub/datasets); or set the data "
    "set's source to a folder of pictures or to drawn"
)


def download(folder: Path, *, subject: str) -> None:
    """Downloads what has pictures of `subject` (cat, dog, any) into kagglehub's own cache, copies them into the empty
    `folder`, and indexes them. Raises SourceError where a data set can't be downloaded or does not hold what it should.
    """
    found: dict[Path, Found] = {}
    left_out: dict[Path, str] = {}
    for dataset, (part, subjects) in DATASETS.items():
        if subject in subjects:
            survey = _survey(dataset, subject)
            found |= {part / place: picture for place, picture in survey.pictures.items()}
            left_out |= {part / place: reason for place, reason in survey.left_out.items()}
    copy(found, folder, left_out)


def _survey(dataset: str, subject: str) -> Survey:
    try:
        return find_pictures(_download(dataset), subject=subject)
    except SourceError as error:
        raise SourceError(f"Kaggle data set {dataset}: {error}; {_HINT}") from None


def _download(dataset: str) -> Path:
    """The folder where kagglehub unpacked `dataset`."""
    import kagglehub  # only here: importing it takes time, and no other source needs it

    try:
        return Path(kagglehub.dataset_download(dataset))
    except Exception as error:  # of the network, the disk, an account, an archive: kagglehub has no class for them all
        raise SourceError(f"download failed ({type(error).__name__}: {error})") from error
