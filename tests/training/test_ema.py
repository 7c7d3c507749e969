"""The generator's running average, and the statistics that belong to it."""

import pytest
import torch
from torch import nn

from frugalgan.networks.dcgan import Generator
from frugalgan.networks.sampling import estimate_statistics, latents
from frugalgan.training.ema import averaged, working_generator


@pytest.fixture
def G() -> Generator:
    torch.manual_seed(0)
    return Generator(image_size=32, latent_size=4, width=8)


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
        first, second = working.blocks[0], nn.Sequential(*list(working.blocks[1].children())[:2])
        after_norm = second(first(latents(256, 4, seed=2)[:, :, None, None]))
    assert after_norm.mean(dim=(0, 2, 3)).abs().max() < 0.2
    assert (after_norm.std(dim=(0, 2, 3)) - 1).abs().max() < 0.2


def test_statistics_see_every_label() -> None:
    """More labels than images of a pass, too."""
    G = Generator(image_size=32, latent_size=4, width=8, classes=80)
    seen: list[torch.Tensor] = []
    G.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1]))
    norms = [module for module in G.train().modules() if isinstance(module, nn.BatchNorm2d)]
    estimate_statistics(G, norms, 0, None)
    found = torch.cat(seen)
    assert len(found) == 4 * 64 and len(found.unique()) > 70 and found.max() > 63
