"""Presets: what they say, and how they are written into params.yaml."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from config_files import changed, raw_models, raw_params
from dvc.utils.hydra import apply_overrides
from pipeline import PROJECT

from frugalgan.config.params import read_yaml
from frugalgan.config.presets import flags, preset, with_preset, write_preset
from frugalgan.config.sections import ParamsError
from frugalgan.config.study import study
from frugalgan.training.job import jobs

FOLDER = PROJECT / "presets"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))


def values(name: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    return preset(name, params or raw_params(), FOLDER)


def own(folder: Path, text: str) -> dict[str, Any]:
    """What a preset of that text says."""
    (folder / "mine.yaml").write_text(text)
    return preset("mine", raw_params(), folder)


def params_file(folder: Path) -> Path:
    return Path(shutil.copy(PROJECT / "params.yaml", folder / "params.yaml"))


def changed_lines(before: str, after: str) -> list[tuple[str, str]]:
    """Lines that are others, before and after; there are as many before as after."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    return [(one, other) for one, other in pairs if one != other]


def test_all_presets_say_the_same_keys() -> None:
    assert NAMES == ["embedded", "laptop", "paper", "smoke"]
    keys = [set(values(name)) for name in NAMES]
    assert all(keys[0] == other for other in keys), [sorted(keys[0] ^ other) for other in keys]


def test_embedded_is_what_is_committed() -> None:
    assert with_preset(raw_params(), values("embedded")) == raw_params()


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_makes_a_study_whose_trainings_can_be_built(name: str) -> None:
    found = study(with_preset(raw_params(), values(name)), raw_models())
    assert set(jobs(found, Path("nothing", "prepared"))) == set(found.rows)


def test_a_star_reaches_a_users_own_data_set_and_budget() -> None:
    raw = raw_params()
    mine = raw["datasets"]["dogs"] | {"source": "/photos", "count": 7, "size": 256}
    raw = changed(raw, {"datasets.mine": mine, "budgets.mine": {"kimg": 9.0, "batch_size": 3}})
    made = with_preset(raw, values("smoke", raw))
    smoke = yaml.safe_load((FOLDER / "smoke.yaml").read_text())
    assert made["datasets"]["mine"] == mine | smoke["datasets"]["*"]
    assert made["budgets"]["mine"] == smoke["budgets"]["*"]
    assert made["datasets"]["mine"]["count"] == 7


def test_a_key_of_its_own_wins_over_the_star(tmp_path: Path) -> None:
    text = 'budgets:\n  dogs: {kimg: 2.0}\n  "*": {kimg: 1.0, batch_size: 4}\n'
    assert own(tmp_path, text) == {
        f"budgets.{name}.{key}": 2.0 if (name, key) == ("dogs", "kimg") else value
        for name in raw_params()["budgets"]
        for key, value in (("kimg", 1.0), ("batch_size", 4))
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trainig: {tf32: true}", r"trainig: 'trainig' is not one of .*; did you mean training\?"),
        ("training: {tf23: true}", r"training\.tf23: 'tf23' is not one of .*; did you mean tf32\?"),
        (
            "datasets: {cat: {size: 32}}",
            r"datasets\.cat: 'cat' is not one of .*; did you mean cats\?",
        ),
        ("datasets: {'*': {sizes: 32}}", r"datasets\.cats\.sizes: 'sizes' is not one of .*; did you mean size\?"),
        ("datasets: {'*': 32}", r"datasets\.\*: must be a mapping of keys to values, not 32"),
        ("datasets: {'*': {size: 32}, cats: 3}", r"datasets\.cats: 3 does not fit what params\.yaml has there"),
        ("training: 3", r"training: 3 does not fit what params\.yaml has there"),
        ("training: {tf32: {a: 1}}", r"training\.tf32: \{'a': 1\} does not fit what params\.yaml has there"),
        ("training: {'*': {a: 1}}", r"training\.\S+: \{'a': 1\} does not fit what params\.yaml has there"),
        ("seed: {a: 1}", r"seed: \{'a': 1\} does not fit"),
        ("[1]", r"must be a mapping of sections"),
    ],
)
def test_what_params_yaml_does_not_have_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ParamsError, match=rf"mine\.yaml: {message}"):
        own(tmp_path, text)


def test_a_preset_that_is_not_there_is_named_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"presets: preset: 'smok' is not one of embedded, .*; did you mean smoke\?"):
        values("smok")
    with pytest.raises(ParamsError, match="'smoke' is not one of none"):
        preset("smoke", raw_params(), tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_writing_a_preset_changes_its_values_and_no_other_character(tmp_path: Path, name: str) -> None:
    file = params_file(tmp_path)
    before = file.read_text()
    write_preset(values(name), file)
    after = file.read_text()
    assert read_yaml(file) == with_preset(raw_params(), values(name))
    said = {str(value).lower() for value in values(name).values()}
    for old, new in changed_lines(before, after):
        assert old.split("#")[1:] == new.split("#")[1:]
        assert old.split(":")[0] == new.split(":")[0]
        assert any(word.strip("{},") in said for word in new.split()), new
    write_preset(values("embedded"), file)
    assert file.read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_a_preset_on_the_command_line_is_the_same_preset(tmp_path: Path) -> None:
    file = params_file(tmp_path)
    words = flags(values("paper"))
    assert words[::2] == ["-S"] * len(values("paper"))
    assert "datasets.cats.size=128" in words and "datasets.cats.extractor=inception" in words
    assert flags({"training.tf32": False}) == ["-S", "training.tf32=false"]
    apply_overrides(file, words[1::2])  # what `dvc exp run` does with them
    assert read_yaml(file) == with_preset(raw_params(), values("paper"))


def test_lists_and_nothing_are_values_on_the_command_line_too(tmp_path: Path) -> None:
    """The shell of `dvc exp run $(…)` splits words at spaces, whatever quotes they have."""
    file = params_file(tmp_path)
    mine = own(
        tmp_path,
        'students: [0.3, 0.01]\nexport: {models: [teacher]}\nkd: {alpha: null}\ntraining: {device: "cuda:1"}\n',
    )
    words = " ".join(flags(mine)).split()
    assert words[1::2] == ["students=[0.3,0.01]", "export.models=[teacher]", "kd.alpha=null", "training.device=cuda:1"]
    apply_overrides(file, words[1::2])
    assert read_yaml(file) == with_preset(raw_params(), mine)


@pytest.mark.parametrize("value", ["/my photos", "~/photos", "a\tb", "it's", ["a b"], [{"a": 1}], ""])
def test_what_a_shell_would_split_is_refused_with_the_cure(value: Any) -> None:
    with pytest.raises(ParamsError, match=r"^datasets\.cats\.source: .* cannot .* by `frugalgan preset NAME`, without"):
        flags({"datasets.cats.source": value})


def test_what_dvc_changes_keeps_all_comments_on_their_lines(tmp_path: Path) -> None:
    def comments() -> list[str]:
        return re.findall(r"#.*", file.read_text())

    file = params_file(tmp_path)
    before = comments()
    apply_overrides(file, ["kd.alpha=0.3"])  # as does `dvc exp run -S`
    assert comments() == before
    assert read_yaml(file) == with_preset(raw_params(), {"kd.alpha": 0.3})


def test_with_preset_leaves_its_argument_alone() -> None:
    raw = raw_params()
    assert with_preset(raw, {"budgets.dogs.kimg": 1.0, "seed": 3}) != raw
    assert raw == raw_params()
