"""What section `training` asks of the machine, and what is said where it can't be had."""

import pytest
import torch

from frugalgan.device import autocast, choose_device, choose_precision

CPU = torch.device("cpu")


def pretend(monkeypatch: pytest.MonkeyPatch, *, avx512_bf16: bool, amx: bool) -> None:
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: avx512_bf16)
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: amx)


@pytest.mark.parametrize(("avx512_bf16", "amx"), [(True, False), (False, True), (True, True)])
def test_auto_takes_bf16_where_the_processor_multiplies_it(
    monkeypatch: pytest.MonkeyPatch, avx512_bf16: bool, amx: bool
) -> None:
    pretend(monkeypatch, avx512_bf16=avx512_bf16, amx=amx)
    assert choose_precision("auto", CPU) == choose_precision("bf16", CPU) == torch.bfloat16
    assert choose_precision("float32", CPU) == torch.float32


def test_bf16_is_refused_where_the_processor_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, avx512_bf16=False, amx=False)
    assert choose_precision("auto", CPU) == torch.float32
    with pytest.raises(
        ValueError, match=r"training\.precision: this cpu does not multiply bf16; set it to float32, or"
    ):
        choose_precision("bf16", CPU)


def test_cuda_is_refused_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert choose_device("auto") == CPU
    with pytest.raises(ValueError, match=r"device: cuda is not available here; set it to cpu or auto"):
        choose_device("cuda")


def test_mixed_precision_multiplies_in_bf16_and_returns_float32() -> None:
    x = torch.randn(2, 4)
    with autocast(torch.bfloat16, CPU)():
        assert (x @ x.T).dtype == torch.bfloat16
    with autocast(torch.float32, CPU)():
        assert (x @ x.T).dtype == torch.float32
