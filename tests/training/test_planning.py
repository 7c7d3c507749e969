"""Plans agree with what training measures, at every scale, for every model that the params name."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from pipeline import PROJECT

from frugalgan.config import params
from frugalgan.methods.base import Method, Shape
from frugalgan.pipeline import planned, runs
from frugalgan.training.plan import PlanError, bytes_of, largest_batch
from frugalgan.report.plan import duration
from frugalgan.training.memory import LiveBytes
from frugalgan.training.energy import joules_since, read_counters
from frugalgan.training.prediction import Need, fresh_state, noise, predict
from frugalgan.training.state import Conditions

CPU = torch.device("cpu")
FILE = PROJECT / "params.yaml"


def measured_peak(method: Method, shape: Shape, batch_size: int, conditions: Conditions) -> int:
    """Live tensor bytes at the peak of a second, real step."""
    state, batch = fresh_state(method, shape, conditions), noise(shape, batch_size, CPU)

    def step() -> None:
        method.step(state.networks, state.optimizers, lambda: batch, conditions.descent())
        if state.ema is not None:
            state.ema.update_parameters(state.networks.G)

    step()
    with LiveBytes(state.live(), state.trained()) as live:
        step()
    return live.peak


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["smoke", "embedded", "paper"])
@pytest.mark.parametrize("model", ["scratch", "transfer", "student", "cats_vae", "digits_cwae", "digits_cdcgan"])
def test_prediction_is_what_a_real_step_takes(scale: str, model: str) -> None:
    p = params.load(FILE, scale=scale)
    run = planned(p, model, FILE)
    batch_size = 2 if scale == "paper" else run.batch_size
    conditions = Conditions(CPU, torch.float32, run.training.ema_decay)
    predicted = predict(run.method, run.shape, batch_size, conditions)
    assert predicted.peak_bytes == pytest.approx(measured_peak(run.method, run.shape, batch_size, conditions), rel=0.1)


@pytest.mark.parametrize(
    "choices",
    [
        {"precision": torch.bfloat16},
        {"accumulate": 4},
        {"critic_parts": 4},
        {"recompute": True},
        {"term_by_term": False},
        {"method": {"penalty_at": "features"}},
        {"method": {"pool": 32}},
    ],
    ids=str,
)
def test_prediction_follows_every_choice(choices: dict[str, Any]) -> None:
    p = params.load(FILE, scale="embedded")
    changes = choices.pop("method", {})
    methods = {name: run.method for name, run in runs(p, FILE).items() if name in ("scratch", "transfer", "student")}
    conditions = replace(Conditions(CPU, torch.float32, 0.99), **choices)
    for method in methods.values():
        changed = replace(method, **{key: value for key, value in changes.items() if hasattr(method, key)})
        predicted = predict(changed, Shape.of(p), 16, conditions).peak_bytes
        assert predicted == pytest.approx(measured_peak(changed, Shape.of(p), 16, conditions), rel=0.1)


# GiB of live tensors of a plain implementation at the paper's widths: float32, one summed critic loss
PLAIN = {8: 1.13, 64: 2.35}


@pytest.mark.parametrize(
    ("model", "batch", "precision", "changes", "share"),
    [
        ("scratch", 64, torch.float32, {}, 0.75),
        ("scratch", 64, torch.bfloat16, {}, 0.6),
        ("transfer", 8, torch.float32, {}, 0.46),
        ("transfer", 64, torch.float32, {}, 0.6),
        ("student", 8, torch.float32, {}, 0.5),
        ("student", 8, torch.float32, {"pool": 64}, 0.36),
    ],
)
def test_memory_at_the_papers_widths_is_a_share_of_a_plain_implementations(
    model: str, batch: int, precision: torch.dtype, changes: dict[str, int], share: float
) -> None:
    p = params.load(FILE, scale="paper")
    method = replace(planned(p, model, FILE).method, **changes)
    conditions = Conditions(CPU, precision, 0.0, critic_parts=4)
    assert predict(method, Shape.of(p), batch, conditions).peak_bytes < share * PLAIN[batch] * 2**30


def test_a_budget_in_images_does_not_grow_with_the_batch() -> None:
    p = params.load(FILE, scale="embedded")
    digits, teacher = planned(p, "digits_wgan", FILE), planned(p, "teacher", FILE)
    for run in (digits, digits.with_batch(32)):
        step = run.method.batches_per_step * run.batch_size / 1000
        assert run.budget.kimg(run.method) == pytest.approx(p.digits.digits_kimg, abs=0.51 * step)
    assert teacher.with_batch(32).budget.steps == teacher.budget.steps


def test_a_process_of_several_needs_the_memory_of_its_share() -> None:
    p = params.load(FILE, scale="embedded")
    method, conditions = planned(p, "scratch", FILE).method, Conditions(CPU, torch.float32, 0.99)
    halves = predict(method, Shape.of(p), 16, replace(conditions, processes=2))
    assert halves == predict(method, Shape.of(p), 8, conditions)
    with pytest.raises(ValueError, match=r"a batch of 9 is no multiple of devices .* = 2 × 1 × 1 = 2"):
        predict(method, Shape.of(p), 9, replace(conditions, processes=2))


def test_parts_add_up_to_the_peak_and_frozen_layers_need_no_state() -> None:
    p = params.load(FILE, scale="paper")
    needs = {
        name: predict(run.method, Shape.of(p), 8, Conditions(CPU, torch.float32, 0.0))
        for name, run in runs(p, FILE).items()
        if name in ("scratch", "transfer", "student")
    }
    for need in needs.values():
        parts = need.weights_bytes + need.gradients_bytes + need.optimizer_bytes + need.activations_bytes
        assert parts == need.peak_bytes
    scratch, transfer, student = needs.values()
    assert scratch.trained_parameters == 47_859_331 + 11_166_529
    assert scratch.weights_bytes == transfer.weights_bytes
    assert scratch.optimizer_bytes == pytest.approx(2 * 4 * scratch.trained_parameters, rel=1e-3)
    assert transfer.optimizer_bytes == pytest.approx(2 * 4 * transfer.trained_parameters, rel=1e-3)
    assert student.generator_parameters == 9_869_123
    assert scratch.peak_bytes > transfer.peak_bytes


def test_accumulation_lowers_the_peak_as_predicted() -> None:
    p = params.load(FILE, scale="embedded")
    method, shape = planned(p, "scratch", FILE).method, Shape.of(p)
    whole, parts = (predict(method, shape, 16, Conditions(CPU, torch.float32, 0.99, n)) for n in (1, 4))
    assert parts.activations_bytes < 0.5 * whole.activations_bytes


def test_largest_batch_is_the_last_that_fits() -> None:
    def needs(batch: int) -> Need:
        asked.append(batch)
        return Need(0, 0, 0, 100 + 7 * batch + 3 * max(0, batch - 200), 0, 0, 0, 0)  # steeper from 200 on

    for memory in (107, 113, 114, 500, 1499, 1500, 1510, 4711):
        asked: list[int] = []
        best = largest_batch(needs, memory)
        assert needs(best).peak_bytes <= memory < needs(best + 1).peak_bytes
        assert len(asked) < 15
    assert largest_batch(needs, 106) == 0


def test_sizes_and_durations() -> None:
    assert bytes_of("6GiB") == 6 * 2**30 and bytes_of("1.5 MB") == 1_500_000
    for wrong in ("6", "GiB", "-1GiB", "0GiB", "6 apples"):
        with pytest.raises(PlanError, match="such as 6GiB"):
            bytes_of(wrong)
    assert (duration(59.6), duration(90_061)) == ("00:01:00", "1 d 01:01:01")


def frugalgan(*arguments: str, fails: bool = False) -> str:
    command = [str(Path(sys.executable).parent / "frugalgan"), *arguments]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, text=True, check=False)
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout if not fails else done.stderr


@pytest.mark.slow
def test_plan_as_table_and_as_json() -> None:
    rows = json.loads(frugalgan("plan", "--scale", "smoke", "--batch", "4,8", "--memory", "100MiB", "--json"))
    models = [name for name, run in runs(params.load(FILE), FILE).items() if run.epochs]
    assert [(row["model"], row["batch"]) for row in rows] == [(model, batch) for model in models for batch in (4, 8)]
    for row in rows:
        assert row["seconds_per_epoch"] > 0 and row["peak_bytes"] > row["weights_bytes"] > 0
        assert row["largest_batch"] > 8
    shown = frugalgan("plan", "--scale", "smoke", "--no-time")
    assert shown.splitlines()[0].split()[:2] == ["model", "batch"] and len(shown.splitlines()) == 1 + len(models)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_paper_scale_is_planned_without_its_memory() -> None:
    code = (
        "import sys; from frugalgan.cli import app\n"
        "try: app(['plan', '--scale', 'paper', '--no-time', '--json'])\n"
        "finally: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)[0]["generator_parameters"] == 47_859_331
    assert int(done.stderr.split()[-1]) < 2**20  # KiB; the networks alone would add 0.9 GiB


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--memory", "1KiB"], "not even a batch of 1 fits for any model"),
        (["--memory", "much"], "must be a positive number and a unit"),
        (["--batch", "0"], "a batch has at least 1 image"),
        (["--batch", "eight"], "must be whole numbers"),
        (["--scale", "huge"], "'huge' is not one of smoke, embedded, laptop, paper"),
    ],
)
def test_what_cannot_be_planned_says_what_can(arguments: list[str], message: str) -> None:
    assert message in frugalgan("plan", "--no-time", *arguments, fails=True)


def test_energy_is_that_of_the_packages_and_survives_a_wrap(tmp_path: Path) -> None:
    zones = {"intel-rapl:0": 900, "intel-rapl:1": 100, "intel-rapl:0:0": 5, "intel-rapl:2": 7}
    names = ("package-0", "package-1", "core", "psys")
    for (zone, counter), name in zip(zones.items(), names, strict=True):
        (tmp_path / zone).mkdir()
        (tmp_path / zone / "name").write_text(f"{name}\n")
        (tmp_path / zone / "energy_uj").write_text(f"{counter}\n")
        (tmp_path / zone / "max_energy_range_uj").write_text("1000\n")
    before = read_counters(tmp_path)
    (tmp_path / "intel-rapl:0" / "energy_uj").write_text("50\n")
    (tmp_path / "intel-rapl:1" / "energy_uj").write_text("300\n")
    assert joules_since(before, tmp_path) == pytest.approx((150 + 200) * 1e-6)
    assert joules_since({}, tmp_path) is None
