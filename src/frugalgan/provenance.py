"""What a number must carry so that it cannot be compared with another by mistake."""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

import torch

PACKAGES = ("frugalgan", "torch", "numpy", "scipy", "opencv-python-headless")

CODE_FOLDERS = ("methods", "networks", "training")
CODE_FILES = (
    "dataset.py",
    "descent.py",
    "images.py",
    "losses.py",
    "models.py",
    "pool.py",
    "sampling.py",
    "teachers.py",
)


def versions() -> dict[str, str]:
    """Versions of what computes our numbers, flat."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def device_name(device: torch.device) -> str:
    """The device as its maker calls it, with the number of threads on a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads"


def file_sha256(path: Path) -> str:
    """The file's sha256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_sha256() -> str:
    """Of the code that decides what a step of training does."""
    here = Path(__file__).parent
    files = [file for folder in CODE_FOLDERS for file in (here / folder).glob("*.py")]
    files += [here / name for name in CODE_FILES]
    named = "".join(f"{file.relative_to(here).as_posix()}:{file_sha256(file)}\n" for file in sorted(files))
    return hashlib.sha256(named.encode()).hexdigest()
