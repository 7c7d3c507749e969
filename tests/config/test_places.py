"""Where stages leave what they make: in dvc.yaml, and in folders that are checked beforehand."""

from collections.abc import Iterator
from typing import Any

import yaml
from pipeline import PROJECT

from frugalgan.config import places

OF_A_DATA_SET = (places.fetched, places.prepared, places.reference, places.floor)
OF_A_MODEL = (places.weights, places.record, places.samples, places.summary, places.evaluation, places.pictures)


def outputs(stage: dict[str, Any]) -> Iterator[str]:
    stage = stage.get("do", stage)
    for out in (*stage.get("outs", []), *stage.get("metrics", [])):
        yield from out if isinstance(out, dict) else [out]


def test_dvc_yaml_has_every_place_as_an_output() -> None:
    stages = yaml.safe_load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    found = {out for stage in stages.values() for out in outputs(stage)}
    for place in (*OF_A_DATA_SET, *OF_A_MODEL):
        assert place("${key}").as_posix() in found, place
    students = {place("student_${item.alpha}").as_posix() for place in OF_A_MODEL}
    assert students < found
    assert all(any(out.split("/")[0] == folder.name for folder in places.OWNED) for out in found), found
