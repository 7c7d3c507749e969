"""A pretrained backbone in a critic: maps with gradients, no weights of its own in the model."""

from pathlib import Path

import pytest
import torch
from small import CPU
from torch import Tensor, nn

from frugalgan.evaluation.extractors.base import load_state
from frugalgan.evaluation.features import extractor
from frugalgan.networks import Network
from frugalgan.networks.backbones import EfficientNetLite0
from frugalgan.networks.parts import trainable
from frugalgan.networks.store import save_model
from frugalgan.training.ema import averaged
from frugalgan.training.memory import count_parameters


@pytest.fixture(scope="module")
def backbone() -> EfficientNetLite0:
    return EfficientNetLite0(load_state(EfficientNetLite0.weights_file()))


class Projected(Network):
    """A critic that looks at the backbone's maps."""

    def __init__(self, backbone: EfficientNetLite0) -> None:
        super().__init__()
        self.backbone = backbone
        self.heads = nn.ModuleList(nn.Conv2d(channels, 1, 1) for channels in (24, 40, 112, 1280))

    @property
    def blocks(self) -> list[nn.Module]:
        return list(self.heads)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        maps = zip(self.heads, self.backbone(x), strict=True)
        return torch.stack([head(one).mean(dim=(1, 2, 3)) for head, one in maps]).sum(dim=0)


def test_maps_halve_and_carry_gradients_to_the_image(backbone: EfficientNetLite0) -> None:
    images = (torch.rand(2, 3, 64, 96) * 2 - 1).requires_grad_()
    maps = backbone(images)
    assert [tuple(one.shape[1:]) for one in maps] == [(24, 16, 24), (40, 8, 12), (112, 4, 6), (1280, 2, 3)]
    for one in maps:
        (gradient,) = torch.autograd.grad(one.square().sum(), images, retain_graph=True)
        assert gradient.abs().sum() > 0


def test_it_sees_what_the_extractor_sees(backbone: EfficientNetLite0) -> None:
    """The extractor's input, in [-1, 1] in place of 0 to 255."""
    pixels = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8)
    features = backbone(pixels / 127.5 - 1)[-2].mean(dim=(2, 3))
    expected = torch.from_numpy(extractor("efficientnet_lite0_mid64")(pixels, batch_size=3))
    torch.testing.assert_close(features, expected, rtol=1e-3, atol=1e-4)


def test_it_is_neither_trained_nor_saved_nor_counted(backbone: EfficientNetLite0, tmp_path: Path) -> None:
    D = Projected(backbone).train()
    assert set(D.state_dict()) == {f"heads.{i}.{kind}" for i in range(4) for kind in ("weight", "bias")}
    assert len(trainable(D)) == 8 and count_parameters([D], trained_only=False) == 24 + 40 + 112 + 1280 + 4
    assert not any(module.training for module in D.backbone.modules())
    D.load_state_dict(D.state_dict(), strict=True)
    save_model(tmp_path, {"critic": D})
    assert (tmp_path / "critic.safetensors").stat().st_size < 10_000 < EfficientNetLite0.weights_file().stat().st_size
    average, x = averaged(D, 0.5), torch.rand(1, 3, 32, 32)
    assert average is not None
    average.update_parameters(D)
    assert torch.equal(average.module(x), D(x))


def test_its_weights_move_with_the_network_that_holds_it(backbone: EfficientNetLite0) -> None:
    D = Projected(backbone)
    D.to(torch.float64)
    assert D(torch.rand(1, 3, 32, 32, dtype=torch.float64)).dtype == torch.float64
    D.to(CPU, torch.float32)
