"""`dvc push` and `dvc pull` through an S3 server: everything arrives whole, or not at all."""

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer
from pipeline import MODELS, PROJECT, call, clone, ran, start

pytestmark = pytest.mark.slow

BUCKET = "shelf"
WEIGHTS = Path("models/teacher/weights/0/generator.safetensors")


@pytest.fixture(scope="module", autouse=True)
def credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an empty S3 server on this machine alone."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def add_remote(folder: Path, server: str) -> None:
    """As the README says, with the server's address."""
    call(folder, "dvc", "remote", "add", "--local", "--force", "--default", "shelf", f"s3://{BUCKET}/path")
    call(folder, "dvc", "remote", "modify", "--local", "shelf", "endpointurl", server)
    call(folder, "dvc", "remote", "modify", "--local", "shelf", "verify", "true")


@pytest.fixture(scope="module")
def pushed(project: Path, server: str) -> Iterator[Path]:
    """The project, with all of its results on the server; the remote is forgotten afterwards."""
    boto3.client("s3", endpoint_url=server).create_bucket(Bucket=BUCKET)
    add_remote(project, server)
    call(project, "dvc", "push")
    yield project
    (project / ".dvc/config.local").unlink()


def key_of(project: Path, path: Path) -> str:
    """Where the object of a file of an output folder lies, below the remote's path and below the cache."""
    stages = yaml.safe_load((project / "dvc.lock").read_text())["stages"]
    outs = [out for stage in stages.values() for out in stage["outs"]]
    (folder, md5) = next((out["path"], out["md5"]) for out in outs if path.is_relative_to(out["path"]))
    listing = yaml.safe_load((project / ".dvc/cache/files/md5" / md5[:2] / md5[2:]).read_text())
    (found,) = {entry["md5"] for entry in listing if entry["relpath"] == path.relative_to(folder).as_posix()}
    return f"files/md5/{found[:2]}/{found[2:]}"


def test_a_fresh_clone_pulls_everything_and_trains_nothing(pushed: Path, server: str, tmp_path: Path) -> None:
    fresh = clone(pushed, tmp_path / "fresh")
    add_remote(fresh, server)
    assert ran(call(fresh, "dvc", "repro", "--allow-missing", "--dry")) == set()  # the lock agrees, without any data
    call(fresh, "dvc", "pull")
    assert ran(call(fresh, "dvc", "repro")) == set()
    for name in MODELS:
        weights = Path("models") / name / "weights/0/generator.safetensors"
        assert (fresh / weights).read_bytes() == (pushed / weights).read_bytes()


def test_an_interrupted_pull_can_be_repeated(pushed: Path, server: str, tmp_path: Path) -> None:
    """A kill can leave DVC 3.67 a half-written index of what to fetch, which it trusts ever after; the README's line
    removes it, which heals the clone for good."""
    (cure,) = [line for line in (PROJECT / "README.md").read_text().splitlines() if "Repo.site_cache_dir" in line]
    fresh, rng = clone(pushed, tmp_path / "fresh"), random.Random(0)
    add_remote(fresh, server)
    for _ in range(3):
        pulling = start(fresh, "dvc", "pull")
        time.sleep(rng.uniform(1.5, 4))
        pulling.kill()
        pulling.wait()
    call(fresh, "sh", "-c", cure)
    call(fresh, "dvc", "pull")
    assert ran(call(fresh, "dvc", "repro")) == set()


def test_a_corrupted_object_in_the_remote_is_not_used(pushed: Path, server: str, tmp_path: Path) -> None:
    client, key = boto3.client("s3", endpoint_url=server), f"path/{key_of(pushed, WEIGHTS)}"
    whole = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert whole == (pushed / WEIGHTS).read_bytes()
    client.put_object(Bucket=BUCKET, Key=key, Body=whole[:-1] + bytes([whole[-1] ^ 1]))
    fresh = clone(pushed, tmp_path / "fresh")
    add_remote(fresh, server)
    call(fresh, "dvc", "pull", "train@teacher", fails=True)
    assert not (fresh / WEIGHTS).exists()
    client.put_object(Bucket=BUCKET, Key=key, Body=whole)
    call(fresh, "dvc", "pull", "train@teacher")
    assert (fresh / WEIGHTS).read_bytes() == whole


def test_a_corrupted_object_in_the_cache_is_not_used(pushed: Path, server: str, tmp_path: Path) -> None:
    fresh = clone(pushed, tmp_path / "fresh")
    add_remote(fresh, server)
    call(fresh, "dvc", "pull", "train@teacher")
    cached, whole = fresh / ".dvc/cache" / key_of(pushed, WEIGHTS), (fresh / WEIGHTS).read_bytes()
    cached.chmod(0o644)
    cached.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    shutil.rmtree(fresh / WEIGHTS.parent)
    output = call(fresh, "dvc", "pull", "train@teacher")
    assert (fresh / WEIGHTS).read_bytes() == whole, output
