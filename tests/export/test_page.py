"""The page draws in a browser what torch draws, and brings its own runtime."""

import base64
import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from browser import chromium, needs_browser, resize, served
from generators import generator
from small import BIGGAN, DATA, LABELLED, SMALL, STYLES

from frugalgan.data.facts import DataFacts
from frugalgan.export import page_files
from frugalgan.export.onnx_files import (
    ExportError,
    inputs,
)
from frugalgan.export.page_files import RUNTIME_FILES, PageError, bring_runtime, directions, page, write_page
from frugalgan.export.write import write_export
from frugalgan.networks import Family
from frugalgan.networks.sampling import images_of


def test_directions_are_those_in_which_a_linear_generator_changes_most() -> None:
    class Linear(torch.nn.Module):
        latent_size: ClassVar = 8
        classes = 0

        def __init__(self) -> None:
            super().__init__()
            scales = torch.tensor([5.0, 4.0, 3.0, 2.0, 0.1, 0.1, 0.1, 0.1])
            self.turn = torch.linalg.qr(torch.randn(8, 8))[0]
            self.matrix = torch.nn.Parameter(scales[:, None] * self.turn)

        def forward(self, z: torch.Tensor, y: None = None) -> torch.Tensor:
            return z @ self.matrix.T

    G = Linear()
    found: Any = directions(G)  # pyright: ignore[reportArgumentType]
    torch.testing.assert_close((found @ G.turn[:4].T).abs(), torch.eye(4), atol=1e-4, rtol=0)


def test_a_title_or_label_cannot_end_the_pages_script() -> None:
    text = page("<b>A & B</b>", {"labels": ["</script><script>alert(1)</script>"]})
    assert "&lt;b&gt;A &amp; B" in text and "</script><script>alert" not in text


def test_without_npm_the_page_says_how_to_get_its_runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.onnx").touch()
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ExportError, match=r"npm not found.*or give onnxruntime-web@.* by --runtime"):
        write_page(tmp_path, generator(SMALL, DATA), title="", file="model.onnx", bits=8, labels=(), runtime=None)
    with pytest.raises(ExportError, match=r"ort\.wasm\.min\.mjs: no such file; --runtime is the folder dist"):
        write_page(tmp_path, generator(SMALL, DATA), title="", file="model.onnx", bits=8, labels=(), runtime=tmp_path)
    other = tmp_path / "other.tgz"
    other.write_bytes(b"x")
    with pytest.raises(ExportError, match=r"other\.tgz: not onnxruntime-web"):
        write_page(tmp_path, generator(SMALL, DATA), title="", file="model.onnx", bits=8, labels=(), runtime=other)


def test_the_runtime_is_unpacked_from_its_archive_by_any_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to 3.11.3 `extract` knows no `filter`."""
    archive = tmp_path / "runtime.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        for name in RUNTIME_FILES:
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(name)
            packed.addfile(member, io.BytesIO(name.encode()))
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    monkeypatch.setattr(page_files, "INTEGRITY", f"sha512-{digest}")
    extract = tarfile.TarFile.extract
    monkeypatch.setattr(tarfile.TarFile, "extract", lambda self, member, path: extract(self, member, path))
    (folder := tmp_path / "page").mkdir()
    bring_runtime(folder, archive)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {name: name for name in RUNTIME_FILES}


def test_npm_is_run_where_it_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`npm.cmd` on Windows, which no process can start as `npm`."""

    def ran(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", f"this was {command[0]}")

    monkeypatch.setattr(shutil, "which", lambda name: f"/tools/{name}.cmd")
    monkeypatch.setattr(subprocess, "run", ran)
    with pytest.raises(PageError, match=r"this was /tools/npm\.cmd"):
        bring_runtime(tmp_path, None)


@pytest.mark.slow
@needs_browser
@pytest.mark.skipif(not shutil.which("npm"), reason="no npm, which brings the page's runtime")
@pytest.mark.parametrize(
    ("family", "data", "adaptation", "bits"),
    [(SMALL, DATA, "", 8), (BIGGAN, LABELLED, "", 8), (STYLES, DATA, "domain_vector", 32)],
    ids=["dcgan", "biggan", "domain vector"],
)
def test_the_page_draws_what_torch_draws_and_asks_no_other_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: Family, data: DataFacts, adaptation: str, bits: int
) -> None:
    G, folder = generator(family, data, adaptation), tmp_path / "page"
    if bits == 32:  # as if one saw every difference
        monkeypatch.setattr("frugalgan.export.write.NEAR", 0.0)
    write_export(G, folder, title="A test", labels=data.labels if G.classes else ())
    assert f'"bits": {bits}' in (folder / "index.html").read_text()
    given = inputs(G, 2, 5)
    expected = images_of(G, given["z"], given.get("label")).numpy().astype(int)
    with served(folder) as address, chromium(tmp_path) as driver:
        resize(driver, 390, 844)
        driver.get(address)
        driver.execute_async_script(
            "const done = arguments[0]; const wait = () => document.body.dataset.drawn ? done() : setTimeout(wait, 50);"
            "wait();"
        )
        labels = given.get("label", torch.zeros(2)).tolist()
        for z, label, image in zip(given["z"].tolist(), labels, expected, strict=True):
            pixels = driver.execute_async_script(
                "const [z, label, done] = arguments;"
                "draw(Float32Array.from(z), label).then(({ pixels }) => done(Array.from(pixels)));",
                z, int(label),
            )  # fmt: skip
            drawn = np.array(pixels).reshape(*image.shape[1:], 4)
            assert np.abs(drawn[:, :, :3].transpose(2, 0, 1) - image).mean() < 2 and np.all(drawn[:, :, 3] == 255)

        shown = "return document.getElementById('canvas').toDataURL()"
        first = driver.execute_script(shown)
        _press(driver, "next", "2")
        second = driver.execute_script(shown)
        assert second != first
        driver.execute_script(
            "const s = document.querySelector('#sliders input'); s.value = 3; s.dispatchEvent(new Event('input'))"
        )
        _until(driver, f"return document.getElementById('canvas').toDataURL() !== {second!r}")
        _until(driver, "return document.getElementById('status').textContent.includes(' ms')")
        assert driver.execute_script("return document.documentElement.scrollWidth <= 390")
        unnamed = "(e) => !e.textContent.trim() && !e.labels?.length"
        controls = "[...document.querySelectorAll('button, input, select')]"
        assert driver.execute_script(f"return {controls}.filter({unnamed}).length") == 0
        assert driver.execute_script("return document.getElementById('labels').hidden") == (not G.classes)
        hosts = "return [...new Set(performance.getEntriesByType('resource').map((e) => new URL(e.name).origin + '/'))]"
        assert set(driver.execute_script(hosts)) <= {address}
        assert not [line for line in driver.get_log("browser") if line["level"] == "SEVERE"]

        driver.get((folder / "index.html").as_uri())
        _until(driver, "return document.getElementById('trouble').textContent.includes('python -m http.server')")


def _press(driver: Any, button: str, drawn: str) -> None:
    """By the keyboard."""
    driver.execute_script(f"document.getElementById('{button}').focus()")
    driver.switch_to.active_element.send_keys("\ue007")  # Enter
    _until(driver, f"return document.body.dataset.drawn === '{drawn}'")


def _until(driver: Any, script: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    WebDriverWait(driver, 30).until(lambda d: d.execute_script(script))
