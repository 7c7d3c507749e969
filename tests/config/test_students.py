"""Further students, which the list `students` makes of one row, and pools of images that students learn from."""

from typing import Any

import pytest
from config_files import raw_models, raw_params

from frugalgan.config.sections import ParamsError, Pool
from frugalgan.config.study import Study, study
from frugalgan.methods.kd import Distillation

POOL = {"from": "teacher", "images": 100}


def with_students(*alphas: Any, models: dict[str, Any] | None = None) -> Study:
    return study(raw_params() | {"students": list(alphas)}, models or raw_models())


def with_pool(pool: dict[str, Any], **student: Any) -> Study:
    models = raw_models()
    models["models"]["student"] |= student
    return study(raw_params() | {"pools": {"mypool": pool}}, models)


def test_students_repeat_the_row_with_another_alpha() -> None:
    found = with_students(0.3, 0.01, 5e-05, 1, 0)
    assert found.students == {
        "student_0.3": 0.3,
        "student_0.01": 0.01,
        "student_5e-05": 5e-05,
        "student_1": 1.0,
        "student_0": 0.0,
    }
    names = list(found.rows)
    first = names.index("student")
    assert names[first : first + 6] == ["student", *found.students]
    for name, alpha in found.students.items():
        assert found.row(name) == found.row("student")
        assert found.section("kd", Distillation, found.instead(name)).alpha == alpha
    assert found.section("kd", Distillation, found.instead("student")).alpha == raw_params()["kd"]["alpha"]
    assert with_students().students == {}


@pytest.mark.parametrize("students", [None, 0.3, {"a": 0.3}, [0.3, "0.1"], [True], [1.5], [-0.1], [float("nan")]])
def test_students_are_a_list_of_shares(students: Any) -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml: students: .* must be a list of α from 0 to 1"):
        study(raw_params() | {"students": students}, raw_models())


def test_an_alpha_twice_is_an_error() -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml: students: \[0\.3, 0\.3\] names an α twice; remove one"):
        with_students(0.3, 0.3)


def test_students_need_a_row_of_their_method() -> None:
    models = raw_models()
    models["models"]["student"]["method"] = "dcgan"
    without = {"models": {name: row for name, row in raw_models()["models"].items() if name != "student"}}
    for table in (models, without):
        with pytest.raises(ParamsError, match=r"models\.yaml: models\.student: .*row `student` of the method kd; add"):
            with_students(0.3, models=table)
        assert "student_0.3" not in with_students(models=table).rows


def test_a_row_may_not_have_the_name_of_a_further_student() -> None:
    models = raw_models()
    models["models"]["student_1"] = models["models"]["teacher"]
    with pytest.raises(ParamsError, match=r"models\.student_1: `students` of params\.yaml makes a model of that name"):
        with_students(1, models=models)
    assert with_students(0, models=models).row("student_1").method == "wgan_gp"


def test_another_row_may_learn_from_a_further_student() -> None:
    models = raw_models()
    models["models"]["pupil"] = models["models"]["student"] | {"from": "student_0.3"}
    assert with_students(0.3, models=models).row("pupil").source == "student_0.3"


def test_a_student_may_learn_from_a_pool() -> None:
    found = with_pool(POOL, **{"from": "mypool"})
    assert found.row("student").source == found.row("student_0.3").source == "mypool"
    assert found.pools["mypool"].source == "teacher"
    assert isinstance(found.pools["mypool"], Pool)


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        (POOL | {"from": "techer"}, r"pools\.mypool\.from: 'techer' is not one of .*; did you mean teacher\?"),
        (POOL | {"from": "random"}, r"pools\.mypool\.from: 'random' is not one of untrained, "),
        (POOL | {"images": -1}, r"pools\.mypool\.images: -1 is not allowed: .*greater than or equal to 1"),
        ({"images": 3}, r"pools\.mypool\.from is missing"),
    ],
)
def test_a_pool_that_cannot_be_made_is_named(pool: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=rf"params\.yaml: {message}"):
        with_pool(pool)


def test_images_are_no_weights() -> None:
    with pytest.raises(ParamsError, match=r"models\.student: start 'decoder' needs weights, and 'mypool' is a pool"):
        with_pool(POOL, **{"from": "mypool", "start": "decoder"})
