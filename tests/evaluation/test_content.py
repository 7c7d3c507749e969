"""Content kept by an adapted generator: known answers."""

import numpy as np
import pytest

from frugalgan.evaluation.metrics.content import content_kept

RNG = np.random.default_rng(0)
SOURCE = RNG.normal(size=(400, 16))


def test_known_answers() -> None:
    assert content_kept(SOURCE, SOURCE) == pytest.approx(1)
    assert content_kept(3 * SOURCE + 5, SOURCE) == pytest.approx(1)  # another domain, the same differences
    assert content_kept(-SOURCE, SOURCE) == pytest.approx(-1)
    assert content_kept(RNG.permutation(SOURCE), SOURCE) == pytest.approx(0, abs=0.05)
    assert content_kept(np.ones_like(SOURCE), SOURCE) == 0  # one image, again and again


def test_half_of_the_content() -> None:
    """Half of the numbers are the source's, the others noise of the same size: the cosine is ½."""
    half = np.concatenate([SOURCE[:, :8], RNG.normal(size=(400, 8))], axis=1)
    assert content_kept(half, SOURCE) == pytest.approx(0.5, abs=0.05)


def test_only_pairs_can_be_compared() -> None:
    with pytest.raises(ValueError, match="are not as many"):
        content_kept(SOURCE, SOURCE[:10])
