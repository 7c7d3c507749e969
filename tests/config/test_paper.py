"""The preset `paper` is the thesis: its networks, its budgets, its numbers."""

from pathlib import Path

import torch
from config_files import raw_models, raw_params
from pipeline import PROJECT

from frugalgan.config.presets import preset, with_preset
from frugalgan.config.study import study
from frugalgan.methods.start import freeze
from frugalgan.training.job import jobs
from frugalgan.training.recipe import Job

PAPER = with_preset(raw_params(), preset("paper", raw_params(), PROJECT / "presets"))
THESIS = {"generator": 47_859_331, "critic": 11_166_529, "student": 9_869_123}  # parameters


def paper_jobs() -> dict[str, Job]:
    return jobs(study(PAPER, raw_models()), Path("nothing", "prepared"))


def test_paper_has_the_thesis_networks() -> None:
    found = paper_jobs()

    def parameters(name: str) -> tuple[int, int]:
        with torch.device("meta"):
            networks = found[name].recipe.networks()
        G, D = (sum(parameter.numel() for parameter in network.parameters()) for network in (networks.G, networks.D))
        return G, D

    for name in ("teacher", "scratch", "transfer", "teacher_from_vae"):
        assert parameters(name) == (THESIS["generator"], THESIS["critic"])
    assert parameters("student") == (THESIS["student"], THESIS["critic"])


def test_paper_freezes_the_thesis_layers() -> None:
    recipe = paper_jobs()["transfer"].recipe
    with torch.device("meta"):
        networks = recipe.networks()
        freeze(recipe.start, networks)
    assert (networks.G.frozen_blocks, networks.D.frozen_blocks) == (2, 4)
    assert (len(networks.G.blocks), len(networks.D.blocks)) == (6, 6)


def test_paper_has_the_thesis_numbers() -> None:
    found = paper_jobs()
    teacher, student, start = found["teacher"], found["student"], found["transfer"].recipe.start
    # 4,000 epochs of 200 critic updates and 25 generator updates; 1,000 epochs of 100 and 100
    assert (teacher.kimg, teacher.batch_size) == (4000 * 200 * 64 / 1000, 64)
    assert (student.kimg, student.batch_size) == (1000 * 100 * 8 / 1000, 8)
    assert (teacher.recipe.data.size, teacher.recipe.family.latent_size, teacher.training.ema_decay) == (128, 100, 0.0)
    assert (start.generator_layers, start.critic_layers, start.weights) == (2, -2, ("generator", "critic"))
    ours = {"n_critic": 8, "learning_rate": 1e-4, "gradient_penalty": 10.0, "beta1": 0.0, "beta2": 0.9}
    assert {key: PAPER["wgan_gp"][key] for key in ours} == ours
    assert PAPER["wgan_gp"]["penalty_at"] == "image"
    ours = {"n_critic": 1, "learning_rate": 5e-4, "beta1": 0.0, "beta2": 0.999}
    assert {key: PAPER["kd"][key] for key in ours} == ours
    for name in ("cats", "dogs"):
        assert (PAPER["datasets"][name]["samples"], PAPER["datasets"][name]["extractor"]) == (500, "inception")
