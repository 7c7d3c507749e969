"""What is in 8 bits: weights and activations, or weights alone, each within half a step."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from generators import generator
from onnx import numpy_helper
from small import DATA, SMALL, STYLES

from frugalgan.export.onnx_files import write_onnx
from frugalgan.export.quantised import BOTH, LEAST, WEIGHTS, write_8_bits, write_weights_in_8_bits


def test_weights_in_8_bits_are_within_half_a_step_of_their_row(tmp_path: Path) -> None:
    whole, small = tmp_path / "whole.onnx", tmp_path / "small.onnx"
    write_onnx(generator(STYLES, DATA), whole)
    write_weights_in_8_bits(whole, small)
    before, after = (
        {constant.name: numpy_helper.to_array(constant) for constant in onnx.load(file).graph.initializer}
        for file in (whole, small)
    )
    changed = {name for name in before if f"{name}_8_bits" in after}
    assert changed == {name for name, values in before.items() if values.ndim > 1 and values.size >= LEAST}
    for name in changed:
        step = after[f"{name}_factor"]
        assert after[f"{name}_8_bits"].dtype == np.int8 and step.size == len(before[name])
        assert np.all(np.abs(after[f"{name}_8_bits"] * step - before[name]) <= 0.5001 * step)
    assert all(np.array_equal(after[name], before[name]) for name in before.keys() - changed)
    assert small.stat().st_size < 0.5 * whole.stat().st_size


@pytest.mark.parametrize(("near", "kept"), [(255.0, BOTH), (0.0, WEIGHTS)])
def test_where_activations_in_8_bits_show_weights_alone_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, near: float, kept: str
) -> None:
    monkeypatch.setattr("frugalgan.export.quantised.NEAR", near)
    G, whole, small, alone = generator(SMALL, DATA), *(tmp_path / f"{name}.onnx" for name in ("whole", "small", "one"))
    write_onnx(G, whole)
    assert write_8_bits(G, whole, small) == kept
    write_weights_in_8_bits(whole, alone)
    assert (small.read_bytes() == alone.read_bytes()) == (kept == WEIGHTS)
