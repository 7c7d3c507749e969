"""StyleGAN2's modulated convolutions (Karras et al. 2020, arXiv:1912.04958), and what can be added to trained ones.

Activations are scaled in place of weights: s before an ordinary convolution, the demodulation after it. That is equal
to one kernel per sample, w''_oik = s_i w_oik / √(Σ_ik (s_i w_oik)² + ε), and cheaper to train.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from frugalgan.networks.stylegan2.layers import EqualLinear, smoothed

EPSILON = 1e-8


class Modulated(nn.Module):
    """A kernel (b, a, kernel, kernel) whose inputs are scaled sample by sample, by styles that are made of w (N, k).

    What a trained one may be given, each of it nothing at first: `factor` (a,), a domain vector (Alanov et al. 2022,
    arXiv:2210.08884): inputs times 1 + factor; `shift` (a,), added to the style; `offset`, added to the kernel, of its
    shape or (b, a, 1, 1); `down` (r, k) and `up` (a, r), a low-rank change of the style's weights (StyleDomain: Alanov
    et al. 2023, arXiv:2212.10229); `head`, which makes numbers of each sample's own of what a hypernetwork says of its
    domain, (N, h) behind the numbers of w.
    """

    head: nn.Module | None
    factor: nn.Parameter | None
    shift: nn.Parameter | None
    offset: nn.Parameter | None
    down: nn.Parameter | None
    up: nn.Parameter | None

    def __init__(self, a: int, b: int, kernel: int, w_size: int) -> None:
        super().__init__()
        self.affine = EqualLinear(w_size, a, bias=1.0)
        self.weight = nn.Parameter(torch.randn(b, a, kernel, kernel))
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

    def split(self, w: Tensor) -> tuple[Tensor, Tensor | None]:
        """The numbers of w alone (N, k), and what the head makes of those behind them; None without a head."""
        k = self.affine.weight.shape[1]
        own = None if self.head is None else self.head(w[:, k:])
        return (w[:, :k] if w.shape[1] > k else w), own


def scaled(x: Tensor, style: Tensor, factor: Tensor | None) -> Tensor:
    """(N, a, H, W) times `style` (N, a), and 1 + `factor` (a,) or (N, a) where there is one."""
    of_inputs = style if factor is None else style * (1 + factor)
    return x * of_inputs[:, :, None, None]


class StyledConv(Modulated):
    """(N, a, H, W) and w → (N, b, H, W), or twice as large: demodulated, as if inputs had a variance of 1.

    `factor` stands behind the demodulation. The head makes each sample's own, (N, a).
    """

    def __init__(self, a: int, b: int, kernel: int, w_size: int, *, enlarge: bool = False) -> None:
        super().__init__(a, b, kernel, w_size)
        self.enlarge = enlarge

    def forward(self, x: Tensor, w: Tensor, *, gain: float, bias: Tensor) -> Tensor:
        """`bias` (b,) is added, and all of it multiplied by `gain`."""
        w, own = self.split(w)
        style, weight = self.style(w), self.kernel()
        x = scaled(x, style, self.factor if own is None else own)
        if self.enlarge:
            x = 4 * smoothed(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), padding=1)
        else:
            x = F.conv2d(x, weight, padding=weight.shape[2] // 2)
        norms = F.linear(style.square(), weight.square().sum(dim=(2, 3))) + EPSILON
        scale = (gain * torch.rsqrt(norms))[:, :, None, None]
        return torch.addcmul((gain * bias)[:, None, None], x, scale)


class ToImage(Modulated):
    """(N, a, H, W) and w → (N, channels, H, W), what is added to the image, by a 1×1 kernel, not demodulated.

    The head makes an offset of the kernel and a bias, (N, channels · (a + 1)).
    """

    def __init__(self, a: int, channels: int, w_size: int) -> None:
        super().__init__(a, channels, 1, w_size)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        w, own = self.split(w)
        style, weight = self.style(w), self.kernel()
        x = scaled(x, style, self.factor)
        added = None if own is None else self._of_sample(x, own)
        image = F.conv2d(x, weight)
        return image if added is None else image + added

    def _of_sample(self, x: Tensor, own: Tensor) -> Tensor:
        """What each sample's own kernel (channels, a) and bias (channels,) add to the image."""
        b, a = self.weight.shape[:2]
        numbers = own.reshape(-1, b, a + 1)
        added = torch.bmm(numbers[..., :a] / a**0.5, x.flatten(2)) + numbers[..., a:]
        return added.reshape(-1, b, *x.shape[2:])
