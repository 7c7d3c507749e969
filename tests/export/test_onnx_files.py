"""Exported files draw what torch draws."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from generators import FAMILIES, generator
from small import DATA, RESIDUAL, SMALL, STYLES

from frugalgan.data.facts import DataFacts
from frugalgan.export.onnx_files import (
    ExportError,
    as_arrays,
    images,
    inputs,
    largest_difference,
    session,
    write_onnx,
)
from frugalgan.export.quantised import write_all_in_8_bits, write_weights_in_8_bits
from frugalgan.export.write import write_export
from frugalgan.networks import Family
from frugalgan.networks.sampling import images_of


@pytest.mark.parametrize(("family", "data", "adaptation"), FAMILIES.values(), ids=FAMILIES)
def test_every_family_draws_what_torch_draws_in_32_and_nearly_in_8_bits(
    tmp_path: Path, family: Family, data: DataFacts, adaptation: str
) -> None:
    G = generator(family, data, adaptation)
    whole, small = tmp_path / "whole.onnx", tmp_path / "small.onnx"
    assert write_onnx(G, whole) < 1e-4
    write_all_in_8_bits(G, whole, small)
    given = inputs(G, 21, 3)  # no multiple of any batch
    expected = images_of(G, given["z"], given.get("label")).numpy().astype(int)
    assert np.abs(images(whole, given) - expected).max() <= 1
    with torch.no_grad():
        exact = G(*(given[name] for name in ("z", "label") if name in given)).numpy()
    coarse = session(small).run(None, as_arrays(given))[0]
    assert 0 < np.abs(coarse - exact).mean() < 0.2 * exact.std()
    assert largest_difference(G, small) > 1e-4  # so what `write_onnx` refuses is something
    write_weights_in_8_bits(whole, small)
    fine = session(small).run(None, as_arrays(given))[0]
    assert 0 < np.abs(fine - exact).mean() < 0.1 * np.abs(coarse - exact).mean() + 0.02 * exact.std()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.onnx", "whole.onnx"]


def test_a_domain_vector_is_an_input_so_one_file_serves_many_domains(tmp_path: Path) -> None:
    G, file = generator(STYLES, DATA, "domain_vector_plus"), tmp_path / "model.onnx"
    write_onnx(G, file)
    given = inputs(G, 5, 3)
    own = [parameter for parameter in G.parameters() if parameter.requires_grad]
    assert given["domain"].shape == (sum(parameter.numel() for parameter in own),)
    before = images(file, given)
    other, place = torch.randn(len(given["domain"])) / 10, 0
    with torch.no_grad():
        for parameter in own:
            parameter.copy_(other[place : place + parameter.numel()].view_as(parameter))
            place += parameter.numel()
    of_other = images(file, given | {"domain": other}).astype(int)
    assert np.abs(of_other - images_of(G, given["z"]).numpy()).max() <= 1 and np.abs(of_other - before).mean() > 1


def test_without_a_page_the_files_of_the_model_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ExportError, match=r"page: ONNX files are there, but no page: npm not found"):
        write_export(generator(SMALL, DATA), tmp_path / "page", title="")
    left = {path.name for path in (tmp_path / "page").iterdir()}
    assert left == {"model_float32.onnx", "model.onnx", "export.json"}


def test_without_onnxruntime_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "onnxruntime" else name)
    with pytest.raises(ExportError, match=r"^onnxruntime not installed: pip install -e '\.\[export\]' in the clone$"):
        write_onnx(generator(SMALL, DATA), tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x: x + torch.special.bessel_j0(x),
            "ONNX has no operation bessel_j0: write its forward without it",
        ),
        (lambda x: x if x.sum() > 0 else -x, "its forward cannot be exported: .*may not depend on values"),
    ],
    ids=["operation", "values"],
)
def test_what_onnx_cannot_say_is_named_with_the_cure(
    tmp_path: Path, change: Callable[[torch.Tensor], torch.Tensor], message: str
) -> None:
    G = generator(SMALL, DATA)
    forward = G.forward
    G.forward = lambda x, y=None: change(forward(x, y))
    with pytest.raises(ExportError, match=message) as error:
        write_onnx(G, tmp_path / "model.onnx")
    assert "\x1b" not in str(error.value) and "\n" not in str(error.value)


def test_an_export_that_differs_from_torch_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frugalgan.export.onnx_files.largest_difference", lambda *_: 0.01)
    with pytest.raises(ExportError, match=r"differ from torch's by 0.01, more than 0.0001"):
        write_onnx(generator(SMALL, DATA), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_network_that_fixes_the_batch_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"residual\.Generator: its forward fixes .* write x\.shape\[0\]"):
        write_onnx(generator(RESIDUAL, DATA), tmp_path / "model.onnx")
