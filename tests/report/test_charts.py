"""The page of `dvc plots show`: curves without a network."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pipeline import PROJECT, call

from frugalgan.report.charts import charts_file, write_charts

PAGE = PROJECT / ".dvc/plots/page.html"


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("vl_convert", reason="an extra: pip install vl-convert-python")
    file = tmp_path_factory.mktemp("charts") / "made" / "charts.js"
    write_charts(file)
    return file


def test_the_library_is_one_classic_script_that_asks_no_server(charts: Path) -> None:
    """Scripts of a page opened from disk may be no modules."""
    text = charts.read_text(encoding="utf-8")
    assert not re.search(r"(^|[;}])(import|export)[ {*\"']|import\(|import\.meta|</script", text)
    if node := shutil.which("node"):
        axis = {"type": "quantitative"}
        values = [{"x": x, "y": x * x, "model": model} for x in range(3) for model in ("teacher", "student")]
        encoding = {"x": {"field": "x", **axis}, "y": {"field": "y", **axis}, "color": {"field": "model"}}
        spec = json.dumps({"data": {"values": values}, "mark": "line", "encoding": encoding})
        command = [node, str(Path(__file__).with_name("one_chart.js")), str(charts), spec]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "2\n"


def test_it_is_written_once_and_only_with_the_extra(charts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = charts.stat().st_mtime_ns
    write_charts(charts)
    assert charts.stat().st_mtime_ns == before
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    write_charts(charts.with_name("other.js"))
    assert not charts.with_name("other.js").exists()


def test_the_page_looks_for_it_where_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    page = PAGE.read_text(encoding="utf-8")
    (source,) = re.findall(r'<script src="([^"]+)"></script>', page)
    assert Path("dvc_plots", source).parts == ("dvc_plots", "..", *charts_file().parts)
    assert "{plot_divs}" in page and "{refresh_tag}" in page
    assert (
        call(PROJECT, "dvc", "config", "plots.html_template").strip() == PAGE.relative_to(PROJECT / ".dvc").as_posix()
    )
