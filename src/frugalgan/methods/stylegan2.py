"""The GAN with StyleGAN2's losses (Karras et al. 2020, arXiv:1912.04958), on any networks."""

import math
from dataclasses import replace
from typing import Self

import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, optim

from frugalgan.config.sections import STRICT, Count, GanRecipe, NotNegative
from frugalgan.data.batches import Batch
from frugalgan.methods.base import adam
from frugalgan.methods.gan import Gan
from frugalgan.methods.gradients import Accumulation, Terms
from frugalgan.networks import Network
from frugalgan.networks.offers import Styled
from frugalgan.networks.parts import CRITIC, GENERATOR, Networks

AVERAGING = 0.01  # share of the newest lengths in their running mean
LENGTHS = "lengths"


@dataclass(frozen=True, config=STRICT)
class StyleGan2(Gan):
    """loss_D = softplus(D(G(z))) + softplus(−D(x)), loss_G = softplus(−D(G(z))), and two lazy penalties.

    Each is computed at every k-th update alone and counts k times there. Adam's α and β become α · k/(k + 1) and
    β^(k/(k + 1)), as in the official code, where a penalty has a step of its own; here it joins the step of the loss.

    R1: γ/2 E[‖∇_x D(x)‖²] at real images. Path length, of G: γ_pl E[(a − ā)²], a = ‖J_wᵀ y‖₂ of noise y ~ N(0, I), ā
    the running mean of a, γ_pl = ln 2 / (S² (ln S − ln 2)) at S px (appendix B). Where the official code takes the mean
    over a w of each layer, and half of the batch, here are one w and all of the batch.
    """

    r1: NotNegative  # γ
    r1_every: Count
    path_length: NotNegative  # times the paper's γ_pl; 0: none
    path_length_every: Count

    def with_recipe(self, recipe: GanRecipe) -> Self:
        if recipe.r1 or recipe.penalty_every != 1:
            raise ValueError("stylegan2 has R1 of its own: set stylegan2.r1 and r1_every, not those of the recipe")
        return super().with_recipe(recipe)

    @property
    def period(self) -> int:
        return math.lcm(self.r1_every if self.r1 else 1, self.path_length_every if self.path_length else 1)

    def shortest_step(self) -> Self:
        return replace(super().shortest_step(), r1_every=1, path_length_every=1)

    def check(self, networks: Networks) -> None:
        super().check(networks)
        if self.path_length:
            styled(networks)

    def optimizer(self, part: str, network: Network) -> optim.Optimizer:
        lazy = {CRITIC: (self.r1, self.r1_every), GENERATOR: (self.path_length, self.path_length_every)}
        weight, every = lazy[part]
        share = every / (every + 1) if weight and every > 1 else 1.0
        return adam(network, self.learning_rate_of(part) * share, (self.beta1**share, self.beta2**share))

    def penalties(self, networks: Networks, batch: Batch, fake: Tensor) -> Terms:
        if self.r1:
            yield "r1", self.zero_centred(networks, batch, batch.real, "r1", self.r1, self.r1_every)
        yield from super().penalties(networks, batch, fake)

    def generator_penalties(self, networks: Networks, batch: Batch) -> Terms:
        if self.path_length:
            G, value = styled(networks), batch.real.new_zeros(())
            lengths = G.mean_path
            if self._measures_paths(batch):
                found = path_lengths(G, self.noise(G, batch, "path"), batch)
                lengths = found.detach().mean()
                weight = self.path_length_every * self.path_length * path_weight(batch.real.shape[2])
                value = weight * (found - G.mean_path).square().mean()
            yield "path_length", value
            yield LENGTHS, lengths

    def update_generator(
        self, networks: Networks, optimizer: optim.Optimizer, batch: Batch, accumulation: Accumulation
    ) -> dict[str, Tensor]:
        losses = super().update_generator(networks, optimizer, batch, accumulation)
        if not self.path_length:
            return losses
        mean = styled(networks).mean_path
        if LENGTHS in losses and self._measures_paths(batch):
            mean.lerp_(accumulation.mean_of_processes(losses[LENGTHS]), AVERAGING)
        return {"path_length": batch.real.new_zeros(()), LENGTHS: mean.clone()} | losses  # if it waits

    def _measures_paths(self, batch: Batch) -> bool:
        """Whether this update of the generator is one with the penalty; its batch is the last of `n_critic`."""
        return batch.is_due(self.path_length_every, batches_per_update=self.n_critic)


def styled(networks: Networks) -> Styled:
    """G, whose path lengths count. Raises ValueError where it has no styles."""
    return networks.G.require(Styled, "stylegan2.path_length")


def path_lengths(G: Styled, noise: list[Tensor], batch: Batch) -> Tensor:
    """(N,): ‖J_wᵀ y‖₂ / √(H·W) of each w, by how much w changes the image, in a random direction y of it; what a
    hypernetwork says of a domain, behind the numbers of w, stays as it is."""
    k = G.latent_size
    w, domain = G.styles(batch.normal("path", k), batch.labels).tensor_split([k], dim=1)
    if not w.requires_grad:  # the mapping is frozen: lengths then train what follows it
        w.requires_grad_()
    images = G.of_styles(torch.cat([w, domain], dim=1), *noise)
    y = batch.normal("path direction", images[0].numel()).view_as(images) / images[0, 0].numel() ** 0.5
    (gradient,) = torch.autograd.grad((images * y).sum(), w, create_graph=True)
    return gradient.square().sum(dim=1).sqrt()


def path_weight(size: int) -> float:
    """γ_pl · S² of lengths that are divided by S = `size` px: 1 / (log₂ S − 1)."""
    return 1 / (math.log2(size) - 1)
