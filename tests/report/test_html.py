"""results/report.html: its sentences come from verdicts, and it works in a browser, without a network."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browser import chromium, needs_browser, resize
from pipeline import PROJECT
from small_evaluations import evaluations_of
from small_study import row, small_study
from test_report import CATS, COMPARE, DATASETS, FLOWERS, left_by_stages

from frugalgan.report.html import MOST_SENTENCES, answer, shown_studies
from frugalgan.report.report import write_report
from frugalgan.report.results import read_evaluations, results
from frugalgan.report.settings import Compare
from frugalgan.report.verdicts import verdicts


def sentences(changes: dict[str, dict[str, Any]], pairs: list[str]) -> list[str]:
    rows = {name: row() for name in ("a", "b", "c", "d", "e", "f", "g", "h")} | {"x": row(), "y": row()}
    study = small_study(rows, datasets=DATASETS)
    evaluations = evaluations_of(study, rows, changes)
    compare = Compare(pairs, 0.05)
    found = verdicts(evaluations, compare.models(study.rows), compare.significance)
    return answer(found, results(study, evaluations))


def test_the_answer_says_what_the_verdicts_say() -> None:
    worse, better = {"distance": 200.0, "swd": 160.0, "mib": 200.0}, {"distance": 60.0, "swd": 30.0}
    found = sentences(
        {"a": worse, "b": better, "c": {"distance": 60.0, "swd": 160.0}, "d": better | {"collapsed": True}},
        ["a / x", "b / y", "c / x", "d / y", "e / x"],
    )
    text = "\n".join(found)
    assert "a is worse than x: distance 200 ± 1.4 against 120 ± 1.4 (p = " in text
    assert "one training each); 0.5 × the memory, 1 × the seconds, 1 × the size." in text
    assert "b is better than y" in text and "c and x: metrics disagree (" in text
    assert ": better, swd: worse): distance 60" in text
    assert "d and y: d collapsed" in text and "e and x are not distinguishable" in text
    assert [line.split()[0] for line in found] == ["a", "b", "c", "d", "e"]


def test_large_numbers_have_no_exponent(monkeypatch: pytest.MonkeyPatch) -> None:
    (sentence,) = sentences({"a": {"distance": 18077.0, "mib": 40000.0}, "x": {"distance": 12345.6}}, ["a / x"])
    assert "distance 18077 ± 1.7 against 12346 ± 1.6 (p = " in sentence and "; 100 × the memory" in sentence
    monkeypatch.chdir(PROJECT)
    tables = "".join(one["table"] for one in shown_studies())
    assert "<td>18077</td>" in tables and "e+" not in tables


def test_there_are_six_sentences_at_most_and_of_each_comparison_one_before_any_second() -> None:
    found = sentences({}, [*(f"{name} / x" for name in "abcdef"), "g / y", "h / y"])
    assert len(found) == MOST_SENTENCES and [line.split()[0] for line in found[:4]] == ["a", "g", "b", "h"]
    assert answer(pd.DataFrame(columns=["other"]), pd.DataFrame()) == [
        "No pairs are compared: name some in compare.pairs of params.yaml."
    ]


@pytest.mark.slow
@needs_browser
def test_the_page_works_in_a_browser_on_a_phone_and_on_a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    study = small_study(CATS | FLOWERS, datasets=DATASETS, compare=COMPARE, students=[0.3])
    changes = {"transfer": {"distance": 70.0, "swd": 40.0}, "student": {"swd": 20.0, "mib": 50.0, "collapsed": True}}
    left_by_stages(study, CATS | FLOWERS, changes)
    shutil.copytree(PROJECT / "docs", tmp_path / "docs")
    write_report(study)
    page = tmp_path / "results" / "report.html"
    assert page.stat().st_size < 15 * 2**20
    with chromium(tmp_path) as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", OFFLINE)
        for width in (390, 1400):
            resize(driver, width, 900)
            driver.get(page.as_uri())
            assert driver.execute_script("return document.body.dataset.ready") == "yes"
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
            assert "transfer is better than scratch" in driver.find_element("css selector", ".answer").text
            assert "are drawn, not photographs" in driver.find_element("css selector", "p.note").text
            for chart in ("chart", "curves"):
                assert driver.execute_script(f"return document.querySelectorAll('#{chart} .point').length") > 0

            driver.execute_script("document.querySelectorAll('#table th button')[0].click()")
            assert column(driver) == sorted(study.rows)
            driver.execute_script("document.querySelectorAll('#table th button')[0].click()")
            assert column(driver) == sorted(study.rows, reverse=True)
            type_into(driver, "filter", "kd taught")
            assert column(driver) == ["student_0.3", "student"]
            type_into(driver, "filter", "kd dcgan")  # its family of networks
            assert column(driver) == ["student_0.3", "student"]

            titles = [found.text for found in driver.find_elements("css selector", "h2")]
            assert "Does an autoencoder's head start pay?" in titles and "Adapted to another domain" not in titles
            assert driver.execute_script("return document.querySelector('.figure').naturalWidth") > 300
            assert not covered(driver)
            driver.find_element("css selector", ".study summary").click()
            picture = "const i = document.querySelector('.study[open] img'); return [i.naturalWidth, i.clientWidth]"
            natural, seen = driver.execute_script(picture)
            assert natural > 300 and 0 < seen <= width
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width

            before = driver.execute_script("return document.getElementById('chart').data.map((t) => t.y)")
            select(driver, "y", "swd")
            assert driver.execute_script("return document.getElementById('chart').data.map((t) => t.y)") != before
            axes = "return ['x', 'y'].map((id) => [...document.getElementById(id).options].map((o) => o.value))"
            costs, qualities = driver.execute_script(axes)
            assert "seconds" in costs and "kilojoules" not in costs  # which nobody measured
            assert front(driver) == best(results(study, read_evaluations(study)), costs[0], "swd")
            assert "student" not in front(driver)
            assert "recall" in qualities
            select(driver, "y", "recall")
            assert driver.execute_script("return document.getElementById('chart').layout.yaxis.type") == "linear"
            select(driver, "x", "seconds")
            assert "seconds" in driver.execute_script("return document.querySelector('#chart .xtitle').textContent")
            select(driver, "model", "student")
            assert driver.execute_script("return document.getElementById('samples').naturalWidth") > 100
            assert driver.execute_script("return document.getElementById('chosen').textContent") == "student"
            assert marked(driver) == ["student"]
            driver.execute_script("document.querySelectorAll('#table th button')[1].click()")
            assert marked(driver) == ["student"]
            type_into(driver, "filter", "dogs")
            assert marked(driver) == []
            type_into(driver, "filter", "")
            assert marked(driver) == ["student"]
            assert not [line for line in driver.get_log("browser") if line["level"] == "SEVERE"]

        resize(driver, 794, 1000)  # A4, in a browser that is set to dark
        dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"} | dark)
        ground = "return getComputedStyle(document.body).backgroundColor"
        assert driver.execute_script(ground) == "rgb(255, 255, 255)"
        driver.execute_script("dispatchEvent(new Event('beforeprint'))")
        assert driver.execute_script("return document.querySelectorAll('details:not([open])').length") == 0
        cut = "return [...document.querySelectorAll('.scroll')].filter((s) => s.scrollWidth > s.clientWidth + 1).length"
        assert driver.execute_script(cut) == 0


def front(driver: Any) -> list[str]:
    """Models on the line through those that none beats."""
    return driver.execute_script("return document.getElementById('chart').data[0].customdata")


def best(table: pd.DataFrame, cost: str, quality: str) -> list[str]:
    """The same, of the first data set and those that did not collapse, by looking at every pair."""
    sound = (table["data"] == table["data"].iloc[0]) & (table["collapsed"] == "no")
    rows = table[sound & (table[cost] > 0) & (table[quality] > 0)]
    beaten = [
        any(
            (other[cost] <= row[cost]) and (other[quality] <= row[quality])
            and ((other[cost], other[quality]) != (row[cost], row[quality]))
            for _, other in rows.iterrows()
        )
        for _, row in rows.iterrows()
    ]  # fmt: skip
    left = [(row[cost], str(name)) for (name, row), worse in zip(rows.iterrows(), beaten, strict=True) if not worse]
    return [name for _, name in sorted(left, key=lambda one: one[0])]


def covered(driver: Any) -> list[str]:
    """Names in the chart that another one runs into."""
    return driver.execute_script("""
        const names = [...document.querySelectorAll("#chart .textpoint text")].filter((name) => name.textContent);
        const boxes = names.map((name) => name.getBoundingClientRect());
        const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
        const met = (i) => boxes.some((box, j) => j < i && !apart(boxes[i], box));
        return names.filter((_, i) => met(i)).map((name) => name.textContent);
    """)


OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}


def column(driver: Any) -> list[str]:
    return driver.execute_script("return [...document.querySelectorAll('#table tbody tr')].map((r) => r.dataset.model)")


def marked(driver: Any) -> list[str]:
    """Models whose row is marked as the chosen one's."""
    rows = "document.querySelectorAll('#table tr[aria-current=true]')"
    return driver.execute_script(f"return [...{rows}].map((r) => r.dataset.model)")


def select(driver: Any, name: str, value: str) -> None:
    script = f"const s = document.getElementById({json.dumps(name)}); s.value = {json.dumps(value)};"
    driver.execute_script(script + "s.dispatchEvent(new Event('change'))")


def type_into(driver: Any, name: str, text: str) -> None:
    script = f"const s = document.getElementById({json.dumps(name)}); s.value = {json.dumps(text)};"
    driver.execute_script(script + "s.dispatchEvent(new Event('input'))")
