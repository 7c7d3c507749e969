"""Batches: a function of (seed, images seen) alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from frugalgan.data.batches import Images, stream_seed
from frugalgan.files import FileError


@pytest.fixture
def images(tmp_path: Path) -> Images:
    array = np.repeat(np.arange(10, dtype=np.uint8), 3 * 4 * 4).reshape(10, 3, 4, 4)
    np.save(tmp_path / "images.npy", array)
    return Images(tmp_path / "images.npy", seed=1, flip=False, device=torch.device("cpu"))


def shown(images: Images, nimg: int, size: int) -> list[int]:
    """Which images a batch holds: every pixel of image i is i."""
    batch = images.batch(nimg, size)
    return [round((value + 1) * 127.5) for value in batch.real[:, 0, 0, 0].tolist()]


def test_each_pass_shows_every_image_once_in_another_order(images: Images) -> None:
    passes = [[i for start in range(0, 10, 5) for i in shown(images, 10 * n + start, 5)] for n in range(3)]
    assert all(sorted(order) == list(range(10)) for order in passes)
    assert passes[0] != passes[1] != passes[2]


def test_the_order_can_start_anywhere(images: Images) -> None:
    whole = [i for nimg in range(0, 30, 1) for i in shown(images, nimg, 1)]
    for nimg, size in ((0, 10), (7, 8), (13, 10), (19, 3)):
        assert shown(images, nimg, size) == whole[nimg : nimg + size]


def test_few_pictures_are_a_choice_of_the_seed_and_keep_their_labels(images: Images, tmp_path: Path) -> None:
    np.save(tmp_path / "labels.npy", np.arange(10, dtype=np.uint8))
    few = replace(images, pictures=4, labels_path=tmp_path / "labels.npy")
    chosen = sorted(shown(few, 0, 4))
    assert len(set(chosen)) == 4 and set(shown(few, 4, 40)) == set(chosen)
    labels = few.batch(0, 4).labels
    assert labels is not None and labels.tolist() == shown(few, 0, 4)
    assert len({tuple(sorted(shown(replace(few, seed=seed), 0, 4))) for seed in range(5)}) > 1
    with pytest.raises(FileError, match=r"images\.npy: 10 images, but the budget asks for pictures: 11 of them"):
        replace(images, pictures=11).batch(0, 4)
    np.save(tmp_path / "labels.npy", np.arange(9, dtype=np.uint8))
    with pytest.raises(FileError, match=r"labels\.npy: 9 labels for the 10 images of"):
        _ = replace(few).labels


def test_random_numbers_depend_on_seed_moment_and_purpose_alone(images: Images) -> None:
    batch = images.batch(5, 4)
    assert torch.equal(batch.normal("z", 3), images.batch(5, 4).normal("z", 3))
    for other in (images.batch(6, 4).normal("z", 3), batch.normal("other", 3), replace(images, seed=2).batch(5, 4)):
        drawn = other if isinstance(other, torch.Tensor) else other.normal("z", 3)
        assert not torch.equal(batch.normal("z", 3), drawn)
    assert stream_seed(1, 2) != stream_seed(2, 1) != stream_seed(12)


@pytest.mark.parametrize("flip", [False, True])
def test_parts_and_processes_draw_together_what_the_whole_would(images: Images, flip: bool) -> None:
    images = replace(images, flip=flip)
    whole = images.batch(7, 8)
    shares = [replace(images, rank=rank, processes=2).batch(7, 8) for rank in range(2)]
    for parts in (whole.split(4), shares, [part for share in shares for part in share.split(2)]):
        assert torch.equal(torch.cat([part.real for part in parts]), whole.real)
        assert torch.equal(torch.cat([part.normal("z", 3) for part in parts]), whole.normal("z", 3))
        assert torch.equal(torch.cat([part.uniform("u") for part in parts]), whole.uniform("u"))
        assert np.concatenate([part.choice("c", 9) for part in parts]).tolist() == whole.choice("c", 9).tolist()
    with pytest.raises(ValueError, match="a batch of 8 cannot be split into 3 equal parts"):
        whole.split(3)


def test_flip_mirrors_about_half(tmp_path: Path) -> None:
    array = np.zeros((8, 3, 2, 2), np.uint8)
    array[..., 0] = 255  # left column bright
    np.save(tmp_path / "images.npy", array)
    images = Images(tmp_path / "images.npy", seed=0, flip=True, device=torch.device("cpu"))
    left = torch.cat([images.batch(8 * i, 8).real[:, 0, 0, 0] for i in range(100)])
    assert set(left.tolist()) == {-1.0, 1.0}
    assert 0.4 < (left > 0).float().mean() < 0.6


def test_a_batch_may_be_larger_than_the_data_set(images: Images) -> None:
    """Then each image is in it as often as any other, or once more."""
    assert sorted(shown(images, 0, 30)) == sorted(3 * list(range(10)))
    longer = shown(images, 10, 34)
    assert {longer.count(image) for image in range(10)} == {3, 4}


def test_labels_stay_with_their_images_in_any_order_and_part(images: Images) -> None:
    np.save(images.path.with_name("labels.npy"), np.arange(10, dtype=np.uint8))
    labelled = replace(images, labels_path=images.path.with_name("labels.npy"))
    whole = labelled.batch(7, 8)
    assert whole.labels is not None and whole.labels.tolist() == shown(images, 7, 8)
    assert whole.labels_of(torch.cat([whole.real, whole.real])).tolist() == 2 * whole.labels.tolist()  # type: ignore[union-attr]
    for parts in (whole.split(4), [replace(labelled, rank=rank, processes=2).batch(7, 8) for rank in range(2)]):
        assert torch.equal(torch.cat([part.labels for part in parts]), whole.labels)  # type: ignore[misc]
    assert images.batch(7, 8).labels is images.batch(7, 8).labels_of(images.batch(7, 8).real) is None


def test_labels_are_part_of_what_the_images_are(images: Images) -> None:
    path = images.path.with_name("labels.npy")
    hashes = {images.sha256()}
    for first in range(2):
        np.save(path, np.arange(first, 10 + first, dtype=np.uint8))
        hashes.add(replace(images, labels_path=path).sha256())
    assert len(hashes) == 3


def test_other_labels_than_images_missing_and_damaged_files_are_named(images: Images) -> None:
    path = images.path.with_name("labels.npy")
    np.save(path, np.arange(9, dtype=np.uint8))
    with pytest.raises(FileError, match=r"labels\.npy: 9 labels for the 10 images of .*images\.npy"):
        replace(images, labels_path=path).batch(0, 2)
    with pytest.raises(FileError, match=r"none\.npy: no such file; `dvc repro` makes it"):
        replace(images, path=path.with_name("none.npy")).batch(0, 2)
    whole = images.path.read_bytes()
    for data in (whole[:-5], whole[:60], b""):
        for file, damaged in ((images.path, images), (path, replace(images, labels_path=path))):
            images.path.write_bytes(whole)
            file.write_bytes(data)
            with pytest.raises(FileError, match=rf"{file.name}: not a whole array .*delete it and run `dvc repro`"):
                replace(damaged).batch(0, 2)
