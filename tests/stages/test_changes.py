"""Variations, pictures and rows of one's own, several processes, pools: through the real `dvc` commands."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pipeline import FACES, call, keep_models, ran, replace

pytestmark = pytest.mark.slow


def test_another_alpha_trains_its_students_alone_and_they_come_and_go_in_tables(unchanged: Path) -> None:
    call(unchanged, "dvc", "exp", "run", "-S", "kd.alpha=0.5", "-S", "students=[0.1]", "random")
    output = call(unchanged, "frugalgan", "repro", "--jobs", "1")
    new = {f"{stage}{of}" for stage in ("train", "sample", "evaluate") for of in ("@student", "_students@0.1")}
    assert ran(output) - {"code"} == new | {"export@student", "report"}
    models = set(pd.read_csv(unchanged / "results" / "tables" / "comparison.csv")["model"])
    assert "student_0.1" in models and "student_0.3" not in models
    table = pd.read_csv(unchanged / "results" / "tables" / "table_3_2.csv").set_index("model")
    assert table.loc["student", "alpha"] == 0.5
    assert "kd.alpha" in call(unchanged, "dvc", "params", "diff")
    assert "fd_efficientnet_lite0_mid64" in call(unchanged, "dvc", "metrics", "diff")


def test_pictures_that_are_no_animals_and_a_pool_go_through_to_the_report(unchanged: Path, tmp_path: Path) -> None:
    """A block in params.yaml and two rows, one of them conditional: labels are the names of subfolders. Beside it
    students learn from images that the teacher made once."""
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
    dogs = text[text.index("  dogs:\n") : text.index("  styles: ")]
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
    names = "data: flowers, method: wgan_gp, from: random, start: random, budget: dogs, recipe: plain"
    with (unchanged / "models.yaml").open("a") as file:
        file.write(f"  flowers_wgan: {{{names}, networks: faces, seeds: 2}}\n")
        file.write(f"  flowers_conditional: {{{names}, networks: digits_conditional, seeds: 1}}\n")
    replace(unchanged / "params.yaml", "pools: {} ", "pools: {images_of_teacher: {from: teacher, images: 24}} ")
    rows = unchanged / "models.yaml"
    (student,) = [line for line in rows.read_text().splitlines() if line.startswith("  student:")]
    replace(rows, student, student.replace("from: teacher,", "from: images_of_teacher,"))
    stages = {f"{stage}@flowers" for stage in ("fetch", "prepare", "reference")}
    models = ("flowers_wgan", "flowers_conditional")
    stages |= {f"{stage}@{model}" for stage in ("train", "sample", "evaluate") for model in models}
    stages |= {f"{stage}{of}" for stage in ("train", "sample", "evaluate") for of in ("@student", "_students@0.3")}
    stages |= {"pool@images_of_teacher", "export@student"}
    assert ran(call(unchanged, "frugalgan", "repro")) == stages | {"code", "report"}
    table = pd.read_csv(unchanged / "results" / "tables" / "comparison.csv").set_index("model")
    assert table.loc["flowers_wgan", "seeds"] == 2 and 0 <= table.loc["flowers_conditional", "agreement"] <= 1
    assert len(list(folder.rglob("*.*"))) == 60  # only read
    one = json.loads((unchanged / "metrics/evaluations/student.json").read_text())
    assert one["quality"][0]["fd_efficientnet_lite0_mid64_vs_source"] > 0


def test_two_processes_through_dvc_train_every_seed(unchanged: Path) -> None:
    output = call(unchanged, "dvc", "exp", "run", "-S", "training.devices=2", "train@digits_dcgan")
    assert "train@digits_dcgan" in ran(output)
    for seed in (0, 1):
        record = json.loads((unchanged / f"models/digits_dcgan/record/{seed}/record.json").read_text())
        assert record["processes"] == 2 and record["device"].endswith("1 thread")


def test_a_training_run_by_hand_is_recorded_by_commit(unchanged: Path) -> None:
    """As on several machines, where `torchrun` starts the stage's command."""
    replace(unchanged / "params.yaml", "  devices: 1 ", "  devices: 2 ")
    call(unchanged, "torchrun", "--standalone", "--nproc-per-node", "2", "stages/train.py", "teacher")
    record = json.loads((unchanged / "models/teacher/record/0/record.json").read_text())
    assert record["processes"] == 2
    call(unchanged, "dvc", "commit", "--force", "train@teacher")
    assert "train@teacher" not in ran(call(unchanged, "dvc", "repro", "train@teacher"))


def test_fewer_models_need_no_other_change(unchanged: Path) -> None:
    """Without students, pairs, thesis's rows and decoders the report still comes out."""
    call(unchanged, "dvc", "exp", "run", "-S", "students=[]", "-S", "compare.pairs=[]", "random")
    keep_models(unchanged, ("scratch", "student", "teacher"))
    assert ran(call(unchanged, "dvc", "repro")) == {"code", "report"}
    assert FACES[0] not in (unchanged / "results" / "comparison.md").read_text()
    assert pd.read_csv(unchanged / "results" / "tables" / "verdicts.csv").empty
