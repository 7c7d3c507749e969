"""A training as it is asked for, before any of it is done."""

from dataclasses import dataclass, replace

from frugalgan.methods.base import Method, Shape
from frugalgan.sections import Training
from frugalgan.training.loop import Budget


@dataclass(frozen=True)
class Run:
    """One model's training: a method, sizes, choices, epochs, and images per update (of all processes together)."""

    method: Method
    shape: Shape
    training: Training
    epochs: float
    batch_size: int
    kimg: float | None = None  # thousands of images, where the budget is given in them and not in epochs

    @classmethod
    def of_kimg(cls, method: Method, shape: Shape, training: Training, kimg: float, batch_size: int) -> "Run":
        """The training that sees `kimg` thousand real images, or the few fewer or more that make whole steps."""
        return cls(method, shape, training, 1000 * kimg / (batch_size * method.epoch_batches), batch_size, kimg)

    def with_batch(self, size: int) -> "Run":
        """The same budget on other batches."""
        if self.kimg is None:
            return replace(self, batch_size=size)
        return Run.of_kimg(self.method, self.shape, self.training, self.kimg, size)

    @property
    def budget(self) -> Budget:
        """The epochs in steps."""
        return Budget.of_epochs(self.method, self.epochs, self.batch_size)
