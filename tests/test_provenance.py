"""Versions of what computes numbers, however it was installed."""

import importlib.metadata

import pytest

from frugalgan.provenance import versions


def test_versions_need_no_metadata_of_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV comes in four wheels, and copied environments have no metadata at all."""

    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    before = versions()
    for reader in ("version", "distribution", "metadata"):
        monkeypatch.setattr(importlib.metadata, reader, missing)
    assert versions() == before
    assert {"python", "frugalgan", "torch", "numpy", "scipy", "cv2"} == set(before)
    assert all(value[0].isdigit() for value in before.values())
