"""Trained models on disk, and their images."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small import DATA, STYLES

from frugalgan.data.batches import stream_seed
from frugalgan.data.images import enlarged_grid, read_rgb
from frugalgan.export.mix import write_mixture
from frugalgan.files import FileError
from frugalgan.networks import Network
from frugalgan.networks.dcgan import Critic, Generator
from frugalgan.networks.parts import CRITIC, GENERATOR
from frugalgan.networks.sampling import fixed_latents, generate, images_of, latents, write_samples
from frugalgan.networks.store import ModelError, load_generator, load_mixture, load_model, save_model
from frugalgan.networks.stylegan2.adaptations import HYPERNETWORKS, KINDS


def write_model(folder: Path, seed: int, **arguments: int) -> Generator:
    torch.manual_seed(seed)
    G = Generator(image_size=32, latent_size=4, width=8, **arguments)
    folder.mkdir()
    save_model(folder, {GENERATOR: G.eval(), CRITIC: Critic(image_size=32, width=2)})
    return G


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path / "0", 0)
    return tmp_path / "0"


def test_a_model_comes_back_as_it_was(tmp_path: Path) -> None:
    G, z = write_model(tmp_path / "0", 0), latents(2, 4, seed=0)
    assert torch.equal(load_generator(tmp_path / "0")(z), G(z))
    model = load_model(tmp_path / "0")
    assert list(model.parts) == [GENERATOR, CRITIC] and not model.D.training


def test_missing_and_damaged_models_are_named(folder: Path) -> None:
    with pytest.raises(FileError, match=r"networks\.json: no such file; train the model first"):
        load_model(folder / "nothing")
    weights = (folder / "generator.safetensors").read_bytes()
    (folder / "generator.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(ModelError, match=r"generator\.safetensors: does not hold the weights"):
        load_generator(folder)
    (folder / "networks.json").write_text("{")
    with pytest.raises(FileError, match=r"networks\.json: not JSON"):
        load_generator(folder)


def test_samples_are_every_seeds_images_of_the_same_z(tmp_path: Path) -> None:
    generators: list[Network] = [write_model(tmp_path / str(seed), seed) for seed in (0, 1)]
    out = tmp_path / "samples"
    write_samples([tmp_path / "0", tmp_path / "1"], out, draws=3, n=5, seed=3)
    assert {file.name for file in out.iterdir()} == {"samples.npy", "others.npy", "grid.png", "fixed.png"}
    samples, others = np.load(out / "samples.npy"), np.load(out / "others.npy")
    assert samples.shape == (2, 15, 3, 32, 32) and others.shape == (2, 5, 3, 32, 32)
    for i, G in enumerate(generators):
        assert np.array_equal(samples[i], generate(G, n=15, seed=3).numpy())
        assert np.array_equal(others[i], generate(G, n=5, seed=stream_seed(3, "others")).numpy())
    assert not np.array_equal(samples[0], samples[1]) and not np.array_equal(samples[:, :5], others)


def test_grids_show_the_first_seeds_images_large(tmp_path: Path) -> None:
    G, out = write_model(tmp_path / "0", 0), tmp_path / "samples"
    write_model(tmp_path / "1", 1)
    write_samples([tmp_path / "0", tmp_path / "1"], out, draws=3, n=5, seed=3)
    first = np.load(out / "samples.npy")[0, 0]
    fixed = images_of(G, fixed_latents(4)).numpy()[0]
    for name, image in (("grid.png", first), ("fixed.png", fixed)):
        shown = read_rgb(out / name)[4 : 4 + 128, 4 : 4 + 128]  # px, behind the padding
        assert np.array_equal(shown, image.repeat(4, axis=1).repeat(4, axis=2).transpose(1, 2, 0))


def test_a_conditional_models_images_are_of_each_label_in_turn(tmp_path: Path) -> None:
    G, z = write_model(tmp_path / "0", 0, classes=3), latents(7, 4, seed=1)
    expected = images_of(G, z, torch.tensor([0, 1, 2, 0, 1, 2, 0]))
    assert torch.equal(images_of(G, z), expected)
    assert not torch.equal(images_of(G, z, torch.zeros(7, dtype=torch.int64)), expected)


def test_latents_do_not_depend_on_how_many_are_drawn() -> None:
    assert torch.equal(latents(3, 4, seed=1), latents(7, 4, seed=1)[:3])
    assert torch.equal(fixed_latents(4), fixed_latents(4))
    assert not torch.equal(latents(3, 4, seed=1), latents(3, 4, seed=2))


def adapted(folder: Path, source: Path, kind: str, seed: int) -> Network:
    """The source, adapted by random numbers, saved as such."""
    G = STYLES.generator(DATA)
    G.load_state_dict(load_generator(source).state_dict())
    G.adapt(kind)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in G.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    folder.mkdir(parents=True)
    save_model(folder, {GENERATOR: G.eval()}, source)
    return G


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in HYPERNETWORKS])
def test_mixed_domains_lie_between_their_source_and_each_other(tmp_path: Path, kind: str) -> None:
    source, z = tmp_path / "source", latents(3, STYLES.latent_size, seed=0)
    source.mkdir()
    G = STYLES.generator(DATA).eval()
    save_model(source, {GENERATOR: G})
    folders = [tmp_path / "a", tmp_path / "b"]
    domains = [adapted(folder, source, kind, seed) for seed, folder in enumerate(folders)]
    assert torch.equal(load_mixture(folders, (0, 0))(z), G(z))
    for shares, one in zip(((1, 0), (0, 1)), domains, strict=True):
        torch.testing.assert_close(load_mixture(folders, shares)(z), one(z), rtol=1e-4, atol=1e-4)
    write_mixture(folders[0], folders[1], tmp_path / "strip.png", n=2, seed=0)
    strip = read_rgb(tmp_path / "strip.png")  # 2 rows of 7 pictures: source, five steps, sum
    assert strip.shape[1] / strip.shape[0] == pytest.approx(7 / 2, rel=0.05)
    first = enlarged_grid(generate(G, n=2, seed=0)[:1].numpy(), columns=1)
    assert np.array_equal(strip[:128, 4:132], first[:128, 4:132])
    half = load_mixture(folders, (0.5, 0.5)).state_dict()
    for key, value in domains[0].state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(half[key], (value + domains[1].state_dict()[key]) / 2)


def test_domains_of_other_sources_are_not_mixed(tmp_path: Path, folder: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        save_model(tmp_path / name, {GENERATOR: STYLES.generator(DATA).eval()})
        adapted(tmp_path / f"of {name}", tmp_path / name, "domain_vector", 0)
    for pair in ((tmp_path / "of one", tmp_path / "of two"), (folder, folder)):
        with pytest.raises(ModelError, match="only models that are adapted in one way from one source can be mixed"):
            load_mixture(pair, (0.5, 0.5))
