"""What a number must carry so that it cannot be compared with another by mistake."""

import hashlib
import platform
from importlib import import_module
from pathlib import Path

# As modules name themselves: whichever wheel they come from, with metadata or without.
MODULES = ("frugalgan", "torch", "numpy", "scipy", "cv2")


def versions() -> dict[str, str]:
    """Versions of what computes our numbers, flat."""
    return {"python": platform.python_version()} | {name: str(import_module(name).__version__) for name in MODULES}


def file_sha256(path: Path) -> str:
    """The file's sha256, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
