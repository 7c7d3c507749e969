"""What the real `dvc` commands leave, with the preset `smoke` and some of the models, in a temporary clone."""

import json
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pipeline import DIGITS, MODELS, PROJECT, SEEDS, STUDENTS, call, clone, ran
from safetensors.torch import load_file
from typer.testing import CliRunner

from frugalgan.data.images import read_rgb

pytestmark = pytest.mark.slow


def weights(project: Path, name: str, part: str = "generator", seed: int = 0) -> Path:
    return project / "models" / name / "weights" / str(seed) / f"{part}.safetensors"


def test_every_model_has_weights_samples_quality_and_cost(project: Path) -> None:
    for name in MODELS:
        summary = json.loads((project / "metrics" / f"{name}.json").read_text())
        both = name == "styles_hypernetwork"  # adapted and conditional: content and agreement
        assert len(summary) <= 12 + both and all(isinstance(value, int | float) for value in summary.values())
        one = json.loads((project / "metrics" / "evaluations" / f"{name}.json").read_text())
        assert one["seeds"] == SEEDS[name]
        key = "fd_efficientnet_lite0_mid64"
        assert one["distance"] == key and {"extractor_sha256", "torch", "n_reference", "device"} <= set(one)
        for quality, record, seed in zip(one["quality"], one["records"], one["seeds"], strict=True):
            assert quality[key] > 0 and quality[f"{key}_sd"] > 0
            assert len(quality[f"{key}_draws"]) == quality["draws"] == 5
            assert record["peak_training_bytes"] > 0 or name == "untrained"
            assert record["own_bytes"] == weights(project, name, seed=seed).stat().st_size <= record["generator_bytes"]
        moments = 1 if name == "untrained" else len(one["course"]["kimg"])
        assert (
            {len(run) for run in one["course"]["distance"]}
            == {len(run) for run in one["course"]["seconds"]}
            == {moments}
        )
        samples = np.load(project / "samples" / name / "samples.npy")
        assert samples.shape[:2] == (len(SEEDS[name]), 5 * (10 if name in DIGITS else 8))
        assert (project / "results" / "pictures" / name / "neighbours.png").is_file()
        assert (project / "results" / "pictures" / name / "truncation.png").is_file() == name.endswith("biggan")
        grid = read_rgb(project / "samples" / name / "grid.png")
        assert grid.shape[1] >= 8 * 128
    assert {file.stem for file in (project / "metrics").glob("*.json")} >= MODELS  # others are committed


def test_one_comparison_has_every_model_and_the_thesis_is_a_view_of_it(project: Path) -> None:
    tables = project / "results" / "tables"
    comparison = pd.read_csv(tables / "comparison.csv").set_index("model")
    assert set(comparison.index) == MODELS
    assert comparison["seeds"].to_dict() == {name: len(seeds) for name, seeds in SEEDS.items()}
    assert set(comparison.loc[comparison["seeds"] > 1, "spread"]) == {"seeds"}
    assert comparison["agreement"].notna().to_dict() == {
        name: name.startswith(("digits_c", "digits_biggan", "styles")) for name in comparison.index
    }
    assert comparison["distance_vs_source"].notna().to_dict() == {name: name in STUDENTS for name in comparison.index}
    assert pd.read_csv(tables / "table_3_1.csv")["model"].tolist() == ["teacher", "scratch", "transfer"]
    assert pd.read_csv(tables / "table_3_2.csv")["alpha"].tolist() == [0.3, 0.05]
    assert len(pd.read_csv(tables / "table_3_3.csv")) == 3
    assert "drawn, not photographs" in (project / "results" / "comparison.md").read_text()
    verdicts = pd.read_csv(tables / "verdicts.csv")
    pairs = set(zip(verdicts["model"], verdicts["other"], strict=True))
    assert pairs == {("transfer", "scratch")} | {(student, "teacher") for student in STUDENTS}
    assert set(pd.read_csv(tables / "over_training.csv")["model"]) == MODELS - {"untrained"}
    figures = {file.stem for file in (project / "results" / "figures").glob("*.png")}
    thesis = {f"figure_3_{i}" for i in range(1, 7)}
    assert figures == thesis | {"samples", "head_starts", "pareto", "quality_over_training", "truncation"}


def test_the_study_of_decoders_is_a_view_of_the_same_table(project: Path) -> None:
    table = pd.read_csv(project / "results" / "tables" / "head_starts.csv").set_index("model")
    assert table["control"].to_dict() == {"digits_dcgan_from_vae_frozen": "digits_dcgan"}
    assert table["seeds"].tolist() == [2]
    assert min(table["autoencoder_seconds"]) > 0 and min(table["distance_equal_images"]) > 0
    assert "of held-out images" in (project / "results" / "decoders.md").read_text()
    for name, further in {
        "digits_vae": set(),
        "digits_cwae": {"by_label"},
        "digits_wae_2d": {"manifold", "codes"},
    }.items():
        pictures = {file.stem for file in (project / "results" / "pictures" / name).iterdir()}
        assert pictures == {"neighbours", "losses", "reconstructions", "random"} | further


def test_frozen_layers_of_the_transferred_model_are_the_teachers(project: Path) -> None:
    for part, layers in (("generator", 2), ("critic", 2)):
        teacher, transfer = (load_file(weights(project, name, part)) for name in ("teacher", "transfer"))
        for key in teacher:
            layer, kind = int(key.split(".")[1]), key.rsplit(".", 1)[1]
            if layer < layers:
                assert teacher[key].equal(transfer[key]), key
            elif kind == "weight" and teacher[key].ndim > 1:
                assert not teacher[key].equal(transfer[key]), key


def test_exported_files_are_measured_as_the_models_are(project: Path) -> None:
    for name in ("teacher", "student"):
        evaluation, exported = (
            json.loads((project / f"metrics/evaluations/{place}{name}.json").read_text()) for place in ("", "exports/")
        )
        key, (ours,) = evaluation["distance"], evaluation["quality"]
        files = exported["files"]
        assert exported["distance"] == key and files["float32"]["quality"][key] == pytest.approx(ours[key], rel=1e-3)
        assert files["8_bits"]["quality"][key] != files["float32"]["quality"][key]
        for bits, file in (("float32", "model_float32.onnx"), ("8_bits", "model.onnx")):
            assert (project / f"results/export/{name}/{file}").stat().st_size == files[bits]["bytes"]
    assert "| student, 8_bits | drawn cats" in (project / "results/comparison.md").read_text()


def test_a_second_repro_does_nothing_and_the_lock_agrees(project: Path) -> None:
    def seconds(*command: str) -> float:
        begun = time.perf_counter()
        assert ran(call(project, *command)) == set()
        return time.perf_counter() - begun

    in_turn = [(seconds("dvc", "repro"), seconds(sys.executable, "-c", "import torch")) for _ in range(2)]
    dvc, torch = map(min, zip(*in_turn, strict=True))
    assert dvc < 3 * torch  # others may be at work
    assert call(project, "git", "status", "--porcelain") == ""


def test_a_fresh_clone_makes_the_same_bytes(project: Path, tmp_path: Path) -> None:
    fresh = clone(project, tmp_path / "fresh")
    call(fresh, "dvc", "repro", "sample@teacher")
    for part in ("generator", "critic"):
        assert weights(fresh, "teacher", part).read_bytes() == weights(project, "teacher", part).read_bytes(), part
    for name in ("models/teacher/record/0/moments.npy", "samples/teacher/samples.npy"):
        assert (fresh / name).read_bytes() == (project / name).read_bytes(), name


def test_the_committed_results_are_of_the_committed_code_and_params(tmp_path: Path) -> None:
    """Fails where code, params or models were changed without a new `make repro`."""
    fresh = clone(PROJECT, tmp_path / "fresh")
    call(fresh, "dvc", "repro", "code")
    assert call(fresh, "git", "status", "--porcelain", "dvc.lock") == ""
    assert ran(call(fresh, "dvc", "repro", "--allow-missing", "--dry")) == set()


def test_looking_commands_show_something(project: Path) -> None:
    assert "peak_training_mib" in call(project, "dvc", "metrics", "show")
    assert "train@teacher" in call(project, "dvc", "dag", "--mermaid")
    call(project, "dvc", "plots", "show", "--out", "plots")
    page = (project / "plots" / "index.html").read_text()
    assert "figure_3_4" in page
    assert "loss_D" in page
    assert '"field": "model"' in page and '"model": "student_0.3"' in page  # quality over training, a line per model
    shutil.rmtree(project / "plots")
    assert "Table 3.1" in call(project, "frugalgan", "results")
    assert "size: 32" in call(project, "frugalgan", "params", "teacher")
    assert f"{len(MODELS)} models of 4 data sets" in call(project, "frugalgan", "check")


@pytest.mark.parametrize("stage", sorted(file.name for file in (PROJECT / "stages").glob("*.py")))
def test_every_stage_has_help(stage: str) -> None:
    import importlib.util

    import typer

    spec = importlib.util.spec_from_file_location(stage.removesuffix(".py"), PROJECT / "stages" / stage)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    app = typer.Typer()
    app.command()(module.main)
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0 and "Usage" in shown.output
