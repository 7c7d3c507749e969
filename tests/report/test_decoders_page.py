"""The page on decoders' head starts: every number of the table, and what it rests on."""

from pathlib import Path

import pandas as pd
from head_starts import NAME, STUDY, course, evaluated, starts_of
from small_evaluations import evaluations_of
from small_study import row, small_study

from frugalgan.report.decoders import NEVER, decoders, page
from frugalgan.report.head_start import head_starts
from frugalgan.report.tables import write_csv

SLOW = {NAME: course([80.0, 45.0], [0.0, 10.0])}  # never as good as its control


def test_the_page_has_every_column_and_says_what_it_rests_on() -> None:
    table = decoders(STUDY, starts_of(SLOW), 0.05)
    text = page(STUDY, table, evaluated(SLOW), 0.05)
    assert all(f" {name} |" in text for name in table.columns)
    assert all(text.count(f"| {name} |") == 2 for name in table.index)
    assert f"| {NEVER} | 0 of 3 |" in text
    assert "**drawn digits**: 60 images at each moment are compared with 70 real ones" in text
    assert "labels by a machine on 99 real images, right for 95.7% of held-out images" in text
    assert text.count("60 other real ones score 16.5, the floor") == 2  # of digits and of cats, at the moments' n
    assert "nan" not in text.lower()


def test_an_empty_cell_is_no_nan() -> None:
    changes = {"vae": course([90.0, 70.0], [0.0, 40.1])}  # longer than the control
    assert "nan" not in page(STUDY, decoders(STUDY, starts_of(changes), 0.05), evaluated(changes), 0.05).lower()


def test_a_data_set_without_floor_is_not_said_to_have_one() -> None:
    evaluations = evaluated()
    for one in evaluations.values():
        one["floor_per_moment"] = None
    assert "the floor" not in page(STUDY, decoders(STUDY, head_starts(STUDY, evaluations), 0.05), evaluations, 0.05)


def test_a_study_without_head_starts_has_a_page_that_says_so() -> None:
    study = small_study({"teacher": row()})
    text = page(study, decoders(study, [], 0.05), evaluations_of(study, {"teacher": row()}), 0.05)
    assert "No model of models.yaml starts as a decoder and has a control" in text


def test_csv_has_numbers_and_the_word(tmp_path: Path) -> None:
    write_csv(decoders(STUDY, starts_of(SLOW), 0.05), tmp_path / "decoders.csv")
    read = pd.read_csv(tmp_path / "decoders.csv", index_col="model")["seconds_to_control"].to_dict()
    assert (read[NAME], read["dcgan_from_ae"]) == (NEVER, "44.75")
