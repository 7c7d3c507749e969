"""Labels in batches."""

from pathlib import Path

import torch
from small import batch_of, labelled_noise

from frugalgan.data.batches import Batch


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
        straight, mirrored = pixels.ravel(), pixels[:, :, ::-1].ravel()
        (place,) = [i for i in range(12) if (flat[i] == straight).all() or (flat[i] == mirrored).all()]
        assert int(label) == images.labels[place]
