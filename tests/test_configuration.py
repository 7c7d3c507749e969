"""What decides a training's result decides which snapshot it may go on from."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from pipeline import PROJECT

from frugalgan.config import params
from frugalgan.decoders import AUTOENCODERS, CONTROLS, FACES, MANIFOLDS, STARTS, is_conditional
from frugalgan.methods.autoencoder import Autoencoding
from frugalgan.pipeline import planned, runs
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
    training = ("train_teacher", "transfer", "distill", "accelerate_digits_warmup")
    each = ("autoencode_cats", "accelerate", "autoencode_digits", "train_digits", "accelerate_digits")
    deps = {dep for name in training for dep in stages[name]["deps"]}
    deps |= {dep for name in each for dep in stages[name]["do"]["deps"]}
    known = {f"${{code}}/{name}" for name in (*CODE_FILES, *CODE_FOLDERS)}
    for dep in deps:
        if dep.startswith("${code}/"):
            assert dep in known or str(Path(dep).parent) in known, dep


def test_dvc_trains_the_models_of_the_study_from_the_autoencoders_that_the_report_charges() -> None:
    raw = yaml.safe_load((PROJECT / "dvc.yaml").read_text())
    variables, stages = raw["vars"][0], raw["stages"]
    sections = {name: values["params"] for name, values in (variables["autoencoders"] | variables["controls"]).items()}
    assert sections == AUTOENCODERS | MANIFOLDS | CONTROLS
    sources = {name: values["source"] for name, values in variables["starts"].items()}
    for how in ("warmup", "frozen"):
        command = stages[f"accelerate_digits_{how}"]["cmd"].split()
        sources[Path(command[-3]).name] = Path(command[-1]).name
    assert sources == {name: start.autoencoder for name, start in STARTS.items()}
    assert stages["accelerate"]["foreach"] == {name: start.autoencoder for name, start in FACES.items()}
    for name, values in variables["starts"].items():
        assert values["params"] == CONTROLS[STARTS[name].control]


def test_digits_are_not_mirrored_and_autoencoders_not_averaged() -> None:
    p = params.load(PROJECT / "params.yaml")
    for name, run in runs(p, PROJECT / "params.yaml").items():
        assert run.training.flip != name.startswith("digits_")
        assert bool(run.training.ema_decay) != isinstance(run.method, Autoencoding)
        assert bool(run.shape.classes) == (name.startswith("digits_") and is_conditional(name))
