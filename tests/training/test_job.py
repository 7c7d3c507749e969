"""A row of models.yaml becomes a training; what cannot be trained is said before the first model is."""

from pathlib import Path
from typing import Any

import pytest
from one_training import DIGITS, KD, MODEL, ROW, params_of, study_of
from pipeline import PROJECT

from frugalgan.config.params import read_yaml
from frugalgan.config.sections import GanRecipe, ParamsError
from frugalgan.config.study import study
from frugalgan.data.facts import DataFacts, write_facts
from frugalgan.methods.kd import Distillation
from frugalgan.methods.losses import ADVERSARIAL
from frugalgan.methods.wgan_gp import WganGp
from frugalgan.networks.dcgan import Dcgan
from frugalgan.training.job import job, jobs
from frugalgan.training.recipe import PoolRecipe, Recipe

TRANSFER = ROW | {"from": MODEL, "start": "transfer"}
WIDE = {"family": "dcgan", "latent_size": 100, "generator_width": 64, "critic_width": 8, "conditional": False}
NOWHERE = Path("nowhere")  # a project in which no data set is prepared


@pytest.mark.parametrize("size", ["smoke", "embedded", "laptop", "paper"])
def test_every_row_of_the_project_can_be_trained_at_every_size(size: str) -> None:
    found = study(params_of({"students": [0.3]}, size), read_yaml(PROJECT / "models.yaml"))
    trainings = jobs(found, NOWHERE)
    assert list(trainings) == list(found.rows)
    assert all(training.steps for name, training in trainings.items() if name != "untrained")
    assert trainings["untrained"].steps == 0


def test_a_row_names_its_sections() -> None:
    found = study_of(
        {MODEL: ROW, "transfer": TRANSFER | {"seeds": 3}},
        {"seed": 7, "budgets.dogs.kimg": 0.3, "wgan_gp.gradient_penalty": 5.0, "networks.faces.critic_width": 16},
    )
    transfer = job(found, "transfer", NOWHERE)
    assert transfer.seeds == (7, 8, 9) and transfer.kimg == 0.3 and transfer.moment_samples == 6
    recipe = transfer.recipe
    assert isinstance(recipe.method, WganGp) and recipe.method.gradient_penalty == 5
    assert isinstance(recipe.family, Dcgan) and recipe.family.critic_width == 16
    assert recipe.data == DataFacts(32, 3, mirror=True)
    assert recipe.start.weights == ("generator", "critic") and recipe.start.critic_layers == -2
    assert recipe.source == job(found, MODEL, NOWHERE).recipe
    assert transfer.names == {"data": "dogs", "method": "wgan_gp", "networks": "faces", "from": MODEL} | {
        "start": "transfer", "budget": "dogs", "recipe": "plain"
    }  # fmt: skip
    with pytest.raises(ParamsError, match=r"'tranfer' is not one of scratch, transfer; did you mean transfer\?"):
        job(found, "tranfer", NOWHERE)


def test_further_students_differ_in_alpha_alone() -> None:
    found = study_of({MODEL: ROW, "student": KD | {"from": MODEL}}, {"students": [0.3]})
    student, other = (job(found, name, NOWHERE).recipe for name in ("student", "student_0.3"))
    assert isinstance(student.method, Distillation) and student.method.alpha == 0.05
    assert isinstance(other.method, Distillation) and other.method.alpha == 0.3
    assert (student.family, student.source, student.start) == (other.family, other.source, other.start)


def test_a_pool_takes_the_place_of_its_model() -> None:
    found = study_of({MODEL: ROW, "student": KD | {"from": "many"}}, {"pools": {"many": {"from": MODEL, "images": 9}}})
    assert job(found, "student", NOWHERE).recipe.source == PoolRecipe(images=9, latent_size=100)


def test_labels_are_those_of_the_prepared_data_and_ten_until_then(tmp_path: Path) -> None:
    found = study_of({"conditional": DIGITS | {"networks": "digits_conditional"}})
    assert job(found, "conditional", tmp_path).recipe.data.classes == 10
    write_facts(tmp_path / "data/prepared/digits", DataFacts(32, 1, mirror=False, labels=("even", "odd")))
    recipe = job(found, "conditional", tmp_path).recipe
    assert recipe.data.labels == ("even", "odd") and recipe.networks().G.classes == 2


def test_a_budget_counts_images_whatever_the_batch() -> None:
    for batch_size in (8, 16, 32):
        asked = {"budgets.dogs.kimg": 3.2, "budgets.dogs.batch_size": batch_size, "wgan_gp.n_critic": 2}
        assert job(study_of({MODEL: ROW}, asked), MODEL, NOWHERE).steps == 3200 // (2 * batch_size)
    assert job(study_of({MODEL: ROW}, {"budgets.dogs.kimg": 1e-6}), MODEL, NOWHERE).steps == 1


def test_the_papers_budgets_are_the_thesis_epochs() -> None:
    """4000 epochs of 200 critic and 25 generator updates, and 1000 of 100 and 100."""
    found = study_of({"teacher": ROW | {"budget": "teacher"}, "student": KD | {"from": "teacher", "budget": "student"}},
                     size="paper")  # fmt: skip
    teacher, student = (job(found, name, NOWHERE) for name in ("teacher", "student"))
    assert (teacher.steps, teacher.steps * teacher.recipe.method.batches_per_step) == (4000 * 25, 4000 * 200)
    assert (student.steps, student.steps * student.recipe.method.batches_per_step) == (1000 * 100, 1000 * 100)
    assert (teacher.batch_size, student.batch_size) == (64, 8)


# --- errors before anything trains -----------------------------------------------------------------------------------

GOOD = {MODEL: ROW, "transfer": TRANSFER, "student": KD | {"from": MODEL}, "vae": ROW | {"method": "vae"}}
CONDITIONAL = DIGITS | {"networks": "digits_conditional"}


@pytest.mark.parametrize(
    ("last", "changes", "said"),
    [
        (
            TRANSFER | {"networks": "wide"},
            {},
            "from 'scratch', start 'transfer': the generator .*: width 32 where 64 is needed: let both rows name the "
            "same networks",
        ),
        (TRANSFER | {"from": "vae"}, {}, "starts from has no critic.* it has generator, encoder"),
        (TRANSFER | {"method": "vae"}, {}, "critic_layers: -2 is not allowed: the model has no critic"),
        (ROW | {"start": "frozen", "from": "vae"}, {"starts.frozen.layers": 4}, "layers: 4 is not allowed"),
        (TRANSFER, {"starts.transfer.critic_layers": 4}, "critic_layers: 4 is not allowed: the network has 4 layers"),
        (ROW | {"method": "kd"}, {}, "method 'kd' needs a teacher: choose a start with `teacher: true`"),
        (ROW | {"start": "taught", "from": MODEL}, {}, "'wgan_gp' uses no teacher: choose a start without"),
        (
            KD | {"networks": "digits", "from": MODEL},
            {},
            "the teacher's images do not fit: latent_size 100 where 16 is needed: let both rows name",
        ),
        (KD | {"data": "digits", "from": MODEL}, {}, "the teacher's images do not fit: channels 3 where 1 is needed"),
        (KD | DIGITS | {"method": "kd", "start": "taught", "from": "told"}, {}, "a pool does not say of which label"),
        (ROW | {"networks": "digits_conditional"}, {}, "networks 'digits_conditional', data 'dogs': conditional"),
        (ROW, {"networks.faces.generator_width": 30}, "generator_width 30: must be a multiple of 4"),
        (ROW, {"networks.faces.critic_width": "8"}, r"networks\.faces\.critic_width: '8' is not allowed"),
        (ROW, {"networks.faces.family": "alexnet"}, r"family: 'alexnet' must be a file of src/frugalgan/networks/"),
        (ROW, {"recipes.lazy.r1": -1.0}, r"recipes\.lazy\.r1: -1\.0 is not allowed: .*greater than or equal to 0"),
        (ROW, {"recipes.lazy.lecam": -0.1}, r"recipes\.lazy\.lecam: -0\.1 is not allowed"),
        (ROW, {"wgan_gp.gradient_penalty": -1.0}, r"wgan_gp\.gradient_penalty: -1\.0 is not allowed"),
        (ROW | {"method": "hinge", "recipe": "lazy"}, {}, "recipe 'lazy': penalty_every: 4 without a penalty: set r1"),
        (ROW, {"recipes.lazy.augment": ["flip"]}, r"recipes\.lazy\.augment.*'flip' is not allowed"),
        (ROW, {"recipes.lazy.augment": ["cutout", "cutout"]}, "augment: cutout, cutout names one twice"),
        (ROW, {"recipes.lazy.penalty_every": 0}, r"recipes\.lazy\.penalty_every: 0 is not allowed"),
        (ROW, {"wgan_gp.recipe": {}}, r"wgan_gp\.recipe: a recipe is a row's: name it in models\.yaml"),
        (ROW | {"method": "vae", "recipe": "lazy"}, {}, "recipe 'lazy' is for GANs, and method 'vae' is none"),
        (
            ROW | {"method": "stylegan2", "networks": "style", "recipe": "lazy"},
            {},
            r"models\.last: recipe 'lazy': stylegan2 has R1 of its own: set stylegan2\.r1 and r1_every",
        ),
        (
            TRANSFER | {"recipe": "lazy"},
            {"wgan_gp.penalty_at": "features", "recipes.lazy.r1": 1.0},
            "penalty_at: features allows no r1 and r2 of the recipe",
        ),
        (ROW, {"vae.pixel_sd": 0.0}, r"vae\.pixel_sd: 0\.0 is not allowed"),
        (ROW, {"training.compile": True, "training.recompute": True}, "compile and recompute exclude each other"),
    ],
)
def test_what_cannot_be_trained_is_said_of_any_row_whichever_is_asked_for(
    last: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    pools = {"told": {"from": "conditional", "images": 8}}
    rows = GOOD | {"conditional": CONDITIONAL, "last": last}
    sections = {"networks.wide": WIDE, "pools": pools}
    with pytest.raises(ParamsError, match=rf"^(models|params)\.yaml: .*{said}"):
        job(study_of(rows, sections | changes), MODEL, NOWHERE)


def test_a_row_trains_with_its_recipe() -> None:
    plain, switched = (job(study_of({"a": ROW | {"recipe": name}}), "a", NOWHERE).recipe for name in ("plain", "lazy"))
    assert isinstance(plain.method, WganGp) and isinstance(switched.method, WganGp)
    assert plain.method.recipe == GanRecipe() and plain.method.loss is ADVERSARIAL["wasserstein"]
    assert switched.method.recipe.augment == ("colour", "translation")
    assert switched.method.recipe.penalty_every == switched.method.period == 4


def test_the_rows_of_those_tests_are_good_in_themselves() -> None:
    rows = GOOD | {"conditional": CONDITIONAL}
    found = jobs(study_of(rows, {"pools": {"told": {"from": "conditional", "images": 8}}}), NOWHERE)
    assert list(found) == list(rows)
    assert all(isinstance(training.recipe, Recipe) for training in found.values())
