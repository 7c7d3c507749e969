"""What a prepared data set is: data.json beside its arrays, all that training must know of it."""

from dataclasses import asdict, dataclass
from pathlib import Path

from frugalgan.config.sections import Dataset
from frugalgan.files import FileError, read_json, write_json

FILE = "data.json"
IMAGES, LABELS, HELDOUT, HELDOUT_LABELS = "images.npy", "labels.npy", "heldout.npy", "heldout_labels.npy"


@dataclass(frozen=True)
class DataFacts:
    """Images of `size` × `size` pixels and `channels` (3 RGB, 1 grey); `labels` are the names of labels 0, 1, …"""

    size: int
    channels: int
    mirror: bool  # whether training mirrors half of them
    labels: tuple[str, ...] = ()  # none: the images have no labels

    @property
    def classes(self) -> int:
        """How many labels there are; 0 of images without."""
        return len(self.labels)

    @classmethod
    def of(cls, dataset: Dataset, labels: tuple[str, ...] = ()) -> "DataFacts":
        """Those that a section of `datasets` asks for."""
        return cls(dataset.size, dataset.channels, dataset.mirror, labels)


def write_facts(folder: Path, facts: DataFacts) -> None:
    """data.json into `folder`."""
    write_json(folder / FILE, asdict(facts))


def read_facts(folder: Path) -> DataFacts:
    """data.json of a prepared data set. Raises FileError."""
    values = read_json(folder / FILE, hint=f"`dvc repro prepare@{folder.name}` makes it")
    try:
        values["labels"] = tuple(values["labels"])
        return DataFacts(**values)
    except (TypeError, KeyError) as error:
        raise FileError(f"{folder / FILE}: not what `prepare` writes ({error}); run `dvc repro`") from None
