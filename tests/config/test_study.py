"""models.yaml and params.yaml together: what a row may say, and how what does not fit is explained."""

from pathlib import Path
from typing import Any

import pytest
from config_files import raw_models, raw_params, written
from pipeline import PROJECT

from frugalgan.config.sections import ParamsError
from frugalgan.config.study import Study, load, study

ROW = {
    "data": "cats",
    "method": "wgan_gp",
    "networks": "faces",
    "from": "random",
    "start": "random",
    "budget": "dogs",
    "recipe": "plain",
    "seeds": 1,
}
POOL = {"from": "teacher", "images": 100}


def made(params: dict[str, Any] | None = None, **rows: dict[str, Any]) -> Study:
    """The committed study with sections of params.yaml and rows of models.yaml added or replaced."""
    models = raw_models()
    models["models"] |= rows
    return study(raw_params() | (params or {}), models)


def test_the_committed_files_fit_together() -> None:
    found = load(PROJECT / "params.yaml", PROJECT / "models.yaml")
    assert [name for name in found.rows if name not in found.students] == list(raw_models()["models"])
    for name in found.rows:
        assert found.data_of(name) == found.dataset(found.row(name).data)
        assert found.networks(found.row(name).networks) == raw_params()["networks"][found.row(name).networks]


def test_digits_are_not_mirrored_and_conditional_networks_learn_labelled_images() -> None:
    found = made()
    for name in found.rows:
        data, networks = found.data_of(name), found.networks(found.row(name).networks)
        assert data.mirror != (found.row(name).data == "digits")
        assert data.labels or not networks.get("conditional")


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("data", "cat", r"cats, dogs, animals, sketches, styles, digits; did you mean cats\?"),
        ("method", "wgan", r"wgan_gp, dcgan, hinge, stylegan2, direction, kd, ae, vae, wae; did you mean wgan_gp\?"),
        (
            "method",
            "training",
            r"wgan_gp, dcgan, hinge, stylegan2, direction, kd, ae, vae, wae",
        ),  # a section, but no method
        (
            "networks",
            "face",
            r"faces, small, digits, .*, sagan, style; did you mean faces\?",
        ),
        (
            "start",
            "transfr",
            r"random, taught, decoder, .*, directed, affine; did you mean transfer\?",
        ),
        ("budget", "long", "none, teacher, dogs, student, autoencoder, shorter, digits, digits_autoencoder"),
        ("recipe", "plan", r"plain, orthogonal, light, lazy; did you mean plain\?"),
        ("from", "techer", r"random, untrained, teacher, .*student_0\.3, .*mine; did you mean teacher\?"),
    ],
)
def test_a_name_that_is_not_there_is_named_with_row_key_and_what_there_is(key: str, value: str, allowed: str) -> None:
    with pytest.raises(ParamsError, match=rf"^models\.yaml: models\.mine\.{key}: '{value}' is not one of {allowed}"):
        made(mine=ROW | {key: value})


def test_a_method_needs_its_section_in_params() -> None:
    params = raw_params()
    del params["wae"]
    with pytest.raises(ParamsError, match=r"models\.cats_wae\.method: 'wae' is not one of .* kd, ae, vae"):
        study(params, raw_models())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"seeds": 0}, r"models\.mine\.seeds: 0 is not allowed: .*greater than or equal to 1"),
        ({"seeds": 101}, r"models\.mine\.seeds: 101 is not allowed: .*less than or equal to 100"),
        ({"seeds": "3"}, r"models\.mine\.seeds: '3' is not allowed: .*integer"),
        ({"method": 3}, r"models\.mine\.method: 3 is not allowed: .*string"),
        ({"data": ""}, r"models\.mine\.data: '' is not allowed"),
        ({"epochs": 3}, r"models\.mine\.epochs is not a known key"),
        ({"bugdet": "dogs"}, r"models\.mine\.bugdet is not a known key; did you mean budget\?"),
    ],
)
def test_values_of_a_row_are_checked(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=rf"models\.yaml: {message}"):
        made(mine=ROW | row)


@pytest.mark.parametrize("key", ROW)
def test_no_key_of_a_row_may_be_missing(key: str) -> None:
    with pytest.raises(ParamsError, match=rf"models\.yaml: models\.mine\.{key} is missing"):
        made(mine={name: value for name, value in ROW.items() if name != key})


@pytest.mark.parametrize(
    "name", ["", "my model", "a/b", "../a", "-rf", ".hidden", "_a", "ä", "a\n", "a.b", "$a", "student_0.5"]
)
def test_a_name_makes_a_folder_and_a_key_of_dvcs(name: str) -> None:
    with pytest.raises(ParamsError, match=r"is not a name: take letters, digits, _ and - alone"):
        made(**{name: ROW})


@pytest.mark.parametrize("section", ["datasets", "networks", "budgets", "starts", "recipes", "pools"])
def test_so_do_the_names_of_sections_that_rows_name(section: str) -> None:
    params = raw_params()
    some = next(iter(params[section].values()), POOL)
    with pytest.raises(ParamsError, match=rf"params\.yaml: {section}\.my\.own: 'my\.own' is not a name"):
        study(params | {section: params[section] | {"my.own": some}}, raw_models())
    assert study(params | {section: params[section] | {"my-own_2": some}}, raw_models())


@pytest.mark.parametrize("name", ["random", "mypool"])
def test_names_that_stand_for_something_else(name: str) -> None:
    with pytest.raises(ParamsError, match=rf"models\.{name}: a model is called neither `random` nor like a pool"):
        made({"pools": {"mypool": POOL}}, **{name: ROW})
    with pytest.raises(ParamsError, match=r"params\.yaml: pools\.random: .*rename the pool"):
        made({"pools": {"random": POOL}})


def test_two_rows_of_one_name_are_refused(tmp_path: Path) -> None:
    params, models = written(tmp_path)
    text = models.read_text()
    models.write_text(text + "\n".join(["  teacher:", *(f"    {key}: {value}" for key, value in ROW.items())]))
    with pytest.raises(ParamsError, match=r"models\.yaml: not valid YAML: two keys 'teacher'"):
        load(params, models)


@pytest.mark.parametrize("table", [{}, {"models": None}, {"models": []}, {"models": {"a": None}}])
def test_a_table_without_rows_is_an_error(table: dict[str, Any]) -> None:
    with pytest.raises(ParamsError, match=r"models\.yaml: section models.* must be a mapping of keys to values"):
        study(raw_params() | {"students": []}, table)


def test_models_yaml_has_one_section() -> None:
    with pytest.raises(ParamsError, match=r"models\.yaml: section: 'model' is not one of models; did you mean models"):
        study(raw_params(), raw_models() | {"model": {}})


def test_a_start_needs_a_source_and_a_source_a_start() -> None:
    with pytest.raises(ParamsError, match=r"models\.mine: start 'decoder' needs a trained model; name one in `from`"):
        made(mine=ROW | {"start": "decoder"})
    starts = "taught, decoder, warmup, frozen, transfer"
    with pytest.raises(ParamsError, match=rf"models\.mine: start 'random' uses nothing of 'teacher'; .* of {starts}"):
        made(mine=ROW | {"from": "teacher"})


def test_models_that_start_from_one_another_are_named() -> None:
    taken = ROW | {"start": "transfer"}
    with pytest.raises(ParamsError, match=r"models\.a\.from: the models a ← a start from one another"):
        made(a=taken | {"from": "a"})
    with pytest.raises(ParamsError, match=r"the models a ← c ← b ← a start from one another"):
        made(a=taken | {"from": "c"}, b=taken | {"from": "a"}, c=taken | {"from": "b"})
    taught = ROW | {"start": "taught", "from": "mypool"}
    with pytest.raises(ParamsError, match=r"the models a ← a start from one another"):
        made({"pools": {"mypool": POOL | {"from": "a"}}}, a=taught)


def test_a_row_may_start_from_one_that_stands_below_it() -> None:
    found = made(first=ROW | {"start": "transfer", "from": "second"}, second=ROW)
    assert found.row("first").source == "second"


def test_a_model_that_is_not_there_is_named_with_what_there_is() -> None:
    found = made()
    with pytest.raises(ParamsError, match=r"models\.yaml: models: 'techer' is not one of .*; did you mean teacher\?"):
        found.row("techer")
    with pytest.raises(ParamsError, match=r"params\.yaml: datasets: 'cat' is not one of cats, dogs, animals, sketches"):
        found.dataset("cat")


def test_seeds_follow_the_first(tmp_path: Path) -> None:
    found = made({"seed": 5}, mine=ROW | {"seeds": 3})
    assert found.seeds("mine") == [5, 6, 7]
    last = 2**31 - 1
    assert made({"seed": last - 2}, mine=ROW | {"seeds": 3}).seeds("mine")[-1] == last
    with pytest.raises(ParamsError, match=rf"models\.mine\.seeds: 4 seeds from {last - 2} on pass {last}"):
        made({"seed": last - 2}, mine=ROW | {"seeds": 4})
