"""Which stages run side by side: none before what it waits for, and all that have to run do."""

import random
import sys
from pathlib import Path

import pytest
from pipeline import call, ran
from stand_in import StandIn

from frugalgan.running.schedule import Schedule, behind, graph
from frugalgan.running.shown import title

DOT = """strict digraph {
"code";
"train@a";
"train@b";
"sample@a";
"report";
"code" -> "train@a";
"code" -> "train@b";
"train@a" -> "sample@a";
"sample@a" -> "report";
"train@b" -> "report";
}
"""
GRAPH = graph(DOT)
REPRO = """
import sys
from frugalgan.running.schedule import changed
from frugalgan.running import repro as running
from frugalgan.running.repro import repro
running.IMPORTED = ()  # of which stand-ins use nothing
sys.exit(repro([], 3, changed()))
"""
SIDE_BY_SIDE = (sys.executable, "-c", REPRO)  # without `check`, which finds what stand-ins write foreign


def test_the_graph_is_what_dvc_says() -> None:
    assert GRAPH["report"] == {"sample@a", "train@b"} and GRAPH["code"] == set() and len(GRAPH) == 5
    assert behind(GRAPH, {"train@a"}) == {"train@a", "sample@a", "report"}
    assert behind(GRAPH, set()) == set()


@pytest.mark.parametrize("seed", range(5))
def test_stages_begin_after_those_that_they_wait_for_and_all_end(seed: int) -> None:
    plan, rng, order = Schedule(GRAPH, behind(GRAPH, {"train@a", "train@b"})), random.Random(seed), list[str]()
    running: list[str] = []
    while running or plan.ready():
        for stage in plan.ready()[: 2 - len(running)]:
            assert GRAPH[stage] & plan.stale <= plan.ended
            plan.begun.add(stage)
            running.append(stage)
        plan.ended.add(stage := running.pop(rng.randrange(len(running))))
        order.append(stage)
    assert sorted(order) == sorted({"train@a", "train@b", "sample@a", "report"})  # not code, which is up to date


def test_what_most_others_wait_for_begins_first() -> None:
    assert Schedule(GRAPH, behind(GRAPH, {"code"})).ready() == ["code"]
    assert Schedule(GRAPH, behind(GRAPH, {"train@a", "train@b"})).ready() == ["train@a", "train@b"]


def test_what_the_first_models_need_begins_first() -> None:
    needs = {"train@b": {"prepare@y"}, "train@a": {"prepare@x", "train@b"}, "train_students@0.3": {"train@b"}}
    ends = {f"evaluate{stage.removeprefix('train')}": {stage} for stage in needs}
    graph = {stage: frozenset(found) for stage, found in (needs | ends).items()} | dict.fromkeys(
        ("prepare@x", "prepare@y"), frozenset[str]()
    )
    plan, order = Schedule(graph, frozenset(graph), ["b", "student_0.3", "a"]), list[str]()
    while found := plan.ready():
        plan.begun.add(found[0])
        plan.ended.add(found[0])
        order.append(found[0])
    ends_of_b, ends_of_student = order.index("evaluate@b"), order.index("evaluate_students@0.3")
    assert order[:2] == ["prepare@y", "train@b"] and ends_of_b < ends_of_student < order.index("prepare@x")
    assert plan.measured() == ["b", "student_0.3", "a"]
    plan.ended.remove("evaluate_students@0.3")
    assert plan.measured() == ["b", "a"]


def test_stages_of_a_model_that_wait_for_nothing_else_are_one_chain() -> None:
    graph = {
        "train@a": set[str](),
        "sample@a": {"train@a"},
        "evaluate@a": {"sample@a", "reference@x"},
        "sample@ba": {"train@a"},
        "train_students@0.3": {"train@a"},
        "sample_students@0.3": {"train_students@0.3"},
        "reference@x": set[str](),
    }
    waits_for = {stage: frozenset(needs) for stage, needs in graph.items()}
    plan = Schedule(waits_for, frozenset(waits_for))
    assert plan.chain("train@a") == ["train@a", "sample@a"]  # real images are not measured yet
    assert plan.chain("reference@x") == ["reference@x"]
    plan.ended.add("reference@x")
    assert plan.chain("train@a") == ["train@a", "sample@a", "evaluate@a"]
    assert Schedule(waits_for, frozenset({"train@a", "evaluate@a"})).chain("train@a") == ["train@a", "evaluate@a"]
    plan.ended.add("train@a")
    assert plan.chain("train_students@0.3") == ["train_students@0.3", "sample_students@0.3"]
    assert title(["train@a", "sample@a"]) == "train, sample@a"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere stages run one after the other")
def test_side_by_side_dvc_records_what_it_records_one_by_one(whole: StandIn, tmp_path: Path) -> None:
    """With real `dvc` commands on stages that hash what they depend on; and a stage that fails stops the rest."""
    edits = (("params.yaml", "pixel_sd: 0.7", "pixel_sd: 0.6"), ("params.yaml", "alpha: 0.05", "alpha: 0.06"))
    one_by_one, side_by_side = (whole.copy(tmp_path / name) for name in ("one", "many"))
    for project in (one_by_one, side_by_side):
        for edit in edits:
            project.edit(*edit)
        project.resolve()
    expected = one_by_one.repro("dvc")
    models = ("cats_vae", "digits_vae", "teacher_from_vae", "student")
    stages = {f"{stage}@{model}" for model in models for stage in ("train", "sample", "evaluate")}
    assert expected == stages | {"export@student", "report"}
    said = call(side_by_side.folder, *SIDE_BY_SIDE)
    done = [line.split(":")[0] for line in said.splitlines() if ": done after" in line]
    assert ran(said) == expected and "train, sample, evaluate@cats_vae" in done and done[-1] == "report"
    assert (side_by_side.folder / "dvc.lock").read_bytes() == (one_by_one.folder / "dvc.lock").read_bytes()
    assert call(side_by_side.folder, "frugalgan", "repro").strip() == "Data and pipelines are up to date."
    side_by_side.edit("params.yaml", "pixel_sd: 0.6", "pixel_sd: 0.5")
    failing = "assert 'train@digits_vae' not in __import__('sys').argv\nimport hashlib"
    side_by_side.edit("stand_in.py", "import hashlib", failing)
    said = call(side_by_side.folder, *SIDE_BY_SIDE, fails=True)
    assert "AssertionError" in said and "train@digits_vae: failed with code" in said and "report: done" not in said
