"""How a model starts: with weights of a trained model, with layers that do not train, with a teacher.

Layers of a generator that never train: the thesis (global features such as colour and gaze live near z). Layers of a
critic: FreezeD (Mo et al. 2020, arXiv:2002.10964). A decoder's weights as a generator's: "Accelerating GAN training"
(SPbPU 2020), with two ways not to lose them to a critic that knows nothing: the generator waits, or some of its layers.
"""

from collections.abc import Mapping
from dataclasses import replace

from frugalgan.config.sections import Start
from frugalgan.methods.teachers import LiveTeacher, Teacher
from frugalgan.networks import Network
from frugalgan.networks.offers import Adaptable
from frugalgan.networks.parts import CRITIC, GENERATOR, Networks, Waiting, freeze_blocks

Source = Networks | Teacher  # what a model may start or learn from


class StartError(ValueError):
    """A model cannot start as its row says; the message names sizes and the cure."""


def started(start: Start, networks: Networks, source: Source | None, kimg: float) -> Networks:
    """Fresh `networks` with what `start` takes of `source`; `kimg` is the whole budget. Raises StartError."""
    if source is None and start.needs_source:
        raise StartError("this start needs a trained model, or a pool of its images: name one in `from`")
    if start.weights and not isinstance(source, Networks):
        raise StartError("this start needs a trained model's weights, not a pool of its images")
    for part in start.weights:
        assert isinstance(source, Networks)
        check_sizes(part, networks, source)
        networks.parts[part].load_state_dict(source.parts[part].state_dict(), strict=True)
    if start.teacher and source is not None:
        teacher = LiveTeacher(source.G) if isinstance(source, Networks) else source
        networks = replace(networks, teacher=teacher)
    return replace(networks, waiting=Waiting(1000 * start.wait * kimg, start.layers))


def freeze(start: Start, networks: Networks) -> None:
    """Take out of training what never trains. Raises StartError where nothing would be left, or where the model has no
    such part, or another family; of layers that wait, too."""
    if start.adaptation:
        try:
            networks.G.require(Adaptable, f"adaptation {start.adaptation!r}").adapt(start.adaptation)
            if isinstance(critic := networks.parts.get(CRITIC), Adaptable):
                critic.adapt(start.adaptation)
            if CRITIC in networks.parts and networks.G.classes != networks.D.classes:
                raise ValueError(
                    f"adaptation {start.adaptation!r}: the critic is not conditional on domains: use StyleGAN2's critic"
                )
        except ValueError as error:
            raise StartError(str(error)) from None
    for part, layers, key in (
        (GENERATOR, start.generator_layers, "generator_layers"),
        (CRITIC, start.critic_layers, "critic_layers"),
    ):
        if layers:
            _check_part(part, networks, f"{key}: {layers}")
            network = networks.parts[part]
            freeze_blocks(network.blocks[: _check_layers(network, layers, key)])
    if start.wait:
        _check_part(CRITIC, networks, f"wait: {start.wait:g}")  # an autoencoder has nothing to wait for
    if start.layers:
        _check_layers(networks.G, start.layers, "layers")


def check_sizes(part: str, networks: Networks, source: Networks) -> None:
    """Raise StartError unless both have that part, of one kind and size."""
    for side, role in ((networks, "the model"), (source, "the model that it starts from")):
        if part not in side.parts:
            raise StartError(f"{role} has no {part}, whose weights this start asks for: it has {', '.join(side.parts)}")
    ours, theirs = (side.parts[part].description() for side in (networks, source))
    for built in (ours, theirs):
        built["arguments"] = {key: value for key, value in built["arguments"].items() if key != "domains"}
    ours.pop("adaptation", None)  # which comes on top of the source's weights, as domains do
    if ours == theirs:
        return
    if "adaptation" in theirs:
        raise StartError(
            f"the {part} of the model that it starts from is itself adapted, by {theirs['adaptation']}: start from its "
            "own source"
        )
    if ours["network"] != theirs["network"]:
        differences = [f"a {theirs['network']} cannot start a {ours['network']}"]
    else:
        differences = _differences(ours["arguments"], theirs["arguments"])
    raise StartError(
        f"the {part} of the model that it starts from does not fit: {'; '.join(differences)}: let both rows name the "
        "same networks on data of one size, or train the source again"
    )


def check_teacher(ours: Mapping[str, int], theirs: Mapping[str, int]) -> None:
    """Raise StartError unless the teacher's z and images, `theirs`, have the sizes of the student's."""
    if differences := _differences(ours, theirs):
        raise StartError(
            f"the teacher's images do not fit: {'; '.join(differences)}: let both rows name networks of one "
            "latent_size on data of one size"
        )


def _differences(ours: Mapping[str, int], theirs: Mapping[str, int]) -> list[str]:
    return [f"{key} {theirs[key]} where {size} is needed" for key, size in ours.items() if theirs[key] != size]


def _check_part(part: str, networks: Networks, said: str) -> None:
    if part not in networks.parts:
        raise StartError(f"{said} is not allowed: the model has no {part}, it has {', '.join(networks.parts)}")


def _check_layers(network: Network, layers: int, key: str) -> int:
    """How many layers that is, a negative number counting from the end. Raises StartError where none would train."""
    count = len(network.blocks)
    chosen = layers if layers > 0 else count + layers
    if not 0 < chosen < count:
        raise StartError(
            f"{key}: {layers} is not allowed: the network has {count} layers, of which one must train and one be frozen"
        )
    return chosen
