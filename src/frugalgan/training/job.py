"""A row of models.yaml → what is trained, and how."""

from dataclasses import replace
from pathlib import Path

import torch

from frugalgan.config import places
from frugalgan.config.lookup import defined_in
from frugalgan.config.params import check, mapping
from frugalgan.config.sections import RANDOM, GanRecipe, ParamsError
from frugalgan.config.study import Study
from frugalgan.data.facts import FILE, DataFacts, read_facts
from frugalgan.methods.base import Method
from frugalgan.methods.gan import Gan
from frugalgan.methods.start import StartError, check_sizes, check_teacher, freeze
from frugalgan.networks import Family
from frugalgan.networks.parts import GENERATOR
from frugalgan.training.recipe import Job, PoolRecipe, Recipe, check_networks
from frugalgan.training.settings import Training

LABELS_UNKNOWN = 10  # how many are planned with, before the pictures are prepared


def jobs(study: Study, project: Path = Path()) -> dict[str, Job]:
    """Model → its training, of all rows and further students. Raises ParamsError, so that a typo in any section that
    a row names shows before the first model trains.

    The labels of a data set are those that were prepared in the folder `project`; where none were yet, as many as
    usual.
    """
    recipes: dict[str, Recipe] = {}
    found = {}
    for name in study.rows:
        row = study.row(name)
        budget = study.budgets[row.budget]
        found[name] = Job(
            name=name,
            recipe=_recipe(study, name, project, recipes),
            training=study.section("training", Training),
            kimg=budget.kimg,
            batch_size=budget.batch_size,
            moment_samples=study.data_of(name).moment_samples,
            seeds=tuple(study.seeds(name)),
            pictures=budget.pictures,
            names=row.words(),
        )
        _check(study, name, recipes)
    return found


def job(study: Study, name: str, project: Path = Path()) -> Job:
    """The training of that model. Raises ParamsError."""
    study.row(name)
    return jobs(study, project)[name]


def _recipe(study: Study, name: str, project: Path, known: dict[str, Recipe]) -> Recipe:
    if name not in known:
        row = study.row(name)
        where = f"{study.models}: models.{name}"
        method = _method(study, name, where)
        known[name] = Recipe(
            method,
            family_of(study, row.networks),
            facts_of(study, row.data, project),
            study.starts[row.start],
            _source(study, row.source, project, known),
        )
    return known[name]


def _method(study: Study, name: str, where: str) -> Method:
    """The method with the switches of its row's recipe."""
    row = study.row(name)
    if "recipe" in mapping(study.raw, row.method, study.params):
        raise ParamsError(f"{study.params}: {row.method}.recipe: a recipe is a row's: name it in {study.models}")
    method = study.section(
        row.method, defined_in("methods", row.method, Method, f"{where}.method"), study.instead(name)
    )
    recipe = study.recipes[row.recipe]
    if isinstance(method, Gan):
        try:
            return method.with_recipe(recipe)
        except ValueError as error:
            raise ParamsError(f"{where}: recipe {row.recipe!r}: {error}") from None
    if recipe != GanRecipe():
        raise ParamsError(f"{where}: recipe {row.recipe!r} is for GANs, and method {row.method!r} is none")
    return method


def _source(study: Study, name: str, project: Path, known: dict[str, Recipe]) -> Recipe | PoolRecipe | None:
    if name == RANDOM:
        return None
    if name in study.pools:
        pool = study.pools[name]
        return PoolRecipe(pool.images, _recipe(study, pool.source, project, known).family.latent_size)
    return _recipe(study, name, project, known)


def family_of(study: Study, name: str) -> Family:
    """The networks of section `networks.<name>`. Raises ParamsError."""
    where = f"networks.{name}"
    cls = defined_in("networks", study.family(name), Family, f"{study.params}: {where}.family")
    values = {key: value for key, value in study.networks(name).items() if key != "family"}
    return check(cls, values, study.params, where)


def facts_of(study: Study, name: str, project: Path) -> DataFacts:
    """What is known of a data set, prepared or not."""
    dataset = study.dataset(name)
    if not dataset.labels:
        return DataFacts.of(dataset)
    several = len(dataset.styles) > 1
    labels = dataset.styles if several else tuple(str(label) for label in range(LABELS_UNKNOWN))
    prepared = project / places.prepared(name)
    if (prepared / FILE).is_file():
        labels = read_facts(prepared).labels or labels
    return DataFacts.of(dataset, labels)


def _check(study: Study, name: str, recipes: dict[str, Recipe]) -> None:
    """Raise ParamsError where networks cannot be built, or a source does not fit; nothing is allocated."""
    row, recipe = study.row(name), recipes[name]
    where = f"{study.models}: models.{name}"
    try:
        with torch.device("meta"):
            networks = recipe.networks()
            freeze(recipe.start, networks)
            check_networks(recipe, networks, recompute=study.section("training", Training).recompute)
            if isinstance(recipe.source, Recipe):
                source = recipe.source.networks()
                freeze(replace(recipe.source.start, wait=0.0, layers=0), source)
                for part in recipe.start.weights:
                    check_sizes(part, networks, source)
        if recipe.method.needs_teacher != recipe.start.teacher:
            needs, other = ("needs a", "with") if recipe.method.needs_teacher else ("uses no", "without")
            raise StartError(f"method {row.method!r} {needs} teacher: choose a start {other} `teacher: true`")
        if recipe.start.adaptation and GENERATOR not in recipe.start.weights:
            raise StartError("an adaptation is of a trained generator: let the start have weights: [generator]")
        if recipe.start.teacher:
            _check_teacher(recipe, recipes[study.pools[row.source].source if row.source in study.pools else row.source])
    except StartError as error:
        raise ParamsError(f"{where}: from {row.source!r}, start {row.start!r}: {error}") from None
    except ValueError as error:
        raise ParamsError(f"{where}: networks {row.networks!r}, data {row.data!r}: {error}") from None


def _check_teacher(recipe: Recipe, teacher: Recipe) -> None:
    """Raise StartError where `teacher` cannot teach `recipe`: other sizes, or labels that a pool does not keep."""

    def sizes(of: Recipe) -> dict[str, int]:
        labels = {"labels": of.data.classes} if teacher.family.conditional else {}
        return {"latent_size": of.family.latent_size, "size": of.data.size, "channels": of.data.channels} | labels

    if teacher.family.conditional and isinstance(recipe.source, PoolRecipe):
        raise StartError("a pool does not say of which label its images are: let `from` name the model itself")
    check_teacher(sizes(recipe), sizes(teacher))
