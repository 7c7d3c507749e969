"""A folder of pictures → a model, in one command: what is chosen, what is left, what goes on, what is refused."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner, Result

from frugalgan.cli import app
from frugalgan.command import Resume
from frugalgan.config import places
from frugalgan.data.sources import fetch
from frugalgan.direct import choice as choices
from frugalgan.direct.asked import asked_of
from frugalgan.direct.commands import resume_asked_for
from frugalgan.direct.folder import CHOICE, FolderError, alone_in, check_same, chosen_in
from frugalgan.direct.make import make
from frugalgan.direct.values import MODEL, PICTURES, SOURCE, Choice, study_of
from frugalgan.direct.ways import ADAPTED, ALONE, DISTILLED, TUNED, VECTOR
from frugalgan.export.layout import WORK
from frugalgan.training.record import NonFiniteLoss

RNG = np.random.default_rng(3)
SMALL = Choice("/photos", 32, 16, 4, 0.064, 8)
SAMPLES, REFERENCE = 24, 24
FILES = {"weights", "samples.png", "preview.png", "README.md", "report.html", ".work"}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """40 pictures in two folders, and a file that is none."""
    folder = tmp_path / "my pictures"
    for number in range(40):
        place = folder / ("light" if number % 2 else "dark") / f"näme {number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        pixels = RNG.integers(0, 256, (8, 8, 3), np.uint8) // 2 + 120 * (number % 2)
        _, encoded = cv2.imencode(".png", cv2.resize(pixels.astype(np.uint8), (50, 40)))
        place.write_bytes(encoded.tobytes())
    (folder / "dark" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    return folder


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of images that are drawn and measured in a second."""
    from frugalgan.direct import values

    whole = values._dataset

    def fewer(choice: Choice) -> dict[str, Any]:
        return whole(choice) | {"samples": SAMPLES, "reference": REFERENCE, "moment_samples": 6}

    monkeypatch.setattr(values, "_dataset", fewer)


def said(*arguments: str, code: int = 0) -> str:
    found: Result = CliRunner().invoke(app, arguments)
    assert found.exit_code == code, (found.output, found.exception)
    return found.output + str(found.exception or "")


def timed(monkeypatch: pytest.MonkeyPatch, seconds: Callable[[int], float]) -> None:
    """A step takes so many seconds, by the size of images."""
    monkeypatch.setattr(choices, "seconds_per_step", lambda recipe, *_, **__: seconds(recipe.data.size))


# --- what is left ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_model_its_student_and_its_adaptation(pictures: Path, tmp_path: Path, few: None) -> None:
    out, source = tmp_path / "out", replace(SMALL, pictures=str(pictures), labels=True)
    before = {path: path.read_bytes() for path in pictures.rglob("*.png")}
    make(source, out)
    card = (out / "README.md").read_text()
    assert (
        "# A generator of 32×32 px images" in card
        and f"`{pictures}`: trained alone. 37 to learn from, 3 held out; 1 pictures were left out" in card
    )
    assert "; real images have " in card
    assert {path.name for path in out.iterdir()} == FILES
    page = (out / "report.html").read_text()
    assert (
        "<script src" not in page and "http" not in page.replace("http://www.w3.org", "") and "data:image/svg" in page
    )
    record = (out / ".work/models/model/record/0/record.json").stat()
    copied, snapshots = out / WORK / places.fetched(PICTURES), out / WORK / "snapshots"
    fetch(study_of(source).dataset(PICTURES), copied)  # as Ctrl-C leaves it
    (snapshots / "model_0/other").mkdir()
    for name in ("state-000000008.pt", "moment-000000008.npy", "snapshot.json", "mine.txt"):
        (snapshots / "model_0/other" / name).write_text("of another configuration")
    make(source, out)  # all is done: nothing is trained again
    assert (out / ".work/models/model/record/0/record.json").stat() == record
    assert not copied.exists() and {path.suffix for path in snapshots.rglob("*.*")} <= {".lock", ".txt"}
    assert (snapshots / "model_0/other/mine.txt").is_file()
    make(replace(source, how=DISTILLED, features=True, source=str(out)), tmp_path / "small", out)
    make(replace(source, how=ADAPTED), tmp_path / "other", out)
    make(replace(source, how=TUNED), tmp_path / "whole", out)
    assert f"a student of another model (`{out}`)" in (tmp_path / "small/README.md").read_text()
    learnt = said("distill", str(tmp_path / "small"), "--out", str(tmp_path / "smaller"), code=1)
    assert f"is itself a student: name the model that it came from, {out}" in learnt
    for name in ("other", "whole"):  # an adaptation goes on as it was begun
        again = said("adapt", str(out), str(pictures), "--out", str(tmp_path / name), "--dry-run")
        assert "goes on with what was chosen" in again
    no_vector = said("adapt", str(out), str(pictures), "--out", str(tmp_path / "v"), "--vector", code=1)
    assert "has none: `frugalgan train … --recipe stylegan2` makes a model that can" in no_vector
    refused = said("adapt", str(out), str(pictures), "--out", str(tmp_path / "whole"), "--frozen", code=1)
    assert "holds another model, of how tuned" in refused
    alone = said("adapt", str(out), str(pictures), "--out", str(out), code=1)
    assert "holds another model, of how alone" in alone
    shutil.copytree(out, elsewhere := tmp_path / "elsewhere")
    again = ("adapt", str(elsewhere), str(pictures), "--out", str(tmp_path / "whole"), "--dry-run")
    assert "goes on with what was chosen" in said(*again)  # the same weights in another place
    for file in (elsewhere / ".work/models/model/weights").rglob("generator.safetensors"):
        file.write_bytes(file.read_bytes()[:-4] + b"gone")
    assert f"whole: learnt from other weights than {elsewhere} has now" in said(*again, code=1)
    flat = pictures / "light"
    unlike = said("adapt", str(out), str(flat), "--out", str(tmp_path / "flat"), code=1)
    assert f"{flat}: {out} learnt 2 labels (dark, light): put the pictures into as many subfolders" in unlike
    shutil.rmtree(out / "weights")
    shutil.rmtree(out / ".work/models/model/weights/0")  # as a disk that is full leaves it
    make(source, out)
    assert (out / "weights").is_dir()
    sizes = {
        name: json.loads((tmp_path / name / ".work/metrics/evaluations/model.json").read_text())["records"][0]
        for name in ("out", "small", "other", "whole")
    }
    assert sizes["small"]["generator_parameters"] < sizes["out"]["generator_parameters"] / 4
    assert sizes["other"]["trained_parameters"] < sizes["whole"]["trained_parameters"]
    assert sizes["whole"]["trained_parameters"] == sizes["out"]["trained_parameters"]
    assert before == {path: path.read_bytes() for path in pictures.rglob("*.png")}

    text = said("generate", str(out), "-n", "3", "--out", str(tmp_path / "images"), "--video", str(tmp_path / "w.gif"))
    assert "3 images" in text and len(list((tmp_path / "images").glob("image_*.png"))) == 3
    assert "holds other things" in said("generate", str(out), "--out", str(tmp_path / "images"), code=1)
    assert "--label 7: the model has 0 to 1" in said("generate", str(out), "--label", "7", "--out", "x", code=1)
    exported = said("export", str(out), "--out", str(tmp_path / "export"), "--no-page")
    assert "8_bits" in exported and "fd_efficientnet_lite0_mid64" in exported
    facts = json.loads((tmp_path / "export/export.json").read_text())["float32"]
    measured = json.loads((out / WORK / places.evaluation(MODEL)).read_text())
    key, quality = measured["distance"], measured["quality"][0]
    assert (facts["draws"], facts["n_per_draw"]) == (quality["draws"], quality["n_per_draw"]) == (3, SAMPLES)
    assert facts[key] == pytest.approx(quality[key], rel=0.003)  # of other z it is 1 % off
    assert facts[f"{key}_sd"] == pytest.approx(quality[f"{key}_sd"], rel=0.2)
    (tmp_path / "export" / "mine.txt").write_text("a note of somebody's")
    assert "holds other things (mine.txt)" in said("export", str(out), "--out", str(tmp_path / "export"), code=1)
    with pytest.raises(FolderError, match="holds another model, of pictures"):
        check_same(source, replace(asked_of(out, source, ALONE), pictures="/others"), out)


@pytest.mark.slow
def test_a_vector_of_a_stylegan2_is_a_few_numbers_beside_its_source(
    pictures: Path, tmp_path: Path, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(SMALL, pictures=str(pictures), recipe="stylegan2", generator_width=64, critic_width=8)
    monkeypatch.setenv("FRUGALGAN_EVENTS", str(tmp_path / "events"))
    make(source, out := tmp_path / "out")
    assert any((tmp_path / "events/out").glob("events.out.*")) and (out / "preview.png").is_file()
    timed(monkeypatch, lambda px: 0.01)
    text = said("adapt", str(out), str(pictures), "--out", str(tmp_path / "other"), "--vector", "--dry-run")
    assert [line.split()[0] for line in text.splitlines()[:3]] == ["all", "--frozen:", "--vector:"]
    assert [line.endswith("(chosen)") for line in text.splitlines()[:3]] == [False, False, True]
    make(replace(source, how=VECTOR), tmp_path / "other", out)
    make(replace(source, how=ADAPTED), tmp_path / "frozen", out)
    assert "with frozen layers" in (tmp_path / "frozen/README.md").read_text()
    (tmp_path / "out").rename(tmp_path / "elsewhere")  # the vector's folder has all that it needs
    (tmp_path / "other/.work").rename(tmp_path / "work")
    assert "2 images" in said("generate", str(tmp_path / "other"), "-n", "2", "--out", str(tmp_path / "images"))
    (tmp_path / "work").rename(tmp_path / "other/.work")
    whole, own = (
        (tmp_path / "other" / name / "generator.safetensors").stat().st_size for name in ("source", "weights")
    )
    assert own < whole / 3 and "| numbers of its own |" in (tmp_path / "other/README.md").read_text()
    again = ("adapt", str(tmp_path / "other"), str(pictures), "--out", str(tmp_path / "third"))
    assert "is itself a vector: name the model that it came from" in said(*again, code=1)
    small = ("distill", str(tmp_path / "elsewhere"), "--out", str(tmp_path / "small"))
    assert "--features: the critic of stylegan2 cannot be asked" in said(*small, "--features", code=1)
    make(replace(source, how=DISTILLED, smaller=2), tmp_path / "small", tmp_path / "elsewhere")
    numbers = [
        sum(array.size for array in load_file(tmp_path / name / "weights/generator.safetensors").values())
        for name in ("small", "elsewhere")
    ]
    assert numbers[0] < numbers[1]


def test_a_dry_run_leaves_nothing(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda px: 0.1)
    text = said("train", str(pictures), "--out", str(tmp_path / "out"), "--minutes", "2", "--dry-run")
    assert "size:     " in text and "images/s here" in text and not (tmp_path / "out").exists()


# --- what is refused -------------------------------------------------------------------------------------------------


def test_bad_input_is_one_clear_line(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    timed(monkeypatch, lambda px: 0.1)
    out = str(tmp_path / "out")
    assert "no such folder of pictures" in said("train", str(tmp_path / "nothing"), "--out", out, code=1)
    within = said("train", str(pictures), "--out", str(pictures / "model"), code=1)
    assert "lies in the folder of pictures" in within and not (pictures / "model").exists()
    flat = ("train", str(pictures / "dark"), "--out", out)
    none = f"--labels: {pictures / 'dark'}: 21 of 21 pictures have no label, the name of a subfolder that not all share"
    assert none in said(*flat, "--labels", code=1)
    shutil.copytree(pictures / "dark", (one := tmp_path / "one") / "dark")
    nested = ("train", str(one), "--out", out, "--labels")
    assert "21 of 21 pictures have no label" in said(*nested, code=1)  # all in one subfolder
    shutil.copy(pictures / "light" / "näme 1.png", one)
    some = said(*nested, code=1)
    assert "1 of 22 pictures have no label" in some and "(the first: näme 1.png)" in some
    assert "or leave --labels out" in some and "params.yaml" not in some and "labels: false" not in some
    for path in sorted((pictures / "dark").glob("*"))[:3]:
        path.unlink()
    few = said(*flat, "--dry-run", code=1)
    assert f"{pictures / 'dark'}: 18 pictures, and at least 20 are needed" in few
    for arguments, message in {
        ("--size", "48"): "--size 48: must be one of 32, 64, 128",
        ("--recipe", "biggan"): "--recipe 'biggan': must be one of wgan_gp, lazy_penalty, stylegan2",
        ("--resume",): f"{out}: nothing was begun there: leave --resume out",
    }.items():
        assert message in said("train", str(pictures), "--out", out, *arguments, code=1)
    other = said("train", str(pictures), "--out", str(pictures), code=1)
    assert f"{pictures}: holds other things: name a new or an empty folder" in other
    assert "--memory '2 cats'" in said("train", str(pictures), "--out", out, "--memory", "2 cats", code=1)
    for nothing in (tmp_path / "none", pictures):
        assert f"{nothing}: no finished model" in said("distill", str(nothing), "--out", out, code=1)
    (damaged := tmp_path / "damaged/.work").mkdir(parents=True)
    for text in ("{", *(json.dumps(asdict(SMALL) | {key: "guessed"}) for key in ("how", "recipe"))):
        (damaged / "choice.json").write_text(text)
        again = said("train", str(pictures), "--out", str(damaged.parent), code=1)
        assert "choice.json: damaged, or of another" in again
    assert "no trained model in it" in said("generate", str(tmp_path / "none"), "--out", out, code=1)
    assert "name --out FOLDER" in said("generate", str(tmp_path / "none"), code=1)
    assert chosen_in(Path(out)) is None


def test_two_commands_do_not_work_in_one_folder(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(monkeypatch, lambda px: 0.1)
    with alone_in(out := tmp_path / "out"):
        (out / WORK / CHOICE).write_text(json.dumps(asdict(SMALL)))
        other = said("train", str(pictures), "--out", str(out), code=1)
    assert f"{out}: is being made by another command: wait for its end, or name another folder" in other
    assert json.loads((out / WORK / CHOICE).read_text()) == asdict(SMALL)
    with alone_in(out):
        pass  # the lock went with the block


@pytest.mark.parametrize("at", ["choice.choose", "make.make"])
def test_lack_of_memory_is_told_with_options_of_the_command(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    timed(monkeypatch, lambda px: 0.1)
    monkeypatch.setattr(f"frugalgan.direct.{at}", fail)
    text = said("train", str(pictures), "--out", str(tmp_path / "out"), code=1)
    assert "not enough memory: say what there is by --memory 2GiB, or take a smaller --size" in text
    assert "critic_parts" not in text and "frugalgan plan" not in text


def test_a_training_that_diverges_names_options_and_another_folder(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise NonFiniteLoss("model: wasserstein is nan at 3 kimg; lower learning_rate")

    timed(monkeypatch, lambda px: 0.1)
    monkeypatch.setattr("frugalgan.direct.make.make", fail)
    text = said("train", str(pictures), "--out", str(tmp_path / "out"), code=1)
    cure = "try another --seed, --recipe or --size, in another folder (--out)"
    assert f"training diverged: model: wasserstein is nan at 3 kimg: {cure}" in text


def test_from_which_snapshot_to_go_on_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRUGALGAN_RESUME", raising=False)
    assert resume_asked_for() is Resume.EXACT
    for said_so in Resume:
        monkeypatch.setenv("FRUGALGAN_RESUME", said_so)
        assert resume_asked_for() is said_so
    monkeypatch.setenv("FRUGALGAN_RESUME", "always")
    with pytest.raises(ValueError, match="FRUGALGAN_RESUME=always: must be one of exact, any, not"):
        resume_asked_for()


def test_too_few_pictures_are_refused(tmp_path: Path, pictures: Path) -> None:
    for path in sorted(pictures.rglob("näme*"))[5:]:
        path.unlink()
    with pytest.raises(ValueError, match=r"pictures for training and .* held out, but at least 16 are needed"):
        make(replace(SMALL, pictures=str(pictures)), tmp_path / "out")
    assert not (tmp_path / "out" / "weights").exists()
    assert (tmp_path / "out" / WORK / CHOICE).is_file() and chosen_in(tmp_path / "out") is None  # it is chosen anew


def test_what_failed_before_anything_was_made_begins_anew_from_another_model(tmp_path: Path, pictures: Path) -> None:
    for path in sorted(pictures.rglob("näme*"))[5:]:
        path.unlink()
    for name in ("first", "second"):
        for place in (places.weights(MODEL), places.samples(MODEL)):
            (folder := tmp_path / name / WORK / place).mkdir(parents=True)
            (folder / "of").write_text(name)
        with pytest.raises(ValueError, match="at least 16 are needed"):
            make(replace(SMALL, pictures=str(pictures), how=TUNED), tmp_path / "out", tmp_path / name)
        brought = (tmp_path / "out" / WORK / place(SOURCE) / "of" for place in (places.weights, places.samples))
        assert {file.read_text() for file in brought} == {name}
