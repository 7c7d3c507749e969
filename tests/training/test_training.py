"""What surrounds the loop: memory, running average, models on disk, samples."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from frugalgan.files import FileError, replaced, write_json
from frugalgan.data.images import read_rgb
from frugalgan.methods.base import CRITIC, GENERATOR
from frugalgan.networks.store import ModelError, load_generator, load_model, save_model
from frugalgan.networks.dcgan import Critic, Generator
from frugalgan.networks.sampling import fixed_latents, generate, latents, write_samples
from frugalgan.training.memory import ACTIVATIONS, GRADIENTS, OPTIMIZER, WEIGHTS, LiveBytes, state_tensors
from frugalgan.training.ema import averaged, working_generator

KIB = 1024


@pytest.fixture
def G() -> Generator:
    torch.manual_seed(0)
    return Generator(image_size=32, latent_size=4, width=8)


@pytest.fixture
def folder(tmp_path: Path, G: Generator) -> Path:
    save_model(tmp_path, {GENERATOR: G.eval(), CRITIC: Critic(image_size=32, width=2)}, {"name": "test"})
    return tmp_path


def test_live_bytes_counts_what_lives_at_the_same_time() -> None:
    before = torch.empty(KIB, dtype=torch.uint8)
    with LiveBytes({WEIGHTS: [before]}, []) as live:
        a = torch.empty(2 * KIB, dtype=torch.uint8)
        del a
        b = torch.empty(3 * KIB, dtype=torch.uint8)
        view = b[:10]  # the same storage, counted once
        c = torch.empty(4 * KIB, dtype=torch.uint8)
        del b, view, c
        torch.empty(KIB, dtype=torch.uint8)
    assert live.peak == (1 + 3 + 4) * KIB
    assert (live.at_peak[WEIGHTS], live.at_peak[ACTIVATIONS]) == (KIB, 7 * KIB)


def test_live_bytes_of_forward_and_backward() -> None:
    """Weight and two Adam moments live between steps, the gradient at the peak; a small batch adds little."""
    layer = nn.Linear(256, 256, bias=False)
    adam = torch.optim.Adam(layer.parameters(), fused=True)
    x = torch.randn(4, 256)

    layer(x).sum().backward()
    adam.step()
    weight = 256 * 256 * 4
    adam.zero_grad(set_to_none=True)
    living = state_tensors([layer], [adam])
    assert sum(t.nbytes for tensors in living.values() for t in tensors) == pytest.approx(3 * weight, abs=16)
    with LiveBytes(living | {ACTIVATIONS: [x]}, layer.parameters()) as live:
        layer(x).sum().backward()
        adam.step()
    assert live.peak == pytest.approx(4 * weight, rel=0.05)
    assert live.at_peak[WEIGHTS] == live.at_peak[GRADIENTS] == weight
    assert live.at_peak[OPTIMIZER] == pytest.approx(2 * weight, abs=16)


def test_average_follows_the_weights_by_the_formula(G: Generator) -> None:
    ema = averaged(G, 0.9)
    assert ema is not None
    ema.update_parameters(G)  # the first update copies
    before = next(G.parameters()).detach().clone()
    with torch.no_grad():
        next(G.parameters()).add_(1)
    ema.update_parameters(G)
    assert torch.allclose(next(ema.module.parameters()), before + 0.1, atol=1e-6)
    assert averaged(G, 0.0) is None


def test_working_generator_re_estimates_statistics_but_not_of_frozen_layers(G: Generator) -> None:
    G.train()
    G.layers[0].requires_grad_(False)
    G.layers[0].eval()
    ema = averaged(G, 0.9)
    working = working_generator(G, ema, seed=1)
    norms = [module for module in working.modules() if isinstance(module, nn.BatchNorm2d)]
    assert torch.equal(norms[0].get_buffer("running_mean"), torch.zeros(8))
    assert norms[1].get_buffer("running_mean").abs().sum() > 0
    assert not any(module.training for module in working.modules())
    with torch.no_grad():  # with statistics of its own, activations behind each norm are standardised
        first, second = working.layers[0], nn.Sequential(*list(working.layers[1].children())[:2])
        after_norm = second(first(latents(256, 4, seed=2)[:, :, None, None]))
    assert after_norm.mean(dim=(0, 2, 3)).abs().max() < 0.2
    assert (after_norm.std(dim=(0, 2, 3)) - 1).abs().max() < 0.2


def test_a_model_comes_back_as_it_was(folder: Path, G: Generator) -> None:
    z = latents(2, 4, seed=0)
    assert torch.equal(load_generator(folder)(z), G(z))
    assert not load_model(folder).D.training


def test_missing_and_damaged_models_are_named(folder: Path) -> None:
    with pytest.raises(FileError, match=r"model\.json: no such file; train the model first"):
        load_model(folder / "nothing")
    weights = (folder / "generator.safetensors").read_bytes()
    (folder / "generator.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match=r"generator\.safetensors: does not hold the weights"):
        load_generator(folder)
    (folder / "model.json").write_text("{")
    with pytest.raises(FileError, match=r"model\.json: not JSON"):
        load_generator(folder)


def test_samples_are_the_generators_images_of_the_seed(folder: Path, G: Generator, tmp_path: Path) -> None:
    out = tmp_path / "samples"
    write_samples(folder, out, tmp_path / "grid.png", tmp_path / "fixed.png", n=5, seed=3, batch_size=2)
    assert [file.name for file in sorted(out.iterdir())] == [f"{i:05d}.png" for i in range(5)]
    images = generate(G, n=5, seed=3, batch_size=5)
    for i in range(5):
        difference = torch.from_numpy(read_rgb(out / f"{i:05d}.png")).int() - images[i].permute(1, 2, 0).int()
        assert difference.abs().max() <= 1


def test_latents_do_not_depend_on_how_many_are_drawn() -> None:
    assert torch.equal(latents(3, 4, seed=1), latents(7, 4, seed=1)[:3])
    assert torch.equal(fixed_latents(4), fixed_latents(4))
    assert not torch.equal(latents(3, 4, seed=1), latents(3, 4, seed=2))


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "metrics.json"
    write_json(file, {"a": 1})
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(file, {"a": float("nan")})
    assert json.loads(file.read_text()) == {"a": 1}

    def fail() -> None:
        with replaced(tmp_path / "folder") as folder:
            folder.mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]
