"""The commands `train`, `distill` and `adapt` of people who want a model and no pipeline."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from frugalgan.command import Resume
from frugalgan.direct.asked import Asked, asked_of
from frugalgan.direct.folder import FolderError, alone_in, check_same, chosen_in, teacher_in
from frugalgan.direct.recipes import RECIPES
from frugalgan.direct.values import CARD, EXPORT, PAGE, SAMPLES, ChoiceError
from frugalgan.direct.ways import ADAPTED, DISTILLED, TUNED, VECTOR
from frugalgan.export.commands import export
from frugalgan.export.layout import WORK

Out = Annotated[Path, typer.Option(help="folder for the model: new, or the same again to go on")]
Minutes = Annotated[float, typer.Option(min=0.1, help="for all of it, from pictures to a measured model")]
Memory = Annotated[str, typer.Option(help="at the peak of a training step, such as 2GiB; default: no limit")]
Seed = Annotated[int, typer.Option(min=0, help="of weights, order of pictures, z")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what would be chosen, and why")]
Pictures = Annotated[Path, typer.Argument(help="a folder of pictures, in subfolders or not; it is only read")]
Model = Annotated[Path, typer.Argument(help="a folder that `frugalgan train` made")]


def train(
    pictures: Pictures,
    out: Out,
    minutes: Minutes = 30.0,
    memory: Memory = "",
    size: Annotated[int | None, typer.Option(help="32, 64 or 128 px; default: the largest that fits")] = None,
    recipe: Annotated[
        str, typer.Option(help=f"{', '.join(RECIPES)} (not at 128 px); default: the best at the size")
    ] = "",
    labels: Annotated[bool, typer.Option("--labels", help="learn names of subfolders as labels")] = False,
    seed: Seed = 0,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="go on with what was begun, also by other versions or threads; never begin"),
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """A generator of your own pictures. Size and budget are chosen to fit the minutes and the memory; Ctrl-C and a lost
    machine cost a thousand images at most: the same command goes on."""
    if recipe and recipe not in RECIPES:
        raise ChoiceError(f"--recipe {recipe!r}: must be one of {', '.join(RECIPES)}")
    if resume and chosen_in(out) is None:
        raise FolderError(f"{out}: nothing was begun there: leave --resume out")
    asked = Asked(str(_folder(pictures)), seed, labels, recipe=recipe or None, size=size)
    _make(asked, out, minutes=minutes, memory=memory, dry_run=dry_run, resume=resume)


def distill(
    model: Model,
    out: Out,
    minutes: Minutes = 15.0,
    smaller: Annotated[int, typer.Option(help="times as narrow the generator is: 2, 4 or 8")] = 4,
    features: Annotated[
        bool, typer.Option("--features", help="also compare the critic's features of both images, not pixels alone")
    ] = False,
    memory: Memory = "",
    dry_run: DryRun = False,
) -> None:
    """A smaller generator that learns from a trained one's images, and from the pictures that that one learnt from."""
    if smaller not in (2, 4, 8):
        raise ChoiceError(f"--smaller {smaller}: must be 2, 4 or 8")
    source = teacher_in(model)
    if features and not RECIPES[source.recipe].has_features:
        raise ChoiceError(f"--features: the critic of {source.recipe} cannot be asked what it sees: leave it out")
    asked = replace(asked_of(model, source, DISTILLED), smaller=smaller, features=features)
    _make(asked, out, minutes=minutes, memory=memory, dry_run=dry_run)


def adapt(
    model: Model,
    pictures: Pictures,
    out: Out,
    minutes: Minutes = 15.0,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="leave the layers nearest z and nearest the image as they are: less memory")
    ] = False,
    vector: Annotated[
        bool, typer.Option("--vector", help="some hundred numbers beside a StyleGAN2's frozen ones, for other styles")
    ] = False,
    memory: Memory = "",
    seed: Seed = 0,
    dry_run: DryRun = False,
) -> None:
    """The same generator on other pictures: it starts with the trained weights. Says what each way costs."""
    source, known = teacher_in(model), chosen_in(out)
    if frozen and vector:
        raise ChoiceError("--frozen --vector: one of them")
    if vector and not RECIPES[source.recipe].has_vector:
        able = ", ".join(name for name, one in RECIPES.items() if one.has_vector)
        raise ChoiceError(f"--vector: {model} has none: `frugalgan train … --recipe {able}` makes a model that can")
    how = ADAPTED if frozen else VECTOR if vector else TUNED
    if known is not None and how == TUNED and known.way.option:
        how = known.how  # goes on as it was begun
    asked = replace(asked_of(model, source, how), pictures=str(_folder(pictures)), seed=seed)
    _make(asked, out, minutes=minutes, memory=memory, dry_run=dry_run)


def _make(asked: Asked, out: Path, *, minutes: float, memory: str, dry_run: bool, resume: bool = False) -> None:
    """Choose, say why, and make; or go on with what was chosen in `out`."""
    from frugalgan.direct.card import write_card  # torch, which these import, takes a second
    from frugalgan.direct.choice import choose, ways_to_adapt
    from frugalgan.direct.make import check_source, make
    from frugalgan.direct.pictures import check_pictures
    from frugalgan.export.onnx_files import ExportError
    from frugalgan.training.plan import bytes_of
    from frugalgan.training.record import NonFiniteLoss

    limit = bytes_of(memory) if memory else None
    known = chosen_in(out)
    if known is not None:
        check_same(known, asked, out)
        if asked.source is not None:
            check_source(asked.source, out)
        typer.echo(
            f"{out}: goes on with what was chosen when it was begun, minutes and memory, too: "
            f"{known.size}×{known.size} px, {known.kimg:g} thousand images"
        )
        choice = known
    else:
        check_pictures(asked, out)
        for option, fit in ways_to_adapt(asked).items():
            typer.echo(f"{option}: {fit.cost()}{' (chosen)' * (option == asked.way.option)}")
        fit = choose(asked, minutes=minutes, memory=limit)
        typer.echo("\n".join(fit.lines(limit)))
        choice = fit.choice
    if dry_run:
        return
    with alone_in(out):
        if chosen_in(out) != known:
            raise FolderError(f"{out}: another command began a model there meanwhile: run it again, or name another")
        try:
            make(choice, out, asked.source, resume=Resume.ANY if resume else resume_asked_for())
        except NonFiniteLoss as error:
            what = str(error).partition(";")[0]
            cure = f"try {choice.way.cure}, in another folder (--out)"
            raise ChoiceError(f"{out}: training diverged: {what}: {cure}") from None
        typer.echo(f"{out}: weights, {CARD} with all numbers, {PAGE} with pictures and curves, {SAMPLES}")
        try:
            if not (out / EXPORT).is_dir():
                export(out, out / EXPORT)
        except ExportError as error:
            typer.echo(f"{error}; then: frugalgan export {out} --out {out / EXPORT}")
        write_card(choice, out, out / WORK)  # with what was exported


def resume_asked_for() -> Resume:
    """From which snapshot to go on, as FRUGALGAN_RESUME says it. Raises ValueError."""
    said = os.environ.get("FRUGALGAN_RESUME", Resume.EXACT)
    if said not in list(Resume):
        raise ValueError(f"FRUGALGAN_RESUME={said}: must be one of {', '.join(Resume)}")
    return Resume(said)


def _folder(path: Path) -> Path:
    """An absolute path, for the work is done in another folder. Raises FileNotFoundError."""
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such folder of pictures")
    return path.resolve()
