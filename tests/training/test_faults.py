"""What goes wrong around a training: the stage ends with an error that says what to do, and nothing is lost."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from one_training import DATASET, MODEL, SHORT, training_command, training_folder, write_params

from frugalgan.data.cores import THREADS, cores

pytestmark = pytest.mark.slow

OLD = "an earlier result"
EARLIER = (f"models/{MODEL}/weights/0/generator.safetensors", f"models/{MODEL}/record/0/record.json")
IMAGES = f"data/prepared/{DATASET}/images.npy"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A training with results of an earlier one in models/."""
    training_folder(tmp_path, SHORT)
    for kept in EARLIER:
        (tmp_path / kept).parent.mkdir(parents=True)
        (tmp_path / kept).write_text(OLD)
    return tmp_path


def fails(folder: Path, before: str = "", **variables: str) -> str:
    """What the stage says as it fails, run in a shell after `before`; results in models/ must be the earlier ones."""
    shown = f"cat {' '.join(EARLIER)}; find models .frugalgan -name '.*~*'"
    command = shlex.join(training_command())
    script = f"{before or 'true'} && {command}; code=$?; {shown} 2>/dev/null; exit $code"
    prefix = ["unshare", "--mount"] if "mount" in before else []
    done = subprocess.run(
        [*prefix, "bash", "-c", script],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.strip() == OLD + OLD  # whole, and nothing half-written beside them
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def can_mount() -> None:
    if (
        sys.platform != "linux"
        or subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("needs Linux and the right to mount a small disk of its own")


def small_disk(options: str, path: str) -> str:
    """Shell: a disk of that kind in place of folder `path`, with what is in it."""
    return f"mkdir -p {path} && cp -r {path} copy && mount -t tmpfs -o {options} tmpfs {path} && cp -r copy/. {path}"


@pytest.mark.usefixtures("can_mount")
def test_disk_full_at_the_end(folder: Path) -> None:
    said = fails(folder, small_disk("size=100k", "models"))
    assert ("No space left on device" in said and "make room" in said) or "is the disk full?" in said


@pytest.mark.usefixtures("can_mount")
def test_disk_full_at_a_snapshot(folder: Path) -> None:
    said = fails(folder, small_disk("size=300k", ".frugalgan"))
    assert "state-" in said and "disk full" in said


@pytest.mark.usefixtures("can_mount")
def test_read_only_folder(folder: Path) -> None:
    said = fails(folder, f"{small_disk('size=10m', 'models')} && mount -o remount,ro models")
    assert "Read-only file system" in said and "make it writable" in said


def test_files_may_not_become_large(folder: Path) -> None:
    assert "raise the limit" in fails(folder, "ulimit -f 10")


def test_lost_images(folder: Path) -> None:
    (folder / IMAGES).unlink()
    assert f"{IMAGES}: no such file; `dvc repro` makes it" in fails(folder)


def test_a_loss_that_is_not_finite(folder: Path) -> None:
    write_params(folder, SHORT | {"wgan_gp.learning_rate": 1e30})
    said = fails(folder)
    assert "scratch: loss_" in said and "kimg; lower learning_rate" in said


def test_out_of_memory(folder: Path) -> None:
    write_params(folder, SHORT | {"networks.faces.generator_width": 2**17})
    said = fails(folder, "ulimit -v 30000000")  # KiB; the second layer alone would need 500 GB
    assert "not enough memory: raise training.critic_parts" in said


def test_a_typo_in_any_row(folder: Path) -> None:
    write_params(folder, SHORT | {"vae.pixel_sd": "much"})
    with (folder / "models.yaml").open("a") as file:
        file.write(
            "  vae: {data: dogs, method: vae, networks: faces, from: random, start: random, "
            "budget: dogs, recipe: plain, seeds: 1}"
        )
    assert "train: params.yaml: vae.pixel_sd: 'much' is not allowed" in fails(folder)


def test_a_senseless_number_of_threads_is_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(THREADS, raising=False)
    all_of_them = cores()
    for said in ("0", "-1", "1.5", "many"):
        monkeypatch.setenv(THREADS, said)
        assert cores() == all_of_them, said
    done = subprocess.run(
        training_command(),
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (folder / EARLIER[0]).read_bytes() != OLD.encode()
    shutil.rmtree(folder / ".frugalgan")
