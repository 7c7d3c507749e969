"""StyleGAN2's modulated convolution (Karras et al. 2020, arXiv:1912.04958), and what can be added to a trained one.

Activations are scaled in place of weights: s before an ordinary convolution, the demodulation after it. That is equal
to one kernel per sample, w''_oik = s_i w_oik / √(Σ_ik (s_i w_oik)² + ε), and cheaper to train.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks.stylegan2.layers import EqualLinear, smoothed

EPSILON = 1e-8


class ModulatedConv(nn.Module):
    """(N, a, H, W) and w (N, k) → (N, b, H, W), or twice as large.

    What a trained one may be given, each of it nothing at first: `factor` (a,), a domain vector (Alanov et al. 2022,
    arXiv:2210.08884): inputs times 1 + factor, behind the demodulation; `shift` (a,), added to the style; `offset`
    (b, a, 1, 1), added to the kernel; `down` (r, k) and `up` (a, r), a low-rank change of the style's weights
    (StyleDomain: Alanov et al. 2023, arXiv:2212.10229); `head`, which maps what a hypernetwork says of
    each sample's domain, (N, h) behind the numbers of w, to that sample's factor, or, in a layer to the image, to an
    offset of the 1×1 kernel and a bias.
    """

    head: nn.Module | None
    factor: nn.Parameter | None
    shift: nn.Parameter | None
    offset: nn.Parameter | None
    down: nn.Parameter | None
    up: nn.Parameter | None

    def __init__(self, a: int, b: int, kernel: int, w_size: int, *, demodulate: bool = True, enlarge: bool = False):
        super().__init__()
        self.affine = EqualLinear(w_size, a, bias=1.0)
        self.weight = nn.Parameter(torch.randn(b, a, kernel, kernel))
        self.demodulate, self.enlarge = demodulate, enlarge
        for name in ("factor", "shift", "offset", "down", "up"):
            self.register_parameter(name, None)
        self.head = None

    def style(self, w: Tensor) -> Tensor:
        """(N, a): by what each input is multiplied, sample by sample."""
        style = self.affine(w)
        if self.down is not None and self.up is not None:
            style = style + F.linear(F.linear(w, self.down), self.up)
        return style if self.shift is None else style + self.shift

    def kernel(self) -> Tensor:
        """(b, a, kernel, kernel): the same for all samples."""
        weight = self.weight if self.offset is None else self.weight + self.offset
        return weight / self.weight[0].numel() ** 0.5

    def forward(self, x: Tensor, w: Tensor, *, gain: float = 1.0, bias: Tensor | None = None) -> Tensor:
        """`bias` (b,) is added, and all of it multiplied by `gain`; a layer that does not demodulate takes neither."""
        factor, k = self.factor, self.affine.weight.shape[1]
        of_domain = None if self.head is None else self.head(w[:, k:])
        if of_domain is not None and self.demodulate:
            factor, of_domain = of_domain, None
        if w.shape[1] > k:
            w = w[:, :k]
        style, weight = self.style(w), self.kernel()
        of_inputs = style if factor is None else style * (1 + factor)
        x = x * of_inputs[:, :, None, None]
        if self.enlarge:
            x = 4 * smoothed(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), padding=1)
        else:
            added = None if of_domain is None else self._offset(x, of_domain)
            x = F.conv2d(x, weight, padding=weight.shape[2] // 2)
            x = x if added is None else x + added
        if not self.demodulate:
            return x
        norms = F.linear(style.square(), weight.square().sum(dim=(2, 3))) + EPSILON
        scale = (gain * torch.rsqrt(norms))[:, :, None, None]
        return x * scale if bias is None else torch.addcmul((gain * bias)[:, None, None], x, scale)

    def _offset(self, x: Tensor, of_domain: Tensor) -> Tensor:
        """What an own kernel (b, a) and bias (b,) of each sample, `of_domain` (N, b (a + 1)), add to the image."""
        b, a = self.weight.shape[:2]
        own = of_domain.reshape(-1, b, a + 1)
        added = torch.bmm(own[..., :a] / a**0.5, x.flatten(2)) + own[..., a:]
        return added.reshape(-1, b, *x.shape[2:])
