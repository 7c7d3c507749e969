"""params.yaml: what is accepted, and how what is not is explained."""

import re
from pathlib import Path
from typing import Any

import pytest
from config_files import raw_params, written
from pipeline import PROJECT

from frugalgan.config.params import check, mapping, read_yaml
from frugalgan.config.sections import Dataset, ParamsError, Row, Start
from frugalgan.config.study import load
from frugalgan.data.settings import Prepare
from frugalgan.evaluation.settings import Evaluate
from frugalgan.methods.kd import Distillation
from frugalgan.report.settings import Compare
from frugalgan.training.settings import Training

FILE = Path("params.yaml")
SETTINGS = {"prepare": Prepare, "training": Training, "evaluate": Evaluate, "compare": Compare, "kd": Distillation}


def yaml_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "some.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": "1"}, r"seed: '1' is not allowed: .*integer from 0 to 2147483647"),
        ({"seed": -1}, r"seed: -1 is not allowed"),
        ({"seed": True}, r"seed: True is not allowed"),
        ({"seed": ...}, r"seed: None is not allowed"),
        (
            {"datasets.cats.crop": "nose"},
            r"datasets\.cats\.crop: 'nose' is not allowed: .*'eyes', 'thesis' or 'centre'",
        ),
        ({"datasets.cats.mirror": 1}, r"datasets\.cats\.mirror: 1 is not allowed: .*boolean"),
        ({"datasets.cats.size": 48}, r"datasets\.cats\.size: 48 is not allowed: .*32, 64, 128, 256 or 512"),
        ({"datasets.cats.count": -1}, r"datasets\.cats\.count: -1 is not allowed: .*greater than or equal to 0"),
        ({"datasets.cats.crop": ...}, r"datasets\.cats\.crop is missing"),
        ({"datasets.cats.croop": "eyes"}, r"datasets\.cats\.croop is not a known key; did you mean crop\?"),
        ({"datasets.cats": 3}, r"section datasets\.cats must be a mapping of keys to values, not 3"),
        ({"datasets": ...}, r"section datasets must be a mapping of keys to values, not None"),
        ({"budgets.dogs.batch_size": 0}, r"budgets\.dogs\.batch_size: 0 is not allowed: .*greater than or equal to 1"),
        ({"budgets.dogs.pictures": 15}, r"budgets\.dogs: .*pictures: 15 do not fill a batch of 16: lower batch_size"),
        ({"budgets.dogs.kimg": float("nan")}, r"budgets\.dogs\.kimg: nan is not allowed"),
        ({"starts.decoder.weights": ["teacher"]}, r"starts\.decoder\.weights\.0: 'teacher' is not allowed: .*'critic'"),
        ({"starts.decoder.weights": "generator"}, r"starts\.decoder\.weights: 'generator' is not allowed"),
        ({"starts.warmup.wait": 1.5}, r"starts\.warmup\.wait: 1\.5 is not allowed: .*less than or equal to 1"),
        ({"starts.warmup.wiat": 0.5}, r"starts\.warmup\.wiat is not a known key; did you mean wait\?"),
        ({"trainig": {}}, r"section: 'trainig' is not one of seed, .*training.*; did you mean training\?"),
        ({"wgan-gp": {}}, r"section: 'wgan-gp' is not one of .*; did you mean wgan_gp\?"),
        ({"networks": ...}, r"section networks must be a mapping of keys to values, not None"),
    ],
)
def test_errors_name_file_section_key_value_and_what_is_allowed(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ParamsError, match=rf"{tmp_path}/params\.yaml: {message}"):
        load(*written(tmp_path, changes))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("prepare.max_rejected", 1.5, r"prepare\.max_rejected: 1\.5 is not allowed: .*less than or equal to 1"),
        ("training.precision", "half", r"training\.precision: 'half' is not allowed: .*'float32' or 'bf16'"),
        ("training.recompute", ..., r"training\.recompute is missing"),
        ("training.emadecay", 0.5, r"training\.emadecay is not a known key; did you mean ema_decay\?"),
        ("evaluate.repeats", 1, r"evaluate\.repeats: 1 is not allowed: .*greater than or equal to 2"),
        ("evaluate.repeats", 2.5, r"evaluate\.repeats: 2\.5 is not allowed: .*integer"),
        ("compare.significance", 0, r"compare\.significance: 0 is not allowed: .*greater than 0"),
        ("compare.pairs", ["a/b"], r"compare\.pairs\.0: 'a/b' is not allowed"),
        ("kd.alpha", 2.0, r"kd\.alpha: 2\.0 is not allowed: .*less than or equal to 1"),
        ("kd", None, r"section kd must be a mapping of keys to values, not None"),
    ],
)
def test_sections_that_one_room_reads_are_checked_likewise(key: str, value: Any, message: str, tmp_path: Path) -> None:
    study = load(*written(tmp_path, {key: value}))
    name = key.split(".")[0]
    with pytest.raises(ParamsError, match=rf"params\.yaml: {message}"):
        study.section(name, SETTINGS[name])


def test_keys_that_exclude_each_other_are_named_together(tmp_path: Path) -> None:
    study = load(*written(tmp_path, {"training.compile": True, "training.recompute": True}))
    with pytest.raises(ParamsError, match=r"params\.yaml: training: compile and recompute exclude each other"):
        study.section("training", Training)


def test_every_error_of_a_section_is_said_at_once() -> None:
    with pytest.raises(ParamsError) as caught:
        check(Prepare, {"max_rejectd": 0.5, "max_megapixels": 1.0}, FILE, "prepare")
    assert str(caught.value).splitlines() == [
        "params.yaml: prepare.max_rejected is missing",
        "params.yaml: prepare.max_rejectd is not a known key; did you mean max_rejected?",
    ]


def test_a_key_is_called_as_in_the_file_whatever_the_field_is_called() -> None:
    with pytest.raises(ParamsError) as caught:
        check(Row, {"source": "teacher", "form": "teacher"}, FILE, "models.a")
    assert "models.a.from is missing" in str(caught.value)
    assert "models.a.source is not a known key\n" in str(caught.value) + "\n"
    assert "models.a.form is not a known key; did you mean from?" in str(caught.value)


def test_sections_are_frozen_and_what_a_start_leaves_out_is_not_done() -> None:
    start = check(Start, {}, FILE, "starts.random")
    assert start == Start() and not start.needs_source
    assert all(not value for value in vars(start).values())
    with pytest.raises(AttributeError):
        start.teacher = True  # type: ignore[misc]
    assert check(Start, {"weights": ["generator"]}, FILE, "s").needs_source
    assert check(Start, {"teacher": True}, FILE, "s").needs_source


@pytest.mark.parametrize("text", ["5e-05", "5E-5", "+5e-05", "0.5e-4", ".5e-4", "5.e-5", "0.00005"])
def test_a_number_with_an_exponent_is_a_number_however_it_is_written(tmp_path: Path, text: str) -> None:
    assert read_yaml(yaml_file(tmp_path, f"a: {text}\nb: '{text}'\n")) == {"a": 5e-05, "b": text}


@pytest.mark.parametrize("text", ["5e", "e5", "5e-05x", "1.2e3.4"])
def test_other_words_stay_words(tmp_path: Path, text: str) -> None:
    assert read_yaml(yaml_file(tmp_path, f"a: {text}\n")) == {"a": text}


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\n", "x: {a: 1, a: 3}\n", "- {a: 1, a: 3}\n", "a: 1\n'a': 3\n"])
def test_two_keys_of_one_name_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ParamsError, match=r"some\.yaml: not valid YAML: two keys 'a'\n.*line"):
        read_yaml(yaml_file(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not valid YAML"),
        ("? [a, b]\n: c\n", "not valid YAML"),
        ("", "must be a mapping of sections, not None"),
        ("- 1\n", r"must be a mapping of sections, not \[1\]"),
        (b"a: \xff\n", "not UTF-8 text"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ParamsError, match=rf"some\.yaml: {message}"):
        read_yaml(yaml_file(tmp_path, text))


def test_missing_files_are_named(tmp_path: Path) -> None:
    params, models = written(tmp_path)
    for missing in (models, params):
        missing.unlink()
        with pytest.raises(ParamsError, match=rf"{missing.name}: no such file; run from the project's top folder"):
            load(params, models)


def test_a_missing_section_is_named() -> None:
    with pytest.raises(ParamsError, match=r"params\.yaml: section kd must be a mapping of keys to values, not None"):
        mapping({"wgan_gp": {}}, "kd", FILE)
    assert check(Dataset, raw_params()["datasets"]["dogs"], FILE, "datasets.dogs").channels == 3
    assert check(Dataset, raw_params()["datasets"]["digits"], FILE, "datasets.digits").channels == 1


def test_every_key_is_commented_where_it_stands_first() -> None:
    lines = (PROJECT / "params.yaml").read_text(encoding="utf-8").splitlines()
    seen, uncommented = set[str](), []
    for before, line in zip(["", *lines], lines, strict=False):
        keys = set(re.findall(r"([a-z_0-9]+):(?= [^{\s])", line.split("#")[0])) - seen
        seen |= keys
        heading = before.startswith("#") or re.match(r"[a-z]+: +#", before)  # of the lines that follow
        if keys and "#" not in line and not heading:
            uncommented.append(line)
    assert {"size", "wait", "alpha", "tf32", "significance"} < seen
    assert uncommented == []
