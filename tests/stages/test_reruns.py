"""Which stages `dvc repro` runs again after a change: those that the change can alter, and what follows them."""

from collections.abc import Collection, Iterator
from io import StringIO
from typing import Any

import pandas as pd
import pytest
from pipeline import call
from stand_in import ROWS, StandIn

from frugalgan.config.params import read_yaml

pytestmark = pytest.mark.slow

SETS = ("cats", "dogs", "animals", "sketches", "styles", "digits")
FOLLOWING = ("sample", "evaluate")
WGAN = {"untrained", "teacher", "scratch", "transfer", "teacher_from_vae"}
VAE = {"cats_vae", "digits_vae"}
STUDENTS = {"0.3", "0.01"}


def of(stage: str, names: Collection[str]) -> set[str]:
    """`stage` of each of these rows or data sets; with the row `student`, of the further students, too."""
    students = {f"{stage}_students@{alpha}" for alpha in STUDENTS} if "student" in names else set()
    return {f"{stage}@{name}" for name in names} | students


ALL = set(ROWS)
DATA_STAGES = of("fetch", SETS) | of("prepare", SETS)
MODEL_STAGES = of("train", ALL) | of("sample", ALL) | of("evaluate", ALL)
EXPORTS = {"export@teacher", "export@student"}
EVERYTHING = DATA_STAGES | of("reference", SETS) | MODEL_STAGES | EXPORTS | {"report"}

# A file of each room → the stages that run its code.
ROOMS = {
    "files.py": EVERYTHING,
    "data/sources/folder.py": of("fetch", SETS),
    "data/crops.py": of("prepare", SETS),
    "networks/dcgan_student.py": of("train", {"student"})
    | of("sample", {"student"})
    | of("evaluate", {"student"})
    | {"export@student"},
    "networks/recomputation.py": of("reference", SETS) | MODEL_STAGES | EXPORTS,  # the extractor is a network, too
    "methods/kd.py": of("train", {"student"}),
    "methods/wgan_gp.py": of("train", WGAN),
    "methods/losses.py": of("train", ALL),
    "training/loop.py": of("train", ALL),
    "evaluation/metrics/kernel.py": of("reference", SETS) | of("evaluate", ALL) | EXPORTS,
    "export/onnx_files.py": EXPORTS,
    "report/figures.py": {"report"},
}


@pytest.fixture
def project(whole: StandIn) -> Iterator[StandIn]:
    yield whole
    whole.reset()


@pytest.mark.parametrize("file", ROOMS)
def test_a_line_of_code_re_runs_the_stages_that_run_it(project: StandIn, file: str) -> None:
    project.append(f"src/frugalgan/{file}", "\nCHANGED = 1\n")
    assert project.changed() == {"code"} | ROOMS[file]


def test_comments_and_docstrings_re_run_nothing(project: StandIn) -> None:
    for path in (project.folder / "src/frugalgan").rglob("*.py"):
        text = path.read_text()
        path.write_text(text.replace('"""', '"""Other words. ', 1) + "\n# a comment\n")
    assert project.changed() == {"code"}


def test_a_new_method_and_family_train_nothing_and_a_row_of_each_trains_one_model(project: StandIn) -> None:
    source = (project.folder / "src/frugalgan/methods/dcgan.py").read_text()
    (project.folder / "src/frugalgan/methods/other.py").write_text(source.replace("DcGan", "Other"))
    source = (project.folder / "src/frugalgan/networks/dcgan.py").read_text()
    (project.folder / "src/frugalgan/networks/big.py").write_text(source.replace("Dcgan", "Big"))
    rates = "learning_rate: 0.001, critic_learning_rate: 0.001, beta1: 0.5, beta2: 0.999"
    project.append("params.yaml", f"\nother: {{n_critic: 1, {rates}}}\n")
    sizes = "latent_size: 8, generator_width: 64, critic_width: 8, conditional: false"
    section = f"  large: {{family: big, {sizes}}}\n"
    project.edit("params.yaml", "\nstarts:", f"\n{section}\nstarts:")
    assert project.changed() == {"code"}
    project.append("models.yaml", row("dogs_other", method="other"))
    project.append("models.yaml", row("cats_large", data="cats", networks="large"))
    new = {"dogs_other", "cats_large"}
    assert project.repro() == {"code"} | of("train", new) | following(*new)


def test_more_seeds_and_another_budget_train_these_models_alone(project: StandIn) -> None:
    models = (project.folder / "models.yaml").read_text().splitlines()
    for name, old, new in (("scratch", "seeds: 1", "seeds: 3"), ("transfer", "budget: dogs", "budget: longer")):
        (line,) = [line for line in models if f" {name}:" in line]
        project.edit("models.yaml", line, line.replace(old, new))
    project.edit("params.yaml", "  dogs: {kimg: ", "  longer: {kimg: 20.0, batch_size: 16}\n  dogs: {kimg: ")
    assert project.changed() == {"code", "report"} | of("train", {"scratch", "transfer"})


PARAMS: list[tuple[str, Any, set[str]]] = [
    ("kd.alpha", 0.3, {"train@student", "report"}),
    ("budgets.student.kimg", 20.0, of("train", {"student"})),
    ("starts.transfer.generator_layers", 3, {"train@transfer", "evaluate@transfer"}),
    ("vae.pixel_sd", 0.4, of("train", VAE)),
    ("datasets.dogs.extractor", "inception", {"reference@dogs", "report"}),
    ("datasets.dogs.samples", 400, {"reference@dogs", "report"} | of("sample", {"scratch", "transfer"})),
    ("datasets.dogs.mirror", False, {"prepare@dogs", "report"}),
    ("students", [0.3], {"report"}),
    ("compare.significance", 0.01, {"report"}),
    ("evaluate.repeats", 4, of("reference", SETS) | of("sample", ALL) | of("evaluate", ALL) | EXPORTS),
    ("export.models", ["student"], {"code", "report"}),
    ("training.ema_decay", 0.9, of("train", ALL)),
    ("seed", 1, of("train", ALL)),
]


@pytest.mark.parametrize(("key", "value", "stages"), PARAMS)
def test_a_number_re_runs_what_it_is_about(project: StandIn, key: str, value: Any, stages: set[str]) -> None:
    assert project.vary(key, value) == stages


def test_a_variation_runs_what_follows_from_it_and_keeps_every_comment(project: StandIn) -> None:
    before = (project.folder / "params.yaml").read_text()
    call(project.folder, "dvc", "exp", "run", "-S", "kd.alpha=0.5", "random")
    after = (project.folder / "params.yaml").read_text()
    changed = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
    assert [new.split("#")[0].strip() for _, new in changed] == ["alpha: 0.5"]
    assert project.repro() == {"train@student", "sample@student", "evaluate@student", "export@student", "report"}


def test_variations_in_copies_do_not_add_up_and_are_found_after_a_commit(project: StandIn) -> None:
    call(project.folder, "dvc", "exp", "remove", "--all-commits")  # those of other tests
    before = (project.folder / "params.yaml").read_text()
    for variation in ("kd.alpha=0.1", "compare.significance=0.01"):
        call(project.folder, "dvc", "exp", "run", "--temp", "-S", variation)
    assert (project.folder / "params.yaml").read_text() == before
    assert shown(project) == {(0.1, 0.05), (0.05, 0.01)}
    committer = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    call(project.folder, "git", *committer, "commit", "--quiet", "--allow-empty", "--message", "later")
    assert shown(project) == set() and shown(project, "-A") == {(0.1, 0.05), (0.05, 0.01)}


def shown(project: StandIn, *options: str) -> set[tuple[float, float]]:
    """α and the level of significance of every experiment that `dvc exp show` lists."""
    table = pd.read_csv(StringIO(call(project.folder, "dvc", "exp", "show", "--csv", *options)))
    names = {column.rpartition(":")[2]: column for column in table.columns}
    rows = table[table["Experiment"].notna() & (table["rev"] != "workspace")]
    return set(zip(rows[names["kd.alpha"]], rows[names["compare.significance"]], strict=True))


def test_any_path_and_a_small_number_can_be_values_of_a_variation(project: StandIn) -> None:
    paths = {"cats": "/mnt/my photos [2], a=b", "dogs": "~/photos (new)", "sketches": "/mnt/déjà vu"}
    asked = [part for name, path in paths.items() for part in ("-S", f'datasets.{name}.source="{path}"')]
    call(project.folder, "dvc", "exp", "run", *asked, "-S", "wgan_gp.learning_rate=0.00005", "random")
    found = read_yaml(project.folder / "params.yaml")
    assert {name: found["datasets"][name]["source"] for name in paths} == paths
    assert "5e-05" in (project.folder / "params.yaml").read_text() and found["wgan_gp"]["learning_rate"] == 5e-05


def row(name: str, *, data: str = "dogs", method: str = "dcgan", networks: str = "faces") -> str:
    """A line of models.yaml."""
    names = f"data: {data}, method: {method}, networks: {networks}, from: random, start: random"
    return f"  {name}: {{{names}, budget: dogs, recipe: plain, seeds: 1}}\n"


def following(*names: str) -> set[str]:
    """What follows the training of models that no other starts from."""
    return {f"{stage}@{name}" for stage in FOLLOWING for name in names} | {"report"}
