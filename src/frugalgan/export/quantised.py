"""An ONNX file in 8 bits."""

import tempfile
from pathlib import Path
from typing import Any

from frugalgan.export.onnx_files import CHECK_SEED, in_batches, inputs, needed, quietly
from frugalgan.files import replaced
from frugalgan.networks import Network

CALIBRATED = 128  # images of whose activations 8 bits take their ranges
QUANTISED = ("Conv", "ConvTranspose", "Gemm", "MatMul")  # what has weights; the rest stays in 32 bits


def write_8_bits(G: Network, source: Path, file: Path) -> None:
    """The ONNX file `source` in 8 bits, weights per channel; activations take their ranges from images of CALIBRATED z:
    onnxruntime's static quantisation."""
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
