"""Two numbers that say how wide generator and critic are, of each family of networks that `frugalgan train` makes."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class DcganWidths:
    """Channels of DCGAN's generator and critic at their widest layers."""

    generator: int
    critic: int

    def family(self) -> dict[str, Any]:
        """A section of `networks`."""
        widths = {"generator_width": self.generator, "critic_width": self.critic}
        return {"family": "dcgan", "latent_size": 100} | widths

    def student(self) -> dict[str, Any]:
        """A section of `networks` of students."""
        return self.family() | {"family": "dcgan_student"}

    def narrowed(self, times: int) -> Self:
        """Those of a student whose generator is so many times as narrow; its critic is as wide."""
        return type(self)(self.generator // times, self.critic)

    def about(self) -> str:
        """The networks in words."""
        return f"DCGAN's, generator {self.generator} wide, critic {self.critic}"


@dataclass(frozen=True)
class StyleGan2Widths:
    """Channels times the px of a map, and channels at most, of StyleGAN2's generator and critic alike."""

    channel_base: int
    channel_max: int

    def family(self) -> dict[str, Any]:
        """A section of `networks`."""
        widths = {"channel_base": self.channel_base, "channel_max": self.channel_max}
        return {"family": "stylegan2", "latent_size": 64} | widths

    def student(self) -> dict[str, Any]:
        """A section of `networks` of students."""
        return self.family()

    def narrowed(self, times: int) -> Self:
        """Those of a student that is so many times as narrow."""
        return type(self)(self.channel_base // times, self.channel_max // times)

    def about(self) -> str:
        """The networks in words."""
        return f"StyleGAN2's, {self.channel_base} channels times the px of a map, at most {self.channel_max}"
