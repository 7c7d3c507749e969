"""models.yaml and params.yaml together: which models there are, and the sections that their rows name."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from frugalgan.config.params import check, mapping, read_yaml, unknown
from frugalgan.config.sections import RANDOM, Budget, Dataset, GanRecipe, ParamsError, Pool, Row, Start

PARAMS, MODELS = Path("params.yaml"), Path("models.yaml")
METHODS = Path(__file__).parents[1] / "methods"
SETTINGS = ("prepare", "training", "evaluate", "export", "compare")  # sections that hold for all models
NAMED = {"datasets": Dataset, "budgets": Budget, "starts": Start, "recipes": GanRecipe, "pools": Pool}
STUDENT, STUDENT_METHOD, STUDENT_KEY = "student", "kd", "alpha"  # what `students` vary
PAIR_KEYS = ("generator_from", "critic_from")  # of networks of family `pair`: sections of other families
T = TypeVar("T")


@dataclass(frozen=True)
class Study:
    """All that the two files say, checked as far as it needs no network: names fit together, nothing is unknown."""

    params: Path
    models: Path
    raw: dict[str, Any]
    seed: int
    rows: dict[str, Row]
    datasets: dict[str, Dataset]
    budgets: dict[str, Budget]
    starts: dict[str, Start]
    recipes: dict[str, GanRecipe]
    pools: dict[str, Pool]
    students: dict[str, float]  # further students → their α

    def row(self, name: str) -> Row:
        """The row of that model. Raises ParamsError."""
        if name not in self.rows:
            raise unknown(self.models, "models", name, self.rows)
        return self.rows[name]

    def data_of(self, name: str) -> Dataset:
        """The data set that a model learns."""
        return self.datasets[self.row(name).data]

    def dataset(self, name: str) -> Dataset:
        """The data set of that name. Raises ParamsError."""
        if name not in self.datasets:
            raise unknown(self.params, "datasets", name, self.datasets)
        return self.datasets[name]

    def seeds(self, name: str) -> list[int]:
        """What a model is trained from: `seed` and the numbers that follow it, as many as its row says."""
        return list(range(self.seed, self.seed + self.row(name).seeds))

    def section(self, name: str, cls: type[T], instead: dict[str, Any] | None = None) -> T:
        """The section `name` as the frozen dataclass `cls`; `instead` replaces single values. Raises ParamsError."""
        return check(cls, mapping(self.raw, name, self.params) | (instead or {}), self.params, name)

    def networks(self, name: str) -> dict[str, Any]:
        """The section `networks.<name>` as it stands. Raises ParamsError."""
        found = mapping(self.raw, "networks", self.params)
        return mapping({f"networks.{name}": found[name]}, f"networks.{name}", self.params)

    def family(self, name: str) -> str:
        """The family of networks that the section `networks.<name>` names. Raises ParamsError."""
        if not isinstance(family := self.networks(name).get("family"), str):
            raise ParamsError(
                f"{self.params}: networks.{name}.family must be the name of a file of src/frugalgan/networks/"
            )
        return family

    def families(self, name: str) -> list[str]:
        """That one; of a pair then the generator's and the critic's. Raises ParamsError."""
        values = self.networks(name)
        within = [values[key].get("family") for key in PAIR_KEYS if isinstance(values.get(key), dict)]
        return [self.family(name), *(family for family in within if isinstance(family, str))]

    def instead(self, name: str) -> dict[str, Any]:
        """Values of its method's section that a model has another of: α of a further student."""
        return {STUDENT_KEY: self.students[name]} if name in self.students else {}


def load(params: Path = PARAMS, models: Path = MODELS) -> Study:
    """The study of these two files. Raises ParamsError."""
    return study(read_yaml(params), read_yaml(models), params, models)


def study(raw: dict[str, Any], table: dict[str, Any], params: Path = PARAMS, models: Path = MODELS) -> Study:
    """The study of these values, which `params` and `models` name in errors. Raises ParamsError."""
    known = [
        "seed",
        "students",
        "networks",
        *NAMED,
        *SETTINGS,
        *sorted(file.stem for file in METHODS.glob("[a-z]*.py")),
    ]
    for name in raw:
        if name not in known:
            raise unknown(params, "section", name, known)
    for name in table:
        if name != "models":
            raise unknown(models, "section", name, ["models"])
    for section in ("networks", *NAMED):
        for key in mapping(raw, section, params):
            _check_name(params, f"{section}.{key}", str(key))
    named: dict[str, dict[str, Any]] = {
        section: {
            str(key): check(cls, values, params, f"{section}.{key}")
            for key, values in mapping(raw, section, params).items()
        }
        for section, cls in NAMED.items()
    }
    rows = {
        str(name): check(Row, values, models, f"models.{name}")
        for name, values in mapping(table, "models", models).items()
    }
    students = _students(raw, rows, params, models)
    rows = _with_students(rows, students)
    found = Study(params, models, raw, _seed(raw, params), rows, **named, students=students)
    for name, row in rows.items():
        _check_row(found, name, row)
    for name, pool in found.pools.items():
        if name == RANDOM:
            raise ParamsError(f"{params}: pools.{name}: `{RANDOM}` stands for no model at all; rename the pool")
        if pool.source not in rows:
            raise unknown(params, f"pools.{name}.from", pool.source, rows)
    _check_cycles(found)
    return found


def _seed(raw: dict[str, Any], path: Path) -> int:
    seed = raw.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**31:
        raise ParamsError(f"{path}: seed: {seed!r} is not allowed: it must be an integer from 0 to {2**31 - 1}")
    return seed


def _students(raw: dict[str, Any], rows: dict[str, Row], params: Path, models: Path) -> dict[str, float]:
    alphas = raw.get("students")
    if not isinstance(alphas, list) or not all(_is_share(alpha) for alpha in alphas):
        raise ParamsError(f"{params}: students: {alphas!r} is not allowed: it must be a list of α from 0 to 1")
    if alphas and (STUDENT not in rows or rows[STUDENT].method != STUDENT_METHOD):
        raise ParamsError(
            f"{models}: models.{STUDENT}: {params}'s list `students` needs a row `{STUDENT}` of the method "
            f"{STUDENT_METHOD}; add it, or set students to []"
        )
    # Named by the number as it is written, 1 or 1.0, as DVC names the stages.
    students = {f"{STUDENT}_{alpha}": float(alpha) for alpha in alphas}
    if len(students) < len(alphas):
        raise ParamsError(f"{params}: students: {alphas!r} names an α twice; remove one")
    for name in students:
        if name in rows:
            raise ParamsError(f"{models}: models.{name}: `students` of {params} makes a model of that name; rename it")
    return students


def _with_students(rows: dict[str, Row], students: dict[str, float]) -> dict[str, Row]:
    """Further students right after the row that they repeat."""
    together: dict[str, Row] = {}
    for name, row in rows.items():
        together[name] = row
        if name == STUDENT:
            together |= dict.fromkeys(students, row)
    return together


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _check_name(path: Path, where: str, name: str) -> None:
    """Raise ParamsError where DVC could not find it by `section.name`, or it makes no folder's name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ParamsError(f"{path}: {where}: {name!r} is not a name: take letters, digits, _ and - alone")


def _check_row(study: Study, name: str, row: Row) -> None:
    """Raise ParamsError where a name of the row is not there, or does not fit its start."""
    where = f"models.{name}"
    if name not in study.students:
        _check_name(study.models, where, name)
    if name == RANDOM or name in study.pools:
        raise ParamsError(f"{study.models}: {where}: a model is called neither `{RANDOM}` nor like a pool; rename it")
    choices = {
        "data": (row.data, study.datasets),
        "networks": (row.networks, mapping(study.raw, "networks", study.params)),
        "start": (row.start, study.starts),
        "budget": (row.budget, study.budgets),
        "recipe": (row.recipe, study.recipes),
        "from": (row.source, [RANDOM, *study.rows, *study.pools]),
        "method": (row.method, [key for key in study.raw if (METHODS / f"{key}.py").is_file()]),
    }
    for key, (value, known) in choices.items():
        if value not in known:
            raise unknown(study.models, f"{where}.{key}", value, known)
    start = study.starts[row.start]
    if start.needs_source and row.source == RANDOM:
        raise ParamsError(f"{study.models}: {where}: start {row.start!r} needs a trained model; name one in `from`")
    if not start.needs_source and row.source != RANDOM:
        raise ParamsError(
            f"{study.models}: {where}: start {row.start!r} uses nothing of {row.source!r}; set `from` to {RANDOM}, or "
            f"choose another start of {', '.join(key for key, other in study.starts.items() if other.needs_source)}"
        )
    if row.source in study.pools and start.weights:
        raise ParamsError(f"{study.models}: {where}: start {row.start!r} needs weights, and {row.source!r} is a pool")
    if study.seed + row.seeds > 2**31:
        raise ParamsError(f"{study.models}: {where}.seeds: {row.seeds} seeds from {study.seed} on pass {2**31 - 1}")


def _check_cycles(study: Study) -> None:
    for name in study.rows:
        path, at = [name], study.rows[name].source
        while at != RANDOM:
            at = study.pools[at].source if at in study.pools else at
            if at in path:
                circle = " ← ".join([*path[path.index(at) :], at])
                raise ParamsError(f"{study.models}: models.{at}.from: the models {circle} start from one another")
            path.append(at)
            at = study.rows[at].source
