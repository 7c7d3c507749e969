"""A training that is watched: TensorBoard's event files, which change nothing."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from one_training import MODEL, training_command, training_folder
from pipeline import call
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from frugalgan.training.watch import WatchError, event_files, nobody

TERMS = {"loss_D", "gradient_penalty", "loss_G"}


def test_event_files_have_losses_and_pictures_over_images_and_change_nothing(tmp_path: Path) -> None:
    folders = [training_folder(tmp_path / name) for name in ("alone", "watched")]
    call(folders[0], *training_command())
    call(folders[1], *training_command(), FRUGALGAN_EVENTS=str(tmp_path / "events"))
    found = EventAccumulator(str(tmp_path / "events" / MODEL / "0"), size_guidance={"images": 0})  # all of them
    found.Reload()
    assert set(found.Tags()["scalars"]) == TERMS
    looked_at = [event.step for event in found.Scalars("loss_D")]
    assert looked_at[-1] == 160 and looked_at == sorted(set(looked_at))
    (pictures,) = found.Tags()["images"]
    steps = [event.step for event in found.Images(pictures)]
    assert steps[0] == 0 and steps[-1] == 160 and steps == sorted(set(steps))
    weights = [(folder / f"models/{MODEL}/weights/0/generator.safetensors").read_bytes() for folder in folders]
    assert weights[0] == weights[1]


def test_without_tensorboard_the_cure_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with event_files(None) as watch:
        assert watch is nobody
    missing: Any = lambda name: None  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", missing)
    with pytest.raises(WatchError, match=r"pip install -e '\.\[tensorboard\]'"), event_files(tmp_path):
        pass
