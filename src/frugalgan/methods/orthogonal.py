"""Orthogonal regularisation, the gentler variant of BigGAN (Brock et al. 2019, arXiv:1809.11096, equation 3).

Only products of unlike rows are penalised; norms stay free. Its gradient is 4 (W Wᵀ ⊙ (1 − I)) W, the derivative of the
formula; the code of ajbrock/BigGAN-PyTorch adds half of that, so its β = 1e-4 is our 5e-5.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from frugalgan.networks.spectral import weight_of

TRANSPOSED = nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d  # their weights are (inputs, outputs, …)
MATRICES = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | TRANSPOSED  # not embeddings, as in the paper


def orthogonal_penalty(W: Tensor) -> Tensor:
    """‖W Wᵀ ⊙ (1 − I)‖²_F of (outputs, inputs) → scalar ≥ 0; 0 where rows are orthogonal."""
    products = W @ W.T
    return products.square().sum() - products.diagonal().square().sum()


def orthogonality(network: nn.Module, trained: Sequence[nn.Parameter]) -> Tensor:
    """The sum of `orthogonal_penalty` over those of the network's matrices that are among `trained`; before spectral
    normalisation, kernels of convolutions as (outputs, inputs · height · width)."""
    among = set(map(id, trained))
    terms = [orthogonal_penalty(W) for weight, W in _matrices(network) if id(weight) in among]
    return torch.stack(terms).sum() if terms else next(network.parameters()).new_zeros(())


def _matrices(network: nn.Module) -> Iterator[tuple[Tensor, Tensor]]:
    """Each weight, and the same as a matrix."""
    for layer in network.modules():
        if isinstance(layer, MATRICES):
            weight = weight_of(layer)
            yield weight, (weight.transpose(0, 1) if isinstance(layer, TRANSPOSED) else weight).flatten(1)
