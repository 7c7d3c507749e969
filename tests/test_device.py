"""What section `training` asks of the machine, and what is said where it can't be had."""

import platform
import sys
from pathlib import Path

import pytest
import torch

from frugalgan.config.sections import ParamsError
from frugalgan.config.study import load
from frugalgan.device import (
    autocast,
    choose_device,
    choose_device_aloud,
    choose_precision,
    cpu_name,
    why_device,
    why_precision,
)
from frugalgan.evaluation.settings import Evaluate
from frugalgan.networks.stylegan2 import StyleGan2
from frugalgan.training.settings import Training

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


def test_auto_is_float32_on_a_cpu_for_networks_that_are_not_faster_in_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, avx512_bf16=True, amx=True)
    assert choose_precision("auto", CPU, faster_bf16=False) == torch.float32
    assert why_precision("auto", torch.float32, CPU) == "such networks are not faster in bf16"
    assert choose_precision("bf16", CPU, faster_bf16=False) == torch.bfloat16  # as asked
    sizes = {"latent_size": 8, "conditional": False, "channel_base": 512}
    assert [StyleGan2(**sizes, channel_max=most).faster_bf16 for most in (64, 128)] == [False, True]


def test_bf16_is_refused_where_the_processor_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, avx512_bf16=False, amx=False)
    assert choose_precision("auto", CPU) == torch.float32
    with pytest.raises(
        ValueError, match=r"training\.precision: this cpu does not multiply bf16; set it to float32, or"
    ):
        choose_precision("bf16", CPU)


def without_cuda(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """As where PyTorch, built with CUDA, finds that it cannot use it, and says so when it is asked to begin."""

    def init() -> None:
        raise RuntimeError(said)

    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.version.cuda", "13.0")
    monkeypatch.setattr("torch.cuda.init", init)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


NO_DRIVER = "Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU."
TOO_OLD = "The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver.\nMore."


def test_cuda_is_refused_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_cuda(monkeypatch, NO_DRIVER)
    monkeypatch.setattr("frugalgan.device._has_nvidia_gpu", lambda: False)
    assert choose_device_aloud("auto") == CPU
    assert why_device("auto", CPU) == "no GPU here"
    assert capsys.readouterr().err == ""  # what nobody expected needs no line
    for name in ("cuda", "cuda:0"):
        with pytest.raises(ValueError, match=rf"device: {name} cannot be used here: Found no NVIDIA driver .*; set it"):
            choose_device(name)


def test_a_gpu_that_is_there_and_cannot_be_used_is_named_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_cuda(monkeypatch, TOO_OLD)
    assert choose_device_aloud("auto") == CPU
    assert why_device("auto", CPU).startswith(
        "the GPU here cannot be used: The NVIDIA driver on your system is too old"
    )
    (line,) = capsys.readouterr().err.splitlines()
    assert "auto takes the CPU" in line and "too old (found version 11040)" in line and "More" not in line
    assert why_device("cpu", CPU) == ""  # as asked


def test_a_gpu_too_new_for_this_pytorch_is_found_out_by_using_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def ones(*args: object, **kwargs: object) -> None:
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with ...")

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.ones", ones)
    assert choose_device("auto") == CPU
    assert why_device("auto", CPU).startswith("the GPU here cannot be used: CUDA error: no kernel image is available")
    with pytest.raises(ValueError, match=r"cuda:1 cannot be used here: CUDA error: no kernel image"):
        choose_device("cuda:1")


def test_one_gpu_of_several_is_taken_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setattr("torch.ones", lambda *args, **kwargs: torch.zeros(1))
    assert choose_device("cuda:1") == torch.device("cuda:1")
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda")
    with pytest.raises(ValueError, match="cuda:2 cannot be used here: there is no such GPU, but cuda:0 to cuda:1"):
        choose_device("cuda:2")


def test_pytorch_without_cuda_says_so_where_there_is_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    without_cuda(monkeypatch, "")
    monkeypatch.setattr("torch.version.cuda", None)
    monkeypatch.setattr("frugalgan.device._has_nvidia_gpu", lambda: True)
    assert "is built for CPUs alone: install one with CUDA" in why_device("auto", CPU)


@pytest.mark.parametrize(("built", "available"), [(False, False), (True, False), (True, True)])
def test_mps_is_taken_where_pytorch_has_it(monkeypatch: pytest.MonkeyPatch, built: bool, available: bool) -> None:
    monkeypatch.setattr("torch.backends.mps.is_built", lambda: built)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: available)
    if built and available:
        assert choose_device("mps") == torch.device("mps")
        assert choose_precision("auto", torch.device("mps")) == torch.float32
        assert choose_device("auto") == CPU and "Apple's GPU, which was not measured" in why_device("auto", CPU)
    else:
        with pytest.raises(ValueError, match=r"mps cannot be used here: .*(built without MPS|macOS 14)"):
            choose_device("mps")


@pytest.mark.parametrize("section", ["training", "evaluate"])
@pytest.mark.parametrize("name", ["auto", "cpu", "cuda", "cuda:0", "cuda:13", "mps"])
def test_names_of_devices_are_known(section: str, name: str) -> None:
    assert section_with(section, device=name).device == name


@pytest.mark.parametrize("section", ["training", "evaluate"])
@pytest.mark.parametrize(
    ("name", "hint"),
    [("gpu", "cuda"), ("CUDA", "cuda"), ("cuda0", "cuda:0"), ("cuda:x", "cuda:0"), ("rocm", "cuda"), ("MPS", "mps")],
)
def test_other_names_are_refused_with_a_hint(section: str, name: str, hint: str) -> None:
    with pytest.raises(ParamsError, match=rf"params.yaml: {section}.device: '{name}' .*; did you mean {hint}\?$"):
        section_with(section, device=name)


@pytest.mark.parametrize("name", ["cuda:0", "mps"])
@pytest.mark.parametrize("several", [{"devices": 2}, {"nodes": 2}])
def test_one_gpu_is_not_several(name: str, several: dict[str, int]) -> None:
    with pytest.raises(ParamsError, match=f"params.yaml: training: device {name} is one GPU: set devices and nodes"):
        section_with("training", device=name, **several)


def section_with(name: str, **values: object) -> Training | Evaluate:
    study = load()
    return study.section(name, {"training": Training, "evaluate": Evaluate}[name], values)


def test_mixed_precision_multiplies_in_bf16_and_returns_float32() -> None:
    x = torch.randn(2, 4)
    with autocast(torch.bfloat16, CPU)():
        assert (x @ x.T).dtype == torch.bfloat16
    with autocast(torch.float32, CPU)():
        assert (x @ x.T).dtype == torch.float32


def test_a_cpu_is_named_as_its_maker_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"linux": "processor\t: 0\nmodel name\t: Fast CPU @ 3 GHz\nflags\t: a b\n", "old": "processor : 0\n"}
    monkeypatch.setattr(sys, "platform", "linux")
    for text, expected in ((said["linux"], "Fast CPU @ 3 GHz"), (said["old"], f"{platform.machine()} CPU")):
        monkeypatch.setattr(Path, "read_text", lambda self, encoding, text=text: text)
        assert cpu_name() == expected
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert cpu_name() == f"{platform.machine()} CPU"
