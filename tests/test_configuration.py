"""What decides a training's result decides which snapshot it may go on from."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from pipeline import PROJECT

from frugalgan import params
from frugalgan.pipeline import planned
from frugalgan.provenance import CODE_FILES, CODE_FOLDERS
from frugalgan.training.run import configuration
from frugalgan.training.snapshot import Snapshots
from frugalgan.training.state import Conditions

CHANGES = [
    ("seed", 1),
    ("wgan_gp.learning_rate", 3e-4),
    ("wgan_gp.gradient_penalty", 9.0),
    ("wgan_gp.n_critic", 3),
    ("networks.latent_size", 50),
    ("scales.smoke.critic_width", 16),
    ("scales.smoke.batch_size", 16),
    ("training.flip", False),
    ("training.ema_decay", 0.25),
    ("training.accumulate", 2),
    ("training.precision", "float32"),
]


def configured(
    folder: Path, change: tuple[str, object] | None, data_sha256: str = "a", source: Path | None = None
) -> Path:
    """The folder of the snapshots of `scratch` with one key of the params changed."""
    raw = yaml.safe_load((PROJECT / "params.yaml").read_text()) | {"scale": "smoke"}
    raw["training"]["precision"] = "auto"
    if change is not None:
        *path, key = change[0].split(".")
        section = raw
        for name in path:
            section = section[name]
        section[key] = change[1]
    file = folder / "params.yaml"
    file.write_text(yaml.safe_dump(raw))
    p = params.load(file)
    conditions = replace(
        Conditions.of(p.training), precision=torch.bfloat16 if p.training.precision == "auto" else torch.float32
    )
    known = configuration(planned(p, "scratch", file), p, conditions, data_sha256, source)
    return Snapshots(folder, known).folder


@pytest.mark.parametrize(("key", "value"), CHANGES)
def test_what_decides_the_result_decides_the_snapshot(tmp_path: Path, key: str, value: object) -> None:
    assert configured(tmp_path, (key, value)) != configured(tmp_path, None)


@pytest.mark.parametrize(("key", "value"), [("training.snapshot_kimg", 9.0), ("scales.smoke.model_2_epochs", 7.0)])
def test_how_long_and_how_often_does_not(tmp_path: Path, key: str, value: object) -> None:
    assert configured(tmp_path, (key, value)) == configured(tmp_path, None)


def test_data_source_and_threads_decide_the_snapshot(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "generator.safetensors").write_bytes(b"one")
    known = configured(tmp_path, None, source=source)
    assert configured(tmp_path, None, "b") != configured(tmp_path, None) != known
    (source / "generator.safetensors").write_bytes(b"another")
    assert configured(tmp_path, None, source=source) != known
    threads = torch.get_num_threads()
    before = configured(tmp_path, None)
    torch.set_num_threads(threads + 1)
    try:
        assert configured(tmp_path, None) != before
    finally:
        torch.set_num_threads(threads)


def test_the_code_that_decides_is_what_dvc_takes_for_it() -> None:
    stages = yaml.safe_load((PROJECT / "dvc.yaml").read_text())["stages"]
    deps = {dep for name in ("train_teacher", "transfer", "distill") for dep in stages[name]["deps"]}
    known = {f"${{code}}/{name}" for name in (*CODE_FILES, *CODE_FOLDERS)}
    for dep in deps:
        if dep.startswith("${code}/"):
            assert dep in known or str(Path(dep).parent) in known, dep
