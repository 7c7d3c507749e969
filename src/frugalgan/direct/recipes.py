"""What a model can be made with: networks, method, and sizes, of recipes that were compared (docs/recipes.md)."""

from dataclasses import dataclass, field
from typing import Any

from frugalgan.direct.widths import DcganWidths, StyleGan2Widths

RATES: dict[str, Any] = {"learning_rate": 3e-4, "critic_learning_rate": 3e-4, "beta1": 0.0, "n_critic": 1}
KD: dict[str, Any] = RATES | {"alpha": 0.05, "beta2": 0.99}
SECTIONS: dict[str, dict[str, Any]] = {  # of methods, as params.yaml has them
    "wgan_gp": RATES | {"beta2": 0.9, "gradient_penalty": 10.0, "penalty_at": "image"},
    "kd": KD,
    "kd_features": KD | {"features": 1.0},
    "stylegan2": RATES
    | {"learning_rate": 5e-3, "critic_learning_rate": 5e-3, "beta2": 0.99}
    | {"r1": 5.0, "r1_every": 16, "path_length": 0.0, "path_length_every": 4},
}


@dataclass(frozen=True)
class Widths:
    """Of generator and critic, with images per update, and the thousands of images that they need: of the narrowest of
    a size, those below which one sees nothing yet; of others, those from which they draw better than narrower ones."""

    generator: int
    critic: int
    batch: int
    least: float
    switches: dict[str, Any] = field(default_factory=dict)  # that these networks have beside the recipe's, alone


@dataclass(frozen=True)
class Recipe:
    """What `--recipe` names."""

    title: str
    networks: type[DcganWidths] | type[StyleGan2Widths]  # what its widths mean
    method: str
    sizes: dict[int, tuple[Widths, ...]]  # px → narrow to wide
    switches: dict[str, Any]  # of a section of `recipes`
    taught: dict[str, Any] = field(default_factory=dict)  # switches that its students have beside these
    has_vector: bool = False  # it can be adapted by one
    has_features: bool = True  # its students can be compared by what their critics see

    def switches_of(self, size: int, generator: int) -> dict[str, Any]:
        """A section of `recipes`, to train networks of that width at that size from random weights."""
        own = [widths.switches for widths in self.sizes.get(size, ()) if widths.generator == generator]
        return self.switches | (own[0] if own else {})


DCGAN_SIZES = {
    32: (Widths(256, 32, 16, 8.0),),
    64: (Widths(256, 32, 8, 8.0), Widths(512, 64, 16, 20.0)),
    128: (Widths(1024, 64, 16, 40.0),),
}
# of narrow StyleGAN2 at 64 px; networks twice as wide do not keep their colours at this rate (docs/recipes_tried.md)
FASTER = {"learning_rate": 1e-2, "critic_learning_rate": 1e-2, "ema_kimg": 2.2}
AVERAGED = {"ema_kimg": 2.2}  # as 0.995 an update of 16 images, whatever the batch
RECIPES = {
    "wgan_gp": Recipe("WGAN-GP", DcganWidths, "wgan_gp", DCGAN_SIZES, AVERAGED),
    "lazy_penalty": Recipe(
        "WGAN-GP, its penalty at every 4th update",
        DcganWidths,
        "wgan_gp",
        DCGAN_SIZES,
        AVERAGED | {"penalty_every": 4},
        {"penalty_every": 1},  # distillation has no penalty
    ),
    "stylegan2": Recipe(
        "non-saturating loss, lazy R1",
        StyleGan2Widths,
        "stylegan2",
        {32: (Widths(512, 64, 8, 12.0),), 64: (Widths(512, 64, 8, 20.0, FASTER),)},
        {"ema_kimg": 0.55},  # as 0.99 an update of 8 images
        # its own method's rates and penalty
        {"learning_rate": 5e-3, "critic_learning_rate": 5e-3, "r1": 5.0, "penalty_every": 16},
        has_vector=True,
        has_features=False,
    ),
}
DEFAULT = "wgan_gp"
# px → of all that were compared at equal seconds there, by numbers and by looking; at 128 px nothing was
BEST = {32: "stylegan2", 64: "stylegan2", 128: DEFAULT}
# px → thousands of images from which that is the best; of fewer, DEFAULT is as good or better
BEST_FROM = {64: 35.0}
