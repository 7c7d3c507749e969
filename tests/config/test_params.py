"""params.yaml: what is accepted, and how what is not is explained."""

from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from pipeline import PROJECT

from frugalgan.config import params
from frugalgan.methods.kd import Distillation
from frugalgan.methods.wgan_gp import WganGp

RAW = yaml.safe_load((PROJECT / "params.yaml").read_text())


def written(folder: Path, changes: dict[str, Any]) -> Path:
    """params.yaml with dotted keys set; a value of `...` removes the key."""
    raw = yaml.safe_load((PROJECT / "params.yaml").read_text())
    for key, value in changes.items():
        *path, last = key.split(".")
        section = raw
        for name in path:
            section = section[name]
        if value is ...:
            del section[last]
        else:
            section[last] = value
    (folder / "params.yaml").write_text(yaml.safe_dump(raw))
    return folder / "params.yaml"


@pytest.mark.parametrize("scale", RAW["scales"])
def test_every_scale_loads(scale: str, tmp_path: Path) -> None:
    loaded = params.load(written(tmp_path, {"scale": scale}))
    assert asdict(loaded.scale) == RAW["scales"][scale]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prepare.max_rejected": 1.5}, r"prepare\.max_rejected: 1\.5 is not allowed: .*less than or equal to 1"),
        ({"prepare.crop": "nose"}, r"prepare\.crop: 'nose' is not allowed: .*'eyes' or 'thesis'"),
        ({"training.flip": 1}, r"training\.flip: 1 is not allowed: .*boolean"),
        ({"digits.seeds": [0, 0, 1]}, r"digits: seeds \[0, 0, 1\]: each must be another"),
        ({"seed": "1"}, r"seed: '1' is not allowed: .*integer"),
        ({"seed": -1}, r"seed: -1 is not allowed"),
        ({"prepare.crop": ...}, r"prepare\.crop is missing"),
        ({"prepare.croop": "eyes"}, r"prepare\.croop is not a known key; did you mean crop\?"),
        ({"trainig": {}}, r"unknown section trainig; known: .*training"),
        ({"training": ...}, r"section training must be a mapping"),
        ({"scale": "huge"}, r"scale: 'huge' is not one of embedded, laptop, paper, smoke"),
        ({"scales.embedded.image_size": 48}, r"scales\.embedded\.image_size: 48 is not allowed"),
        ({"scales.embedded.batch_size": 0}, r"scales\.embedded\.batch_size: 0 is not allowed: .*greater than or equal"),
        ({"scales.embedded.teacher_epochs": float("nan")}, r"scales\.embedded\.teacher_epochs: nan is not allowed"),
    ],
)
def test_errors_name_section_key_value_and_what_is_allowed(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(params.ParamsError, match=message):
        params.load(written(tmp_path, changes))


def test_a_number_that_yaml_reads_as_text_is_refused(tmp_path: Path) -> None:
    """YAML 1.1 reads 1e-3 as a string; it must not pass for a number, nor be ignored."""
    file = written(tmp_path, {"kd.learning_rate": yaml.safe_load("1e-3")})
    with pytest.raises(params.ParamsError, match=r"kd\.learning_rate: '1e-3' is not allowed"):
        params.section(Distillation, "kd", without=("sweep",), path=file)


def test_the_word_scale_takes_the_scales_value_and_a_number_wins_over_it(tmp_path: Path) -> None:
    by_scale = params.section(WganGp, "wgan_gp", path=written(tmp_path, {"scale": "paper"}))
    assert (by_scale.n_critic, by_scale.learning_rate) == (8, 1e-4)
    own = params.section(WganGp, "wgan_gp", path=written(tmp_path, {"scale": "paper", "wgan_gp.n_critic": 3}))
    assert own.n_critic == 3


def test_changing_a_preset_that_is_not_chosen_changes_nothing(tmp_path: Path) -> None:
    before = params.load(written(tmp_path, {}))
    assert params.load(written(tmp_path, {"scales.paper.batch_size": 7})) == before


def test_students_follow_the_sweep(tmp_path: Path) -> None:
    assert params.students(PROJECT / "params.yaml") == {
        "student": 0.05,
        "student_0.3": 0.3,
        "student_0.01": 0.01,
        "student_0.001": 0.001,
    }
    assert params.students(written(tmp_path, {"kd.sweep": [0.5]})) == {"student": 0.05, "student_0.5": 0.5}
    assert set(params.students(written(tmp_path, {"kd.sweep": [1, 0]}))) == {"student", "student_1", "student_0"}
    with pytest.raises(params.ParamsError, match=r"kd\.sweep\.0: 2\.0 is not allowed"):
        params.students(written(tmp_path, {"kd.sweep": [2.0]}))


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(params.ParamsError, match="no such file"):
        params.load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [")
    with pytest.raises(params.ParamsError, match="not valid YAML"):
        params.load(tmp_path / "params.yaml")


def test_paper_scale_is_the_thesis() -> None:
    paper = RAW["scales"]["paper"]
    expected = {
        "image_size": 128,
        "generator_width": 2048,
        "student_width": 512,
        "critic_width": 64,
        "teacher_epochs": 4000,
        "kd_epochs": 1000,
        "kd_batch_size": 8,
        "n_critic": 8,
        "learning_rate": 1e-4,
        "frozen_critic_layers": 4,
        "ema_decay": 0.0,
        "samples": 500,
        "extractor": "inception",
    }
    assert {key: paper[key] for key in expected} == expected
    assert (RAW["wgan_gp"]["n_critic"], RAW["wgan_gp"]["learning_rate"]) == ("scale", "scale")
    assert (RAW["wgan_gp"]["gradient_penalty"], RAW["wgan_gp"]["beta1"], RAW["wgan_gp"]["beta2"]) == (10.0, 0.0, 0.9)
    assert RAW["transfer"]["frozen_generator_layers"] == 2
    assert (RAW["kd"]["learning_rate"], RAW["kd"]["beta1"], RAW["kd"]["beta2"]) == (5e-4, 0.0, 0.999)
    assert RAW["networks"]["latent_size"] == 100


def test_every_key_is_commented() -> None:
    lines = (PROJECT / "params.yaml").read_text().splitlines()
    numbers = [line for line in lines if ":" in line and not line.lstrip().startswith("#")]
    sections = numbers[: numbers.index("scales:")]
    uncommented = [line for line in sections if "#" not in line and not line.endswith(":")]
    assert uncommented == []
    assert set(RAW["scales"]["smoke"]) == {field.name for field in fields(params.Scale)}
