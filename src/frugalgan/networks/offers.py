"""What some networks can do that not every one can: `Network.require` asks for one of these kinds."""

from torch import Tensor

from frugalgan.networks import Network


class Cut(Network):
    """A network that can be cut between its blocks: `rest(k, first(k, x, y), y)` is `forward(x, y)`."""

    offer = "a cut between its blocks"

    def first(self, blocks: int, x: Tensor, y: Tensor | None) -> Tensor:
        """What its first so many blocks make of the input."""
        raise NotImplementedError

    def rest(self, blocks: int, x: Tensor, y: Tensor | None) -> Tensor:
        """What the other blocks make of that."""
        raise NotImplementedError


class Adaptable(Network):
    """A network that can be adapted to a domain."""

    offer = "adaptation to a domain"

    def adapt(self, kind: str) -> None:
        """Add weights that this way of adapting to a new domain trains, which change nothing at first, and freeze all
        others of a generator. Raises ValueError for a kind that it does not know."""
        raise NotImplementedError


class Styled(Network):
    """A generator that draws images of styles: `forward(x, y, *noise)` is `of_styles(styles(x, y), *noise)`.

    `truncation` ψ is a factor of their distance to their mean, which `finalize` computes; `mean_path` () the running
    mean of path lengths, a buffer that a method keeps.
    """

    offer = "a mean style that truncation moves towards"
    truncation: float = 1.0
    mean_path: Tensor

    def styles(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """z (N, latent_size) → w (N, k)."""
        raise NotImplementedError

    def of_styles(self, w: Tensor, *noise: Tensor) -> Tensor:
        """w (N, k) → images (N, channels, S, S)."""
        raise NotImplementedError
