"""Studies that are shown on the report's page: what docs/studies.yaml lists."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from pipeline import PROJECT

from frugalgan.files import FileError
from frugalgan.report import html, studies

ONE = """\
- {title: A, about: B, page: a.md, table: a/a.csv, columns: [row, distance], figure: a/a.jpg, caption: C}
"""


def test_the_committed_ones_have_a_page_a_table_and_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    found = html.shown_studies()
    assert len(found) == len(studies.findings()) > 3
    for one, shown in zip(studies.findings(), found, strict=True):
        assert Path("docs", one.page).is_file()
        assert len(studies.rows(one)) >= 3 and f"<th>{one.columns[1]}</th>" in shown["table"]
        assert len(shown["figure"]) > 20_000


def test_the_report_depends_on_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    deps = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]["report"]["deps"]
    folders = {f"docs/{Path(file).parent}" for one in studies.findings() for file in (one.table, one.figure)}
    assert {studies.FILE.as_posix(), *folders} <= set(deps)


def test_medians_over_domains_are_those_of_the_table_of_all() -> None:
    folder = PROJECT / "docs" / "domains"
    ways, all_ = (pd.read_csv(folder / name) for name in ("ways.csv", "many.csv"))
    of_ways = ways.set_index("way")
    for metric in ("distance", "swd", "content", "variety"):
        medians = all_.groupby("way")[metric].median()
        assert of_ways[metric].to_dict() == pytest.approx(medians.to_dict())


def test_a_project_without_any_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert html.shown_studies() == []


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    studies.FILE.parent.mkdir()
    studies.FILE.write_text(ONE)
    with pytest.raises(FileError, match=r"docs/a/a\.jpg: no such picture, which docs/studies\.yaml names"):
        html.shown_studies()
    with pytest.raises(FileError, match=r"docs/a/a\.csv, a table of docs/studies\.yaml"):
        studies.rows(studies.findings()[0])
    (tmp_path / "docs" / "a").mkdir()
    pd.DataFrame({"row": [1], "swd": [2]}).to_csv(tmp_path / "docs" / "a" / "a.csv")
    with pytest.raises(FileError, match="has no column distance"):
        studies.rows(studies.findings()[0])
    studies.FILE.write_text(ONE.replace("title", "titel"))
    with pytest.raises(FileError, match=r"docs/studies\.yaml: .*(\n.*)*titel"):
        studies.findings()
