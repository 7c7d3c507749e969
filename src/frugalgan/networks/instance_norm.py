"""Instance normalisation (Ulyanov et al. 2016, arXiv:1607.08022) whose second derivatives cost little.

A gradient penalty goes back through the critic twice. PyTorch's own second derivative of a normalisation takes some
twenty operations of the images' size; this one takes a normalisation's backward, a subtraction, five means and three
multiply-adds. Outputs and first derivatives are PyTorch's own (on a CPU to the bit); there are no third ones.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

aten = torch.ops.aten


class InstanceNorm2d(nn.InstanceNorm2d):
    """As torch's with `affine=True`, its numbers and its state: (N, C, H, W), H · W > 1 → the same shape.

    Raises ValueError for any other shape.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, affine=True)

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() != 4 or input.shape[1] != self.num_features or input.shape[2:].numel() < 2:
            raise ValueError(f"{tuple(input.shape)}: must be (N, {self.num_features}, H, W), H · W > 1")
        n = len(input)
        return _Normalised.apply(input.contiguous(), self.weight.repeat(n), self.bias.repeat(n), self.eps)


class _Normalised(torch.autograd.Function):
    """x (N, C, H, W), weight and bias (N · C,) → each channel of each image with its own mean and variance."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        y, mean, inverse_sd = aten.native_batch_norm(_as_one(x), weight, bias, None, None, True, 0.0, eps)
        ctx.save_for_backward(x, weight, mean, inverse_sd)
        ctx.eps = eps
        return aten._unsafe_view(y, x.shape)  # no view to autograd: the activation behind may write into it

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        (gradient,) = gradients
        mask = list(ctx.needs_input_grad[:3])
        return *_Backward.apply(gradient.contiguous(), *ctx.saved_tensors, ctx.eps, mask), None


class _Backward(torch.autograd.Function):
    """b, the gradient of the output → those of x, weight and bias; of these only that of x can be differentiated.

    With x̂ the normalised x, r = 1 / sd and means over H · W, the gradient of x is
    weight · r · (b − mean(b) − x̂ · mean(b x̂)).
    """

    @staticmethod
    def forward(
        ctx: Any, b: Tensor, x: Tensor, weight: Tensor, mean: Tensor, inverse_sd: Tensor, eps: float, mask: list[bool]
    ) -> Any:
        ctx.set_materialize_grads(False)  # those of weight and bias are None, not zeros
        ctx.save_for_backward(b, x, weight, mean, inverse_sd)
        ctx.eps = eps
        return _backward(b, x, weight, mean, inverse_sd, eps, mask)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Of f = sum(a · gradient of x), whose `a` comes in."""
        a, of_weight, of_bias = gradients
        if of_weight is not None or of_bias is not None:
            raise NotImplementedError(
                "a loss of the gradient of InstanceNorm2d's weight or bias: use nn.InstanceNorm2d"
            )
        if a is None:
            return (None,) * 7
        b, x, weight, mean, inverse_sd = ctx.saved_tensors
        a = a.contiguous()
        needs_b, needs_x, needs_weight = ctx.needs_input_grad[:3]
        # the map from b to the gradient of x is linear, and its own transpose
        grad_b = _backward(a, x, weight, mean, inverse_sd, ctx.eps, [True, False, False])[0] if needs_b else None
        grad_x = grad_weight = None
        if needs_x or needs_weight:
            centred = x - _of_channels(mean, x)
            mean_a, mean_b = a.mean((2, 3)).flatten(), b.mean((2, 3)).flatten()
            a_x, b_x = _mean_of_products(a, centred) * inverse_sd, _mean_of_products(b, centred) * inverse_sd
            covariance = _mean_of_products(a, b) - mean_a * mean_b - a_x * b_x  # of what x̂ does not explain
            grad_weight = x.shape[2] * x.shape[3] * inverse_sd * covariance
            if needs_x:
                scale = -weight * inverse_sd.square()
                of_centred = scale * inverse_sd * (covariance - 2 * a_x * b_x)
                constant = -scale * (mean_a * b_x + mean_b * a_x)
                grad_x = torch.addcmul(_of_channels(constant, x), a, _of_channels(scale * b_x, x))
                grad_x.addcmul_(b, _of_channels(scale * a_x, x)).addcmul_(centred, _of_channels(of_centred, x))
        return grad_b, grad_x, grad_weight, None, None, None, None


def _backward(
    b: Tensor, x: Tensor, weight: Tensor, mean: Tensor, inverse_sd: Tensor, eps: float, mask: list[bool]
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    """The gradients of x, weight and bias that the mask asks for."""
    found = aten.native_batch_norm_backward(
        _as_one(b), _as_one(x), weight, None, None, mean, inverse_sd, True, eps, mask
    )
    of_x = found[0].view(x.shape) if mask[0] else None
    return of_x, found[1] if mask[1] else None, found[2] if mask[2] else None


def _as_one(x: Tensor) -> Tensor:
    """(N, C, H, W) → (1, N · C, H, W): a batch of one image, whose batch statistics are each channel's own."""
    return x.reshape(1, -1, *x.shape[2:])


def _of_channels(values: Tensor, x: Tensor) -> Tensor:
    """(N · C,) → (N, C, 1, 1), of x's type."""
    return values.to(x.dtype).view(*x.shape[:2], 1, 1)


def _mean_of_products(a: Tensor, b: Tensor) -> Tensor:
    """(N, C, H, W) twice → (N · C,): the mean of their product over each channel."""
    return (a * b).mean((2, 3)).flatten()
