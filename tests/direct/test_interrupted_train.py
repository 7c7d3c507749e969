"""`frugalgan train` as people use it: Ctrl-C in the middle, the same command again, and the model is the same."""

import shutil
import signal
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pipeline import PROJECT, call, start
from test_direct import SMALL, few, pictures  # noqa: F401  (fixtures)

from frugalgan.config import places
from frugalgan.direct.folder import CHOICE, WEIGHTS
from frugalgan.direct.make import make
from frugalgan.direct.values import PICTURES
from frugalgan.export.layout import WORK
from frugalgan.files import write_json

CHOSEN = "goes on with what was chosen"
PATIENCE = 120  # seconds


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another signal there")
def test_the_same_command_goes_on_after_ctrl_c(pictures: Path, tmp_path: Path, few: None) -> None:  # noqa: F811
    choice = replace(SMALL, pictures=str(pictures.resolve()), kimg=2.4)
    command = ("frugalgan", "train", str(pictures), "--out")
    make(choice, tmp_path / "whole")
    write_json((out := tmp_path / "interrupted") / WORK / CHOICE, asdict(choice))
    prepared = Path(WORK) / places.prepared(PICTURES)
    shutil.copytree(tmp_path / "whole" / prepared, out / prepared)  # a choice is kept from then on
    running, begun = start(PROJECT, *command, str(out)), time.monotonic()
    while not any((out / WORK / "snapshots").rglob("*.pt")):
        assert running.poll() is None and time.monotonic() - begun < PATIENCE
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    assert running.wait() not in (0, 1) and not (out / WEIGHTS).exists()
    said = call(PROJECT, *command, str(out))
    assert CHOSEN in said and "goes on from" in said and "starts anew" not in said
    for part in ("generator", "critic"):
        ours, theirs = (tmp_path / name / WEIGHTS / f"{part}.safetensors" for name in ("interrupted", "whole"))
        assert ours.read_bytes() == theirs.read_bytes()
    assert (out / "README.md").is_file() and not any((out / WORK / "snapshots").rglob("*.pt"))
