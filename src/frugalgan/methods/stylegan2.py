"""The GAN with StyleGAN2's losses (Karras et al. 2020, arXiv:1912.04958), on any networks."""

from dataclasses import replace
from math import lcm
from typing import Self

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, optim

from frugalgan.config.sections import STRICT, Count, GanRecipe, NotNegative
from frugalgan.data.batches import Batch
from frugalgan.methods.base import adam
from frugalgan.methods.gan import Gan
from frugalgan.methods.gradients import Accumulation, Terms
from frugalgan.methods.losses import zero_centred_penalty
from frugalgan.networks import STYLES, Network
from frugalgan.networks.parts import CRITIC, GENERATOR, Networks

PATH_WEIGHT = 2.0  # of the penalty at path_length: 1
AVERAGING = 0.01  # share of the newest lengths in their running mean
LENGTHS = "lengths"


@dataclass(frozen=True, config=STRICT)
class StyleGan2(Gan):
    """loss_D = softplus(D(G(z))) + softplus(−D(x)), loss_G = softplus(−D(G(z))), and two lazy penalties.

    Each is computed at every k-th update alone, counts k times there, and Adam's α and β become α · k/(k + 1) and
    β^(k/(k + 1)).

    R1: γ/2 E[‖∇_x D(x)‖²] at real images. Path length, of G: 2 E[(a − ā)²], a = ‖J_wᵀ y‖₂ of noise y / √(H·W), ā the
    running mean of a. Where the official code has one w per layer and half of the batch, here are one w and all of it.
    """

    r1: NotNegative  # γ
    r1_every: Count
    path_length: NotNegative  # times the paper's weight; 0: none
    path_length_every: Count

    def with_recipe(self, recipe: GanRecipe) -> Self:
        if recipe.r1 or recipe.penalty_every != 1:
            raise ValueError("stylegan2 has R1 of its own: set stylegan2.r1 and r1_every, not those of the recipe")
        return super().with_recipe(recipe)

    @property
    def period(self) -> int:
        return lcm(self.r1_every if self.r1 else 1, self.path_length_every if self.path_length else 1)

    def shortest_step(self) -> Self:
        return replace(super().shortest_step(), r1_every=1, path_length_every=1)

    def check(self, networks: Networks) -> None:
        super().check(networks)
        if self.path_length:
            networks.G.require(STYLES, "stylegan2.path_length")

    def optimizer(self, part: str, network: Network) -> optim.Optimizer:
        lazy = {CRITIC: (self.r1, self.r1_every), GENERATOR: (self.path_length, self.path_length_every)}
        weight, every = lazy[part]
        share = every / (every + 1) if weight and every > 1 else 1.0
        return adam(network, self.learning_rate_of(part) * share, (self.beta1**share, self.beta2**share))

    def penalties(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        if self.r1:
            value = batch.real.new_zeros(())
            if batch.every(self.r1_every):

                def D(x: Tensor) -> Tensor:
                    return self.scores(networks, x, batch, stream="r1")

                value = self.r1_every * self.r1 * zero_centred_penalty(D, batch.real)
            yield "r1", value
        yield from super().penalties(networks, batch, fake)

    def generator_penalties(self, networks: Networks, batch: Batch) -> Terms:
        if self.path_length:
            value, lengths = batch.real.new_zeros(()), networks.G.mean_path
            if self._measures_paths(batch):
                found = path_lengths(networks.G, self.noise(networks.G, batch, "path"), batch)
                lengths = found.detach().mean()
                weight = self.path_length_every * self.path_length * PATH_WEIGHT
                value = weight * (found - networks.G.mean_path).square().mean()
            yield "path_length", value
            yield LENGTHS, lengths

    def update_generator(
        self, networks: Networks, optimizer: optim.Optimizer, batch: Batch, accumulation: Accumulation
    ) -> dict[str, Tensor]:
        losses = super().update_generator(networks, optimizer, batch, accumulation)
        if LENGTHS in losses and self._measures_paths(batch):
            networks.G.mean_path.lerp_(accumulation.mean_of_processes(losses[LENGTHS]), AVERAGING)
        if not self.path_length:
            return losses
        return {"path_length": batch.real.new_zeros(()), LENGTHS: networks.G.mean_path.clone()} | losses  # if it waits

    def _measures_paths(self, batch: Batch) -> bool:
        """Whether this update of the generator is one with the penalty; its batch is the last of `n_critic`."""
        return batch.every(self.path_length_every, of=self.n_critic)


def path_lengths(G: Network, noise: list[Tensor], batch: Batch) -> Tensor:
    """(N,): ‖J_wᵀ y‖₂ of each w, by how much w changes the image, in a random direction y of it."""
    w = G.styles(batch.normal("path", G.arguments["latent_size"]), batch.labels)
    images = G.of_styles(w, *noise)
    y = batch.normal("path direction", images[0].numel()).view_as(images) / images[0, 0].numel() ** 0.5
    (gradient,) = torch.autograd.grad((images * y).sum(), w, create_graph=True)
    return gradient.square().sum(dim=1).sqrt()
