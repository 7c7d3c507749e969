"""An ONNX file in 8 bits."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from frugalgan.export.onnx_files import CHECK_SEED, images, in_batches, inputs, needed, quietly
from frugalgan.files import replaced
from frugalgan.networks import Network

CALIBRATED = 128  # images of whose activations 8 bits take their ranges
COMPARED = 64  # images that 8 and 32 bits draw beside each other
NEAR = 2.0  # of 255: a mean difference that nobody sees
QUANTISED = ("Conv", "ConvTranspose", "Gemm", "MatMul")  # what has weights; the rest stays in 32 bits
LEAST = 1024  # numbers: smaller arrays stay in 32 bits
BOTH, WEIGHTS = "weights and activations", "weights"  # what is in 8 bits


def write_8_bits(G: Network, source: Path, file: Path) -> str:
    """The ONNX file `source` in 8 bits: weights and activations where its images stay NEAR, else weights alone.

    Returns which of both.
    """
    write_all_in_8_bits(G, source, file)
    given = inputs(G, COMPARED, CHECK_SEED)
    change = np.abs(images(file, given).astype(np.int16) - images(source, given)).mean()
    if change <= NEAR:
        return BOTH
    write_weights_in_8_bits(source, file)
    return WEIGHTS


def write_all_in_8_bits(G: Network, source: Path, file: Path) -> None:
    """Weights per channel; activations take their ranges from images of CALIBRATED z: onnxruntime's static
    quantisation."""
    needed("onnx", "onnxruntime")
    from onnxruntime import quantization

    class Calibration(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self.batches = in_batches(inputs(G, CALIBRATED, CHECK_SEED + 1))

        def get_next(self) -> Any:
            return next(self.batches, None)

    with replaced(file) as temporary, tempfile.TemporaryDirectory() as folder, quietly():
        prepared = Path(folder, "prepared.onnx")
        quantization.quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        _rename_constants(prepared)
        quantization.quantize_static(
            str(prepared),
            str(temporary),
            Calibration(),
            op_types_to_quantize=list(QUANTISED),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": list(QUANTISED)},
        )


def _rename_constants(file: Path) -> None:
    """Names that end in no number: onnxruntime tells copies of a bias apart by a number behind its name, which can make
    the name of another value (mul_29 and 6: mul_296)."""
    import onnx

    model = onnx.load(file)
    names = {constant.name: f"{constant.name}_constant" for constant in model.graph.initializer}
    for constant in model.graph.initializer:
        constant.name = names[constant.name]
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
    onnx.save(model, file)


def write_weights_in_8_bits(source: Path, file: Path) -> None:
    """Arrays of LEAST numbers or more as int8 and a factor per row. onnxruntime makes float32 of them as it loads the
    file, so it draws as fast as in 32 bits; in a browser it does not (docs/phone.md)."""
    needed("onnx")
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(source)
    graph, nodes = model.graph, []
    for constant in list(graph.initializer):
        values, name = numpy_helper.to_array(constant), constant.name
        if values.dtype != np.float32 or values.ndim < 2 or values.size < LEAST:
            continue
        largest = np.abs(values).max(axis=tuple(range(1, values.ndim)), keepdims=True)
        factor = np.where(largest > 0, largest, 1).astype(np.float32) / 127
        graph.initializer.remove(constant)
        graph.initializer.extend(
            [
                numpy_helper.from_array(np.rint(values / factor).astype(np.int8), f"{name}_8_bits"),
                numpy_helper.from_array(factor, f"{name}_factor"),
            ]
        )
        nodes += [
            helper.make_node("Cast", [f"{name}_8_bits"], [f"{name}_whole"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}_whole", f"{name}_factor"], [name]),
        ]
    for node in reversed(nodes):
        graph.node.insert(0, node)
    with replaced(file) as temporary:
        onnx.save(model, temporary)
