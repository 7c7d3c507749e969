"""Does a decoder's head start pay: known answers on curves made by hand."""

import numpy as np
import pandas as pd
import pytest
from head_starts import CONTROL, ENCODER, FACE, NAME, ROWS, STARTS, STUDY, TIMES, course, digits, evaluated, table_rows
from small_study import small_study

from frugalgan.report.decoders import NEVER, decoders
from frugalgan.report.head_start import crossing, head_starts
from frugalgan.report.verdicts import BETTER, DISAGREE, SAME, WORSE


def test_a_crossing_is_interpolated() -> None:
    seconds = np.array([0.0, 10.0, 30.0])
    assert crossing(seconds, np.array([100.0, 60.0, 20.0]), 50.0) == pytest.approx(15.0)
    assert crossing(seconds, np.array([100.0, 60.0, 20.0]), 60.0) == 10.0
    assert crossing(seconds, np.array([100.0, 60.0, 80.0]), 70.0) == pytest.approx(7.5)  # the first, though it leaves
    assert crossing(seconds, np.array([40.0, 60.0, 20.0]), 50.0) == 0.0
    assert crossing(seconds, np.array([100.0, 60.0, 51.0]), 50.0) is None


def test_seconds_to_the_controls_final_distance_include_the_autoencoders() -> None:
    found = table_rows({NAME: course([80.0, 50.0, 30.0], [0.0, 10.0, 20.0])})[NAME]
    # 40 is half way between the moments at 10 and 20 s, of the seed in the middle; 5 s are the autoencoder's
    assert found["seconds_to_control"] == pytest.approx(20.0)
    assert found["reached"] == "3 of 3"
    assert (found["autoencoder_seconds"], found["gan_seconds"], found["control_seconds"]) == (5.0, 20.0, 40.0)


def test_only_seeds_that_get_there_count() -> None:
    some = table_rows({NAME: course([80.0, 40.0], [0.0, 10.0], shifts=(0.0, 20.0, -10.0))})[NAME]
    assert some["reached"] == "2 of 3"
    assert some["seconds_to_control"] == pytest.approx(5 + (10.0 + 7.5) / 2)
    none = table_rows({NAME: course([80.0, 45.0], [0.0, 10.0])})[NAME]
    assert (none["seconds_to_control"], none["reached"]) == (NEVER, "0 of 3")


def test_a_decoder_that_is_as_good_already_needs_only_the_autoencoders_time() -> None:
    found = table_rows({NAME: course([30.0, 60.0, 20.0], [0.0, 10.0, 20.0])})[NAME]
    assert found["seconds_to_control"] == found["autoencoder_seconds"] == 5.0
    assert found["distance_at_start"] == pytest.approx(30.0)


def test_a_control_that_had_got_there_early_is_told() -> None:
    found = table_rows({CONTROL: course([100.0, 40.0, 60.0, 70.0, 50.0], TIMES)})[NAME]
    assert found["control_seconds"] == 40.0
    assert found["control_seconds_to_control"] == pytest.approx(10 * 50 / 60, abs=1e-3)


def test_a_control_has_the_same_recipe() -> None:
    recipes = {"plain": {}, "lazy": {"penalty_every": 4}}
    study = small_study({"dcgan_lazy": digits(recipe="lazy")} | ROWS, recipes=recipes)
    evaluations = evaluated() | {"dcgan_lazy": evaluated()[CONTROL]}
    (found,) = [one for one in head_starts(study, evaluations) if one.name == NAME]
    assert found.control_name == CONTROL


def test_one_disturbed_run_does_not_move_the_time_axis() -> None:
    calm, evaluations = table_rows()[NAME], evaluated()
    for name in (NAME, CONTROL):
        evaluations[name]["course"]["seconds"][1] = [0.0, 500.0, 1000.0, 1500.0, 2000.0]
    evaluations[ENCODER]["course"]["seconds"][2] = [0.0, 700.0]
    disturbed = decoders(STUDY, head_starts(STUDY, evaluations), 0.05).to_dict("index")[NAME]
    assert disturbed == pytest.approx(calm, nan_ok=True)


def test_equal_seconds_are_the_controls_end_less_the_autoencoders_time() -> None:
    found = table_rows()[NAME]
    assert found["control_equal_seconds"] == pytest.approx(40.0)
    assert found["distance_equal_seconds"] == pytest.approx(45.0)  # at 35 of its own seconds
    assert found["kid_equal_seconds"] == pytest.approx(0.45)
    assert found["control_kid_equal_seconds"] == pytest.approx(0.4)


def test_neither_is_extrapolated_in_time() -> None:
    found = table_rows({NAME: course([80.0, 70.0], [0.0, 10.0])})[NAME]
    assert found["distance_equal_seconds"] == pytest.approx(70.0)  # its end, 15 s
    assert found["control_equal_seconds"] == pytest.approx(70.0)  # half way from 80 at 10 s to 60 at 20 s


def test_an_autoencoder_that_takes_longer_than_the_control_leaves_no_equal_seconds() -> None:
    changes = {ENCODER: course([90.0, 70.0], [0.0, 40.1])}
    found = table_rows(changes)
    empty = [name for name in found[NAME] if name.endswith(("equal_seconds", "equal_seconds_sd"))]
    assert len(empty) == 9
    assert all(pd.isna(found[NAME][name]) for name in empty)
    assert all(not pd.isna(found["dcgan_from_ae"][name]) for name in empty)
    assert found[NAME]["seconds_to_control"] > 40.1


@pytest.mark.parametrize("shorter", [NAME, CONTROL])
def test_equal_images_are_those_of_the_shorter_training(shorter: str) -> None:
    evaluations = evaluated({shorter: course([80.0, 55.0], [0.0, 10.0])})
    evaluations[shorter]["course"]["kimg"] = [0.0, 1.5]
    found = decoders(STUDY, head_starts(STUDY, evaluations), 0.05).to_dict("index")[NAME]
    other = 70.0  # half way from 80 at 1 kimg to 60 at 2
    expected = (55.0, other) if shorter == NAME else (other, 55.0)
    assert (found["distance_equal_images"], found["control_equal_images"]) == pytest.approx(expected)
    assert found["distance_equal_images_sd"] == pytest.approx(0.5)
    assert found["kid_equal_images"] == pytest.approx(expected[0] / 100)


def test_verdicts_are_of_seeds_and_each_comparison_has_its_own() -> None:
    # better at equal images, worse at equal seconds, most of which the autoencoder takes
    changes = {NAME: course([90.0, 80.0, 60.0, 45.0, 30.0], TIMES), ENCODER: course([90.0, 70.0], [0.0, 30.0])}
    found = table_rows(changes)
    assert (found[NAME]["verdict_equal_images"], found[NAME]["verdict_equal_seconds"]) == (BETTER, WORSE)
    assert found["cwgan_from_cvae"]["verdict_equal_images"] == SAME
    empty = ("verdict_equal_images", "verdict_equal_seconds", "distance_equal_images_sd")
    assert all(pd.isna(found[FACE][column]) for column in empty)  # one seed
    assert found[FACE]["distance_equal_images"] == pytest.approx(50.0)


def test_memory_is_the_larger_and_agreement_only_of_conditional_models() -> None:
    found = table_rows()
    assert list(found) == STARTS
    assert (found[NAME]["peak_training_mib"], found[NAME]["control_peak_training_mib"]) == (20.0, 10.0)
    for name, values in found.items():
        expected = 0.9 if name == "cwgan_from_cvae" else float("nan")
        assert (values["agreement"], values["control_agreement"]) == pytest.approx((expected, expected), nan_ok=True)


def test_a_verdict_is_of_two_metrics_and_none_that_collapsed_is_better() -> None:
    changes = {NAME: course([90.0, 80.0, 60.0, 45.0, 30.0], TIMES)}
    evaluations = evaluated(changes)
    evaluations[NAME]["course"]["swd"] = evaluations[CONTROL]["course"]["swd"]
    found = decoders(STUDY, head_starts(STUDY, evaluations), 0.05)
    assert found.loc[NAME, "verdict_equal_images"] == DISAGREE
    evaluations = evaluated(changes)
    evaluations[NAME]["quality"][1]["collapsed_small"] = True
    found = decoders(STUDY, head_starts(STUDY, evaluations), 0.05)
    assert found.loc[NAME, "verdict_equal_images"] == f"{NAME} collapsed"
