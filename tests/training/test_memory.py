"""Memory that training takes, counted by what lives at the same time."""

import pytest
import torch
from torch import nn

from frugalgan.training.memory import ACTIVATIONS, GRADIENTS, OPTIMIZER, WEIGHTS, LiveBytes, state_tensors

KIB = 1024


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
