"""The models of the second system: autoencoders, and GANs whose generators start as their decoders.

On digits, over several seeds, beside controls that start from random weights; on faces as the start of the teacher.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from frugalgan.methods.base import Method, Shape
from frugalgan.methods.decoder_init import FromDecoder
from frugalgan.sections import Digits, Params
from frugalgan.training.planned import Run

CLASSES = 10  # of digits


@dataclass(frozen=True)
class Start:
    """Where a GAN's generator comes from, and the same GAN from random weights to compare it with."""

    autoencoder: str
    control: str


AUTOENCODERS = {f"digits_{method}": method for method in ("ae", "vae", "cvae", "wae", "cwae")}
MANIFOLDS = {f"digits_{method}_2d": method for method in ("vae", "wae")}
CONTROLS = {
    "digits_dcgan": "dcgan",
    "digits_wgan": "wgan_gp",
    "digits_cdcgan": "dcgan",
    "digits_cwgan": "wgan_gp",
}
STARTS = {
    "digits_dcgan_from_ae": Start("digits_ae", "digits_dcgan"),
    "digits_dcgan_from_vae": Start("digits_vae", "digits_dcgan"),
    "digits_dcgan_from_vae_warmup": Start("digits_vae", "digits_dcgan"),
    "digits_dcgan_from_vae_frozen": Start("digits_vae", "digits_dcgan"),
    "digits_wgan_from_wae": Start("digits_wae", "digits_wgan"),
    "digits_cdcgan_from_cvae": Start("digits_cvae", "digits_cdcgan"),
    "digits_cwgan_from_cwae": Start("digits_cwae", "digits_cwgan"),
}
FACES = {
    "teacher_from_vae": Start("cats_vae", "teacher"),
    "teacher_from_wae": Start("cats_wae", "teacher"),
}


def is_conditional(name: str) -> bool:
    """Whether that model of digits is told labels."""
    return name.startswith("digits_c")


def decoder_runs(p: Params, methods: Mapping[str, Method]) -> dict[str, Run]:
    """Model name → its training, of all models above."""
    scale, faces, batch_size = p.scale, Shape.of(p), p.scale.batch_size
    # an average of decoders would not belong to the encoder
    unaveraged = replace(p.training, ema_decay=0.0)
    encoded = {
        start.autoencoder: Run.of_kimg(
            methods[start.autoencoder.removeprefix("cats_")],
            faces,
            unaveraged,
            scale.autoencoder_kimg,
            scale.batch_size,
        )
        for start in FACES.values()
    }
    decoded = {
        name: Run(methods["decoder_wgan_gp"], faces, p.training, scale.accelerated_epochs, batch_size) for name in FACES
    }
    return encoded | decoded | _digits(p, methods)


def _digits(p: Params, methods: Mapping[str, Method]) -> dict[str, Run]:
    settings = p.digits
    # a mirrored digit is none
    training = replace(p.training, flip=False, moment_samples=settings.digits_samples)

    def shape(name: str, latent_size: int = settings.latent_size) -> Shape:
        return Shape(
            image_size=settings.image_size,
            latent_size=latent_size,
            generator_width=settings.generator_width,
            student_width=settings.generator_width,
            critic_width=settings.critic_width,
            channels=1,
            classes=CLASSES if is_conditional(name) else 0,
        )

    def autoencoder(method: Method, sizes: Shape) -> Run:
        kimg = settings.digits_autoencoder_kimg
        return Run.of_kimg(method, sizes, replace(training, ema_decay=0.0), kimg, settings.batch_size)

    def gan(name: str, method: Method) -> Run:
        return Run.of_kimg(method, shape(name), training, settings.digits_kimg, settings.batch_size)

    def from_decoder(name: str, control: str) -> Method:
        method = methods[f"decoder_{CONTROLS[control]}"]
        assert isinstance(method, FromDecoder)
        if name.endswith("_warmup"):
            return replace(method, warmup_kimg=settings.warmup * settings.digits_kimg)
        if name.endswith("_frozen"):
            kimg = settings.frozen * settings.digits_kimg
            return replace(method, frozen_layers=settings.frozen_layers, frozen_kimg=kimg)
        return method

    found = {name: autoencoder(methods[method], shape(name)) for name, method in AUTOENCODERS.items()}
    manifolds = {
        name: autoencoder(methods[m], shape(name, settings.manifold_latent_size)) for name, m in MANIFOLDS.items()
    }
    controls = {name: gan(name, methods[method]) for name, method in CONTROLS.items()}
    return found | manifolds | controls | {name: gan(name, from_decoder(name, s.control)) for name, s in STARTS.items()}


def seeds_of(name: str, settings: Digits) -> list[int]:
    """The seeds that a model of digits is trained from; one is enough where only pictures are wanted."""
    return settings.seeds[:1] if name in MANIFOLDS else settings.seeds
