"""What a number must carry so that it cannot be compared with another by mistake."""

import hashlib
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("frugalgan", "torch", "numpy", "scipy", "opencv-python-headless")


def versions() -> dict[str, str]:
    """Versions of what computes our numbers, flat."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def file_sha256(path: Path) -> str:
    """The file's sha256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
