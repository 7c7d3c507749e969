"""Does a decoder's head start pay: known answers on curves made by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from frugalgan.decoders import AUTOENCODERS, CONTROLS, FACES, STARTS, is_conditional
from frugalgan.files import FileError
from frugalgan.data.images import read_rgb
from frugalgan.report.decoders import NEVER, decoders, page, plot
from frugalgan.report.head_start import crossing
from frugalgan.report.results import ResultsError
from frugalgan.report.tables import write_csv
from frugalgan.report.verdicts import BETTER, SAME, WORSE

MIB = 2**20
NAME, CONTROL, ENCODER = "digits_dcgan_from_vae", "digits_dcgan", "digits_vae"
FACE = "teacher_from_vae"
TIMES = [0.0, 10.0, 20.0, 30.0, 40.0]
CURVE = [100.0, 80.0, 60.0, 50.0, 40.0]  # of a control
NEAR = (0.0, 0.5, -0.5)  # what seeds differ by


def course(
    distance: list[float], seconds: list[float], shifts: tuple[float, ...] = NEAR, mib: int = 10, told: bool = False
) -> dict[str, Any]:
    """A model's entry in digits.json; it sees a thousand images from moment to moment, its KID is a hundredth."""
    values = {
        "seeds": list(range(len(shifts))),
        "kimg": [float(moment) for moment in range(len(distance))],
        "seconds": [seconds for _ in shifts],
        "distance": [[value + shift for value in distance] for shift in shifts],
        "kid": [[(value + shift) / 100 for value in distance] for shift in shifts],
        "peak_training_bytes": [(mib - number) * MIB for number in range(len(shifts))],
        "trained_parameters": 7,
    }
    return values | ({"agreement": [np.linspace(0.1, 0.9, len(distance)).tolist() for _ in shifts]} if told else {})


def write(file: Path, values: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values))


def metrics(folder: Path, changes: dict[str, dict[str, Any]]) -> Path:
    """Digits, whose models `changes` may replace, and faces; their autoencoders train for 5 seconds."""
    gans = {name: course(CURVE, TIMES, told=is_conditional(name)) for name in (*CONTROLS, *STARTS)}
    encoders = {name: course([90.0, 70.0], [0.0, 5.0], mib=20) for name in AUTOENCODERS}
    digits = {
        "models": encoders | gans | changes,
        "distance_key": "fd_small",
        "floor_distance": 12.5,
        "n_floor": 50,
        "n_per_moment": 60,
        "n_reference": 70,
        "classifier": "a machine",
        "classifier_accuracy": 0.957,
        "data": "sklearn",
    }
    write(folder / "digits.json", digits)
    for name in {name for face, start in FACES.items() for name in (face, start.control, start.autoencoder)}:
        cost = {"moments_kimg": [0.0, 1.0], "moments_seconds": [0.0, 8.0], "seed": 3, "peak_training_bytes": 5 * MIB}
        write(folder / "cost" / f"{name}.json", cost)
        if not name.startswith("cats_"):
            quality = {"extractor": "inception", "extractor_sha256": "a", "fid": [90.0, 50.0], "kid": [0.9, 0.5]}
            write(folder / "over_training" / f"{name}.json", quality)
    return folder


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    return {str(name): row for name, row in decoders(folder, 0.05).to_dict("index").items()}


def row(folder: Path, changes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return rows(metrics(folder, changes))[NAME]


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_a_crossing_is_interpolated() -> None:
    seconds = np.array([0.0, 10.0, 30.0])
    assert crossing(seconds, np.array([100.0, 60.0, 20.0]), 50.0) == pytest.approx(15.0)
    assert crossing(seconds, np.array([100.0, 60.0, 20.0]), 60.0) == 10.0
    assert crossing(seconds, np.array([100.0, 60.0, 80.0]), 70.0) == pytest.approx(7.5)  # the first, though it leaves
    assert crossing(seconds, np.array([40.0, 60.0, 20.0]), 50.0) == 0.0
    assert crossing(seconds, np.array([100.0, 60.0, 51.0]), 50.0) is None


def test_seconds_to_the_controls_final_distance_include_the_autoencoders(tmp_path: Path) -> None:
    found = row(tmp_path, {NAME: course([80.0, 50.0, 30.0], [0.0, 10.0, 20.0])})
    # 40 is half way between the moments at 10 and 20 s, of the seed in the middle; 5 s are the autoencoder's
    assert found["seconds_to_control"] == pytest.approx(20.0)
    assert found["reached"] == "3 of 3"
    assert (found["autoencoder_seconds"], found["gan_seconds"], found["control_seconds"]) == (5.0, 20.0, 40.0)


def test_only_seeds_that_get_there_count(tmp_path: Path) -> None:
    some = row(tmp_path, {NAME: course([80.0, 40.0], [0.0, 10.0], shifts=(0.0, 20.0, -10.0))})
    assert some["reached"] == "2 of 3"
    assert some["seconds_to_control"] == pytest.approx(5 + (10.0 + 7.5) / 2)
    none = row(tmp_path, {NAME: course([80.0, 45.0], [0.0, 10.0])})
    assert (none["seconds_to_control"], none["reached"]) == (NEVER, "0 of 3")


def test_a_decoder_that_is_as_good_already_needs_only_the_autoencoders_time(tmp_path: Path) -> None:
    found = row(tmp_path, {NAME: course([30.0, 60.0, 20.0], [0.0, 10.0, 20.0])})
    assert found["seconds_to_control"] == found["autoencoder_seconds"] == 5.0
    assert found["distance_at_start"] == pytest.approx(30.0)


def test_a_control_that_had_got_there_early_is_told(tmp_path: Path) -> None:
    found = row(tmp_path, {CONTROL: course([100.0, 40.0, 60.0, 70.0, 50.0], TIMES)})
    assert found["control_seconds"] == 40.0
    assert found["control_seconds_to_control"] == pytest.approx(10 * 50 / 60, abs=1e-3)


def test_one_disturbed_run_does_not_move_the_time_axis(tmp_path: Path) -> None:
    slow = course(CURVE, TIMES)
    slow["seconds"][1] = [0.0, 500.0, 1000.0, 1500.0, 2000.0]
    encoder = course([90.0, 70.0], [0.0, 5.0])
    encoder["seconds"][2] = [0.0, 700.0]
    calm, disturbed = row(tmp_path, {}), row(tmp_path, {NAME: slow, CONTROL: slow, ENCODER: encoder})
    assert disturbed | {name: calm[name] for name in calm if "mib" in name} == pytest.approx(calm, nan_ok=True)


def test_equal_seconds_are_the_controls_end_less_the_autoencoders_time(tmp_path: Path) -> None:
    found = row(tmp_path, {})
    assert found["control_equal_seconds"] == pytest.approx(40.0)
    assert found["distance_equal_seconds"] == pytest.approx(45.0)  # at 35 of its own seconds
    assert found["kid_equal_seconds"] == pytest.approx(0.45)
    assert found["control_kid_equal_seconds"] == pytest.approx(0.4)


def test_neither_is_extrapolated_in_time(tmp_path: Path) -> None:
    found = row(tmp_path, {NAME: course([80.0, 70.0], [0.0, 10.0])})
    assert found["distance_equal_seconds"] == pytest.approx(70.0)  # its end, 15 s
    assert found["control_equal_seconds"] == pytest.approx(70.0)  # half way from 80 at 10 s to 60 at 20 s


def test_an_autoencoder_that_takes_longer_than_the_control_leaves_no_equal_seconds(tmp_path: Path) -> None:
    folder = metrics(tmp_path, {ENCODER: course([90.0, 70.0], [0.0, 40.1])})
    table = decoders(folder, 0.05)
    empty = [name for name in table.columns if name.endswith(("equal_seconds", "equal_seconds_sd"))]
    assert len(empty) == 7
    found = rows(folder)
    assert all(pd.isna(found[NAME][name]) for name in empty)
    assert all(not pd.isna(found["digits_dcgan_from_ae"][name]) for name in empty)
    assert found[NAME]["seconds_to_control"] > 40.1
    assert "nan" not in page(table, folder, 0.05).lower()


@pytest.mark.parametrize("shorter", [NAME, CONTROL])
def test_equal_images_are_those_of_the_shorter_training(tmp_path: Path, shorter: str) -> None:
    brief = course([80.0, 55.0], [0.0, 10.0])
    brief["kimg"] = [0.0, 1.5]
    found = row(tmp_path, {shorter: brief})
    other = 70.0  # half way from 80 at 1 kimg to 60 at 2
    expected = (55.0, other) if shorter == NAME else (other, 55.0)
    assert (found["distance_equal_images"], found["control_equal_images"]) == pytest.approx(expected)
    assert found["distance_equal_images_sd"] == pytest.approx(0.5)
    assert found["kid_equal_images"] == pytest.approx(expected[0] / 100)


def test_verdicts_are_of_seeds_and_each_comparison_has_its_own(tmp_path: Path) -> None:
    # better at equal images, worse at equal seconds, most of which the autoencoder takes
    changes = {NAME: course([90.0, 80.0, 60.0, 45.0, 30.0], TIMES), ENCODER: course([90.0, 70.0], [0.0, 30.0])}
    found = rows(metrics(tmp_path, changes))
    assert (found[NAME]["verdict_equal_images"], found[NAME]["verdict_equal_seconds"]) == (BETTER, WORSE)
    assert found["digits_wgan_from_wae"]["verdict_equal_images"] == SAME
    for name in FACES:  # one seed each
        empty = ("verdict_equal_images", "verdict_equal_seconds", "distance_equal_images_sd")
        assert all(pd.isna(found[name][column]) for column in empty)


def test_one_seed_of_digits_has_no_verdict(tmp_path: Path) -> None:
    one = course(CURVE, TIMES, shifts=(0.0,))
    found = row(tmp_path, {CONTROL: one} | {name: one for name, start in STARTS.items() if start.control == CONTROL})
    assert pd.isna(found["verdict_equal_images"])
    assert found["distance_equal_images"] == pytest.approx(40.0)


def test_faces_come_from_their_own_files(tmp_path: Path) -> None:
    folder = metrics(tmp_path, {})
    change(folder / "cost" / "cats_vae.json", moments_seconds=[0.0, 2.0], peak_training_bytes=9 * MIB)
    change(folder / "over_training" / f"{FACE}.json", fid=[60.0, 40.0])
    found = rows(folder)[FACE]
    named = [found[column] for column in ("data", "start", "control", "metric")]
    assert named == ["cats", "cats_vae", "teacher", "fid"]
    assert found["seconds_to_control"] == pytest.approx(2 + 4)
    assert found["distance_equal_seconds"] == pytest.approx(45.0)  # at 6 of its own 8 seconds
    assert (found["peak_training_mib"], found["control_peak_training_mib"]) == (9.0, 5.0)
    assert pd.isna(found["agreement"])


def test_memory_is_the_larger_and_agreement_only_of_models_that_are_told_labels(tmp_path: Path) -> None:
    found = rows(metrics(tmp_path, {}))
    assert list(found) == [*STARTS, *FACES]
    assert (found[NAME]["peak_training_mib"], found[NAME]["control_peak_training_mib"]) == (20.0, 10.0)
    for name, values in found.items():
        expected = 0.9 if is_conditional(name) else float("nan")
        assert (values["agreement"], values["control_agreement"]) == pytest.approx((expected, expected), nan_ok=True)


@pytest.mark.parametrize("file", ["digits.json", f"over_training/{FACE}.json", "cost/cats_wae.json"])
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    folder = metrics(tmp_path, {})
    (folder / file).unlink()
    with pytest.raises(FileError, match=f"{file}: no such file; `dvc repro` makes it"):
        decoders(folder, 0.05)


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    uneven = course(CURVE, TIMES)
    uneven["distance"][2] = CURVE[:-1]
    with pytest.raises(ResultsError, match=f"{NAME}: moments of its seeds, their kimg, times and metrics differ"):
        row(tmp_path, {NAME: uneven})
    with pytest.raises(ResultsError, match=rf"{NAME}, {CONTROL}: seeds \[0, 1\] and \[0, 1, 2\] differ"):
        row(tmp_path, {NAME: course(CURVE, TIMES, shifts=(0.0, 1.0))})
    folder = metrics(tmp_path, {})
    change(folder / "over_training" / f"{FACE}.json", extractor_sha256="b")
    with pytest.raises(ResultsError, match=f"{FACE}, teacher: distances come from different extractors"):
        decoders(folder, 0.05)


def test_the_page_has_every_column_and_says_what_it_rests_on(tmp_path: Path) -> None:
    folder = metrics(tmp_path, {NAME: course([80.0, 45.0], [0.0, 10.0])})
    table = decoders(folder, 0.05)
    text = page(table, folder, 0.05)
    assert all(f" {name} |" in text for name in table.columns)
    assert all(text.count(f"| {name} |") == 2 for name in table.index)
    assert f"| {NEVER} | 0 of 3 |" in text
    assert "95.7% of held-out real digits" in text
    assert "12.5, the floor" in text
    assert "nan" not in text.lower()


def test_csv_has_numbers_and_the_word(tmp_path: Path) -> None:
    folder = metrics(tmp_path, {NAME: course([80.0, 45.0], [0.0, 10.0])})
    write_csv(decoders(folder, 0.05), tmp_path / "decoders.csv")
    read = pd.read_csv(tmp_path / "decoders.csv", index_col="model")["seconds_to_control"].to_dict()
    assert (read[NAME], read["digits_dcgan_from_ae"]) == (NEVER, "44.75")


def test_the_figure_appears_with_faces_or_without(tmp_path: Path) -> None:
    folder = metrics(tmp_path, {})
    plot(folder, tmp_path / "all.png")
    for name in FACES:
        (folder / "over_training" / f"{name}.json").unlink()
    plot(folder, tmp_path / "digits.png")
    assert read_rgb(tmp_path / "all.png").shape == read_rgb(tmp_path / "digits.png").shape  # both in two rows
