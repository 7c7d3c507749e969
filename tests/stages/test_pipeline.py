"""The real `dvc` commands, with the preset `smoke` and some of the models, in a temporary clone."""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pipeline import DIGITS, FACES, MODELS, PROJECT, SEEDS, STUDENTS, call, clone, keep_models, ran, replace
from safetensors.torch import load_file
from typer.testing import CliRunner

from frugalgan.data.images import read_rgb

pytestmark = pytest.mark.slow


def weights(project: Path, name: str, part: str = "generator", seed: int = 0) -> Path:
    return project / "models" / name / "weights" / str(seed) / f"{part}.safetensors"


def test_every_model_has_weights_samples_quality_and_cost(project: Path) -> None:
    for name in MODELS:
        summary = json.loads((project / "metrics" / f"{name}.json").read_text())
        assert len(summary) <= 12 and all(isinstance(value, int | float) for value in summary.values())
        one = json.loads((project / "metrics" / "evaluations" / f"{name}.json").read_text())
        assert one["seeds"] == SEEDS[name]
        key = "fd_efficientnet_lite0" + "_64" * (name in DIGITS)
        assert one["distance"] == key and {"extractor_sha256", "torch", "n_reference", "device"} <= set(one)
        for quality, record, seed in zip(one["quality"], one["records"], one["seeds"], strict=True):
            assert quality[key] > 0 and quality[f"{key}_sd"] > 0
            assert len(quality[f"{key}_draws"]) == quality["draws"] == 5
            assert record["peak_training_bytes"] > 0 or name == "untrained"
            assert record["generator_bytes"] == weights(project, name, seed=seed).stat().st_size
        moments = 1 if name == "untrained" else len(one["course"]["kimg"])
        assert (
            {len(run) for run in one["course"]["distance"]}
            == {len(run) for run in one["course"]["seconds"]}
            == {moments}
        )
        samples = np.load(project / "samples" / name / "samples.npy")
        assert samples.shape[:2] == (len(SEEDS[name]), 5 * (10 if name in DIGITS else 8))
        assert (project / "results" / "pictures" / name / "neighbours.png").is_file()
        grid = read_rgb(project / "samples" / name / "grid.png")
        assert grid.shape[1] >= 8 * 128
    assert {file.stem for file in (project / "metrics").glob("*.json")} >= MODELS  # others are committed


def test_one_comparison_has_every_model_and_the_thesis_is_a_view_of_it(project: Path) -> None:
    tables = project / "results" / "tables"
    comparison = pd.read_csv(tables / "comparison.csv").set_index("model")
    assert set(comparison.index) == MODELS
    assert comparison["seeds"].to_dict() == {name: len(seeds) for name, seeds in SEEDS.items()}
    assert set(comparison.loc[comparison["seeds"] > 1, "spread"]) == {"seeds"}
    assert comparison["agreement"].notna().to_dict() == {name: name.startswith("digits_c") for name in comparison.index}
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
    assert figures == thesis | {"samples", "head_starts", "pareto", "quality_over_training"}


def test_the_study_of_decoders_is_a_view_of_the_same_table(project: Path) -> None:
    table = pd.read_csv(project / "results" / "tables" / "head_starts.csv").set_index("model")
    assert table["control"].to_dict() == {
        "teacher_from_vae": "teacher",
        "digits_dcgan_from_vae_frozen": "digits_dcgan",
    }
    assert table["seeds"].tolist() == [1, 2]
    assert min(table["autoencoder_seconds"]) > 0 and min(table["distance_equal_images"]) > 0
    assert "of held-out images" in (project / "results" / "decoders.md").read_text()
    for name, further in {
        "cats_vae": set(),
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


def test_a_second_repro_does_nothing_and_the_lock_agrees(project: Path) -> None:
    begun = time.perf_counter()
    assert ran(call(project, "dvc", "repro")) == set()
    assert time.perf_counter() - begun < 20  # 3 s alone; here others may be at work
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


def test_another_alpha_trains_one_student_and_shows_in_tables(unchanged: Path) -> None:
    output = call(unchanged, "dvc", "exp", "run", "-S", "kd.alpha=0.5")
    assert ran(output) == {"train@student", "sample@student", "evaluate@student", "report"}
    table = pd.read_csv(unchanged / "results" / "tables" / "table_3_2.csv").set_index("model")
    assert table.loc["student", "alpha"] == 0.5
    assert "kd.alpha" in call(unchanged, "dvc", "params", "diff")
    assert "fd_efficientnet_lite0" in call(unchanged, "dvc", "metrics", "diff")


def test_other_students_come_and_go(unchanged: Path) -> None:
    output = call(unchanged, "dvc", "exp", "run", "-S", "students=[0.1]")
    new = {f"{stage}_students@0.1" for stage in ("train", "sample", "evaluate")}
    assert ran(output) == new | {"report"}
    models = set(pd.read_csv(unchanged / "results" / "tables" / "comparison.csv")["model"])
    assert "student_0.1" in models and "student_0.3" not in models
    call(unchanged, "dvc", "exp", "run", "-S", "students=[]", "-S", "compare.pairs=[]")
    assert pd.read_csv(unchanged / "results" / "tables" / "verdicts.csv").empty


def test_a_small_number_as_dvc_writes_it_is_a_number(unchanged: Path) -> None:
    output = call(unchanged, "dvc", "exp", "run", "-S", "wgan_gp.learning_rate=0.00005", "train@teacher")
    assert "5e-05" in (unchanged / "params.yaml").read_text()
    assert "train@teacher" in ran(output)


def test_pictures_that_are_no_animals_go_through_to_the_report(unchanged: Path, tmp_path: Path) -> None:
    """A block in params.yaml and two rows, one of them conditional: labels are the names of subfolders."""
    folder = tmp_path / "My pictures"
    kinds = ("png", "jpg", "webp", "JPEG", "tif", "bmp")
    for number in range(60):
        place = folder / f"{'stripes' if number % 2 else 'spots'}/deep er" / f"näme {number}.{kinds[number % 6]}"
        place.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (6, 9, 3), np.uint8)
        if number % 2:
            pixels[:] = pixels[:1]
        Image.fromarray(pixels).resize((50 + number, 40)).save(place)
    text = (unchanged / "params.yaml").read_text()
    dogs = text[text.index("  dogs:\n") : text.index("  digits:\n    source")]
    block = (
        dogs.replace("dogs:", "flowers:")
        .replace("source: drawn", f"source: {folder}")
        .replace("subject: dog", "subject: any")
    )
    replace(
        unchanged / "params.yaml",
        "  digits:\n    source",
        f"{block.replace('labels: false', 'labels: true')}  digits:\n    source",
    )
    names = "data: flowers, method: wgan_gp, from: random, start: random, budget: dogs"
    with (unchanged / "models.yaml").open("a") as file:
        file.write(f"  flowers_wgan: {{{names}, networks: faces, seeds: 2}}\n")
        file.write(f"  flowers_conditional: {{{names}, networks: digits_conditional, seeds: 1}}\n")
    stages = {f"{stage}@flowers" for stage in ("fetch", "prepare", "reference")}
    models = ("flowers_wgan", "flowers_conditional")
    stages |= {f"{stage}@{model}" for stage in ("train", "sample", "evaluate") for model in models}
    assert ran(call(unchanged, "dvc", "repro")) == stages | {"code", "report"}
    table = pd.read_csv(unchanged / "results" / "tables" / "comparison.csv").set_index("model")
    assert table.loc["flowers_wgan", "seeds"] == 2 and 0 <= table.loc["flowers_conditional", "agreement"] <= 1
    assert len(list(folder.rglob("*.*"))) == 60  # only read


def test_two_processes_through_dvc_train_every_seed(unchanged: Path) -> None:
    output = call(unchanged, "dvc", "exp", "run", "-S", "training.devices=2", "train@digits_dcgan")
    assert "train@digits_dcgan" in ran(output)
    for seed in (0, 1):
        record = json.loads((unchanged / f"models/digits_dcgan/record/{seed}/record.json").read_text())
        assert record["processes"] == 2 and record["device"].endswith("1 threads")


def test_a_training_run_by_hand_is_recorded_by_commit(unchanged: Path) -> None:
    """As on several machines, where `torchrun` starts the stage's command."""
    replace(unchanged / "params.yaml", "  devices: 1 ", "  devices: 2 ")
    call(unchanged, "torchrun", "--standalone", "--nproc-per-node", "2", "stages/train.py", "teacher")
    call(unchanged, "dvc", "commit", "--force", "train@teacher")
    assert "train@teacher" not in ran(call(unchanged, "dvc", "repro", "train@teacher"))


def test_students_of_a_pool(unchanged: Path) -> None:
    replace(unchanged / "params.yaml", "pools: {} ", "pools: {images_of_teacher: {from: teacher, images: 24}} ")
    replace(
        unchanged / "models.yaml",
        "method: kd,      networks: small,              from: teacher,",
        "method: kd, networks: small, from: images_of_teacher,",
    )
    output = call(unchanged, "dvc", "repro")
    students = {f"{stage}@student" for stage in ("train", "sample", "evaluate")}
    students |= {f"{stage}_students@0.3" for stage in ("train", "sample", "evaluate")}
    assert ran(output) >= students | {"pool@images_of_teacher", "report"}
    one = json.loads((unchanged / "metrics/evaluations/student.json").read_text())
    assert one["quality"][0]["fd_efficientnet_lite0_vs_source"] > 0


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
        assert weights(fresh, name).read_bytes() == weights(project, name).read_bytes()


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
    assert f"{len(MODELS)} models of 3 data sets" in call(project, "frugalgan", "check")


def test_a_failing_stage_says_why_and_loses_nothing(unchanged: Path) -> None:
    kept = weights(unchanged, "student").read_bytes()
    output = call(unchanged, "dvc", "exp", "run", "-S", "starts.transfer.generator_layers=9", fails=True)
    for part in ("models.transfer", "generator_layers: 9 is not allowed", "the network has 4 layers"):
        assert part in output
    call(unchanged, "git", "checkout", "--quiet", "--", ".")
    output = call(unchanged, "dvc", "exp", "run", "-S", "kd.learning_rate=fast", fails=True)
    assert "kd.learning_rate: 'fast' is not allowed" in output
    call(unchanged, "git", "checkout", "--quiet", "--", ".")
    metrics = (unchanged / "metrics" / "student.json").read_bytes()
    inception = ("-S", "datasets.cats.extractor=inception", "-S", "evaluate.inception_weights=gone.pth")
    output = call(unchanged, "dvc", "exp", "run", *inception, "evaluate@student", fails=True)
    for part in ("gone.pth: no such file", "sha256", "evaluate.inception_weights", "efficientnet_lite0"):
        assert part in output
    assert (unchanged / "metrics" / "student.json").read_bytes() == metrics
    call(unchanged, "git", "checkout", "--quiet", "--", ".")
    call(unchanged, "dvc", "checkout", "--quiet")
    assert weights(unchanged, "student").read_bytes() == kept


def test_a_row_that_names_what_is_not_there_fails_before_anything_trains(unchanged: Path) -> None:
    with (unchanged / "models.yaml").open("a") as file:
        file.write(
            "  lost: {data: cats, method: wgan, networks: faces, from: random, start: random, budget: dogs, seeds: 1}\n"
        )
    output = call(unchanged, "dvc", "repro", fails=True)
    assert "models.yaml: models.lost.method: 'wgan' is not one of" in output and "did you mean wgan_gp" in output
    assert ran(output) == {"code"}


def test_somebodys_picture_is_never_deleted(unchanged: Path) -> None:
    mine = unchanged / "data/fetched/dogs/my dog.jpg"
    shutil.copy(next((unchanged / "data/fetched/dogs").rglob("*.jpg")), mine)
    replace(unchanged / "params.yaml", "    count: 32\n", "    count: 33\n")
    output = call(unchanged, "dvc", "repro", "fetch@dogs", fails=True)
    assert "my dog.jpg: this file was not fetched" in output and mine.is_file()
    assert "my dog.jpg" in call(unchanged, "frugalgan", "check", fails=True)
    mine.unlink()


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


def test_fewer_models_need_no_other_change(unchanged: Path) -> None:
    """Without students, pairs, thesis's rows and decoders the report still comes out."""
    call(unchanged, "dvc", "exp", "run", "-S", "students=[]", "-S", "compare.pairs=[]", "random")
    keep_models(unchanged, ("scratch", "student", "teacher"))
    assert ran(call(unchanged, "dvc", "repro")) == {"code", "report"}
    assert FACES[0] not in (unchanged / "results" / "comparison.md").read_text()
