"""Exported files draw what torch draws; the page draws it in a browser."""

import base64
import hashlib
import io
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import pytest
import torch
from browser import chromium, needs_browser, resize, served
from PIL import Image, ImageSequence
from small import BIGGAN, DATA, FAST, LABELLED, RESIDUAL, SMALL, STUDENT, STYLES

from frugalgan.data.facts import DataFacts
from frugalgan.export import commands, page_files
from frugalgan.export.generate import SIDE, STOPS, between, write_film, write_images
from frugalgan.export.mix import write_mixture
from frugalgan.export.onnx_files import (
    ExportError,
    as_arrays,
    images,
    inputs,
    largest_difference,
    session,
    write_onnx,
)
from frugalgan.export.page_files import RUNTIME_FILES, PageError, bring_runtime, directions, page, write_page
from frugalgan.export.quantised import write_all_in_8_bits, write_weights_in_8_bits
from frugalgan.export.write import write_export
from frugalgan.files import FileError
from frugalgan.networks import Family, Network
from frugalgan.networks.offers import Adaptable
from frugalgan.networks.sampling import estimate_statistics, images_of, latents

FAMILIES: dict[str, tuple[Family, DataFacts, str]] = {
    "dcgan": (SMALL, DATA, ""),
    "dcgan_student": (STUDENT, DATA, ""),
    "fastgan": (FAST, DATA, ""),
    "biggan": (BIGGAN, LABELLED, ""),
    "stylegan2": (STYLES, DATA, ""),
    "stylegan2, domain vector": (STYLES, DATA, "domain_vector"),
    "stylegan2, hypernetwork": (STYLES, LABELLED, "hypernetwork_plus"),
}


def generator(family: Family, data: DataFacts, adaptation: str = "") -> Network:
    """Untrained, with the statistics of its own activations and some of all that starts at 0."""
    torch.manual_seed(4)
    G = family.generator(data)
    if adaptation:
        G.require(Adaptable, "this test").adapt(adaptation)
    with torch.no_grad():
        for parameter in G.parameters():
            if not parameter.any():
                parameter.normal_(std=0.1)
    norms = [module for module in G.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    estimate_statistics(G.train(), norms, 1, None)
    return G.eval()


@pytest.mark.parametrize(("family", "data", "adaptation"), FAMILIES.values(), ids=FAMILIES)
def test_every_family_draws_what_torch_draws_in_32_and_nearly_in_8_bits(
    tmp_path: Path, family: Family, data: DataFacts, adaptation: str
) -> None:
    G = generator(family, data, adaptation)
    whole, small = tmp_path / "whole.onnx", tmp_path / "small.onnx"
    assert write_onnx(G, whole) < 1e-4
    write_all_in_8_bits(G, whole, small)
    given = inputs(G, 21, 3)  # no multiple of any batch
    expected = images_of(G, given["z"], given.get("label")).numpy().astype(int)
    assert np.abs(images(whole, given) - expected).max() <= 1
    with torch.no_grad():
        exact = G(*(given[name] for name in ("z", "label") if name in given)).numpy()
    coarse = session(small).run(None, as_arrays(given))[0]
    assert 0 < np.abs(coarse - exact).mean() < 0.2 * exact.std()
    assert largest_difference(G, small) > 1e-4  # so what `write_onnx` refuses is something
    write_weights_in_8_bits(whole, small)
    fine = session(small).run(None, as_arrays(given))[0]
    assert 0 < np.abs(fine - exact).mean() < 0.1 * np.abs(coarse - exact).mean() + 0.02 * exact.std()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.onnx", "whole.onnx"]


def test_a_domain_vector_is_an_input_so_one_file_serves_many_domains(tmp_path: Path) -> None:
    G, file = generator(STYLES, DATA, "domain_vector_plus"), tmp_path / "model.onnx"
    write_onnx(G, file)
    given = inputs(G, 5, 3)
    own = [parameter for parameter in G.parameters() if parameter.requires_grad]
    assert given["domain"].shape == (sum(parameter.numel() for parameter in own),)
    before = images(file, given)
    other, place = torch.randn(len(given["domain"])) / 10, 0
    with torch.no_grad():
        for parameter in own:
            parameter.copy_(other[place : place + parameter.numel()].view_as(parameter))
            place += parameter.numel()
    of_other = images(file, given | {"domain": other}).astype(int)
    assert np.abs(of_other - images_of(G, given["z"]).numpy()).max() <= 1 and np.abs(of_other - before).mean() > 1


def test_without_a_page_the_files_of_the_model_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ExportError, match=r"page: ONNX files are there, but no page: npm not found"):
        write_export(generator(SMALL, DATA), tmp_path / "page", title="")
    left = {path.name for path in (tmp_path / "page").iterdir()}
    assert left == {"model_float32.onnx", "model.onnx", "export.json"}


def test_without_onnxruntime_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "onnxruntime" else name)
    with pytest.raises(ExportError, match=r"^onnxruntime not installed: pip install -e '\.\[export\]' in the clone$"):
        write_onnx(generator(SMALL, DATA), tmp_path / "model.onnx")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x: x + torch.special.bessel_j0(x),
            "ONNX has no operation bessel_j0: write its forward without it",
        ),
        (lambda x: x if x.sum() > 0 else -x, "its forward cannot be exported: .*may not depend on values"),
    ],
    ids=["operation", "values"],
)
def test_what_onnx_cannot_say_is_named_with_the_cure(
    tmp_path: Path, change: Callable[[torch.Tensor], torch.Tensor], message: str
) -> None:
    G = generator(SMALL, DATA)
    forward = G.forward
    G.forward = lambda x, y=None: change(forward(x, y))
    with pytest.raises(ExportError, match=message) as error:
        write_onnx(G, tmp_path / "model.onnx")
    assert "\x1b" not in str(error.value) and "\n" not in str(error.value)


def test_an_export_that_differs_from_torch_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frugalgan.export.onnx_files.largest_difference", lambda *_: 0.01)
    with pytest.raises(ExportError, match=r"differ from torch's by 0.01, more than 0.0001"):
        write_onnx(generator(SMALL, DATA), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())


def test_a_network_that_fixes_the_batch_is_refused_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"residual\.Generator: its forward fixes .* write x\.shape\[0\]"):
        write_onnx(generator(RESIDUAL, DATA), tmp_path / "model.onnx")


def test_directions_are_those_in_which_a_linear_generator_changes_most() -> None:
    class Linear(torch.nn.Module):
        arguments: ClassVar = {"latent_size": 8}
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


def test_a_walk_keeps_its_distance_from_the_middle() -> None:
    a, b = torch.randn(2, 16)
    path = between(a, b, 10)
    assert torch.allclose(path[0], a, atol=1e-5) and torch.allclose(between(a, a, 3), a.expand(3, -1))
    lengths = path.norm(dim=1)
    torch.testing.assert_close(lengths, torch.lerp(a.norm(), b.norm(), torch.arange(10) / 10), atol=1e-3, rtol=0)


@pytest.mark.parametrize(("family", "data"), [(BIGGAN, LABELLED), (STYLES, DATA)], ids=["z", "w"])
def test_truncation_goes_with_a_label_and_a_film(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: Family, data: DataFacts
) -> None:
    monkeypatch.setattr("frugalgan.export.generate.FRAMES", 2)
    label = torch.tensor([1]) if data.classes else None
    spread = {}
    for truncation in (None, 0.2):
        out = tmp_path / str(truncation)
        write_images(generator(family, data), out, n=12, seed=3, label=label, truncation=truncation)
        drawn = np.stack([np.asarray(Image.open(file), float) for file in sorted(out.glob("image_*.png"))])
        write_film(generator(family, data), out / "walk.gif", seed=3, label=label, truncation=truncation)
        spread[truncation] = drawn.std(axis=0).mean()
    assert spread[0.2] < 0.7 * spread[None]
    assert (tmp_path / "None/walk.gif").read_bytes() != (tmp_path / "0.2/walk.gif").read_bytes()


@pytest.mark.parametrize(("channels", "side"), [(3, SIDE), (1, SIDE), (3, DATA.size)], ids=["", "grey", "not enlarged"])
def test_a_gif_shows_the_images_that_a_walk_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: int, side: int
) -> None:
    monkeypatch.setattr("frugalgan.export.generate.FRAMES", 2)
    monkeypatch.setattr("frugalgan.export.generate.SIDE", side)
    G = generator(SMALL, replace(DATA, channels=channels))
    write_film(G, tmp_path / "walk.gif", seed=3)
    stops = images_of(G, latents(STOPS, SMALL.latent_size, 3)).expand(-1, 3, -1, -1).numpy()
    enlarged = [cv2.resize(stop.transpose(1, 2, 0), (side, side), interpolation=cv2.INTER_CUBIC) for stop in stops]
    with Image.open(tmp_path / "walk.gif") as film:
        assert len(list(ImageSequence.Iterator(film))) == 2 * STOPS
        assert film.info["loop"] == 0 and film.size == (side, side)
        for number in range(STOPS):
            film.seek(2 * number)
            shown = np.asarray(film.convert("RGB"), float)
            distances = [np.abs(shown - frame).mean() for frame in enlarged]
            assert 2 * distances.pop(number) < min(distances)


def test_an_mp4_that_is_not_whole_does_not_take_the_place_of_one_that_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frugalgan.export.generate.FRAMES", 2)
    G, film, whole = generator(SMALL, DATA), tmp_path / "walk.mp4", cv2.VideoWriter

    class OnAFullDisk:
        fourcc = whole.fourcc

        def __init__(self, file: str, *how: Any) -> None:
            self.file, self.writer = Path(file), whole(file, *how)
            self.isOpened, self.write = self.writer.isOpened, self.writer.write

        def release(self) -> None:
            self.writer.release()
            self.file.write_bytes(self.file.read_bytes()[:2000])

    write_film(G, film, seed=3)
    before = film.read_bytes()
    monkeypatch.setattr(cv2, "VideoWriter", OnAFullDisk)
    with pytest.raises(OSError, match=rf"^{film}: 0 of 12 frames could be written: is the disk full\?$"):
        write_film(G, film, seed=4)
    assert film.read_bytes() == before and list(tmp_path.iterdir()) == [film]


def test_what_lies_in_the_way_is_told_before_anything_is_drawn_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no model in the folder that is named, so whoever began to draw would say that."""
    model, folder, film, page = (tmp_path / name for name in ("model", "folder", "walk.gif", "page"))
    for place in (folder, film, page):
        place.mkdir()
        (place / "index.html").write_text("mine")
    (file := tmp_path / "model.onnx").write_text("mine")
    with pytest.raises(IsADirectoryError, match=f"{folder}: a folder, and a file is to be written"):
        write_mixture(model, model, folder, n=1, seed=0)
    with pytest.raises(IsADirectoryError, match=f"{film}: a folder, and a file is to be written"):
        commands.generate(model, out=tmp_path / "images", video=film)
    with pytest.raises(NotADirectoryError, match=f"{file}: a file"):
        commands.export(model, file)
    with pytest.raises(FileError, match=rf"{page}: holds other things \(index\.html\)"):
        commands.export(model, page)
    (page / "export.json").write_text("{}")
    with pytest.raises(ValueError, match="no trained model"):  # the names are those of an export
        commands.export(model, page)
    (empty := tmp_path / "empty").mkdir()
    monkeypatch.chdir(empty)
    with pytest.raises(IsADirectoryError, match="the current folder"):
        commands.export(model, Path("."))
    with pytest.raises(IsADirectoryError, match="the current folder"):
        write_images(generator(SMALL, DATA), Path("."), n=10**9, seed=0)
    assert file.read_text() == "mine"
    assert all((place / "index.html").read_text() == "mine" for place in (folder, film, page))


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
