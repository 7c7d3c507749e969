"""GANs that start as a decoder: the weights, the same data and z as the control's, warm-up and frozen layers."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from small import (
    ADVERSARIAL,
    METHODS,
    SMALL,
    batch_of,
    descent_of,
    labelled_noise,
    state_of,
    trained_source,
)
from torch import Tensor

from frugalgan.data.batches import Batch
from frugalgan.methods.gan import Adversarial
from frugalgan.methods.base import CRITIC, Networks
from frugalgan.training.loop import Budget, train
from frugalgan.training.record import Watch

DCGAN = ADVERSARIAL["dcgan from a decoder"]


def weights(networks: Networks) -> list[Tensor]:
    return [parameter.detach().clone() for parameter in networks.G.parameters()]


def test_the_generator_starts_as_the_decoder_and_the_critic_as_the_controls() -> None:
    decoder = METHODS["vae"].build(SMALL, None)
    started = DCGAN.build(SMALL, decoder)
    for key, value in decoder.G.state_dict().items():
        assert torch.equal(started.G.state_dict()[key], value)
    assert CRITIC in started.parts and "encoder" not in started.parts
    control, ours = (state_of(METHODS[name]).networks.D for name in ("dcgan", "dcgan from a decoder"))
    assert all(map(torch.equal, ours.parameters(), control.parameters()))


def test_a_decoder_of_another_shape_or_none_is_refused() -> None:
    method = DCGAN
    with pytest.raises(RuntimeError, match="size mismatch"):
        method.build(SMALL, trained_source(replace(SMALL, latent_size=2)))
    with pytest.raises(ValueError, match="needs a trained autoencoder"):
        method.build(SMALL, None)
    with pytest.raises(ValueError, match=r"frozen_layers .*: 4 is not allowed: the generator has 4 layers"):
        replace(DCGAN, frozen_layers=4).build(SMALL, trained_source())


@pytest.mark.parametrize(
    ("started", "control"), [("dcgan from a decoder", "dcgan"), ("wgan_gp from a decoder", "wgan_gp")]
)
def test_with_the_same_weights_it_is_the_control(started: str, control: str) -> None:
    """Loss, data and z are the same, so only the weights it starts from can make a difference."""
    ours, theirs = state_of(METHODS[started]), state_of(METHODS[control])
    theirs.networks.G.load_state_dict(ours.networks.G.state_dict())
    for state, name in ((ours, started), (theirs, control)):
        batches = iter([batch_of(4, key=(5, seen)) for seen in range(0, 40, 4)])
        for _ in range(2):
            METHODS[name].step(state.networks, state.optimizers, partial(next, batches), descent_of())
    assert all(map(torch.equal, weights(ours.networks), weights(theirs.networks)))


def stepped(method: Adversarial, seen: int) -> tuple[list[bool], dict[str, Tensor], bool]:
    """Which of G's layers a step at that time moves, its losses, and whether the critic moved."""
    state = state_of(method)
    before = [[p.detach().clone() for p in layer.parameters()] for layer in state.networks.G.layers]
    critic = [p.detach().clone() for p in state.networks.D.parameters()]
    losses = method.step(state.networks, state.optimizers, lambda: batch_of(4, key=(5, seen)), descent_of())
    layers = zip(before, state.networks.G.layers, strict=True)
    moved = [any(not torch.equal(a, b) for a, b in zip(old, layer.parameters(), strict=True)) for old, layer in layers]
    return moved, losses, any(not torch.equal(a, b) for a, b in zip(critic, state.networks.D.parameters(), strict=True))


def test_while_the_critic_warms_up_the_generator_waits() -> None:
    method = replace(ADVERSARIAL["wgan_gp from a decoder"], warmup_kimg=0.1)
    moved, losses, critic_moved = stepped(method, 96)
    assert not any(moved) and critic_moved
    assert set(losses) == {"loss_D", "gradient_penalty", "loss_G"}
    assert all(stepped(method, 100)[0])


def test_early_layers_hold_still_at_first() -> None:
    method = replace(DCGAN, frozen_layers=2, frozen_kimg=0.1)
    assert stepped(method, 96)[0] == [False, False, True, True]
    assert all(stepped(method, 100)[0])


def test_a_run_that_warms_up_records_the_same_losses_throughout(tmp_path: Path) -> None:
    method = replace(DCGAN, warmup_kimg=0.012)
    state, watch = state_of(method), Watch("test", 6, torch.device("cpu"), 0, 6)
    train(state, method, labelled_noise(tmp_path, 12), Budget(6, 4), watch, descent_of())
    assert len(watch.rows()) == 6 and all({"loss_D", "loss_G"} <= set(row) for row in watch.rows())


def test_labels_travel_with_every_part_of_a_batch() -> None:
    batch = batch_of(8)
    assert batch.labels is not None and batch.seen == 0
    parts = [part.labels for part in batch.split(4)]
    assert torch.equal(torch.cat([part for part in parts if part is not None]), batch.labels)
    assert Batch(batch.real, (5, 64)).split(2)[1].labels is None


def test_labels_stay_with_their_images(tmp_path: Path) -> None:
    images = labelled_noise(tmp_path, 12)
    batch = images.batch(7, 10)  # across the end of a pass
    flat = images.array.reshape(12, -1)
    assert batch.labels is not None and images.labels is not None
    for image, label in zip(batch.real, batch.labels, strict=True):
        pixels = ((image + 1) * 127.5).round().to(torch.uint8).numpy()
        places = [i for i in range(12) if set(map(int, flat[i])) and (flat[i] == pixels.ravel()).all()]
        places += [i for i in range(12) if (flat[i] == pixels[:, :, ::-1].ravel()).all()]
        assert int(label) == images.labels[places[0]]
