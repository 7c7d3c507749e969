"""The real `dvc` commands, at smoke scale, in a temporary clone."""

import json
import shutil
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from pipeline import FACE_AUTOENCODERS, MODELS, PROJECT, STUDENTS, call, clone, ran

from frugalgan.decoders import AUTOENCODERS, CONTROLS, FACES, MANIFOLDS, STARTS, is_conditional

pytestmark = pytest.mark.slow


def test_every_model_has_weights_samples_quality_and_cost(project: Path) -> None:
    for name in MODELS:
        quality = json.loads((project / "metrics" / "quality" / f"{name}.json").read_text())
        cost = json.loads((project / "metrics" / "cost" / f"{name}.json").read_text())
        for values in (quality, cost):
            assert all(isinstance(value, str | int | float | list) for value in values.values())
        assert quality["fd_efficientnet_lite0"] > 0 and quality["fd_efficientnet_lite0_sd"] > 0
        assert len(quality["fd_efficientnet_lite0_draws"]) == quality["draws"] == 5
        assert not [key for key in quality if key.startswith("fid")]
        assert {"n_samples", "n_reference", "extractor_sha256", "torch"} <= set(quality)
        assert cost["peak_training_bytes"] > 0 or name == "untrained"
        assert cost["generator_bytes"] == (project / "models" / name / "generator.safetensors").stat().st_size
        assert len(list((project / "samples" / name).glob("*.png"))) == 5 * 8
        over = json.loads((project / "metrics" / "over_training" / f"{name}.json").read_text())
        assert len(over["fd_efficientnet_lite0"]) == len(cost["moments_seconds"]) == (1 if name == "untrained" else 11)
        assert (project / "results" / "neighbours" / f"{name}.png").is_file()
    assert {file.stem for file in (project / "metrics" / "cost").iterdir()} == MODELS | FACE_AUTOENCODERS


def test_tables_and_figures_are_there(project: Path) -> None:
    results = project / "results"
    assert pd.read_csv(results / "table_3_1.csv")["model"].tolist() == ["teacher", "scratch", "transfer"]
    assert pd.read_csv(results / "table_3_2.csv")["alpha"].tolist() == [0.3, 0.05, 0.01, 0.001]
    assert len(pd.read_csv(results / "table_3_3.csv")) == 3
    assert set(pd.read_csv(results / "comparison.csv")["model"]) == MODELS
    assert "drawn pictures, not photographs" in (results / "comparison.md").read_text()
    verdicts = pd.read_csv(results / "verdicts.csv")
    pairs = set(zip(verdicts["model"], verdicts["other"], strict=True))
    assert pairs == {("transfer", "scratch")} | {(student, "teacher") for student in STUDENTS}
    assert set(pd.read_csv(results / "over_training.csv")["model"]) == MODELS - {"untrained"}
    figures = {file.stem for file in (results / "figures").glob("*.png")}
    assert figures == {*(f"figure_3_{i}" for i in range(1, 7)), "decoders", "pareto", "quality_over_training"}


def test_the_study_on_digits_has_every_model_every_seed_and_an_answer(project: Path) -> None:
    metrics = json.loads((project / "metrics" / "digits.json").read_text())
    assert set(metrics["models"]) == {*AUTOENCODERS, *CONTROLS, *STARTS}
    assert metrics["classifier_accuracy"] > 0.95 and metrics["n_per_moment"] == 10
    for name, values in metrics["models"].items():
        assert values["seeds"] == [0, 1]
        assert {len(run) for run in values["distance"]} == {len(values["kimg"])}
        assert ("agreement" in values) == is_conditional(name)
    table = pd.read_csv(project / "results" / "decoders.csv").set_index("model")
    assert set(table.index) == {*STARTS, *FACES}
    assert table["seeds"].to_dict() == dict.fromkeys(STARTS, 2) | dict.fromkeys(FACES, 1)
    assert min(table["autoencoder_seconds"]) > 0 and min(table["distance_equal_images"]) > 0
    assert "of held-out real digits rightly" in (project / "results" / "decoders.md").read_text()
    for name in (*AUTOENCODERS, *MANIFOLDS):
        pictures = {file.stem for file in (project / "results" / "autoencoders" / name).iterdir()}
        further = {"by_label"} if is_conditional(name) else {"manifold", "codes"} if name in MANIFOLDS else set()
        assert pictures == {"losses", "reconstructions", "random"} | further


def test_frozen_layers_of_the_transferred_model_are_the_teachers(project: Path) -> None:
    from safetensors.torch import load_file

    for part, layers in (("generator", 2), ("critic", 2)):
        teacher, transfer = (load_file(project / "models" / n / f"{part}.safetensors") for n in ("teacher", "transfer"))
        for key in teacher:
            layer, kind = int(key.split(".")[1]), key.rsplit(".", 1)[1]
            if layer < layers:
                assert teacher[key].equal(transfer[key]), key
            elif kind == "weight" and teacher[key].ndim > 1:
                assert not teacher[key].equal(transfer[key]), key


def test_a_second_repro_does_nothing_and_the_lock_agrees(project: Path) -> None:
    begun = time.perf_counter()
    assert ran(call(project, "dvc", "repro")) == set()
    assert time.perf_counter() - begun < 20  # 2 s alone on a laptop; here others may be at work
    assert call(project, "git", "status", "--porcelain") == ""


def test_a_fresh_clone_makes_the_same_bytes(project: Path, tmp_path: Path) -> None:
    fresh = clone(project, tmp_path / "fresh")
    call(fresh, "dvc", "repro", "evaluate@teacher")
    for name in (
        "models/teacher/generator.safetensors",
        "models/teacher/critic.safetensors",
        "models/teacher/moments.npy",
    ):
        assert (fresh / name).read_bytes() == (project / name).read_bytes(), name
    assert call(fresh, "git", "status", "--porcelain", "metrics/quality", "metrics/reference") == ""


def test_the_committed_results_are_of_the_committed_code_and_params(tmp_path: Path) -> None:
    """Fails where code or params were changed without a new `make repro`."""
    fresh = clone(PROJECT, tmp_path / "fresh")
    assert ran(call(fresh, "dvc", "repro", "--allow-missing", "--dry")) == set()


@pytest.mark.parametrize(
    ("change", "stages"),
    [
        ("scales.paper.batch_size=32", set()),
        (
            "transfer.frozen_generator_layers=3",
            {"transfer", "sample@transfer", "evaluate@transfer", "compare"},
        ),
        ("kd.sweep=[0.3,0.01]", {"compare"}),
        (
            "digits.warmup=0.4",
            {"accelerate_digits_warmup", "evaluate_digits", "compare"},
        ),
        (
            "vae.pixel_sd=0.4",
            {f"autoencode_digits@digits_vae{ending}" for ending in ("", "_2d")}
            | {"accelerate_digits@digits_dcgan_from_vae", "accelerate_digits_warmup", "accelerate_digits_frozen"}
            | {"evaluate_digits", "picture_autoencoders", "autoencode_cats@cats_vae", "accelerate@teacher_from_vae"}
            | {"sample@teacher_from_vae", "evaluate@teacher_from_vae", "compare"},
        ),
        (
            "kd.sweep=[0.3,0.01,0.001,0.5]",
            {"distill_sweep@0.5", "sample_sweep@0.5", "evaluate_sweep@0.5", "compare"},
        ),
    ],
)
def test_a_change_re_runs_only_what_depends_on_it(unchanged: Path, change: str, stages: set[str]) -> None:
    output = call(unchanged, "dvc", "exp", "run", "--set-param", change)
    assert ran(output) == stages
    if "0.5" in change:
        assert "student_0.5" in set(pd.read_csv(unchanged / "results" / "comparison.csv")["model"])
    elif "sweep" in change:
        assert "student_0.001" not in set(pd.read_csv(unchanged / "results" / "comparison.csv")["model"])


def test_exp_run_with_another_alpha_keeps_comments_and_trains_one_student(unchanged: Path) -> None:
    before = (unchanged / "params.yaml").read_text()
    output = call(unchanged, "dvc", "exp", "run", "-S", "kd.alpha=0.3")
    assert ran(output) == {"distill", "sample@student", "evaluate@student", "compare"}
    after = (unchanged / "params.yaml").read_text()
    assert [line.split("#")[1:] for line in after.splitlines()] == [line.split("#")[1:] for line in before.splitlines()]
    assert pd.read_csv(unchanged / "results" / "table_3_2.csv").set_index("model").loc["student", "alpha"] == 0.3
    assert "kd.alpha" in call(unchanged, "dvc", "params", "diff")
    assert "fd_efficientnet_lite0" in call(unchanged, "dvc", "metrics", "diff")


def test_two_processes_through_dvc(unchanged: Path) -> None:
    output = call(unchanged, "dvc", "exp", "run", "-S", "training.devices=2", "train_teacher")
    assert "train_teacher" in ran(output)
    cost = json.loads((unchanged / "metrics/cost/teacher.json").read_text())
    assert cost["processes"] == 2 and cost["device"].endswith("1 threads")


def test_a_training_run_by_hand_is_recorded_by_commit(unchanged: Path) -> None:
    """As on several machines, where `torchrun` starts the stage's command."""
    params = unchanged / "params.yaml"
    params.write_text(params.read_text().replace("  devices: 1 ", "  devices: 2 ", 1))
    arguments = ("data/processed/cats", "models/teacher", "metrics/cost/teacher.json")
    call(unchanged, "torchrun", "--standalone", "--nproc-per-node", "2", "stages/train.py", *arguments)
    call(unchanged, "dvc", "commit", "--force", "train_teacher")
    assert "train_teacher" not in ran(call(unchanged, "dvc", "repro", "train_teacher"))


def test_push_and_pull_through_a_directory_remote(project: Path, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    call(project, "dvc", "remote", "add", "--local", "--force", "--default", "shelf", str(remote))
    call(project, "dvc", "push")
    fresh = clone(project, tmp_path / "fresh")
    call(fresh, "dvc", "remote", "add", "--local", "--default", "shelf", str(remote))
    assert ran(call(fresh, "dvc", "repro", "--allow-missing", "--dry")) == set()  # the lock agrees, without any data
    call(fresh, "dvc", "pull")
    assert ran(call(fresh, "dvc", "repro")) == set()
    for name in MODELS:
        weights = Path("models") / name / "generator.safetensors"
        assert (fresh / weights).read_bytes() == (project / weights).read_bytes()


def test_looking_commands_show_something(project: Path) -> None:
    assert "peak_training_bytes" in call(project, "dvc", "metrics", "show")
    assert "train_teacher" in call(project, "dvc", "dag", "--mermaid")
    call(project, "dvc", "plots", "show", "--out", "plots")
    page = (project / "plots" / "index.html").read_text()
    assert "figure_3_4" in page
    assert "loss_D" in page
    assert '"field": "model"' in page and '"model": "student_0.3"' in page  # quality over training, a line per model
    shutil.rmtree(project / "plots")
    assert "Table 3.1" in call(project, "frugalgan", "results")
    assert "image_size: 32" in call(project, "frugalgan", "params")


def test_a_failing_stage_says_why_and_loses_nothing(unchanged: Path) -> None:
    weights = unchanged / "models" / "student" / "generator.safetensors"
    kept = weights.read_bytes()
    output = call(unchanged, "dvc", "exp", "run", "-S", "transfer.frozen_generator_layers=9", fails=True)
    assert "train: transfer.frozen_generator_layers: 9 is not allowed" in output
    call(unchanged, "git", "checkout", "--quiet", "--", ".")
    output = call(unchanged, "dvc", "exp", "run", "-S", "kd.learning_rate=fast", fails=True)
    assert "kd.learning_rate: 'fast' is not allowed" in output
    call(unchanged, "git", "checkout", "--quiet", "--", ".")
    metrics = (unchanged / "metrics" / "quality" / "student.json").read_bytes()
    inception = ("-S", "evaluate.extractor=inception", "-S", "evaluate.inception_weights=gone.pth")
    output = call(unchanged, "dvc", "exp", "run", *inception, "evaluate@student", fails=True)
    for part in ("gone.pth: no such file", "sha256", "evaluate.inception_weights", "efficientnet_lite0"):
        assert part in output
    assert (unchanged / "metrics" / "quality" / "student.json").read_bytes() == metrics
    call(unchanged, "git", "checkout", "--quiet", "--", ".")
    call(unchanged, "dvc", "checkout", "--quiet")
    assert weights.read_bytes() == kept


@pytest.mark.parametrize("stage", sorted(file.name for file in (PROJECT / "stages").glob("*.py")))
def test_every_stage_has_help(stage: str) -> None:
    assert "Usage" in call(PROJECT, sys.executable, f"stages/{stage}", "--help")
